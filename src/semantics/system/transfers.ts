/** Far jumps, calls and returns, also through call gates. SDM Vol. 2: JMP, CALL, RET; Vol. 3, 5.8. */
import { ATTR_DB } from '../../x86/cpuState';
import { GP, NP, TS } from '../../x86/exceptions';
import { CS, SS } from '../../x86/registers';
import { type ExecutionContext, raise } from './context';
import { type Descriptor, TYPE_CALL_GATE_16, TYPE_CALL_GATE_32, TYPE_TASK_GATE, asErrorCode, cacheOf, fetchDescriptor, isNull, rplOf } from './descriptors';
import { innerStack, setCpl } from './privilege';
import { dropInaccessibleSegments, realModeSegment, stackSegment } from './segments';
import { Stack } from './stack';
import { isTss, switchTask, switchThroughGate } from './taskSwitch';

type Size = 2 | 4;

/** Continue at CS:EIP in real or virtual-8086 mode; EIP beyond the limit is #GP(0). */
function jumpReal(context: ExecutionContext, selector: number, eip: number, commit: () => void = () => {}): void {
  const target = realModeSegment(context, CS, selector);
  if (eip > target.limit) raise(GP, 0);
  commit();
  context.cpu.setSegment(CS, target);
  context.cpu.eip = eip;
  context.stateChanged('code');
}

/** Load CS with RPL = `cpl` and continue at `eip`. */
export function enterCode(context: ExecutionContext, selector: number, d: Descriptor, cpl: number, eip: number): void {
  const { cpu } = context;
  cpu.setSegment(CS, cacheOf(context, (selector & 0xfffc) | cpl, d));
  cpu.eip = eip;
  if (cpu.cpl === cpl) context.stateChanged('code');
  else setCpl(context, cpl);
}

/** Direct transfer to a code segment without a gate: the privilege stays. */
function checkDirect(context: ExecutionContext, selector: number, d: Descriptor, eip: number): void {
  const { cpl } = context.cpu;
  const allowed = d.conforming ? d.dpl <= cpl : rplOf(selector) <= cpl && d.dpl === cpl;
  if (!allowed) raise(GP, asErrorCode(selector));
  if (!d.present) raise(NP, asErrorCode(selector));
  if (eip > d.limit) raise(GP, 0);
}

interface Gate {
  readonly selector: number;
  readonly offset: number;
  readonly size: Size;
  readonly parameters: number;
  readonly code: Descriptor;
}

/** The call gate and the code segment behind it, privileges checked (SDM Vol. 3, 5.8.4). */
function openGate(context: ExecutionContext, selector: number, gate: Descriptor): Gate {
  const { cpl } = context.cpu;
  if (gate.dpl < cpl || gate.dpl < rplOf(selector)) raise(GP, asErrorCode(selector));
  if (!gate.present) raise(NP, asErrorCode(selector));
  const size: Size = gate.type === TYPE_CALL_GATE_32 ? 4 : 2;
  const target = gate.low >>> 16;
  if (isNull(target)) raise(GP, 0);
  const code = fetchDescriptor(context, target);
  if (!code.code || code.dpl > cpl) raise(GP, asErrorCode(target));
  if (!code.present) raise(NP, asErrorCode(target));
  const offset = size === 4 ? ((gate.low & 0xffff) | (gate.high & 0xffff0000)) >>> 0 : gate.low & 0xffff;
  return { selector: target, offset, size, parameters: gate.high & 0x1f, code };
}

const isCallGate = (d: Descriptor): boolean => !d.segment && (d.type === TYPE_CALL_GATE_16 || d.type === TYPE_CALL_GATE_32);

const isTaskGate = (d: Descriptor): boolean => !d.segment && d.type === TYPE_TASK_GATE;

function target(context: ExecutionContext, selector: number): Descriptor {
  if (isNull(selector)) raise(GP, 0);
  const d = fetchDescriptor(context, selector);
  if (!d.code && !isCallGate(d) && !isTaskGate(d) && !isTss(d)) raise(GP, asErrorCode(selector));
  return d;
}

/** A jump or call to a TSS or a task gate (SDM Vol. 3, 7.3), if that is what the descriptor is. */
function transferToTask(context: ExecutionContext, selector: number, d: Descriptor, cause: 'jump' | 'call', next: number): boolean {
  const gate = isTaskGate(d);
  if (!gate && !isTss(d)) return false;
  if (d.dpl < context.cpu.cpl || d.dpl < rplOf(selector)) raise(GP, asErrorCode(selector));
  if (gate && !d.present) raise(NP, asErrorCode(selector));
  const how = { cause, next, ext: 0 };
  if (gate) switchThroughGate(context, d, how);
  else switchTask(context, selector, how);
  return true;
}

export function farJump(context: ExecutionContext, rawSelector: number, rawOffset: number, size: number, next: number): void {
  const selector = rawSelector & 0xffff;
  const offset = size === 2 ? rawOffset & 0xffff : rawOffset >>> 0;
  const { cpu } = context;
  if (cpu.realSegments) return jumpReal(context, selector, offset);
  const d = target(context, selector);
  if (d.code) {
    checkDirect(context, selector, d, offset);
    return enterCode(context, selector, d, cpu.cpl, offset);
  }
  if (transferToTask(context, selector, d, 'jump', next)) return;
  const gate = openGate(context, selector, d);
  if (!gate.code.conforming && gate.code.dpl !== cpu.cpl) raise(GP, asErrorCode(gate.selector));
  if (gate.offset > gate.code.limit) raise(GP, 0);
  enterCode(context, gate.selector, gate.code, cpu.cpl, gate.offset);
}

export function farCall(context: ExecutionContext, rawSelector: number, rawOffset: number, operandSize: number, next: number): void {
  const selector = rawSelector & 0xffff;
  const size = operandSize as Size;
  const offset = size === 2 ? rawOffset & 0xffff : rawOffset >>> 0;
  const { cpu } = context;
  const stack = Stack.current(context);
  const returnTo = (width: Size): void => {
    stack.push(width, cpu.selector(CS));
    stack.push(width, next);
  };
  if (cpu.realSegments) {
    returnTo(size);
    return jumpReal(context, selector, offset, () => stack.commit());
  }
  const d = target(context, selector);
  if (d.code) {
    checkDirect(context, selector, d, offset);
    returnTo(size);
    stack.commit();
    return enterCode(context, selector, d, cpu.cpl, offset);
  }
  if (transferToTask(context, selector, d, 'call', next)) return;
  const gate = openGate(context, selector, d);
  if (gate.offset > gate.code.limit) raise(GP, 0);
  if (!gate.code.conforming && gate.code.dpl < cpu.cpl) return callInner(context, gate, next);
  returnTo(gate.size);
  stack.commit();
  enterCode(context, gate.selector, gate.code, cpu.cpl, gate.offset);
}

/** Call through a gate to an inner ring: new stack from the TSS, old SS:ESP and parameters copied. */
function callInner(context: ExecutionContext, gate: Gate, next: number): void {
  const { cpu } = context;
  const cpl = gate.code.dpl;
  const { selector, esp } = innerStack(context, cpl);
  const segment = stackSegment(context, selector, cpl, TS);
  const outer = Stack.current(context);
  const inner = new Stack(context, segment, esp, cpl === 3, asErrorCode(selector));
  inner.push(gate.size, cpu.selector(SS));
  inner.push(gate.size, outer.esp);
  for (let n = gate.parameters - 1; n >= 0; n--) inner.push(gate.size, outer.peek(gate.size, n * gate.size));
  inner.push(gate.size, cpu.selector(CS));
  inner.push(gate.size, next);
  cpu.setSegment(SS, segment);
  inner.commit();
  enterCode(context, gate.selector, gate.code, cpl, gate.offset);
}

/** Code segment a return goes to: RPL of the selector is the new CPL. */
export function returnTarget(context: ExecutionContext, selector: number, eip: number): Descriptor {
  if (isNull(selector)) raise(GP, 0);
  if (rplOf(selector) < context.cpu.cpl) raise(GP, asErrorCode(selector));
  const d = fetchDescriptor(context, selector);
  const fits = d.code && (d.conforming ? d.dpl <= rplOf(selector) : d.dpl === rplOf(selector));
  if (!fits) raise(GP, asErrorCode(selector));
  if (!d.present) raise(NP, asErrorCode(selector));
  if (eip > d.limit) raise(GP, 0);
  return d;
}

/** Pop SS:ESP of the outer ring and go there. */
export function returnOuter(context: ExecutionContext, stack: Stack, size: Size, selector: number, code: Descriptor, eip: number, release: number): void {
  const { cpu } = context;
  const cpl = rplOf(selector);
  const outerEsp = stack.pop(size);
  const outerSs = stack.pop(size) & 0xffff;
  const segment = stackSegment(context, outerSs, cpl);
  // A 16-bit stack gets SP only: the upper half of ESP stays the inner ring's.
  const wide = (segment.attributes & ATTR_DB) !== 0;
  const outer = new Stack(context, segment, wide ? outerEsp : (stack.esp & 0xffff0000) | (outerEsp & 0xffff), cpl === 3);
  outer.release(release);
  enterCode(context, selector, code, cpl, eip);
  cpu.setSegment(SS, segment);
  outer.commit();
  dropInaccessibleSegments(context, cpl);
}

export function farReturn(context: ExecutionContext, operandSize: number, release: number): void {
  const size = operandSize as Size;
  const { cpu } = context;
  const stack = Stack.current(context);
  const eip = stack.pop(size);
  const selector = stack.pop(size) & 0xffff;
  if (cpu.realSegments) {
    stack.release(release);
    return jumpReal(context, selector, eip, () => stack.commit());
  }
  const code = returnTarget(context, selector, eip);
  stack.release(release);
  if (rplOf(selector) > cpu.cpl) return returnOuter(context, stack, size, selector, code, eip, release);
  enterCode(context, selector, code, cpu.cpl, eip);
  stack.commit();
}

/** `ENTER size, level` (SDM Vol. 2): the frame pointer chain is copied for nested levels; a stack pointer that could not be written through faults. */
export function enter(context: ExecutionContext, operandSize: number, bytes: number, rawLevel: number): void {
  const size = operandSize as Size;
  const { cpu } = context;
  const level = rawLevel & 31;
  const stack = Stack.current(context);
  stack.push(size, cpu.regSized(5, size));
  const frame = stack.esp >>> 0;
  if (level > 0) {
    const chain = new Stack(context, stack.segment, cpu.reg(5), stack.user);
    for (let n = 1; n < level; n++) stack.push(size, chain.peek(size, -size * n));
    stack.push(size, size === 2 ? frame & 0xffff : frame);
  }
  stack.release(-(bytes & 0xffff));
  stack.probe(size);
  cpu.setRegSized(5, size, frame);
  stack.commit();
}

/** Interrupt and exception delivery, IRET. SDM Vol. 2: INT, IRET; Vol. 3, chapter 6 and 20.3. */
import { CPU } from '../../x86/cpuState';
import { DB, DF, GP, NP, TS, exceptionOf } from '../../x86/exceptions';
import { DR6_BD, EFLAGS_AC, EFLAGS_IF, EFLAGS_IOPL, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM } from '../../x86/flags';
import { CS, SS, TR } from '../../x86/registers';
import { type ExecutionContext, GuestFault, UNIMPLEMENTED_VECTOR, raise, readSystem } from './context';
import { enterDebugHandler } from './debug';
import {
  type Descriptor,
  TYPE_INTERRUPT_GATE_16,
  TYPE_INTERRUPT_GATE_32,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE_16,
  TYPE_TRAP_GATE_32,
  asErrorCode,
  fetchDescriptor,
  isNull,
  rplOf,
} from './descriptors';
import { changeableFlags, innerStack, setCpl, writeFlags } from './privilege';
import { NULL_SEGMENT, V86_ATTRIBUTES, realModeSegment, stackSegment } from './segments';
import { Stack } from './stack';
import { switchTask, switchThroughGate, takeDueFault, taskSize } from './taskSwitch';
import { enterCode, returnOuter, returnTarget } from './transfers';
import { checkVirtualFlags, interruptInV86, noteVirtualInterrupt, requireVirtualFlags, withoutIopl, writeVirtualFlags } from './virtualInterrupts';

export interface Delivery {
  readonly vector: number;
  /** INT n: the gate's DPL is checked. */
  readonly software: boolean;
  readonly errorCode: number | undefined;
  /** EIP to return to. */
  readonly returnEip: number;
  /** EXT bit of error codes raised on the way: the cause lies outside the program. */
  readonly external: boolean;
  /** Of a debug exception: what it sets in DR6. */
  readonly debugCauses?: number;
}

/** `resume`: RF in the EFLAGS pushed: a fault's, so that the restarted instruction meets no instruction breakpoint (SDM Vol. 3, 17.3.1.1). */
export function deliver(context: ExecutionContext, delivery: Delivery, resume = false): void {
  context.cpu.set(CPU.SINGLE_STEP, 0);
  if (context.cpu.protectedMode) deliverProtected(context, delivery, resume);
  else deliverReal(context, delivery);
}

/** Real mode: offset and segment from the vector table; FLAGS, CS, IP pushed; IF and TF cleared (SDM Vol. 3, 20.1.4). */
function deliverReal(context: ExecutionContext, { vector, returnEip }: Delivery): void {
  const { cpu } = context;
  if (vector * 4 + 3 > cpu.get(CPU.IDTR_LIMIT)) raise(GP, 0);
  const entry = readSystem(context, cpu.get(CPU.IDTR_BASE) + vector * 4, 4);
  const stack = Stack.current(context);
  stack.push(2, cpu.eflags);
  stack.push(2, cpu.selector(CS));
  stack.push(2, returnEip);
  const eip = entry & 0xffff;
  const code = realModeSegment(context, CS, entry >>> 16);
  if (eip > code.limit) raise(GP, 0);
  stack.commit();
  writeFlags(context, 0, EFLAGS_IF | EFLAGS_TF | EFLAGS_RF | EFLAGS_AC);
  cpu.setSegment(CS, code);
  cpu.eip = eip;
  context.stateChanged('code');
}

/** Bit n: descriptor type n may be in the IDT. */
const GATES = [TYPE_TASK_GATE, TYPE_INTERRUPT_GATE_16, TYPE_TRAP_GATE_16, TYPE_INTERRUPT_GATE_32, TYPE_TRAP_GATE_32].reduce((bits, type) => bits | (1 << type), 0);

/** Pushed on the way from virtual-8086 mode, and null then. */
const V86_SEGMENTS = [5, 4, 3, 0] as const;

function deliverProtected(context: ExecutionContext, delivery: Delivery, resume: boolean): void {
  const { cpu } = context;
  const { vector, software } = delivery;
  const ext = delivery.external ? 1 : 0;
  const idtError = vector * 8 + 2 + ext;
  const gate = gateOf(context, vector, idtError);
  if (gate.segment || !(GATES & (1 << gate.type))) raise(GP, idtError);
  if (software && gate.dpl < cpu.cpl) raise(GP, idtError);
  if (!gate.present) raise(NP, idtError);
  if (gate.type === TYPE_TASK_GATE) return deliverToTask(context, gate, delivery, resume);

  const selector = gate.low >>> 16;
  if (isNull(selector)) raise(GP, ext);
  const code = fetchDescriptor(context, selector);
  if (!code.code || code.dpl > cpu.cpl) raise(GP, asErrorCode(selector) + ext);
  if (!code.present) raise(NP, asErrorCode(selector) + ext);
  const size = gate.type >= TYPE_INTERRUPT_GATE_32 ? 4 : 2;
  const eip = size === 4 ? ((gate.low & 0xffff) | (gate.high & 0xffff0000)) >>> 0 : gate.low & 0xffff;
  const { v86 } = cpu;
  if (v86 && (code.conforming || code.dpl !== 0)) raise(GP, asErrorCode(selector) + ext);
  const inner = !code.conforming && code.dpl < cpu.cpl;
  const cpl = inner ? code.dpl : cpu.cpl;
  const stack = inner ? newStack(context, cpl, ext) : Stack.current(context);
  if (eip > code.limit) raise(GP, ext);
  if (v86) for (const segment of V86_SEGMENTS) stack.push(size, cpu.selector(segment));
  if (inner) {
    stack.push(size, cpu.selector(SS));
    stack.push(size, cpu.reg(4));
  }
  stack.push(size, resume ? cpu.eflags | EFLAGS_RF : cpu.eflags);
  stack.push(size, cpu.selector(CS));
  stack.push(size, delivery.returnEip);
  if (delivery.errorCode !== undefined) stack.push(size, delivery.errorCode);

  const masksInterrupts = gate.type === TYPE_INTERRUPT_GATE_16 || gate.type === TYPE_INTERRUPT_GATE_32;
  writeFlags(context, 0, EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | (masksInterrupts ? EFLAGS_IF : 0));
  if (v86) for (const segment of V86_SEGMENTS) cpu.setSegment(segment, NULL_SEGMENT);
  if (inner) cpu.setSegment(SS, stack.segment);
  enterCode(context, selector, code, cpl, eip);
  stack.commit();
}

function gateOf(context: ExecutionContext, vector: number, idtError: number): Descriptor {
  const { cpu } = context;
  const registered = context.registered?.gate(vector);
  if (registered) return context.descriptors.find(registered[0], registered[1], 0);
  if (vector * 8 + 7 > cpu.get(CPU.IDTR_LIMIT)) raise(GP, idtError);
  const at = (cpu.get(CPU.IDTR_BASE) + vector * 8) >>> 0;
  return context.descriptors.find(readSystem(context, at, 4), readSystem(context, at + 4, 4), at);
}

/** Through a task gate: the handler is a task of its own, an error code goes on its stack (SDM Vol. 3, 6.12.2). */
function deliverToTask(context: ExecutionContext, gate: Descriptor, { returnEip, external, errorCode }: Delivery, resume: boolean): void {
  switchThroughGate(context, gate, { cause: 'event', next: returnEip, ext: external ? 1 : 0, resume });
  if (errorCode === undefined || context.cpu.get(CPU.DUE_FAULT)) return;
  const stack = Stack.current(context);
  stack.push(taskSize(context), errorCode);
  stack.commit();
}

function newStack(context: ExecutionContext, cpl: number, ext: number): Stack {
  const { selector, esp } = innerStack(context, cpl);
  if (isNull(selector)) raise(TS, ext);
  return new Stack(context, stackSegment(context, selector, cpl, TS), esp, cpl === 3, asErrorCode(selector) + ext);
}

export type DeliveryOutcome = { readonly kind: 'unimplemented' } | { readonly kind: 'delivered' } | { readonly kind: 'tripleFault'; readonly chain: readonly GuestFault[] };

/** Of the debug exceptions only general detection sets RF: instruction breakpoints leave it to the handler, the others are traps. */
const isFault = (vector: number): boolean => vector !== DB && exceptionOf(vector)?.kind === 'fault';

const combine = (vector: number): string => exceptionOf(vector)?.combine ?? 'benign';

/** The exception that a second one makes of a first: itself, #DF, or none (shutdown). SDM Vol. 3, table 6-5. */
function escalate(first: number, second: GuestFault): GuestFault | undefined {
  if (first === DF) return undefined;
  const [a, b] = [combine(first), combine(second.vector)];
  const doubled = (a === 'contributory' && b === 'contributory') || (a === 'pageFault' && b !== 'benign');
  return doubled ? new GuestFault(DF, 0) : second;
}

const DELIVERED: DeliveryOutcome = { kind: 'delivered' };

/** Deliver an event; faults on the way are delivered in its place, up to shutdown. */
export function deliverEvent(context: ExecutionContext, delivery: Delivery, exception: boolean): DeliveryOutcome {
  let chain: GuestFault[] | undefined;
  let current = delivery;
  let resume = exception && (isFault(delivery.vector) || ((delivery.debugCauses ?? 0) & DR6_BD) !== 0);
  if (exception && delivery.vector === DB) enterDebugHandler(context, delivery.debugCauses ?? 0);
  let isException = exception;
  for (;;) {
    try {
      deliver(context, current, resume);
      const fault = takeDueFault(context);
      if (fault) throw fault;
      return DELIVERED;
    } catch (fault) {
      if (!(fault instanceof GuestFault)) throw fault;
      context.cpu.set(CPU.FAULT, 0);
      if (fault.vector === UNIMPLEMENTED_VECTOR) return { kind: 'unimplemented' };
      chain ??= exception ? [new GuestFault(delivery.vector, delivery.errorCode ?? 0)] : [];
      chain.push(fault);
      const next = isException ? escalate(current.vector, fault) : fault;
      if (!next) return { kind: 'tripleFault', chain };
      isException = true;
      current = {
        vector: next.vector,
        software: false,
        errorCode: pushesErrorCode(context, next.vector) ? next.errorCode : undefined,
        returnEip: context.cpu.eip,
        external: true,
      };
      resume = isFault(next.vector);
    }
  }
}

/** Real mode pushes no error codes. */
export const pushesErrorCode = (context: ExecutionContext, vector: number): boolean => context.cpu.protectedMode && exceptionOf(vector)?.errorCode === true;

/** `INT n`. */
export function interrupt(context: ExecutionContext, vector: number, next: number): void {
  if (!context.cpu.v86 || !interruptInV86(context, vector, next)) softwareInterrupt(context, vector, next);
}

/** `INT3`, `INTO`: no IOPL asked for. */
export function softwareInterrupt(context: ExecutionContext, vector: number, next: number): void {
  deliver(context, { vector, software: true, errorCode: undefined, returnEip: next, external: false });
}

/** `INT1`: no DPL check. */
export function debugTrap(context: ExecutionContext, vector: number, next: number): void {
  enterDebugHandler(context, 0);
  deliver(context, { vector, software: false, errorCode: undefined, returnEip: next, external: true });
}

/** `POPF`: like IRET's flags, but RF is cleared and VM stays. */
export function popFlags(context: ExecutionContext, value: number, size: number): void {
  if (withoutIopl(context)) {
    checkVirtualFlags(context, value);
    writeVirtualFlags(context, value);
  } else writeFlags(context, value & ~EFLAGS_RF, changeableFlags(context, size));
}

type Size = 2 | 4;

export function interruptReturn(context: ExecutionContext, operandSize: number, next: number): void {
  const size = operandSize as Size;
  const { cpu } = context;
  const blocked = cpu.get(CPU.NMI_BLOCKED) !== 0;
  cpu.set(CPU.NMI_BLOCKED, 0);
  if (blocked) context.stateChanged('flags'); // one that waited is taken behind IRET
  if (!cpu.protectedMode || cpu.v86) return returnReal(context, size);
  // NT: back to the task that the back link of this TSS names.
  if (cpu.eflags & EFLAGS_NT) return switchTask(context, readSystem(context, cpu.segmentBase(TR), 2), { cause: 'return', next, ext: 0 });
  const stack = Stack.current(context);
  const eip = stack.pop(size);
  const selector = stack.pop(size) & 0xffff;
  const flags = stack.pop(size);
  if (size === 4 && flags & EFLAGS_VM && cpu.cpl === 0) return returnToV86(context, stack, eip, selector, flags);
  const code = returnTarget(context, selector, eip);
  const mask = changeableFlags(context, size) | (size === 4 && cpu.cpl === 0 ? (EFLAGS_VIF | EFLAGS_VIP) & context.model.eflagsBits : 0);
  if (rplOf(selector) > cpu.cpl) returnOuter(context, stack, size, selector, code, eip, 0);
  else {
    enterCode(context, selector, code, cpu.cpl, eip);
    stack.commit();
  }
  writeFlags(context, flags, mask);
  noteVirtualInterrupt(context);
}

function returnReal(context: ExecutionContext, size: Size): void {
  const { cpu } = context;
  requireVirtualFlags(context, size);
  const stack = Stack.current(context);
  const eip = stack.pop(size);
  const selector = stack.pop(size) & 0xffff;
  const flags = stack.pop(size);
  const code = realModeSegment(context, CS, selector);
  if (eip > code.limit) raise(GP, 0);
  const virtual = withoutIopl(context);
  if (virtual) checkVirtualFlags(context, flags);
  const mask = changeableFlags(context, size) & ~(cpu.v86 ? EFLAGS_IOPL : 0);
  cpu.setSegment(CS, code);
  cpu.eip = eip;
  stack.commit();
  context.stateChanged('code');
  if (virtual) writeVirtualFlags(context, flags);
  else writeFlags(context, flags, mask);
}

/** IRET from ring 0 with VM set in the image: nine doublewords in all (SDM Vol. 3, 20.2.5). */
function returnToV86(context: ExecutionContext, stack: Stack, eip: number, cs: number, flags: number): void {
  const { cpu } = context;
  const esp = stack.pop(4);
  const selectors = [SS, 0, 3, 4, 5].map((segment) => ({ segment, selector: stack.pop(4) & 0xffff }));
  if (eip > 0xffff) raise(GP, 0);
  writeFlags(context, flags, changeableFlags(context, 4) | EFLAGS_VM | ((EFLAGS_VIF | EFLAGS_VIP) & context.model.eflagsBits));
  for (const { segment, selector } of [{ segment: CS, selector: cs }, ...selectors])
    cpu.setSegment(segment, { selector, base: selector << 4, limit: 0xffff, attributes: V86_ATTRIBUTES });
  cpu.setReg(4, esp);
  cpu.eip = eip;
  setCpl(context, 3);
  noteVirtualInterrupt(context);
}

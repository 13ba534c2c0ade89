/**
 * The call stack of a program without unwind tables. From each frame the code is followed forward, calls skipped,
 * tracking SP and BP until a return is reached: the stack slot it would use holds the caller. Where that fails, the
 * BP chain is tried. Interrupt frames (IRET) unwind the same way.
 */
import type { DebuggableVm } from '../vmm/debuggable';
import { EBP, ESP } from '../x86/registers';
import type { Instruction } from '../x86/decoder';
import { codeBits, decodeAt, instructionPointer, readNumber, register, relativeTarget, selectorBase, selectorsAreParagraphs, stackMask, stackPointer } from './codeView';

export interface Frame {
  readonly linear: number;
  readonly cs: number;
  readonly eip: number;
  /** Offset in SS at this frame's current instruction. */
  readonly sp: number;
  readonly bp: number | undefined;
  /** True when this frame was interrupted rather than having called. */
  readonly interrupted: boolean;
  /** The frame is on another ring's stack: nothing above it is looked for. */
  readonly outermost?: true;
}

/** A place on one path through the code: stack registers as numbers, stack slots written on the way. */
interface PathState {
  readonly linear: number;
  readonly sp: number;
  readonly bp: number | undefined;
  readonly slots: ReadonlyMap<number, number | undefined>;
}

const MAX_INSTRUCTIONS = 1500;
const MAX_FRAMES = 40;

export const topFrame = (vm: DebuggableVm): Frame => ({
  linear: instructionPointer(vm),
  cs: register(vm, 'cs'),
  eip: register(vm, 'eip'),
  sp: stackPointer(vm),
  bp: (register(vm, 'ebp') & stackMask(vm)) >>> 0,
  interrupted: false,
});

export function callStack(vm: DebuggableVm): Frame[] {
  const frames = [topFrame(vm)];
  for (let frame = frames[0]; frames.length < MAX_FRAMES && !frame.outermost; ) {
    const caller = callerOf(vm, frame);
    if (!caller || (caller.sp <= frame.sp && !caller.outermost)) break;
    frames.push(caller);
    frame = caller;
  }
  return frames;
}

/** The frame that `frame` returns to, when that can be told. */
export function callerOf(vm: DebuggableVm, frame: Frame): Frame | undefined {
  const found = followToReturn(vm, frame) ?? followBasePointer(vm, frame);
  return found && (found.interrupted || followsCall(vm, found)) ? found : undefined;
}

function followToReturn(vm: DebuggableVm, frame: Frame): Frame | undefined {
  const bits = codeBits(vm);
  const base = (frame.linear - frame.eip) >>> 0;
  const queue: PathState[] = [{ linear: frame.linear, sp: frame.sp, bp: frame.bp, slots: new Map() }];
  const seen = new Set<number>();
  for (let steps = 0; queue.length > 0 && steps < MAX_INSTRUCTIONS; steps++) {
    const state = queue.shift() as PathState;
    if (seen.has(state.linear)) continue;
    seen.add(state.linear);
    const instruction = decodeAt(vm, state.linear, bits);
    if (!instruction) continue;
    const { flow } = instruction.spec;
    if (flow === 'return' || flow === 'farReturn') return returnTo(vm, frame, instruction, state);
    if (flow !== 'jump' && flow !== 'farJump') {
      const next = applyToStack(vm, frame.sp, instruction, state);
      if (next) queue.push({ ...next, linear: (state.linear + instruction.length) >>> 0 });
    }
    if (flow === 'jump' || flow === 'branch') {
      const target = relativeTarget(instruction, state.linear, base);
      if (target !== undefined) queue.push({ ...state, linear: target });
    }
  }
  return undefined;
}

/** What `instruction` does to SP and BP; undefined when SP is lost. */
function applyToStack(vm: DebuggableVm, frameSp: number, instruction: Instruction, state: PathState): Omit<PathState, 'linear'> | undefined {
  const { spec, operandSize: size } = instruction;
  const [first, second] = spec.operands;
  const { sp, bp, slots } = state;
  const mask = stackMask(vm);
  const push = (bytes: number, value?: number) => ({ sp: ((sp - bytes) & mask) >>> 0, bp, slots: new Map(slots).set(((sp - bytes) & mask) >>> 0, value) });
  const moved = (by: number) => ({ sp: ((sp + by) & mask) >>> 0, bp, slots });
  const load = (at: number, bytes: number) => (slots.has(at) ? slots.get(at) : at >= frameSp ? readNumber(vm, vm.segment('ss').base + at, bytes) : undefined);
  const destination = first?.[0] === 'Z' || first === 'Gv' ? instruction.reg : first?.[0] === 'E' ? instruction.rm : -1;
  const source = second === 'Gv' ? instruction.reg : second?.[0] === 'E' ? instruction.rm : -1;
  const isStackRegister = (r: number) => r === ESP || r === EBP;

  switch (spec.mnemonic) {
    case 'push':
      return push(size, destination === EBP ? bp : undefined);
    case 'pop':
      return destination === EBP ? { ...moved(size), bp: load(sp, size) } : moved(size);
    case 'pushf':
      return push(size);
    case 'popf':
      return moved(size);
    case 'pusha':
      return { ...moved(-8 * size), slots: new Map(slots).set(((sp - 6 * size) & mask) >>> 0, bp) };
    case 'popa':
      return { ...moved(8 * size), bp: load((sp + 2 * size) & mask, size) };
    case 'enter': {
      const saved = push(size, bp);
      return instruction.immediate2 ? undefined : { sp: ((saved.sp - instruction.immediate) & mask) >>> 0, bp: saved.sp, slots: saved.slots };
    }
    case 'leave':
      return bp === undefined ? undefined : { sp: ((bp + size) & mask) >>> 0, bp: load(bp, size), slots };
    case 'mov':
      if (destination === ESP && first !== 'Eb') return source === EBP && bp !== undefined ? { sp: bp, bp, slots } : undefined;
      if (destination === EBP && first !== 'Eb') return { sp, bp: source === ESP ? sp : undefined, slots };
      return state;
    case 'add':
      return destination === ESP && first === 'Ev' ? (second?.[0] === 'I' ? moved(instruction.immediate) : undefined) : state;
    case 'sub':
      return destination === ESP && first === 'Ev' ? (second?.[0] === 'I' ? moved(-instruction.immediate) : undefined) : state;
    default:
      if (isStackRegister(destination) && first?.[1] === 'v' && !['cmp', 'test'].includes(spec.mnemonic)) return destination === ESP ? undefined : { sp, bp: undefined, slots };
      return state;
  }
}

function returnTo(vm: DebuggableVm, frame: Frame, instruction: Instruction, state: PathState): Frame | undefined {
  const { spec, operandSize: size } = instruction;
  const stack = vm.segment('ss').base;
  const mask = stackMask(vm);
  if (state.slots.has(state.sp)) return undefined; // a return address pushed by hand
  const slot = (index: number) => readNumber(vm, stack + ((state.sp + index * size) & mask), size);
  const far = spec.flow === 'farReturn';
  const interrupted = far && spec.mnemonic.startsWith('iret');
  const eip = slot(0);
  const cs = far ? slot(1) : frame.cs;
  if (eip === undefined || cs === undefined) return undefined;
  const selector = cs & 0xffff;
  // A return to another ring switches stacks: its stack pointer was pushed too.
  const otherRing = far && !selectorsAreParagraphs(vm) && (selector & 3) !== (frame.cs & 3);
  const base = far ? selectorBase(vm, selector) : (frame.linear - frame.eip) >>> 0;
  if (base === undefined) return undefined;
  if (otherRing) {
    const sp = interrupted ? slot(3) : undefined;
    return sp === undefined ? undefined : { linear: (base + eip) >>> 0, cs: selector, eip, sp, bp: state.bp, interrupted, outermost: true };
  }
  const popped = size * (interrupted ? 3 : far ? 2 : 1) + (spec.operands[0] === 'Iw' ? instruction.immediate : 0);
  return { linear: (base + eip) >>> 0, cs: selector, eip, sp: ((state.sp + popped) & mask) >>> 0, bp: state.bp, interrupted };
}

/** `push bp; mov bp,sp` frames: the caller's BP at [BP], its return address above. */
function followBasePointer(vm: DebuggableVm, frame: Frame): Frame | undefined {
  const size = codeBits(vm) / 8;
  const stack = vm.segment('ss').base;
  const { bp } = frame;
  if (bp === undefined || bp < frame.sp || bp - frame.sp > 0x10000) return undefined;
  const saved = readNumber(vm, stack + bp, size);
  const eip = readNumber(vm, stack + bp + size, size);
  if (saved === undefined || eip === undefined) return undefined;
  return { linear: (((frame.linear - frame.eip) >>> 0) + eip) >>> 0, cs: frame.cs, eip, sp: bp + 2 * size, bp: saved, interrupted: false };
}

/** Whether the bytes before a return address are a call. */
function followsCall(vm: DebuggableVm, frame: Frame): boolean {
  for (let length = 2; length <= 8; length++) {
    const start = frame.linear - length;
    if (start < 0) return false;
    const instruction = decodeAt(vm, start);
    if (instruction?.length === length && ['call', 'farCall', 'interrupt'].includes(instruction.spec.flow)) return true;
  }
  return false;
}

/**
 * Unwinding code that nobody describes: it is followed forward from a frame's instruction, calls skipped, tracking the stack
 * pointer and what is saved on the stack, until a return is reached: the slot it would use holds the caller. IRET likewise,
 * to another ring too.
 */
import type { DebuggableVm } from '../vmm/debuggable';
import type { Instruction } from '../x86/decoder';
import { EBP, ESP } from '../x86/registers';
import { decodeAt, relativeTarget } from './codeView';
import { type Frame, type FrameMode, frameAt, modeBehind, onStack, readStack } from './frame';

type Registers = readonly (number | undefined)[];

/** A place on one path through the code: general registers as numbers where they are known, stack slots written on the way. */
interface PathState {
  readonly linear: number;
  readonly registers: Registers;
  readonly slots: ReadonlyMap<number, number | undefined>;
}

const MAX_INSTRUCTIONS = 1500;
/** EAX, ECX and EDX: procedures may leave anything in them. */
const CLOBBERED = [0, 1, 2];
const RPL = 3;

/** The frame that `frame` returns to, and where it would find its return address; undefined when no return can be found. */
export function followToReturn(vm: DebuggableVm, frame: Frame): Frame | undefined {
  const queue: PathState[] = [{ linear: frame.linear, registers: frame.registers, slots: new Map() }];
  const seen = new Set<number>();
  for (let steps = 0; queue.length > 0 && steps < MAX_INSTRUCTIONS; steps++) {
    const state = queue.shift() as PathState;
    if (seen.has(state.linear)) continue;
    seen.add(state.linear);
    const instruction = decodeAt(vm, state.linear, frame.bits);
    if (!instruction) continue;
    const { flow } = instruction.spec;
    if (flow === 'return' || flow === 'farReturn') return returnTo(vm, frame, instruction, state);
    if (flow !== 'jump' && flow !== 'farJump') {
      const next = afterInstruction(vm, frame, instruction, state);
      if (next) queue.push({ ...next, linear: (state.linear + instruction.length) >>> 0 });
    }
    if (flow === 'jump' || flow === 'branch') {
      const target = relativeTarget(instruction, state.linear, frame.codeBase);
      if (target !== undefined) queue.push({ ...state, linear: target });
    }
  }
  return undefined;
}

const replaced = (registers: Registers, index: number, value: number | undefined): Registers => registers.map((old, i) => (i === index ? value : old));

/** What `instruction` does to the registers and the stack; undefined when the stack pointer is lost. */
function afterInstruction(vm: DebuggableVm, frame: Frame, instruction: Instruction, state: PathState): Omit<PathState, 'linear'> | undefined {
  const { spec, operandSize: size } = instruction;
  const [first, second] = spec.operands;
  const { registers, slots } = state;
  const sp = registers[ESP] as number;
  const bp = registers[EBP];
  const mask = frame.stackMask;
  const within = (whole: number, offset: number) => ((whole & ~mask) | (offset & mask)) >>> 0;
  const slot = (offset: number) => (offset & mask) >>> 0;
  const moved = (by: number) => replaced(registers, ESP, within(sp, sp + by));
  const push = (bytes: number, value?: number) => ({ registers: moved(-bytes), slots: new Map(slots).set(slot(sp - bytes), value) });
  const load = (at: number, bytes: number) => (slots.has(slot(at)) ? slots.get(slot(at)) : slot(at) >= frame.sp ? readStack(vm, frame, at, bytes) : undefined);
  const destination = first?.[0] === 'Z' || first === 'Gv' ? instruction.reg : first?.[0] === 'E' ? instruction.rm : -1;
  const source = second === 'Gv' ? instruction.reg : second?.[0] === 'E' ? instruction.rm : -1;
  const general = destination >= 0;

  switch (spec.mnemonic) {
    case 'push':
      return push(size, first?.[0] === 'Z' ? registers[instruction.reg] : general && first?.[0] === 'E' ? registers[destination] : undefined);
    case 'pop':
      return general ? { registers: replaced(moved(size), destination, load(sp, size)), slots } : { registers: moved(size), slots };
    case 'pushf':
      return push(size);
    case 'popf':
      return { registers: moved(size), slots };
    case 'pusha': {
      const saved = new Map(slots);
      registers.forEach((value, i) => saved.set(slot(sp - (i + 1) * size), value));
      return { registers: moved(-8 * size), slots: saved };
    }
    case 'popa': {
      const restored = registers.map((old, i) => (i === ESP ? old : load(sp + (7 - i) * size, size)));
      return { registers: replaced(restored, ESP, within(sp, sp + 8 * size)), slots };
    }
    case 'enter': {
      const saved = push(size, bp);
      const frameStart = saved.registers[ESP] as number;
      if (instruction.immediate2) return undefined;
      return { registers: replaced(replaced(saved.registers, EBP, frameStart), ESP, within(frameStart, frameStart - instruction.immediate)), slots: saved.slots };
    }
    case 'leave':
      return bp === undefined ? undefined : { registers: replaced(replaced(registers, ESP, within(sp, bp + size)), EBP, load(bp, size)), slots };
    case 'mov':
      if (destination === ESP && first !== 'Eb') return source === EBP && bp !== undefined ? { registers: replaced(registers, ESP, within(sp, bp)), slots } : undefined;
      if (destination === EBP && first !== 'Eb') return { registers: replaced(registers, EBP, source === ESP ? sp : undefined), slots };
      return state;
    case 'add':
      return destination === ESP && first === 'Ev' ? (second?.[0] === 'I' ? { registers: moved(instruction.immediate), slots } : undefined) : state;
    case 'sub':
      return destination === ESP && first === 'Ev' ? (second?.[0] === 'I' ? { registers: moved(-instruction.immediate), slots } : undefined) : state;
    case 'lea':
      if (destination === ESP) return leaToSp(instruction, bp, (value) => ({ registers: replaced(registers, ESP, within(sp, value)), slots }));
      return destination === EBP ? { registers: replaced(registers, EBP, undefined), slots } : state;
    default:
      if (spec.flow === 'call' || spec.flow === 'farCall' || spec.flow === 'interrupt')
        return { registers: registers.map((old, i) => (CLOBBERED.includes(i) ? undefined : old)), slots };
      if ((destination === ESP || destination === EBP) && first?.[1] === 'v' && !['cmp', 'test'].includes(spec.mnemonic))
        return destination === ESP ? undefined : { registers: replaced(registers, EBP, undefined), slots };
      return state;
  }
}

/** `lea esp, [ebp-12]`: how compilers drop their locals before they restore registers. */
function leaToSp<T>({ base, index, displacement }: Instruction, bp: number | undefined, moveTo: (value: number) => T): T | undefined {
  return bp !== undefined && base === EBP && index < 0 ? moveTo((bp + displacement) >>> 0) : undefined;
}

function returnTo(vm: DebuggableVm, frame: Frame, instruction: Instruction, state: PathState): Frame | undefined {
  const { spec, operandSize: size } = instruction;
  const sp = state.registers[ESP] as number;
  if (state.slots.has((sp & frame.stackMask) >>> 0)) return undefined; // a return address pushed by hand
  const slot = (index: number) => readStack(vm, frame, sp + index * size, size);
  const far = spec.flow === 'farReturn';
  const interrupted = far && spec.mnemonic.startsWith('iret');
  const eip = slot(0);
  const cs = far ? slot(1) : frame.cs;
  const eflags = interrupted ? slot(2) : 0;
  if (eip === undefined || cs === undefined || eflags === undefined) return undefined;
  const mode: FrameMode | undefined = far ? modeBehind(vm, frame, cs & 0xffff, size === 4 ? eflags : 0) : frame;
  if (!mode) return undefined;
  const inSlots = interrupted ? 3 : far ? 2 : 1;
  const dropped = spec.operands[0] === 'Iw' ? instruction.immediate : 0;
  // A return to another ring, or to virtual-8086 mode, switches stacks: its stack pointer was pushed too.
  const switches = far && !frame.paragraphs && (mode.paragraphs || (cs & RPL) !== (frame.cs & RPL));
  if (switches) return onOtherStack(vm, mode, eip, state.registers, interrupted, slot(inSlots + dropped / size), slot(inSlots + 1 + dropped / size));
  const after = ((sp & ~frame.stackMask) | ((sp + size * inSlots + dropped) & frame.stackMask)) >>> 0;
  return frameAt(mode, eip, replaced(state.registers, ESP, after), interrupted);
}

function onOtherStack(vm: DebuggableVm, mode: FrameMode, eip: number, registers: Registers, interrupted: boolean, sp?: number, ss?: number): Frame | undefined {
  const there = ss === undefined ? undefined : onStack(vm, mode, ss & 0xffff);
  return sp === undefined || !there ? undefined : frameAt(there, eip, replaced(registers, ESP, sp), interrupted);
}

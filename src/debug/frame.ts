/** One activation on the guest's stack: where it is, and its registers as far as they can be told. */
import type { DebuggableVm } from '../vmm/debuggable';
import { EFLAGS_VM } from '../x86/flags';
import { EBP, ESP } from '../x86/registers';
import { codeBits, instructionPointer, readNumber, register, segmentFacts, selectorsAreParagraphs, stackMask } from './codeView';

/** How the CPU reads code and stack in this frame. */
export interface FrameMode {
  readonly cs: number;
  readonly codeBase: number;
  readonly bits: 16 | 32;
  readonly stackBase: number;
  readonly stackMask: number;
  /** Real and virtual-8086 mode. */
  readonly paragraphs: boolean;
}

export interface Frame extends FrameMode {
  readonly linear: number;
  readonly eip: number;
  /** eax to edi as the processor numbers them, at this frame's current instruction; undefined where nobody has kept it. */
  readonly registers: readonly (number | undefined)[];
  /** Offset in SS at this frame's current instruction. */
  readonly sp: number;
  readonly bp: number | undefined;
  /** True when this frame was interrupted rather than having called. */
  readonly interrupted: boolean;
  /** Offset in SS behind what its call or interrupt pushed: what DWARF calls the canonical frame address. */
  readonly cfa?: number;
}

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;

/** A frame of this mode; the stack pointers are its registers'. */
export function frameAt(mode: FrameMode, eip: number, registers: readonly (number | undefined)[], interrupted: boolean): Frame {
  const offset = (value: number | undefined) => (value === undefined ? undefined : (value & mode.stackMask) >>> 0);
  return {
    ...mode,
    linear: (mode.codeBase + eip) >>> 0,
    eip,
    registers,
    sp: offset(registers[ESP]) ?? 0,
    bp: offset(registers[EBP]),
    interrupted,
  };
}

export const topFrame = (vm: DebuggableVm): Frame =>
  frameAt(
    {
      cs: register(vm, 'cs'),
      codeBase: (instructionPointer(vm) - register(vm, 'eip')) >>> 0,
      bits: codeBits(vm),
      stackBase: vm.segment('ss').base,
      stackMask: stackMask(vm),
      paragraphs: selectorsAreParagraphs(vm),
    },
    register(vm, 'eip'),
    REGISTERS.map((name) => register(vm, name)),
    false,
  );

/** `size` bytes at an offset in the frame's stack segment. */
export const readStack = (vm: DebuggableVm, { stackBase, stackMask: mask }: FrameMode, offset: number, size: number): number | undefined =>
  readNumber(vm, (stackBase + ((offset & mask) >>> 0)) >>> 0, size);

/** What a far return or IRET to `cs` makes of code and stack; undefined when there is no such segment. */
export function modeBehind(vm: DebuggableVm, mode: FrameMode, cs: number, eflags = 0): FrameMode | undefined {
  const paragraphs = mode.paragraphs || (eflags & EFLAGS_VM) !== 0;
  const code = segmentFacts(vm, cs, paragraphs);
  return code && { ...mode, cs, codeBase: code.base, bits: code.big ? 32 : 16, paragraphs };
}

/** The same on the stack that `ss` names. */
export function onStack(vm: DebuggableVm, mode: FrameMode, ss: number): FrameMode | undefined {
  const stack = segmentFacts(vm, ss, mode.paragraphs);
  return stack && { ...mode, stackBase: stack.base, stackMask: stack.big ? 0xffffffff : 0xffff };
}

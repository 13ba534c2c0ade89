/** Reading the guest's code and stack the way its CPU would now: code size, segment bases, instruction flow. */
import { decode, type Instruction, MAX_INSTRUCTION_LENGTH, OpcodeMap } from '../x86/decoder';
import { LATEST_GENERATION } from '../x86/instructionSpec';
import { CR0_PE, EFLAGS_VM } from '../x86/flags';
import type { DebuggableVm } from '../vmm/debuggable';

const OPCODES = new OpcodeMap(LATEST_GENERATION);
/** D/B of a descriptor, in SegmentView.attributes (bit 22 of the high doubleword). */
const ATTRIBUTE_DB = 1 << 14;
/** The same bit in byte 6 of a descriptor. */
const DESCRIPTOR_DB = 0x40;

export const codeBits = (vm: DebuggableVm): 16 | 32 => (vm.segment('cs').attributes & ATTRIBUTE_DB ? 32 : 16);

export const stackMask = (vm: DebuggableVm): number => (vm.segment('ss').attributes & ATTRIBUTE_DB ? 0xffffffff : 0xffff);

export const register = (vm: DebuggableVm, name: string): number => vm.readRegister(name) ?? 0;

/** Linear address of the next instruction. */
export const instructionPointer = (vm: DebuggableVm): number => (vm.segment('cs').base + register(vm, 'eip')) >>> 0;

/** The stack pointer as an offset in SS. */
export const stackPointer = (vm: DebuggableVm): number => (register(vm, 'esp') & stackMask(vm)) >>> 0;

/** Selectors are paragraphs: real mode and virtual-8086 mode. */
export const selectorsAreParagraphs = (vm: DebuggableVm): boolean => !(register(vm, 'cr0') & CR0_PE) || !!(register(vm, 'eflags') & EFLAGS_VM);

export function decodeAt(vm: DebuggableVm, linear: number, bits: 16 | 32 = codeBits(vm)): Instruction | undefined {
  const bytes = vm.readLinear(linear, MAX_INSTRUCTION_LENGTH);
  const decoded = decode(OPCODES, bytes, 0, bytes.length, bits === 16 ? 2 : 4);
  return decoded.kind === 'instruction' ? decoded.instruction : undefined;
}

/** Where a relative jump, branch or call at `linear` goes; undefined for an indirect one. */
export function relativeTarget(instruction: Instruction, linear: number, codeBase: number): number | undefined {
  const operand = instruction.spec.operands[0];
  if (operand !== 'Jb' && operand !== 'Jz') return undefined;
  const offset = linear - codeBase + instruction.length + instruction.immediate;
  return (codeBase + (instruction.operandSize === 2 ? offset & 0xffff : offset)) >>> 0;
}

export interface SegmentFacts {
  readonly base: number;
  /** The D or B bit: 32-bit code, a 32-bit stack pointer. */
  readonly big: boolean;
}

/** Base of the segment that `selector` names now. Undefined when there is none. */
export const selectorBase = (vm: DebuggableVm, selector: number): number | undefined => segmentFacts(vm, selector)?.base;

/** The segment that `selector` names, from the cached registers or the guest's tables; `paragraphs` in real and virtual-8086 mode. */
export function segmentFacts(vm: DebuggableVm, selector: number, paragraphs = selectorsAreParagraphs(vm)): SegmentFacts | undefined {
  if (paragraphs) return { base: (selector & 0xffff) << 4, big: false };
  if (!selectorsAreParagraphs(vm)) {
    for (const name of ['cs', 'ds', 'ss', 'es', 'fs', 'gs'] as const) {
      const segment = vm.segment(name);
      if (segment.selector === selector) return { base: segment.base, big: (segment.attributes & ATTRIBUTE_DB) !== 0 };
    }
  }
  const local = selector & 4;
  const index = selector & 0xfff8;
  const table = local ? vm.segment('ldtr').base : register(vm, 'gdtr.base');
  const limit = local ? vm.segment('ldtr').limit : register(vm, 'gdtr.limit');
  if (index === 0 || index + 7 > limit) return undefined;
  const d = vm.readLinear((table + index) >>> 0, 8);
  return d.length < 8 ? undefined : { base: (d[2] | (d[3] << 8) | (d[4] << 16) | (d[7] << 24)) >>> 0, big: (d[6] & DESCRIPTOR_DB) !== 0 };
}

/** A little-endian unsigned number of up to four bytes, or undefined when it cannot be read whole. */
export function readNumber(vm: DebuggableVm, linear: number, size: number): number | undefined {
  const bytes = vm.readLinear(linear >>> 0, size);
  return bytes.length < size ? undefined : bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

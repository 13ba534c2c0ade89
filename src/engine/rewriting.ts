/**
 * Stores into code that change an instruction where it stands. Its block goes on being valid: the record is written again, and what of it
 * is only an operand, translated code reads from the record from then on.
 */
import type { LinearMemory } from '../memory/linearMemory';
import { type Instruction, MAX_INSTRUCTION_LENGTH, type OpcodeMap, decode } from '../x86/decoder';
import type { Block } from './block';
import type { BlockInstruction } from './blockInstructions';
import type { Patch } from './patches';
import type { TranslationPolicy } from './policy';
import { RECORD, RECORD_SIZE } from './record';

/** Fields of a record that translated code may read instead of having them in it. */
export const LOADED = { IMMEDIATE: 1, DISPLACEMENT: 2 } as const;

/** Beside these, of an instruction that stores to marked pages time and again. */
export const NOTED = 4;

/** Lifts that take any operand the same way: nothing of them is decided by its value. */
const ANY_VALUE = new Set(['mov', 'add', 'adc', 'sub', 'sbb', 'cmp', 'and', 'or', 'xor', 'test', 'lea', 'push', 'imul']);

/** What has become another one where it stands: one immediate, or whole instructions. 'unseen': the block looks itself. */
export type Rewritten = 'immediate' | 'instructions' | 'unseen';

/** Instruction `n` of a block has become another one. */
export interface Rewrite {
  readonly n: number;
  readonly before: Instruction;
  readonly after: Instruction;
}

const NOTHING: readonly Rewrite[] = [];

export class Rewriting {
  constructor(
    readonly linear: LinearMemory,
    readonly opcodes: OpcodeMap,
    readonly policy: TranslationPolicy,
    /** Nobody is executing a record, or has put something else in its place. */
    readonly isFree: (record: number) => boolean,
  ) {}

  /** The instructions that a store of `length` bytes to a block has changed; undefined: the block is another one now. */
  find(block: Block, address: number, length: number): readonly Rewrite[] | undefined {
    if (!this.policy.rewrites || block.code.secondPage >= 0 || length > MAX_INSTRUCTION_LENGTH) return undefined;
    const { instructions } = block.code;
    const end = address + length - block.physical;
    let found = NOTHING;
    for (let n = instructions.indexAt(Math.max(0, address - block.physical)); n < instructions.length && instructions.offsetOf(n) < end; n++) {
      const rewrite = this.#rewritten(block, n);
      if (!rewrite) return undefined;
      found = [...found, rewrite];
    }
    return found.length > 0 ? found : undefined;
  }

  /** Has the store changed nothing but an immediate that may be any? The index of its instruction, which has it now, and so has its record; else -1. */
  immediate(block: Block, address: number, length: number): number {
    if (!this.policy.rewrites || block.code.secondPage >= 0 || address < block.physical) return -1;
    const { instructions } = block.code;
    const n = instructions.indexAt(address - block.physical);
    const instruction = this.#attends(block, n) ? undefined : instructions.at(n)?.instruction;
    if (!instruction) return -1;
    const end = block.physical + instructions.offsetOf(n) + instruction.length;
    if (!ANY_VALUE.has(instruction.spec.lift) || address + length > end || address < end - this.opcodes.immediateLength(instruction)) return -1;
    const host = this.linear.physical.hostOffset(end - 1) + 1;
    if (host <= 0 || !this.isFree(block.entry + n * RECORD_SIZE)) return -1;
    const immediate = this.opcodes.immediate(this.linear.physical.u8, host, instruction);
    instructions.setImmediate(n, immediate);
    // At once: whoever asks for an instruction that is patched is told what its record says.
    this.linear.physical.view.setInt32(block.entry + n * RECORD_SIZE + RECORD.IMMEDIATE, immediate, true);
    return n;
  }

  /** An immediate that the store has rewritten as a whole, and that its record has as it stands in memory. */
  patchOf(block: Block, address: number, length: number): Patch | undefined {
    const { instructions } = block.code;
    const n = instructions.indexAt(address - block.physical);
    const { instruction } = instructions.at(n) as BlockInstruction;
    const end = block.physical + instructions.offsetOf(n) + instruction.length;
    const size = this.opcodes.immediateLength(instruction);
    const isWhole = length === size && address + size === end && (block.code.loaded?.get(n) ?? 0) & LOADED.IMMEDIATE;
    // One that is sign-extended is not there as it stands.
    if (!isWhole || instruction.spec.operands.includes('Ibs') || address + length > this.linear.physical.size) return undefined;
    const record = block.entry + n * RECORD_SIZE;
    const field = record + RECORD.IMMEDIATE;
    instructions.follow(n, () => (block.valid ? this.linear.physical.view.getInt32(field, true) : undefined));
    return { physical: address, size: size as Patch['size'], field, record };
  }

  /** What instruction `n` is now, if it takes the place of the old one. */
  #rewritten(block: Block, n: number): Rewrite | undefined {
    const { instructions } = block.code;
    const before = instructions.at(n)?.instruction;
    if (!before || this.#attends(block, n) || !isPlain(before) || !this.isFree(block.entry + n * RECORD_SIZE)) return undefined;
    const offset = instructions.offsetOf(n);
    const after = this.#decode(block.physical + offset, before.length, block.codeSize);
    return after && (after.spec === before.spec || this.#goesOn(after, block.linear + offset)) ? { n, before, after } : undefined;
  }

  /** It has no record of its own, or is none. */
  #attends({ code: { attention, instructions } }: Block, n: number): boolean {
    return n >= instructions.length - (attention ? 1 : 0);
  }

  /** What stands there, if it is so long. */
  #decode(physical: number, length: number, codeSize: 2 | 4): Instruction | undefined {
    const at = this.linear.physical.hostOffset(physical);
    if (at < 0) return undefined;
    const decoded = decode(this.opcodes, this.linear.physical.u8, at, at + length, codeSize);
    return decoded.kind === 'instruction' && decoded.instruction.length === length ? decoded.instruction : undefined;
  }

  #goesOn(instruction: Instruction, linear: number): boolean {
    return isPlain(instruction) && this.policy.treat(instruction, linear >>> 0) === 'execute' && !this.policy.watches(instruction);
  }
}

/** Followed by the next one, and nobody's subject. */
const isPlain = ({ spec }: Instruction): boolean => spec.flow === 'next' && !spec.sensitive;

/** What of an instruction that has been changed into another one is a matter of operands that translated code may read: LOADED bits; -1 for more than that. */
export function loadedFields(before: Instruction, after: Instruction): number {
  if (before.spec !== after.spec || !ANY_VALUE.has(before.spec.lift) || !sameButOperands(before, after)) return -1;
  return (before.immediate === after.immediate ? 0 : LOADED.IMMEDIATE) | (before.displacement === after.displacement ? 0 : LOADED.DISPLACEMENT);
}

const sameButOperands = (a: Instruction, b: Instruction): boolean =>
  a.operandSize === b.operandSize &&
  a.addressSize === b.addressSize &&
  a.repeat === b.repeat &&
  a.lock === b.lock &&
  a.reg === b.reg &&
  a.rm === b.rm &&
  a.segment === b.segment &&
  a.base === b.base &&
  a.index === b.index &&
  a.scale === b.scale;

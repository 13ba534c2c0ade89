/**
 * Random programs that loop: blocks of instructions drawn from the instruction table, joined by every kind of near transfer, with
 * operands that mostly hit memory that is there. Some store into the program itself.
 */
import { INSTRUCTIONS } from '../../../src/x86/instructionTable';
import type { InstructionSpec } from '../../../src/x86/instructionSpec';
import { type OpcodeMap, decode } from '../../../src/x86/decoder';
import { generator } from '../../x86/randomInstructions';

export interface Program {
  readonly bits: 16 | 32;
  readonly code: Uint8Array;
  /** Where its blocks start, and its instructions: addresses; it is entered at the first block. */
  readonly blocks: readonly number[];
  readonly instructions: readonly number[];
}

/** Two pages of code, three of data, the end of a page of stack. */
export const CODE = 0x1000;
export const CODE_END = 0x3000;
export const DATA = 0x5000;
export const DATA_BYTES = 0x3000;
export const STACK_TOP = 0xa000;

/** Where nothing is: twice that is no instruction. */
export const FILLING = 0x0f;

type Random = (below: number) => number;

/** Rows that translated code may meet between transfers; system instructions now and then. */
const ORDINARY = INSTRUCTIONS.filter((row) => row.flow === 'next' && !row.sensitive && !/^(x87|f|vector|mmx|wait|maskedStore|clflush|ldmxcsr|stmxcsr)/.test(row.lift));
const EXTENDED = INSTRUCTIONS.filter((row) => row.flow === 'next' && !row.sensitive);
/** x87, MMX and SSE with hardly anything between. */
const FLOATING = EXTENDED.filter((row) => /^(f|vector|emms)/.test(row.lift));
const SYSTEM = INSTRUCTIONS.filter((row) => ['cld', 'std', 'clc', 'stc', 'pushf', 'movFromSegment', 'rdtsc'].includes(row.mnemonic));

class Writer {
  readonly bytes: number[] = [];
  readonly #fixups: { readonly at: number; readonly size: 1 | 2 | 4; readonly block: number; readonly relative: boolean }[] = [];
  readonly starts: number[] = [];
  readonly instructions: number[] = [];

  constructor(
    readonly random: Random,
    readonly opcodes: OpcodeMap,
    readonly bits: 16 | 32,
  ) {}

  get #wide(): boolean {
    return this.bits === 32;
  }

  /** An instruction, or the beginning of one. */
  put(...bytes: number[]): void {
    this.instructions.push(this.bytes.length);
    this.bytes.push(...bytes);
  }

  immediate(value: number, size: number): void {
    for (let n = 0; n < size; n++) this.bytes.push((value >>> (8 * n)) & 0xff);
  }

  /** The displacement or address of a block, filled in at the end. */
  label(block: number, size: 1 | 2 | 4, relative: boolean): void {
    this.#fixups.push({ at: this.bytes.length, size, block, relative });
    this.immediate(0, size);
  }

  /** Mostly data; the stack, the program itself and nowhere now and then. */
  address(): number {
    const { random } = this;
    const kind = random(40);
    if (kind === 0) return CODE + random(this.bytes.length + 0x40);
    if (kind === 1) return STACK_TOP - random(64);
    if (kind === 2) return this.#wide ? random(2 ** 32) : random(0x10000);
    if (kind < 6) return DATA + 0x1000 * (1 + random(2)) - random(8); // near the end of a page
    return DATA + random(DATA_BYTES - 16);
  }

  loadPointers(): void {
    for (const register of [3, 5, 6, 7]) {
      if (this.random(2)) continue;
      this.put(0xb8 + register);
      this.immediate(this.address(), this.bits / 8);
    }
  }

  /** A row with random operands, as far as bytes that decode to it can be found. */
  instruction(row: InstructionSpec): void {
    if (row.rep) this.put(...(this.#wide ? [] : [0x66]), 0x81, 0xe1, 0x3f, 0, 0, 0); // and ecx, 3fh: repeat a little
    for (let attempt = 0; attempt < 8; attempt++) {
      const bytes = this.#encode(row);
      const decoded = decode(this.opcodes, Uint8Array.from([...bytes, ...new Array(16).fill(0)]), 0, bytes.length + 16, this.#wide ? 4 : 2);
      if (decoded.kind !== 'instruction' || decoded.instruction.spec !== row) continue;
      const { length } = decoded.instruction;
      this.put(...bytes.slice(0, length), ...new Array(Math.max(0, length - bytes.length)).fill(0));
      return;
    }
  }

  #encode(row: InstructionSpec): number[] {
    const { random } = this;
    const out: number[] = [];
    const operandPrefix = random(6) === 0;
    const addressPrefix = random(12) === 0;
    if (random(30) === 0) out.push([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][random(6)]);
    if (operandPrefix) out.push(0x66);
    if (addressPrefix) out.push(0x67);
    if (row.rep && random(2)) out.push(row.rep === 'repe' && random(2) ? 0xf2 : 0xf3);
    if (row.prefix && row.prefix !== 'NP') out.push(Number.parseInt(row.prefix, 16));
    if (row.map) out.push(row.map);
    out.push(row.opcode + (row.operands.some((o) => o[0] === 'Z') ? random(8) : 0));
    if (row.modRm !== undefined) out.push(row.modRm);
    else if (row.hasModRm) out.push(...this.#modRm(row, this.#wide !== addressPrefix));
    else if (row.operands.some((o) => o[0] === 'O')) out.push(...little(this.address(), this.#wide !== addressPrefix ? 4 : 2));
    for (let n = 0; n < 4; n++) out.push([random(256), 0, 0xff, 0x80, random(64)][random(5)]);
    return out;
  }

  #modRm(row: InstructionSpec, wide: boolean): number[] {
    const { random } = this;
    const reg = (row.extension ?? random(8)) << 3;
    if (row.mod === 'register' || (row.mod === 'any' && random(5) < 2)) return [0xc0 | reg | random(8)];
    const kind = random(4);
    if (kind === 0) return wide ? [reg | 5, ...little(this.address(), 4)] : [reg | 6, ...little(this.address(), 2)];
    if (kind === 1) return [0x40 | reg | (wide ? [3, 5, 6, 7] : [4, 5, 6, 7])[random(4)], random(256)];
    if (kind === 2 && wide) return [reg | 4, (random(4) << 6) | (random(8) << 3) | [3, 6, 7][random(3)]];
    return [reg | (wide ? [3, 6, 7] : [4, 5, 7])[random(3)]];
  }

  /** Some way on from here; `blocks` of them exist. */
  transfer(blocks: number): void {
    const { random } = this;
    const target = random(blocks);
    const size = this.bits === 32 ? 4 : 2;
    switch (random(9)) {
      case 0:
        this.put(0xe9);
        return this.label(target, size, true);
      case 1:
        this.put(0xe8);
        return this.label(target, size, true);
      case 2:
        return this.put(0xc3);
      case 3:
        this.put(0xc2);
        return this.immediate(4 * random(3), 2);
      case 4: // mov eax, target; jmp eax or call eax
        this.put(0xb8);
        this.label(target, size, false);
        return this.put(0xff, random(2) ? 0xe0 : 0xd0);
      case 5:
        this.put(0xe0 + random(4), 5 - (size === 2 ? 2 : 0)); // LOOPcc, JCXZ over a jump
        this.put(0xe9);
        return this.label(target, size, true);
      default:
        if (random(2)) this.comparison();
        this.put(0x0f, 0x80 + random(16));
        return this.label(target, size, true);
    }
  }

  /** Leave the rest of the page but for a few hundred bytes: the program goes on in the next one. */
  skipToPageEnd(): void {
    const gap = 0xe00 + this.random(0x1e0);
    this.put(0xe9);
    this.immediate(gap, this.bits / 8);
    this.instructions.push(this.bytes.length);
    this.bytes.push(...new Array(gap).fill(FILLING));
  }

  /** CMP or SUB of bytes, words or doublewords that are often equal, and else differ in one bit: the sign, now and then. */
  comparison(): void {
    const { random } = this;
    const operation = random(2) ? 0x38 : 0x28;
    const wide = random(2);
    this.put(...(wide ? [0x89, 0xc8] : [0x88, 0xc8])); // mov eax, ecx or al, cl
    if (random(2)) this.put(...(wide ? [0x83, 0xf0] : [0x34]), random(2) ? 1 : 0x80); // xor with it
    this.put(operation + (random(2) ? 0 : 2) + wide, 0xc8);
  }

  finish(): Uint8Array {
    for (const { at, size, block, relative } of this.#fixups) {
      const value = this.starts[block] + (relative ? -(at + size) : CODE);
      for (let n = 0; n < size; n++) this.bytes[at + n] = (value >>> (8 * n)) & 0xff;
    }
    return Uint8Array.from(this.bytes);
  }
}

const little = (value: number, size: number): number[] => Array.from({ length: size }, (_, n) => (value >>> (8 * n)) & 0xff);

export function randomProgram(seed: number, bits: 16 | 32, opcodes: OpcodeMap): Program {
  const random = generator(seed);
  const writer = new Writer(random, opcodes, bits);
  const blocks = random(4) === 0 ? 2 + random(10) : 16 + random(48);
  const rows = [EXTENDED, FLOATING, FLOATING, ORDINARY, ORDINARY, ORDINARY][random(6)];
  if (random(6) === 0) writer.skipToPageEnd();
  for (let n = 0; n < blocks; n++) {
    writer.starts.push(writer.bytes.length);
    if (random(3)) writer.loadPointers();
    for (let count = random(8); count > 0; count--) writer.instruction(random(25) === 0 ? SYSTEM[random(SYSTEM.length)] : rows[random(rows.length)]);
    if (n + 1 < blocks && random(4) === 0) continue; // falls into the next one
    writer.transfer(blocks);
    if (random(2)) continue;
    writer.put(0xe9);
    writer.label(random(blocks), bits === 32 ? 4 : 2, true);
  }
  const placed = (offsets: readonly number[]): number[] => offsets.map((offset) => CODE + offset);
  return { bits, code: writer.finish(), blocks: placed(writer.starts), instructions: placed(writer.instructions) };
}

/**
 * Bytes to Instruction, by the instruction table. Prefixes, ModRM and SIB as in SDM Vol. 2, chapter 2.
 * Decoding never faults the guest by itself: it says what is wrong, and the engine raises the exception.
 */
import { InstructionCursor, immediateLength } from './instructionCursor';
import { CPU_GENERATIONS, type CpuGeneration, type InstructionSpec, MANDATORY_PREFIXES, type Operand } from './instructionSpec';
import { INSTRUCTIONS } from './instructionTable';
import { CS } from './registers';

export interface Instruction {
  readonly spec: InstructionSpec;
  /** Bytes, prefixes included. */
  readonly length: number;
  readonly operandSize: 2 | 4;
  readonly addressSize: 2 | 4;
  /** REP/REPE F3h, REPNE F2h, or 0. */
  readonly repeat: 0 | 0xf2 | 0xf3;
  readonly lock: boolean;
  /** ModRM.reg, or the register in the opcode. */
  readonly reg: number;
  /** Register number of E when it is a register; -1 when it is memory. */
  readonly rm: number;
  /** Segment of the memory operand, overrides applied. */
  readonly segment: number;
  /** Segment override prefix, or -1. */
  readonly segmentOverride: number;
  /** Base and index registers of the memory operand, -1 for none. */
  readonly base: number;
  readonly index: number;
  /** log2 of the scale. */
  readonly scale: number;
  /** Sign-extended 32-bit; the offset of an O operand; the selector of an A operand. */
  readonly displacement: number;
  /** Immediates sign-extended where the row says so; the relative displacement of a J operand. */
  readonly immediate: number;
  /** Second immediate (ENTER). */
  readonly immediate2: number;
}

export type Decoded =
  | { readonly kind: 'instruction'; readonly instruction: Instruction }
  /** Not an instruction on this processor: #UD. */
  | { readonly kind: 'invalid'; readonly length: number }
  /** A real instruction that Ringside does not execute yet. */
  | { readonly kind: 'unimplemented'; readonly length: number; readonly name: string }
  /** More than 15 bytes: #GP(0). */
  | { readonly kind: 'tooLong' }
  /** The bytes end before the instruction does. */
  | { readonly kind: 'truncated' };

export { MAX_INSTRUCTION_LENGTH } from './instructionCursor';

/** A row as the decoder wants it: what it would otherwise search for in the operands, found once. */
interface Selection {
  readonly spec: InstructionSpec;
  /** The operands that follow ModRM in the instruction, in order: at most two. */
  readonly trailing: readonly Operand[];
  /** The opcode's low three bits are a register. */
  readonly registerInOpcode: boolean;
  /** ModRM.mod does not count: r/m is a register (SDM Vol. 2, MOV to and from control registers). */
  readonly ignoresMod: boolean;
  readonly lockable: boolean;
  readonly unimplemented: boolean;
}

/** Of the kind of an immediate, beside its bytes. */
export const SIGN_EXTENDED = 8;

const TRAILING = /^(I|J|O|Ap)/;

const selection = (spec: InstructionSpec): Selection => ({
  spec,
  trailing: spec.operands.filter((o) => TRAILING.test(o)),
  registerInOpcode: spec.operands.some((o) => o[0] === 'Z'),
  ignoresMod: spec.size32 === true,
  lockable: spec.lock === true,
  unimplemented: spec.lift === 'unimplemented',
});

const SELECTIONS = INSTRUCTIONS.map(selection);

/** ModRM bytes with the same mod, as far as it matters, and reg. */
const byModAndReg = (isRegister: boolean, reg: number): readonly number[] =>
  (isRegister ? [3] : [0, 1, 2]).flatMap((mod) => Array.from({ length: 8 }, (_, rm) => (mod << 6) | (reg << 3) | rm));
const MODRM_CLASSES = [false, true].flatMap((isRegister) => Array.from({ length: 8 }, (_, reg) => ({ isRegister, reg, bytes: byModAndReg(isRegister, reg) })));

/** The ModRM bytes that a row takes, in lists. */
const acceptedBy = (spec: InstructionSpec): readonly (readonly number[])[] =>
  spec.modRm !== undefined ? [[spec.modRm]] : MODRM_CLASSES.filter(({ isRegister, reg }) => accepts(spec, isRegister, reg)).map(({ bytes }) => bytes);

function accepts(spec: InstructionSpec, isRegister: boolean, reg: number): boolean {
  if (spec.extension !== undefined && spec.extension !== reg) return false;
  if (!spec.size32 && spec.mod !== 'any' && spec.mod !== (isRegister ? 'register' : 'memory')) return false;
  return spec.operands.every((operand, position) => registerExists(operand, reg, position === 0));
}

/** Segment, control and test registers that are not there are #UD; so is loading CS. */
function registerExists(operand: Operand, reg: number, isDestination: boolean): boolean {
  if (operand === 'Sw') return reg < 6 && !(isDestination && reg === CS);
  if (operand === 'Cd') return reg === 0 || reg === 2 || reg === 3 || reg === 4;
  if (operand === 'Td') return reg >= 3;
  return true;
}

/** Maps: the one-byte opcodes, then the two-byte opcodes once for each mandatory prefix. */
const MAPS = 1 + MANDATORY_PREFIXES.length;
const SLOTS = 256 * MAPS;

/** First slots of the maps that a row belongs to: without a mandatory prefix, a two-byte opcode is in all of them. */
const mapsOf = ({ map, prefix }: InstructionSpec): readonly number[] =>
  map ? MANDATORY_PREFIXES.flatMap((name, n) => (prefix === undefined || prefix === name ? [256 * (n + 1)] : [])) : [0];

type RowsByModRm = (Selection | undefined)[];
const UNSEEN: RowsByModRm = [];

/** Opcode maps for one processor generation, and the byte cursor that walks them. */
export class OpcodeMap {
  readonly #plain: (Selection | undefined)[] = new Array<Selection | undefined>(SLOTS).fill(undefined);
  /** Rows of the opcodes that have a ModRM byte, the first that fits going first. */
  readonly #rows: Selection[][] = [];
  /** By ModRM byte, for opcodes that have one: UNSEEN until one is met. */
  readonly #byModRm: (RowsByModRm | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  readonly #cursor = new InstructionCursor();
  /** What `scan` has found, until anything else is asked of this map. */
  readonly scanned: Instruction & { copy(): Instruction } = this.#cursor;

  constructor(readonly cpu: CpuGeneration) {
    const generation = CPU_GENERATIONS.indexOf(cpu);
    // A row with a mandatory prefix goes before one without.
    const rows = [...INSTRUCTIONS.filter((spec) => spec.prefix), ...INSTRUCTIONS.filter((spec) => !spec.prefix)];
    for (const spec of rows) {
      if (spec.since && CPU_GENERATIONS.indexOf(spec.since) > generation) continue;
      if (spec.until && CPU_GENERATIONS.indexOf(spec.until) < generation) continue;
      const row = SELECTIONS[spec.id];
      for (const map of mapsOf(spec)) this.#add(row, map + spec.opcode);
    }
  }

  #add(row: Selection, slot: number): void {
    const { spec } = row;
    if (spec.hasModRm) {
      this.#byModRm[slot] = UNSEEN;
      (this.#rows[slot] ??= []).push(row);
    } else {
      for (let r = 0; r < (row.registerInOpcode ? 8 : 1); r++) this.#plain[slot + r] ??= row;
    }
  }

  /** Bytes at the end of an instruction that are its immediate, and nothing else of it. */
  immediateLength({ spec, operandSize }: Pick<Instruction, 'spec' | 'operandSize'>): number {
    const { trailing } = SELECTIONS[spec.id];
    return trailing.length === 1 ? immediateLength(trailing[0], operandSize) : 0;
  }

  /** The same, with SIGN_EXTENDED where it is. */
  immediateKind(instruction: Pick<Instruction, 'spec' | 'operandSize'>): number {
    return this.immediateLength(instruction) | (instruction.spec.operands.includes('Ibs') ? SIGN_EXTENDED : 0);
  }

  /** The immediate of an instruction that ends at `end`, where only that may have changed. */
  immediate(bytes: Uint8Array, end: number, { spec, operandSize }: Pick<Instruction, 'spec' | 'operandSize'>): number {
    return this.#cursor.immediateBefore(bytes, end, SELECTIONS[spec.id].trailing[0], operandSize);
  }

  #see(slot: number): RowsByModRm {
    const rows: RowsByModRm = new Array<undefined>(256).fill(undefined);
    for (const row of this.#rows[slot]) for (const bytes of acceptedBy(row.spec)) for (const modRm of bytes) rows[modRm] ??= row;
    this.#byModRm[slot] = rows;
    return rows;
  }

  /** Decode the instruction at `start` of `bytes`; `codeSize` is 2 or 4 by the D bit of CS. */
  decode(bytes: Uint8Array, start: number, end: number, codeSize: 2 | 4): Decoded {
    const kind = this.scan(bytes, start, end, codeSize);
    const { length, spec } = this.#cursor;
    switch (kind) {
      case 'instruction':
        return { kind, instruction: this.#cursor.copy() };
      case 'invalid':
        return { kind, length };
      case 'unimplemented':
        return { kind, length, name: spec.mnemonic };
      default:
        return { kind };
    }
  }

  /** The same with its result in `scanned`. Hot: it allocates nothing. */
  scan(bytes: Uint8Array, start: number, end: number, codeSize: 2 | 4): Decoded['kind'] {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end, codeSize);
    const opcode = cursor.prefixes();
    const slot = opcode === 0x0f ? 256 * (1 + cursor.mandatoryPrefix()) + cursor.u8() : opcode;
    if (cursor.isShort()) return cursor.shortage();

    let rows = this.#byModRm[slot];
    if (rows === UNSEEN) rows = this.#see(slot);
    let modRm = -1;
    let row: Selection | undefined;
    if (rows) {
      modRm = cursor.u8();
      if (cursor.isShort()) return cursor.shortage();
      row = rows[modRm];
    } else row = this.#plain[slot];
    if (!row) return 'invalid';

    if (modRm >= 0) cursor.modRm(row.ignoresMod ? modRm | 0xc0 : modRm);
    const { trailing } = row;
    if (trailing.length > 0) {
      cursor.immediate = cursor.operand(trailing[0]);
      if (trailing.length > 1) cursor.immediate2 = cursor.operand(trailing[1]);
    }
    // FOP, the last x87 opcode, has the ModRM byte in it.
    if (slot >= 0xd8 && slot <= 0xdf) cursor.immediate = modRm;
    if (cursor.isShort()) return cursor.shortage();
    // LOCK needs a memory destination on a row that allows it (SDM Vol. 2, LOCK).
    if (cursor.lock && !(row.lockable && modRm >= 0 && cursor.rm < 0)) return 'invalid';
    cursor.settle(row.spec, modRm >= 0 ? (modRm >> 3) & 7 : row.registerInOpcode ? slot & 7 : 0);
    return row.unimplemented ? 'unimplemented' : 'instruction';
  }
}

/** Decode the instruction at `start` of `bytes`; `codeSize` is 2 or 4 by the D bit of CS. */
export function decode(map: OpcodeMap, bytes: Uint8Array, start: number, end: number, codeSize: 2 | 4): Decoded {
  return map.decode(bytes, start, end, codeSize);
}

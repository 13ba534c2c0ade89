/**
 * Records of instructions that have been translated, by the bytes that say what they are: opcode, ModRM and SIB (SDM Vol. 2, figure 2-1).
 * The same bytes make the same record but for displacement and immediate, which follow them. So most of the code that runs for the first
 * time has been decoded before. Only instructions of 32-bit code, without prefixes, that nobody can be interested in (TranslationPolicy).
 */
import { type Instruction, type OpcodeMap, SIGN_EXTENDED } from '../x86/decoder';
import { EBP, ESP } from '../x86/registers';
import { RECORD } from './record';

/** A power of two: each is at the place that its bytes give. */
const ENTRIES = 4096;
const NO_KEY = -1;

/** Words of an entry: what it is for, those of the record, and how it is laid out. The immediate is that of an instruction whose bytes have none. */
const WORD = { KEY: 0, HANDLER: 1, REG: 2, SCALE: 3, IMMEDIATE: 4, LAYOUT: 5 } as const;
const STRIDE = 8;
/** Bytes of opcode, ModRM and SIB, of the displacement, and the kind of immediate, in LAYOUT. */
const [HEAD, DISPLACEMENT, IMMEDIATE] = [0, 8, 16];
const ONE_BYTE = 0xff;

const ESCAPE = 0x0f;
/** What follows an opcode. */
const [NOTHING, MODRM] = [1, 2];

const hasSib = (modRm: number): boolean => (modRm & 7) === ESP && modRm < 0xc0;

/** Bytes of the displacement behind ModRM and SIB, with 32-bit addresses (SDM Vol. 2, tables 2-2 and 2-3). */
function displacementBytes(modRm: number, sib: number): 0 | 1 | 4 {
  const mod = modRm >> 6;
  if (mod === 1) return 1;
  const noBase = mod === 0 && ((hasSib(modRm) ? sib : modRm) & 7) === EBP;
  return mod === 2 || noBase ? 4 : 0;
}

export class Templates {
  readonly #words = new Int32Array(ENTRIES * STRIDE).fill(NO_KEY);
  /** By opcode, those of two bytes behind the others: NOTHING or MODRM; 0 while it has not been met. */
  readonly #follows = new Uint8Array(512);
  readonly #i32: Int32Array;

  constructor(
    readonly opcodes: OpcodeMap,
    /** The VM's memory. */
    readonly u8: Uint8Array,
  ) {
    this.#i32 = new Int32Array(u8.buffer);
  }

  /** What the instruction at `at` of the VM's memory is, as a number; NO_KEY when nobody knows. */
  #keyAt(at: number): number {
    const { u8 } = this;
    const first = u8[at];
    const isEscaped = first === ESCAPE;
    const follows = this.#follows[isEscaped ? 256 + u8[at + 1] : first];
    const opcode = isEscaped ? ESCAPE | (u8[at + 1] << 8) : first;
    if (follows !== MODRM) return follows === NOTHING ? opcode : NO_KEY;
    const behind = at + (isEscaped ? 2 : 1);
    const modRm = u8[behind];
    return opcode | ((modRm | (hasSib(modRm) ? u8[behind + 1] << 8 : 0)) << (isEscaped ? 16 : 8));
  }

  #placeOf(key: number): number {
    return STRIDE * (Math.imul(key, 0x9e3779b1) >>> 20);
  }

  /** The template for the instruction at `at` of the VM's memory; -1 when there is none. */
  find(at: number): number {
    const key = this.#keyAt(at);
    const place = this.#placeOf(key);
    return key !== NO_KEY && this.#words[place + WORD.KEY] === key ? place : -1;
  }

  /** Bytes of the instruction. */
  lengthOf(template: number): number {
    return this.#words[template + WORD.HANDLER] >>> (8 * RECORD.LENGTH);
  }

  /** The record at `record`, as instruction `count` of its block, for the bytes at `at`; without EIP, HITS and BLOCK. */
  write(template: number, record: number, count: number, at: number): void {
    const words = this.#words;
    const i32 = this.#i32;
    const to = record >> 2;
    const layout = words[template + WORD.LAYOUT];
    const first = words[template + WORD.HANDLER];
    i32[to] = first | (count << (8 * RECORD.COUNT));
    i32[to + 1] = words[template + WORD.REG];
    i32[to + 2] = words[template + WORD.SCALE];
    const behind = at + ((layout >> HEAD) & ONE_BYTE);
    const displacement = (layout >> DISPLACEMENT) & ONE_BYTE;
    i32[to + RECORD.DISPLACEMENT / 4] = displacement === 0 ? 0 : displacement === 1 ? this.#byteAt(behind, SIGN_EXTENDED) : this.#wordAt(behind);
    const kind = layout >> IMMEDIATE;
    i32[to + RECORD.IMMEDIATE / 4] = kind === 0 ? words[template + WORD.IMMEDIATE] : this.#immediateAt(behind + displacement, kind);
  }

  #immediateAt(at: number, kind: number): number {
    if (kind === 4) return this.#wordAt(at);
    return kind === 2 ? this.u8[at] | (this.u8[at + 1] << 8) : this.#byteAt(at, kind);
  }

  #byteAt(at: number, kind: number): number {
    return kind & SIGN_EXTENDED ? (this.u8[at] << 24) >> 24 : this.u8[at];
  }

  #wordAt(at: number): number {
    const { u8 } = this;
    return u8[at] | (u8[at + 1] << 8) | (u8[at + 2] << 16) | (u8[at + 3] << 24);
  }

  /** The instruction at `at` of the VM's memory has got `record`. */
  learn(at: number, instruction: Instruction, record: number): void {
    const { spec, length } = instruction;
    if (spec.flow !== 'next' || spec.sensitive) return;
    const layout = this.#layoutOf(at, instruction);
    if (layout < 0) return;
    this.#follows[spec.map ? 256 + this.u8[at + 1] : this.u8[at]] = spec.hasModRm ? MODRM : NOTHING;
    const key = this.#keyAt(at);
    const place = this.#placeOf(key);
    const words = this.#words;
    const i32 = this.#i32;
    words[place + WORD.KEY] = key;
    words[place + WORD.HANDLER] = (i32[record >> 2] & 0xffff) | (length << (8 * RECORD.LENGTH));
    words[place + WORD.REG] = i32[(record >> 2) + 1];
    words[place + WORD.SCALE] = i32[(record >> 2) + 2];
    words[place + WORD.IMMEDIATE] = i32[(record + RECORD.IMMEDIATE) >> 2];
    words[place + WORD.LAYOUT] = layout;
  }

  /** LAYOUT; -1 for instructions with a prefix, and what else does not end with a displacement and an immediate. */
  #layoutOf(at: number, { spec, length, operandSize }: Instruction): number {
    const { u8 } = this;
    const opcodeAt = spec.map ? at + 1 : at;
    const isBare = (spec.map === 0 || u8[at] === ESCAPE) && (u8[opcodeAt] & (spec.operands.some((o) => o[0] === 'Z') ? ~7 : ~0)) === spec.opcode;
    if (!isBare) return -1;
    const modRm = u8[opcodeAt + 1];
    const head = opcodeAt + 1 - at + (spec.hasModRm ? (hasSib(modRm) ? 2 : 1) : 0);
    const isOffset = spec.operands.some((o) => o[0] === 'O');
    const displacement = spec.hasModRm ? displacementBytes(modRm, u8[opcodeAt + 2]) : isOffset ? 4 : 0;
    const kind = this.opcodes.immediateKind({ spec, operandSize });
    return head + displacement + (kind & (SIGN_EXTENDED - 1)) === length ? (head << HEAD) | (displacement << DISPLACEMENT) | (kind << IMMEDIATE) : -1;
  }
}

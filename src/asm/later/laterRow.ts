/**
 * Rows for instructions that the modelled processor does not have: the assembler writes them, nothing executes them.
 * Encodings as in SDM Vol. 2: `66 0F 38 00 /r`, with VEX or EVEX in front where they have such a prefix.
 */
import { type CpuGeneration, type Operand, type Row, row } from '../../x86/instructionSpec';

/**
 * Letters beyond those of the modelled processor. qq is thirty-two bytes, a YMM register or memory; H an XMM register in
 * VEX.vvvv, B a general one there, L an XMM register in the high half of an immediate byte; rB and mB bound registers in
 * ModRM.reg and r/m. `RdMb` is a doubleword register, which may be named by its low byte, or a byte in memory; `Rd/Mb` and `Rd/Mw` may not. The others are registers by name.
 */
export const LATER_OPERANDS = [
  'Hx',
  'Lx',
  'Vqq',
  'Hqq',
  'Wqq',
  'Uqq',
  'Mqq',
  'Lqq',
  'Bd',
  'Wb',
  'Ww',
  'Mv',
  'Rv',
  'Mb',
  'RdMb',
  'Rd/Mb',
  'Rd/Mw',
  'rB',
  'mB',
  'Mib',
  'EAX',
  'ECX',
  'EDX',
  'XMM0',
] as const;
export type LaterOperand = (typeof LATER_OPERANDS)[number];

/** VIA's encryption and random numbers. */
export const PADLOCK = 'VIA PadLock';

/** VEX and EVEX fields that operands do not tell (SDM Vol. 2, 2.3 and 2.7). */
export interface VexFields {
  readonly evex: boolean;
  readonly w: 0 | 1;
  /** 1 for 256 bits. */
  readonly length: 0 | 1;
}

export interface LaterEncoding {
  /** What CPUID calls it, or whose it is. */
  readonly feature: string;
  /** Third opcode map: the byte behind 0F. */
  readonly escape?: 0x38 | 0x3a;
  readonly vex?: VexFields;
  /** What the modelled Pentium 4 executes instead, where that is not #UD. */
  readonly fate?: string;
}

/** What the assembler needs to know of a row. */
export interface AssemblyRow extends Omit<Row, 'operands'> {
  readonly operands: readonly (Operand | LaterOperand)[];
  readonly later?: LaterEncoding;
}

interface LaterColumns {
  readonly w?: 1;
  /** Where no operand tells it. */
  readonly length?: 1;
  /** What the modelled Pentium 4 makes of it, where that is not #UD. */
  readonly fate?: string;
  readonly until?: CpuGeneration;
}

/** One row, or the two of a vector instruction whose operands say no length: `V H W` is `Vx Hx Wx` and `Vqq Hqq Wqq`. */
export type RowOf = (encoding: string, mnemonic: string, operands?: string, columns?: LaterColumns) => AssemblyRow[];

export const of =
  (feature: string): RowOf =>
  (encoding, mnemonic, operands = '', columns = {}) =>
    lengths(operands).map((letters) => laterRow(feature, encoding, mnemonic, letters, columns));

function lengths(operands: string): string[] {
  const letters = operands.split(' ');
  if (!letters.some((letter) => /^[VHWUL]$/.test(letter))) return [operands];
  return ['x', 'qq'].map((size) => letters.map((letter) => (/^[VHWULM]$/.test(letter) ? letter + size : letter)).join(' '));
}

function laterRow(feature: string, encoding: string, mnemonic: string, operands: string, { w, length, fate, until }: LaterColumns): AssemblyRow {
  const vector = /^(E?)VEX /.exec(encoding);
  const [, third] = /0F (38|3A) /.exec(encoding) ?? [];
  const plain = encoding.replace(/^E?VEX /, '').replace(/0F (38|3A) /, '0F ');
  return {
    ...row(plain, mnemonic, operands, { lift: 'later', ...(until ? { until } : {}) }),
    operands: operands ? (operands.split(' ') as (Operand | LaterOperand)[]) : [],
    encoding,
    later: {
      feature,
      ...(third ? { escape: Number.parseInt(third, 16) as 0x38 | 0x3a } : {}),
      ...(vector ? { vex: { evex: vector[1] === 'E', w: w ?? 0, length: length ?? (operands.includes('qq') ? 1 : 0) } } : {}),
      ...(fate ? { fate } : {}),
    },
  };
}

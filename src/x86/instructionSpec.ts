/**
 * The shape of a row of the instruction table. A row selects: this encoding is that instruction with these
 * operands. What the instruction means is a lift in `semantics`, found by `lift`.
 * Operand letters are those of SDM Vol. 2, appendix A.
 */
import { SENSITIVITY, type SensitivityName, type SensitivitySpec } from './sensitivity';

/**
 * E ModRM r/m, G ModRM reg, S segment register in reg, C/D/T control/debug/test register in reg,
 * M memory only, R register only (r/m), I immediate, J relative branch, A far pointer, O absolute offset,
 * X DS:SI, Y ES:DI, Z register in the opcode's low three bits, ST the top of the x87 stack, STi ST(i) in r/m.
 * Sizes: b byte, w word, d doubleword, q quadword, v word or doubleword by operand size, z likewise (immediates),
 * t ten bytes, i x87 environment or state by operand size, p far pointer, a pair of bounds, s six-byte pseudo-descriptor, bs byte sign-extended to the operand size,
 * `RvMw` a register of operand size or a word in memory, `RdMw` likewise a doubleword register. `1` the constant one.
 * MMX and SSE: P MMX register in reg, Q MMX register or memory, N MMX register (r/m); V XMM register in reg, W XMM register
 * or memory, U XMM register (r/m). Sizes there are those of memory: x sixteen bytes aligned, u sixteen bytes at any address.
 */
export const OPERANDS = [
  'Eb',
  'Ew',
  'Ed',
  'Ev',
  'Gb',
  'Gw',
  'Gv',
  'Sw',
  'Cd',
  'Dd',
  'Td',
  'Rd',
  'RvMw',
  'RdMw',
  'Gd',
  'Pq',
  'Qq',
  'Qd',
  'Nq',
  'Vx',
  'Wx',
  'Wu',
  'Wq',
  'Wd',
  'Ux',
  'M',
  'Md',
  'Mx',
  'Ma',
  'Mp',
  'Ms',
  'Mw',
  'Md',
  'Mq',
  'Mt',
  'Mi',
  'Ib',
  'Ibs',
  'Iw',
  'Iz',
  'Jb',
  'Jz',
  'Ap',
  'Ob',
  'Ov',
  'Xb',
  'Xv',
  'Yb',
  'Yv',
  'Zb',
  'Zv',
  'AL',
  'AX',
  'eAX',
  'CL',
  'DX',
  'ST',
  'STi',
  '1',
  'ES',
  'CS',
  'SS',
  'DS',
  'FS',
  'GS',
] as const; // prettier-ignore
export type Operand = (typeof OPERANDS)[number];

/** First processor that has the instruction. */
export const CPU_GENERATIONS = ['8086', '186', '286', '386', '486', 'pentium', 'p6', 'p3', 'p4'] as const;
export type CpuGeneration = (typeof CPU_GENERATIONS)[number];
export const LATEST_GENERATION: CpuGeneration = CPU_GENERATIONS[CPU_GENERATIONS.length - 1];

/**
 * How control leaves the instruction. `next` falls through; the others end a basic block.
 * `system`: falls through, but may have changed what the following instructions mean or whether an interrupt is due.
 */
export type ControlFlow = 'next' | 'jump' | 'branch' | 'call' | 'return' | 'farJump' | 'farCall' | 'farReturn' | 'interrupt' | 'system';

/** Columns beyond opcode, mnemonic and operands. Flag letters: o s z a p c, d i t, n (NT), v (VM, IOPL and the rest). */
export interface Columns {
  /** Status and control flags written with defined values. */
  readonly w?: string;
  /** Flags left undefined. */
  readonly u?: string;
  /** Flags read. */
  readonly r?: string;
  /** LOCK is allowed when the destination is memory. */
  readonly lock?: true;
  /** `rep` repeats by count alone; `repe` also tests ZF (and F2 means repne). */
  readonly rep?: 'rep' | 'repe';
  readonly flow?: ControlFlow;
  readonly sensitivity?: SensitivityName;
  readonly since?: CpuGeneration;
  /** Last processor that has it. */
  readonly until?: CpuGeneration;
  /** Only in protected mode: #UD in real and virtual-8086 mode. */
  readonly protectedOnly?: true;
  /** Operand size is 32 bits whatever the prefix says (control and debug register moves). */
  readonly size32?: true;
  /** ModRM.mod must be 3 although no operand is a register: ModRM.rm does not count. */
  readonly registerOnly?: true;
  /** Not in the manuals, or an alias the assembler does not produce. */
  readonly undocumented?: true;
  /** The semantics, where they are not the first mnemonic's. */
  readonly lift?: string;
}

/** A prefix that belongs to the opcode (SDM Vol. 2, 2.1.2): it neither repeats nor changes the operand size. NP: none of them may stand there. */
export const MANDATORY_PREFIXES = ['NP', '66', 'F3', 'F2'] as const;
export type MandatoryPrefix = (typeof MANDATORY_PREFIXES)[number];

export interface InstructionSpec extends Columns {
  /** Index in INSTRUCTIONS. */
  readonly id: number;
  /** Selects the row; undefined where 66, F2 and F3 keep their own meaning. */
  readonly prefix: MandatoryPrefix | undefined;
  /** `0F` two-byte map or one-byte map. */
  readonly map: 0x00 | 0x0f;
  /** Opcode byte; with a Z operand, the first of eight. */
  readonly opcode: number;
  /** ModRM.reg extension `/0`..`/7`, or undefined. */
  readonly extension: number | undefined;
  readonly hasModRm: boolean;
  /** Restricts ModRM.mod: `/r` forms with operands R or M. */
  readonly mod: 'any' | 'memory' | 'register';
  /** Fixed third byte, e.g. `0F 01 C1`: the whole ModRM. */
  readonly modRm: number | undefined;
  /** Mnemonic with a 16-bit operand size, and with a 32-bit one (usually the same). */
  readonly mnemonic: string;
  readonly mnemonic32: string;
  readonly operands: readonly Operand[];
  readonly lift: string;
  readonly flow: ControlFlow;
  readonly sensitive: SensitivitySpec | undefined;
  /** As written in the table: `0F 01 /2`. */
  readonly encoding: string;
}

/** A row before numbering. */
export type Row = Omit<InstructionSpec, 'id'>;

/**
 * One row. `encoding` is hexadecimal bytes, perhaps after a mandatory prefix, then `/r` (ModRM) or `/0`..`/7` (ModRM with extension);
 * `mnemonic` may be `short|long` where the operand size names the instruction (cbw|cwde).
 */
export function row(encoding: string, mnemonic: string, operands = '', columns: Columns = {}): Row {
  const parts = encoding.split(' ');
  const prefix = parts[1] === '0F' ? MANDATORY_PREFIXES.find((name) => name === parts[0]) : undefined;
  if (prefix) parts.shift();
  const map = parts[0] === '0F' && parts.length > 1 && !parts[1].startsWith('/') ? 0x0f : 0x00;
  if (map) parts.shift();
  const opcode = Number.parseInt(parts[0], 16);
  const tail = parts[1];
  const operandList = (operands ? operands.split(' ') : []) as Operand[];
  const [short, long = short] = mnemonic.split('|');
  const hasModRm = tail !== undefined;
  const memoryOnly = operandList.some((o) => o[0] === 'M');
  const registerOnly = columns.registerOnly || operandList.some((o) => o === 'Rd' || o === 'Ux' || o === 'Nq' || o === 'STi');
  return {
    ...columns,
    prefix,
    map,
    opcode,
    hasModRm,
    extension: tail?.startsWith('/') && tail !== '/r' ? Number(tail[1]) : undefined,
    modRm: tail && !tail.startsWith('/') ? Number.parseInt(tail, 16) : undefined,
    mod: memoryOnly ? 'memory' : registerOnly ? 'register' : 'any',
    mnemonic: short,
    mnemonic32: long,
    operands: operandList,
    lift: columns.lift ?? short,
    flow: columns.flow ?? 'next',
    sensitive: columns.sensitivity ? SENSITIVITY[columns.sensitivity] : undefined,
    encoding,
  };
}

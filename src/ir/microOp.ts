import { type ValueType, WIDE_OPS, type WideOpName } from './wideOps';

/**
 * Micro-ops: what a lift emits and both executors consume. Expressions are pure, and 32 bits wide unless they say otherwise (`typeOf`);
 * statements have effects and happen in order. Guest state is named, never addressed: registers, CPU cells, memory through a segment.
 *
 * Order within one instruction: every statement that can fault (load, store, helper, fault) comes before the first that
 * changes a register or a flag, so that a fault leaves the state of before the instruction (SDM Vol. 3, 6.5: faults restart).
 */

/** Operand-dependent parts of an instruction: constants once the instruction is known, record fields in the interpreter. */
export type Field = 'displacement' | 'immediate' | 'eip' | 'nextEip' | 'segment' | 'registerNumber' | 'rmNumber';

/** A register: a fixed one by number, or the one an operand names (ModRM.reg, ModRM.rm). */
export type RegisterRef = number | 'reg' | 'rm';

export type UnaryOp = 'signExtend8' | 'signExtend16' | 'isZero' | 'countLeadingZeros' | 'countTrailingZeros' | 'popCount';
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'mulHighUnsigned'
  | 'mulHighSigned'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shrU'
  | 'shrS'
  | 'rotl'
  | 'equal'
  | 'notEqual'
  | 'lessU'
  | 'lessS'
  | 'lessEqualU'
  | 'divU'
  | 'remU'
  | 'divS'
  | 'remS'; // prettier-ignore
/** 64-bit dividend high:low by a 32-bit divisor. `fits` is 1 when the quotient fits 32 bits. */
export type WideOp = 'divU' | 'remU' | 'fitsU' | 'divS' | 'remS' | 'fitsS';

export type Expr =
  | { readonly k: 'const'; readonly value: number }
  /** Numbered within its type; i32 without one. */
  | { readonly k: 'temp'; readonly id: number; readonly type?: ValueType }
  | { readonly k: 'field'; readonly field: Field }
  /** Offset part of the memory operand: base + index * scale + displacement, wrapped to the address size. */
  | { readonly k: 'effectiveAddress'; readonly addressSize: 2 | 4 /** Added when the base is ESP (POP to memory sees the popped ESP). */; readonly stackBias: number }
  /** Zero-extended; an 8-bit register by its encoding (AL..BH). */
  | { readonly k: 'register'; readonly ref: RegisterRef; readonly size: 1 | 2 | 4 }
  /** A 32-bit cell of CpuState, by byte offset. */
  | { readonly k: 'cell'; readonly offset: number }
  /** A 32-bit field of the cache of the segment register whose number is `segment`. */
  | { readonly k: 'segmentCell'; readonly segment: Expr; readonly offset: number }
  | { readonly k: 'unary'; readonly op: UnaryOp; readonly x: Expr }
  | { readonly k: 'binary'; readonly op: BinaryOp; readonly x: Expr; readonly y: Expr }
  | { readonly k: 'wide'; readonly op: WideOp; readonly high: Expr; readonly low: Expr; readonly divisor: Expr }
  | { readonly k: 'select'; readonly condition: Expr; readonly x: Expr; readonly y: Expr }
  /** Condition code 0..15 of the current flags, as 0 or 1. */
  | { readonly k: 'condition'; readonly code: number }
  /** The six status flags in their EFLAGS positions. */
  | { readonly k: 'status' }
  | { readonly k: 'const64'; readonly value: bigint }
  /** The time-stamp counter as this instruction reads it, 64 bits. */
  | { readonly k: 'timeStamp' }
  /** XMM register, 128 bits; MMX register in the low half of 128 bits, the rest zero. */
  | { readonly k: 'xmm'; readonly ref: RegisterRef }
  | { readonly k: 'mmx'; readonly ref: RegisterRef }
  /** 128 bits of a CPU cell. */
  | { readonly k: 'vectorCell'; readonly offset: number }
  /** Of type `WIDE_OPS[op].type`. `immediate`: bytes behind the opcode (a lane, the lanes of a shuffle, a constant). */
  | { readonly k: 'typed'; readonly op: WideOpName; readonly args: readonly Expr[]; readonly immediate?: readonly number[] }
  /**
   * A vector like y but for the elements of `size` bytes from byte `first` on, as many as `order` chooses among: four, or two of 8 bytes. The first
   * half of them is chosen from x, the others from y, by the next bits of `order` each.
   */
  | { readonly k: 'shuffle'; readonly size: 2 | 4 | 8; readonly first: 0 | 8; readonly x: Expr; readonly y: Expr; readonly order: Expr }
  /** Is the low element of a vector, a number of so many bytes, a denormal? */
  | { readonly k: 'denormal'; readonly x: Expr; readonly bytes: 4 | 8 }
  /** Word `position` of a vector, 0..7, and a vector with another one. */
  | { readonly k: 'word'; readonly x: Expr; readonly position: Expr }
  | { readonly k: 'withWord'; readonly x: Expr; readonly position: Expr; readonly value: Expr }
  /** Address of x87 register ST(n), and whether it is empty. */
  | { readonly k: 'stAddress'; readonly n: Expr }
  | { readonly k: 'stEmpty'; readonly n: Expr }
  /** Significand (64 bits) or sign and exponent of the x87 register at an address. */
  | { readonly k: 'significand'; readonly address: Expr }
  | { readonly k: 'signExponent'; readonly address: Expr }
  /** 32 bits at so many bytes behind a place. */
  | { readonly k: 'placed'; readonly place: Expr; readonly offset: number }
  /** Depends on nothing that an instruction of translated code could change: it is computed once a region. */
  | { readonly k: 'invariant'; readonly value: Expr };

/** The ordinary course of x87 arithmetic; whether a sum (x, y, sum) or the product of two doubles is exact. */
export const SHARED_FUNCTIONS = [
  'x87Round',
  'x87Add',
  'x87Multiply',
  'x87Divide',
  'x87SquareRoot',
  'x87Compare',
  'x87FromDouble',
  'x87FromSingle',
  'x87FromInteger',
  'x87ToDouble',
  'x87ToSingle',
  'x87ToInteger',
  'isExactSum',
  'isExactProduct',
] as const;
export type SharedFunction = (typeof SHARED_FUNCTIONS)[number];

export type SegmentRef = number | 'operand';
export type VectorSize = 4 | 8 | 16;

/** Condition codes that are flags by themselves. */
export const CONDITION_O = 0;
export const CONDITION_C = 2;
export const CONDITION_Z = 4;
export const CONDITION_S = 8;
export const CONDITION_P = 10;

export type Statement =
  /** A temporary of the value's type. */
  | { readonly k: 'let'; readonly id: number; readonly value: Expr }
  /** `update`: the location will be written; write permission is checked first. */
  | { readonly k: 'load'; readonly id: number; readonly size: 1 | 2 | 4; readonly segment: SegmentRef; readonly offset: Expr; readonly update: boolean }
  | { readonly k: 'store'; readonly size: 1 | 2 | 4; readonly segment: SegmentRef; readonly offset: Expr; readonly value: Expr }
  /** 4, 8 or 16 bytes into the low part of a temporary of 128 bits, the rest zero. `aligned`: #GP(0) at an address that is no multiple of 16. */
  | { readonly k: 'loadVector'; readonly id: number; readonly size: VectorSize; readonly segment: SegmentRef; readonly offset: Expr; readonly aligned: boolean }
  /** The low bytes of a vector. */
  | { readonly k: 'storeVector'; readonly size: VectorSize; readonly segment: SegmentRef; readonly offset: Expr; readonly aligned: boolean; readonly value: Expr }
  /** `normal`: its low element, a number of so many bytes, is no denormal. */
  | { readonly k: 'setXmm'; readonly ref: RegisterRef; readonly value: Expr; readonly normal?: 4 | 8 }
  /** The low half of the value; the sign and exponent of the x87 register become ones. */
  | { readonly k: 'setMmx'; readonly ref: RegisterRef; readonly value: Expr }
  | { readonly k: 'setSignificand'; readonly address: Expr; readonly value: Expr }
  | { readonly k: 'setSignExponent'; readonly address: Expr; readonly value: Expr }
  /** ST(n) becomes empty, or holds something. */
  | { readonly k: 'tag'; readonly n: Expr; readonly empty: boolean }
  | { readonly k: 'moveTop'; readonly by: 1 | -1 }
  /** Some bits of the x87 status word, but not TOP, are replaced by `value`, and others of it are set. */
  | { readonly k: 'statusWord'; readonly replaced: number; readonly value: Expr }
  /** A function that both executors define in their modules (engine/wasm): it touches nothing but CPU cells, and cannot fault. */
  | { readonly k: 'call'; readonly id: number; readonly name: SharedFunction; readonly args: readonly Expr[] }
  | { readonly k: 'setVectorCell'; readonly offset: number; readonly value: Expr }
  | { readonly k: 'setRegister'; readonly ref: RegisterRef; readonly size: 1 | 2 | 4; readonly value: Expr }
  | { readonly k: 'setCell'; readonly offset: number; readonly value: Expr }
  /** A 32-bit field of the cache of the segment register whose number is `segment`. */
  | { readonly k: 'setSegmentCell'; readonly segment: Expr; readonly offset: number; readonly value: Expr }
  /** Status flags of a +/- b = result, on `size` bytes. `keepCarry`: INC and DEC. */
  | { readonly k: 'arithmeticFlags'; readonly op: 'add' | 'sub'; readonly size: 1 | 2 | 4; readonly a: Expr; readonly b: Expr; readonly result: Expr; readonly keepCarry: boolean }
  /** SF, ZF, PF of the result; the others given as 0/1 expressions. */
  | { readonly k: 'resultFlags'; readonly size: 1 | 2 | 4; readonly result: Expr; readonly carry: Expr; readonly overflow: Expr; readonly adjust: Expr }
  /** CF and, if given, OF; the other flags stay. */
  | { readonly k: 'carryFlags'; readonly carry: Expr; readonly overflow?: Expr }
  /** All six status flags from their EFLAGS positions. */
  | { readonly k: 'setStatus'; readonly value: Expr }
  /** A rare system operation, in TypeScript: both executors call the one function. It may fault. */
  | { readonly k: 'helper'; readonly id: number; readonly name: string; readonly args: readonly Expr[] }
  | { readonly k: 'if'; readonly condition: Expr; readonly then: readonly Statement[]; readonly else: readonly Statement[] }
  /** Seldom true: translated code leaves the instruction to tier 0 then. */
  | { readonly k: 'rarely'; readonly condition: Expr; readonly then: readonly Statement[] }
  /**
   * The ordinary course of an instruction, and what is to be done instead when `giveUp` in it finds that this occurrence is not ordinary;
   * nothing has been changed by then. Translated code leaves the instruction to tier 0.
   */
  | { readonly k: 'attempt'; readonly ordinary: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly k: 'giveUp'; readonly condition: Expr }
  /**
   * In an attempt: where `bytes` bytes at a linear address are in the VM's memory. Gives up unless the software TLB lets them be accessed
   * there, in one page. `system`: with supervisor privilege, whatever CPL is.
   */
  | { readonly k: 'place'; readonly id: number; readonly linear: Expr; readonly bytes: number; readonly write: boolean; readonly system: boolean }
  /** 32 bits into a place. */
  | { readonly k: 'setPlaced'; readonly place: Expr; readonly offset: number; readonly value: Expr }
  /** The outcome of a comparison: CF, ZF and PF given as 0/1 expressions; OF, SF and AF are cleared. */
  | { readonly k: 'comparisonFlags'; readonly carry: Expr; readonly zero: Expr; readonly parity: Expr }
  /** Raise an exception at this instruction. */
  | { readonly k: 'fault'; readonly vector: number; readonly errorCode: Expr }
  /**
   * Of a repeated MOVS or STOS with 32-bit addresses: do any number of elements at once and count them off, but never the last one
   * and never one that anybody could notice (a fault, a device, a marked or watched page, DF, an overlap that repeats a pattern).
   */
  | { readonly k: 'bulk'; readonly op: 'move' | 'fill'; readonly size: 1 | 2 | 4 }
  /** Run this instruction again (a repeated string instruction), looking up now and then. */
  | { readonly k: 'again' }
  | Terminal;

/** How a block ends. */
export type Terminal =
  /** Near jump to the known target. */
  | { readonly k: 'jump' }
  | { readonly k: 'branch'; readonly condition: Expr }
  /** Near jump to a computed EIP, already checked against the limit of CS. */
  | { readonly k: 'indirect'; readonly target: Expr }
  /** Back to the run loop: at the next instruction, or wherever a helper put EIP. */
  | { readonly k: 'dispatch'; readonly at: 'next' | 'eip' };

export const constant = (value: number): Expr => ({ k: 'const', value: value | 0 });
export const ZERO = constant(0);
export const ONE = constant(1);
export const cell = (offset: number): Expr => ({ k: 'cell', offset });
export const register = (ref: RegisterRef, size: 1 | 2 | 4): Expr => ({ k: 'register', ref, size });
export const unary = (op: UnaryOp, x: Expr): Expr => ({ k: 'unary', op, x });
export const binary = (op: BinaryOp, x: Expr, y: Expr): Expr => ({ k: 'binary', op, x, y });
export const select = (condition: Expr, x: Expr, y: Expr): Expr => ({ k: 'select', condition, x, y });
export const condition = (code: number): Expr => ({ k: 'condition', code });
export const STATUS: Expr = { k: 'status' };

export const add = (x: Expr, y: Expr): Expr => binary('add', x, y);
export const sub = (x: Expr, y: Expr): Expr => binary('sub', x, y);
export const and = (x: Expr, y: Expr): Expr => binary('and', x, y);
export const or = (x: Expr, y: Expr): Expr => binary('or', x, y);
export const xor = (x: Expr, y: Expr): Expr => binary('xor', x, y);
export const shl = (x: Expr, y: Expr): Expr => binary('shl', x, y);
export const shrU = (x: Expr, y: Expr): Expr => binary('shrU', x, y);
export const equal = (x: Expr, y: Expr): Expr => binary('equal', x, y);
export const isZero = (x: Expr): Expr => unary('isZero', x);

/** Keep the low `size` bytes. */
export const truncate = (x: Expr, size: number): Expr => (size === 4 ? x : and(x, constant(size === 1 ? 0xff : 0xffff)));
/** Sign-extend from `size` bytes to 32 bits. */
export const extendSigned = (x: Expr, size: number): Expr => (size === 4 ? x : unary(size === 1 ? 'signExtend8' : 'signExtend16', x));

export const constant64 = (value: bigint): Expr => ({ k: 'const64', value });
export const typed = (op: WideOpName, ...args: Expr[]): Expr => ({ k: 'typed', op, args });
export const lane = (op: WideOpName, n: number, ...args: Expr[]): Expr => ({ k: 'typed', op, args, immediate: [n] });
export const invariant = (value: Expr): Expr => ({ k: 'invariant', value });

/** What an expression is. */
export function typeOf(e: Expr): ValueType {
  switch (e.k) {
    case 'temp':
      return e.type ?? 'i32';
    case 'typed':
      return WIDE_OPS[e.op].type;
    case 'const64':
    case 'timeStamp':
    case 'significand':
      return 'i64';
    case 'xmm':
    case 'mmx':
    case 'vectorCell':
    case 'shuffle':
    case 'withWord':
      return 'v128';
    case 'select':
      return typeOf(e.x);
    default:
      return 'i32';
  }
}

/** Lists of statements inside a statement. */
export function listsIn(s: Statement): readonly (readonly Statement[])[] {
  switch (s.k) {
    case 'if':
      return [s.then, s.else];
    case 'rarely':
      return [s.then];
    case 'attempt':
      return [s.ordinary, s.otherwise];
    default:
      return [];
  }
}

/**
 * Micro-ops: what a lift emits and both executors consume. Expressions are pure and 32 bits wide; statements
 * have effects and happen in order. Guest state is named, never addressed: registers, CPU cells, memory through a segment.
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
  | { readonly k: 'temp'; readonly id: number }
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
  | { readonly k: 'status' };

export type SegmentRef = number | 'operand';

/** Condition codes that are flags by themselves. */
export const CONDITION_O = 0;
export const CONDITION_C = 2;
export const CONDITION_Z = 4;

export type Statement =
  | { readonly k: 'let'; readonly id: number; readonly value: Expr }
  /** `update`: the location will be written; write permission is checked first. */
  | { readonly k: 'load'; readonly id: number; readonly size: 1 | 2 | 4; readonly segment: SegmentRef; readonly offset: Expr; readonly update: boolean }
  | { readonly k: 'store'; readonly size: 1 | 2 | 4; readonly segment: SegmentRef; readonly offset: Expr; readonly value: Expr }
  | { readonly k: 'setRegister'; readonly ref: RegisterRef; readonly size: 1 | 2 | 4; readonly value: Expr }
  | { readonly k: 'setCell'; readonly offset: number; readonly value: Expr }
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

/** Constant folding of expressions, operand by operand: what a translator gains from knowing the fields of an instruction. */
import { type BinaryOp, type Expr, type UnaryOp, ZERO, constant } from './microOp';

type Fold = (x: number, y: number) => number;

/** Defined for every pair of operands; division is left to run. */
const BINARY: Partial<Record<BinaryOp, Fold>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: Math.imul,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << y,
  shrU: (x, y) => x >>> y,
  shrS: (x, y) => x >> y,
  rotl: (x, y) => (x << y) | (x >>> (32 - (y & 31))),
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  lessU: (x, y) => Number(x >>> 0 < y >>> 0),
  lessS: (x, y) => Number(x < y),
  lessEqualU: (x, y) => Number(x >>> 0 <= y >>> 0),
};

const UNARY: Readonly<Record<UnaryOp, (x: number) => number>> = {
  signExtend8: (x) => (x << 24) >> 24,
  signExtend16: (x) => (x << 16) >> 16,
  isZero: (x) => Number(x === 0),
  countLeadingZeros: Math.clz32,
  countTrailingZeros: (x) => (x === 0 ? 32 : 31 - Math.clz32(x & -x)),
  popCount: (x) => x.toString(2).replaceAll(/[^1]/g, '').length,
};

/** x op identity = x. */
const IDENTITY: Partial<Record<BinaryOp, number>> = { add: 0, sub: 0, or: 0, xor: 0, shl: 0, shrU: 0, shrS: 0, rotl: 0, and: -1, mul: 1 };
/** Operations whose constants may be brought together: (x op a) op b = x op (a op b). */
const ASSOCIATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'and', 'or', 'xor']);
const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor', 'equal', 'notEqual']);
const BOOLEAN: ReadonlySet<string> = new Set(['equal', 'notEqual', 'lessU', 'lessS', 'lessEqualU', 'isZero']);

export const isConstant = (e: Expr): e is Extract<Expr, { k: 'const' }> => e.k === 'const';

const isBoolean = (e: Expr): boolean => e.k === 'condition' || ((e.k === 'binary' || e.k === 'unary') && BOOLEAN.has(e.op));

export function foldUnary(op: UnaryOp, x: Expr): Expr {
  if (isConstant(x)) return constant(UNARY[op](x.value));
  if (op === 'isZero' && x.k === 'unary' && x.op === 'isZero' && isBoolean(x.x)) return x.x;
  return { k: 'unary', op, x };
}

export function foldBinary(op: BinaryOp, x: Expr, y: Expr): Expr {
  const fold = BINARY[op];
  if (isConstant(x) && isConstant(y) && fold) return constant(fold(x.value, y.value));
  if (isConstant(y)) {
    if (IDENTITY[op] === y.value) return x;
    if (op === 'and' && y.value === 0) return ZERO;
    if (ASSOCIATIVE.has(op) && fold && x.k === 'binary' && x.op === op && isConstant(x.y)) return foldBinary(op, x.x, constant(fold(x.y.value, y.value)));
    if (op === 'and' && y.value === 1 && isBoolean(x)) return x;
  }
  if (isConstant(x)) {
    if (COMMUTATIVE.has(op) && !isConstant(y)) return foldBinary(op, y, x);
    // Nothing is above the highest address.
    if (op === 'lessU' && x.value === -1) return ZERO;
  }
  return { k: 'binary', op, x, y };
}

export function foldSelect(condition: Expr, x: Expr, y: Expr): Expr {
  if (isConstant(condition)) return condition.value ? x : y;
  return { k: 'select', condition, x, y };
}

/**
 * Arithmetic of SSE and SSE2 by the host's (SDM Vol. 1, 10.4, 11.4 and 11.5), wherever that is the same up to MXCSR: operands are zeros or normal
 * numbers, results too, and far from overflow and underflow; rounding is to nearest and PE is set already, so that no flag changes. Everything
 * else is left to exact arithmetic (floatOperations).
 */
import { type Expr, and, binary, cell, constant, constant64, invariant, isZero, lane, or, shl, sub, typed } from '../../ir/microOp';
import type { WideOpName } from '../../ir/wideOps';
import type { Builder } from '../../ir/builder';
import { CPU } from '../../x86/cpuState';
import type { VectorLift } from './dataLifts';
import { MXCSR_PE, MXCSR_PM, MXCSR_RC } from './mxcsr';
import { every, lowFrom } from './vectorConstants';
import type { VectorForm } from './vectorForm';

const HOST_ROUNDS = MXCSR_PM | MXCSR_PE;
/** Not: to nearest, inexact results masked and PE set. */
const HOST_DIFFERS: Expr = invariant(binary('notEqual', and(cell(CPU.MXCSR), constant((3 << MXCSR_RC) | HOST_ROUNDS)), constant(HOST_ROUNDS)));

/** Not: to nearest and inexact results masked. */
const ROUNDS_OTHERWISE: Expr = invariant(binary('notEqual', and(cell(CPU.MXCSR), constant((3 << MXCSR_RC) | MXCSR_PM)), constant(MXCSR_PM)));
/** Whether a result is inexact makes a difference. */
const INEXACT_COUNTS: Expr = invariant(isZero(and(cell(CPU.MXCSR), constant(MXCSR_PE))));

const not = (x: Expr): Expr => isZero(x);

/** A format as scalars and as the elements of a vector. */
interface Shape {
  readonly bytes: 4 | 8;
  /** Prefixes of operations. */
  readonly scalar: 'f32' | 'f64';
  readonly packed: 'f32x4' | 'f64x2';
  readonly elements: 'i32x4' | 'i64x2';
  /** Is the scalar x with these bits a denormal? */
  readonly isDenormal: (vector: Expr) => Expr;
  /** Is a scalar finite and at least twice the smallest normal number? */
  readonly isSafe: (x: Expr) => Expr;
  readonly zero: Expr;
  readonly smallestNormal: Expr;
  readonly twiceSmallestNormal: Expr;
  readonly infinity: Expr;
}

const zeros = (n: number): number[] => new Array(n).fill(0);

const SINGLE: Shape = {
  bytes: 4,
  scalar: 'f32',
  packed: 'f32x4',
  elements: 'i32x4',
  isDenormal: (x) => ({ k: 'denormal', x, bytes: 4 }),
  isSafe: (x) => binary('lessU', sub(shl(typed('i32.reinterpret_f32', x), constant(1)), constant(2 << 24)), constant(0xfd << 24)),
  zero: { k: 'typed', op: 'f32.const', args: [], immediate: zeros(4) },
  smallestNormal: every(0x00800000n, 4),
  twiceSmallestNormal: every(0x01000000n, 4),
  infinity: every(0x7f800000n, 4),
};

const DOUBLE: Shape = {
  bytes: 8,
  scalar: 'f64',
  packed: 'f64x2',
  elements: 'i64x2',
  isDenormal: (x) => ({ k: 'denormal', x, bytes: 8 }),
  // The upper half decides.
  isSafe: (x) =>
    binary('lessU', sub(shl(typed('i32.wrap_i64', typed('i64.shr_u', typed('i64.reinterpret_f64', x), constant64(32n))), constant(1)), constant(2 << 21)), constant(0x7fd << 21)),
  zero: { k: 'typed', op: 'f64.const', args: [], immediate: zeros(8) },
  smallestNormal: every(0x0010000000000000n, 8),
  twiceSmallestNormal: every(0x0020000000000000n, 8),
  infinity: every(0x7ff0000000000000n, 8),
};

const op = (prefix: string, name: string): WideOpName => `${prefix}.${name}` as WideOpName;
const scalarOf = ({ packed }: Shape, x: Expr): Expr => lane(op(packed, 'extract_lane'), 0, x);
const withScalar = ({ packed }: Shape, x: Expr, value: Expr): Expr => lane(op(packed, 'replace_lane'), 0, x, value);

/** Elements that are denormals, as masks. */
const denormals = ({ packed, smallestNormal }: Shape, x: Expr): Expr =>
  typed('v128.andnot', typed(op(packed, 'lt'), typed(op(packed, 'abs'), x), smallestNormal), typed(op(packed, 'eq'), x, every(0n, 8)));
const nans = ({ packed }: Shape, x: Expr): Expr => typed(op(packed, 'ne'), x, x);
const zerosIn = ({ packed }: Shape, x: Expr): Expr => typed(op(packed, 'eq'), x, every(0n, 8));
const safeIn = ({ packed, twiceSmallestNormal, infinity }: Shape, x: Expr): Expr =>
  typed('v128.and', typed(op(packed, 'ge'), typed(op(packed, 'abs'), x), twiceSmallestNormal), typed(op(packed, 'lt'), typed(op(packed, 'abs'), x), infinity));

/** Are all elements of operands and result far from zero, and those of the result finite? Of a NaN among the operands the result is one. */
const allPlain = (b: Builder, shape: Shape, x: Expr, y: Expr, result: Expr): Expr => {
  const { packed, elements, bytes, twiceSmallestNormal, infinity } = shape;
  const magnitude = (value: Expr): Expr => typed(op(packed, 'abs'), value);
  const smaller = (one: Expr, other: Expr): Expr => typed(op(packed, 'pmin'), one, other);
  const size = b.let(magnitude(result));
  const least = smaller(x === y ? magnitude(x) : smaller(magnitude(x), magnitude(y)), size);
  const plain = typed('v128.and', typed(op(packed, 'ge'), least, twiceSmallestNormal), typed(op(packed, 'lt'), size, infinity));
  return binary('equal', typed(op(elements, 'bitmask'), plain), constant((1 << (16 / bytes)) - 1));
};

type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

/** When a result of zero is exact, rather than what an underflow leaves: given masks or truths that say what is zero. */
const exactZero = (operation: Operation, result: Expr, x: Expr, y: Expr, both: (a: Expr, b: Expr) => Expr, either: (a: Expr, b: Expr) => Expr): Expr => {
  if (operation === 'mul') return both(result, either(x, y));
  return operation === 'div' ? both(result, x) : result;
};

/** Is a result that is safe, or zero, the exact one? Of doubles whose product is long this may be denied though it is. */
function isExact(b: Builder, shape: Shape, operation: Operation, result: Expr, x: Expr, y: Expr): Expr {
  const [r, a, c] = shape === SINGLE ? [result, x, y].map((value) => b.let(typed('f64.promote_f32', value))) : [result, x, y];
  // Doubles hold the products of singles; of their sums they may lose something too.
  const isSum = (one: Expr, other: Expr): Expr => {
    const sum = shape === SINGLE ? b.let(typed('f64.add', one, other)) : r;
    return and(typed('f64.eq', sum, r), b.call('isExactSum', one, other, sum));
  };
  const isProduct = (product: Expr, one: Expr, other: Expr): Expr => {
    const equal = typed('f64.eq', typed('f64.mul', one, other), product);
    return shape === SINGLE ? equal : and(equal, b.call('isExactProduct', one, other));
  };
  switch (operation) {
    case 'add':
      return isSum(a, c);
    case 'sub':
      return isSum(a, typed('f64.neg', c));
    case 'mul':
      return isProduct(r, a, c);
    case 'div':
      return isProduct(a, r, c);
    case 'sqrt':
      return isProduct(c, r, r);
  }
}

const scalarArithmetic = (v: VectorForm, shape: Shape, operation: Operation): void => {
  const { b } = v;
  const y = b.let(scalarOf(shape, v.source));
  const x = operation === 'sqrt' ? y : b.let(scalarOf(shape, v.destination));
  const result = b.let(operation === 'sqrt' ? typed(op(shape.scalar, 'sqrt'), y) : typed(op(shape.scalar, operation), x, y));
  b.giveUp(operation === 'sqrt' ? shape.isDenormal(v.source) : or(shape.isDenormal(v.destination), shape.isDenormal(v.source)));
  b.if(INEXACT_COUNTS, () => b.giveUp(not(isExact(b, shape, operation, result, x, y))));
  const isNothing = (value: Expr): Expr => typed(op(shape.scalar, 'eq'), value, shape.zero);
  b.if(not(shape.isSafe(result)), () => b.giveUp(not(exactZero(operation, isNothing(result), isNothing(x), isNothing(y), and, or))));
  v.write(withScalar(shape, v.destination, result), shape.bytes);
};

const packedArithmetic = (v: VectorForm, shape: Shape, operation: Operation): void => {
  const { b } = v;
  const y = v.source;
  const x = operation === 'sqrt' ? y : b.let(v.destination);
  const result = b.let(operation === 'sqrt' ? typed(op(shape.packed, 'sqrt'), y) : typed(op(shape.packed, operation), x, y));
  const both = (a: Expr, c: Expr): Expr => typed('v128.and', a, c);
  const either = (a: Expr, c: Expr): Expr => typed('v128.or', a, c);
  b.if(not(allPlain(b, shape, x, y, result)), () => {
    b.giveUp(typed('v128.any_true', x === y ? denormals(shape, y) : either(denormals(shape, x), denormals(shape, y))));
    const fine = either(safeIn(shape, result), exactZero(operation, zerosIn(shape, result), zerosIn(shape, x), zerosIn(shape, y), both, either));
    b.giveUp(not(typed(op(shape.elements, 'all_true'), fine)));
  });
  v.write(result);
};

type FloatLift = (v: VectorForm) => void;

const arithmetic =
  (operation: Operation, shape: Shape, isScalar: boolean): FloatLift =>
  (v) => {
    v.b.giveUp(isScalar ? ROUNDS_OTHERWISE : HOST_DIFFERS);
    (isScalar ? scalarArithmetic : packedArithmetic)(v, shape, operation);
  };

/** Are there elements that count and are set in a mask? */
const anyOf = (mask: Expr, { elements }: Shape, isScalar: boolean): Expr => (isScalar ? and(typed(op(elements, 'bitmask'), mask), constant(1)) : typed('v128.any_true', mask));

/** Comparisons of numbers that are neither denormals nor NaNs raise nothing. */
const comparing =
  (compute: (v: VectorForm, shape: Shape, x: Expr, y: Expr) => Expr, shape: Shape, isScalar: boolean): FloatLift =>
  (v) => {
    const { b } = v;
    const [x, y] = [b.let(v.destination), v.source];
    const odd = [denormals(shape, x), denormals(shape, y), nans(shape, x), nans(shape, y)].reduce((a, c) => typed('v128.or', a, c));
    b.giveUp(anyOf(odd, shape, isScalar));
    const result = compute(v, shape, x, y);
    v.write(isScalar ? lowFrom(x, result, shape.bytes) : result);
  };

/** The source if both are zeros. */
const extreme =
  (name: 'pmin' | 'pmax') =>
  (_: VectorForm, { packed }: Shape, x: Expr, y: Expr): Expr =>
    typed(op(packed, name), y, x);

/** Comparison predicates (SDM Vol. 2, table 3-1): of numbers nothing is unordered; the upper four are negations. */
const predicate = ({ immediate, b }: VectorForm, { packed }: Shape, x: Expr, y: Expr): Expr => {
  const is = (n: number): Expr => binary('equal', and(immediate, constant(3)), constant(n));
  const choose = (condition: Expr, a: Expr, c: Expr): Expr => ({ k: 'select', condition, x: a, y: c });
  const holds = b.let(choose(is(0), typed(op(packed, 'eq'), x, y), choose(is(1), typed(op(packed, 'lt'), x, y), choose(is(2), typed(op(packed, 'le'), x, y), every(0n, 8)))));
  return choose(and(immediate, constant(4)), typed('v128.not', holds), holds);
};

/** COMISS and UCOMISS: of numbers nothing is unordered. */
const comparingToFlags =
  (shape: Shape): FloatLift =>
  (v) => {
    const { b } = v;
    const [x, y] = [b.let(scalarOf(shape, v.destination)), b.let(scalarOf(shape, v.source))];
    const isLess = b.let(typed(op(shape.scalar, 'lt'), x, y));
    const isEqual = b.let(typed(op(shape.scalar, 'eq'), x, y));
    const isGreater = typed(op(shape.scalar, 'lt'), y, x);
    b.giveUp(or(not(or(or(isLess, isEqual), isGreater)), or(shape.isDenormal(v.destination), shape.isDenormal(v.source))));
    b.emit({ k: 'comparisonFlags', carry: isLess, zero: isEqual, parity: constant(0) });
  };

/** A doubleword to a number: every one is a double; a single may be inexact. */
const fromWord =
  (shape: Shape): FloatLift =>
  (v) => {
    if (shape === SINGLE) v.b.giveUp(HOST_DIFFERS);
    v.write(withScalar(shape, v.destination, typed(op(shape.scalar, 'convert_i32_s'), v.sourceWord)), shape.bytes);
  };

/** The limits of a doubleword, between which a double lies that becomes one. */
const double = (value: number): Expr => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return { k: 'typed', op: 'f64.const', args: [], immediate: [...new Uint8Array(view.buffer)] };
};
const FIRST = -(2 ** 31);
const LAST = 2 ** 31 - 1;

/** A number to a doubleword: exact, or inexact where that is known already. */
const toWord =
  (shape: Shape, truncate: boolean): FloatLift =>
  (v) => {
    const { b } = v;
    const number = scalarOf(shape, v.source);
    const x = b.let(shape === SINGLE ? typed('f64.promote_f32', number) : number);
    const rounded = b.let(typed(truncate ? 'f64.trunc' : 'f64.nearest', x));
    const fits = and(typed('f64.ge', rounded, double(FIRST)), typed('f64.le', rounded, double(LAST)));
    b.giveUp(not(and(fits, or(typed('f64.eq', x, rounded), not(HOST_DIFFERS)))));
    v.writeWord(typed('i32.trunc_sat_f64_s', rounded));
  };

/** Packed numbers to doublewords; the upper half of what doubles become is cleared. */
const toWords =
  (shape: Shape, truncate: boolean): FloatLift =>
  (v) => {
    const { b } = v;
    b.giveUp(HOST_DIFFERS);
    const x = v.source;
    const rounded = truncate ? x : b.let(typed(op(shape.packed, 'nearest'), x));
    // A single has no value between the largest doubleword and 2^31; a double that is truncated has.
    const below = shape === SINGLE ? every(0x4f000000n, 4) : every(truncate ? 0x41e0000000000000n : 0x41dfffffffe00000n, 8);
    const above = shape === SINGLE ? every(0xcf000000n, 4) : every(truncate ? 0xc1e00000001fffffn : 0xc1e0000000000000n, 8);
    const fits = typed('v128.and', typed(op(shape.packed, 'le'), above, rounded), typed(op(shape.packed, 'lt'), rounded, below));
    b.giveUp(not(typed(op(shape.elements, 'all_true'), fits)));
    v.write(typed(shape === SINGLE ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero', rounded));
  };

const singleToDouble: FloatLift = (v) => {
  const x = v.b.let(scalarOf(SINGLE, v.source));
  v.b.giveUp(or(SINGLE.isDenormal(v.source), not(typed('f32.eq', x, x))));
  v.write(withScalar(DOUBLE, v.destination, typed('f64.promote_f32', x)), 8);
};

const doubleToSingle: FloatLift = (v) => {
  const { b } = v;
  b.giveUp(HOST_DIFFERS);
  const x = b.let(scalarOf(DOUBLE, v.source));
  const result = b.let(typed('f32.demote_f64', x));
  b.giveUp(not(or(SINGLE.isSafe(result), typed('f64.eq', x, DOUBLE.zero))));
  v.write(withScalar(SINGLE, v.destination, result), 4);
};

const singlesToDoubles: FloatLift = (v) => {
  // Of memory only the low half is there, and zeros above.
  const x = v.b.let({ k: 'typed', op: 'i8x16.shuffle', args: [v.source, v.source], immediate: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7] });
  v.b.giveUp(typed('v128.any_true', typed('v128.or', denormals(SINGLE, x), nans(SINGLE, x))));
  v.write(typed('f64x2.promote_low_f32x4', x));
};

const doublesToSingles: FloatLift = (v) => {
  const { b } = v;
  b.giveUp(HOST_DIFFERS);
  const x = v.source;
  const result = b.let(typed('f32x4.demote_f64x2_zero', x));
  // The upper two are zeros.
  const safe = typed('f64x2.promote_low_f32x4', result);
  const fine = typed(
    'v128.or',
    typed('v128.and', typed('f64x2.ge', typed('f64x2.abs', safe), every(0x3820000000000000n, 8)), typed('f64x2.lt', typed('f64x2.abs', safe), DOUBLE.infinity)),
    zerosIn(DOUBLE, x),
  );
  b.giveUp(not(typed('i64x2.all_true', fine)));
  v.write(result);
};

/** One lift under its packed and scalar names. */
const family = (stem: string, lift: (shape: Shape, isScalar: boolean) => FloatLift): Record<string, FloatLift> => ({
  [`${stem}ps`]: lift(SINGLE, false),
  [`${stem}pd`]: lift(DOUBLE, false),
  [`${stem}ss`]: lift(SINGLE, true),
  [`${stem}sd`]: lift(DOUBLE, true),
});

const OPERATIONS: readonly Operation[] = ['add', 'sub', 'mul', 'div', 'sqrt'];

/** The ordinary course of each; the operands have been found and may be used. */
export const FLOAT_LIFTS: Readonly<Record<string, VectorLift>> = {
  ...Object.assign({}, ...OPERATIONS.map((operation) => family(operation, (shape, isScalar) => arithmetic(operation, shape, isScalar)))),
  ...family('min', (shape, isScalar) => comparing(extreme('pmin'), shape, isScalar)),
  ...family('max', (shape, isScalar) => comparing(extreme('pmax'), shape, isScalar)),
  ...family('cmp', (shape, isScalar) => comparing(predicate, shape, isScalar)),
  ucomiss: comparingToFlags(SINGLE),
  ucomisd: comparingToFlags(DOUBLE),
  comiss: comparingToFlags(SINGLE),
  comisd: comparingToFlags(DOUBLE),
  cvtsi2ss: fromWord(SINGLE),
  cvtsi2sd: fromWord(DOUBLE),
  cvtdq2ps: (v) => {
    v.b.giveUp(HOST_DIFFERS);
    v.write(typed('f32x4.convert_i32x4_s', v.source));
  },
  cvtdq2pd: (v) => v.write(typed('f64x2.convert_low_i32x4_s', v.source)),
  cvtss2si: toWord(SINGLE, false),
  cvttss2si: toWord(SINGLE, true),
  cvtsd2si: toWord(DOUBLE, false),
  cvttsd2si: toWord(DOUBLE, true),
  cvtps2dq: toWords(SINGLE, false),
  cvttps2dq: toWords(SINGLE, true),
  cvtpd2dq: toWords(DOUBLE, false),
  cvttpd2dq: toWords(DOUBLE, true),
  cvtss2sd: singleToDouble,
  cvtsd2ss: doubleToSingle,
  cvtps2pd: singlesToDoubles,
  cvtpd2ps: doublesToSingles,
};

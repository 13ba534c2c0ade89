/**
 * x87 arithmetic on normal numbers, rounded to nearest and to 64 bits: operands and results are values, not registers in memory, so that
 * translated code can keep them in locals. `fail` is told of what is left to the general functions (x87Functions): results out of range and
 * zero, a significand that rounding carries out of, operands that are too far apart to matter much.
 */
import { type Fail, type Local, type Operand, type Value, type Writer, value as v } from './functionWriter';

/** As in a register: significand in 64 bits, sign and exponent in 16. */
export interface Extended {
  readonly significand: Operand;
  readonly signExponent: Operand;
}

export interface Rounded {
  readonly significand: Local;
  readonly signExponent: Local;
  /** What rounding took away, 0 of an exact result, and 1 if it went up (i64). */
  readonly rest: Local;
  readonly up: Local;
}

export const BIAS = 16383;
const LARGEST = 0x7ffe;
export const SIGN = 0x8000;
const EXPONENT = 0x7fff;
const HALF = 1n << 63n;
export const INTEGER_BIT = 1n << 63n;
export const C0_SHIFT = 8;
export const C3_SHIFT = 14;
export const LOW_WORD = 0xffff_ffffn;

export const extend = (x: Operand): Value => v('i64.extend_i32_u', x);
export const exponentOf = ({ signExponent }: Extended): Value => v('i32.and', signExponent, EXPONENT);
const isOutOfRange = (exponent: Operand): Value => v('i32.ge_u', v('i32.sub', exponent, 1), LARGEST);
const isTooLarge = (signExponent: Operand): Value => v('i32.eq', v('i32.and', signExponent, EXPONENT), EXPONENT);
const lowWord = (x: Operand): Value => v('i64.and', x, LOW_WORD);
export const highWord = (x: Operand): Value => v('i64.shr_u', x, 32n);

/** Is one of two numbers, each zero or normal, zero? */
export const hasZero = (x: Extended, y: Extended): Value => v('i64.ge_s', v('i64.and', x.significand, y.significand), 0n);

/** To nearest, ties to even: 1 where `rest`, of which the top bit is half the unit of `kept`, goes up (i64). */
type RoundsUp = (w: Writer, kept: Local, rest: Local) => Local;

/** Where a tie is as good as any: the lowest bit of `rest` has to be clear. */
const roundsUp: RoundsUp = (w, kept, rest) => w.wide(v('i64.shr_u', v('i64.add', v('i64.add', v('i64.shr_u', rest, 1n), (HALF >> 1n) - 1n), v('i64.and', kept, 1n)), 63n));

/** Where hardly anything is a tie. */
const roundsUpHalf: RoundsUp = (w, kept, rest) => {
  const up = w.wide(v('i64.shr_u', rest, 63n));
  w.if(v('i64.eq', rest, HALF), () => w.set(up, v('i64.and', kept, 1n)));
  return up;
};

/** A number whose exponent is in range, until rounding carries out of the significand. */
function rounded(w: Writer, significand: Local, rest: Local, signExponent: Local, up: Local, fail: Fail): Rounded {
  w.set(significand, v('i64.add', significand, up));
  // Or it has been nothing before.
  w.if(v('i64.eqz', significand), () => {
    w.set(significand, v('i64.shl', up, 63n));
    w.set(signExponent, v('i32.add', signExponent, v('i32.wrap_i64', up)));
    fail(isTooLarge(signExponent));
  });
  return { significand, signExponent, rest, up };
}

/** high:low, normalized. */
export function plainRounded(w: Writer, high: Operand, low: Local, sign: Operand, exponent: Operand, fail: Fail): Rounded {
  fail(isOutOfRange(exponent));
  const significand = w.wide(high);
  return rounded(w, significand, low, w.word(v('i32.or', sign, exponent)), roundsUpHalf(w, significand, low), fail);
}

/** Two numbers by the size of their exponents, the smaller one as aligned:rest. */
interface Aligned {
  readonly significand: Local;
  readonly signExponent: Local;
  readonly aligned: Local;
  readonly rest: Local;
}

/** Each choice has a comparison of its own, which is an instruction with it. */
function align(w: Writer, x: Extended, y: Extended, other: Operand): Aligned {
  const [ex, ey] = [w.word(exponentOf(x)), w.word(exponentOf(y))];
  const ahead = w.word(v('i32.sub', ex, ey));
  const distance = w.word(v('select', v('i32.sub', 0, ahead), ahead, v('i32.lt_s', ahead, 0)));
  const small = w.wide(v('select', x.significand, y.significand, v('i32.lt_s', ex, ey)));
  const significand = w.wide(v('select', y.significand, x.significand, v('i32.lt_u', ex, ey)));
  const signExponent = w.word(v('select', x.signExponent, other, v('i32.ge_s', ex, ey)));
  const shift = w.wide(extend(distance));
  const aligned = w.wide(v('i64.shr_u', small, shift));
  const rest = w.wide(v('i64.xor', v('i64.rotr', small, shift), aligned));
  w.if(v('i32.ge_u', distance, 64), () => {
    w.set(aligned, 0n);
    const half = v('i64.or', v('i64.shr_u', small, 1n), v('i64.and', small, 1n));
    w.set(rest, v('select', small, v('select', half, 1n, v('i32.eq', distance, 65)), v('i32.eq', distance, 64)));
    // The lowest bit does not count, the one above it does as well.
    w.set(rest, v('i64.and', v('i64.or', rest, v('i64.shl', v('i64.and', rest, 1n), 1n)), -2n));
  });
  return { significand, signExponent, aligned, rest };
}

function subtract(w: Writer, { significand, signExponent, aligned, rest }: Aligned, fail: Fail): void {
  // Only where the exponents are the same, and then nothing is below the unit.
  const isNegative = w.word(v('i64.lt_u', significand, aligned));
  const difference = v('select', v('i64.sub', aligned, significand), v('i64.sub', significand, aligned), isNegative);
  w.set(significand, v('i64.sub', difference, extend(v('i64.ne', rest, 0n))));
  w.set(rest, v('i64.sub', 0n, rest));
  w.if(
    v('i64.eqz', significand),
    () => {
      fail(v('i64.ne', rest, 0n));
      w.set(signExponent, 0);
    },
    () => {
      const shift = w.wide(v('i64.clz', significand));
      const places = w.word(v('i32.wrap_i64', shift));
      fail(v('i32.le_u', v('i32.and', signExponent, EXPONENT), places));
      const below = v('i64.shr_u', v('i64.shr_u', rest, 1n), v('i64.xor', shift, 63n));
      w.set(significand, v('i64.or', v('i64.shl', significand, shift), below));
      w.set(rest, v('i64.shl', rest, shift));
      w.set(signExponent, v('i32.sub', v('i32.xor', signExponent, v('i32.shl', isNegative, 15)), places));
    },
  );
}

/** Both ways at once: whether it carries is not foreseen. */
function addUp(w: Writer, { significand, signExponent, aligned, rest }: Aligned, fail: Fail): void {
  const sum = w.wide(v('i64.add', significand, aligned));
  const carries = w.word(v('i64.lt_u', sum, aligned));
  const halved = v('i64.or', v('i64.shr_u', sum, 1n), INTEGER_BIT);
  // The lowest bit of `rest` is clear where the sum carries.
  w.set(rest, v('select', v('i64.or', v('i64.shr_u', rest, 1n), v('i64.shl', sum, 63n)), rest, carries));
  w.set(significand, v('select', halved, sum, v('i64.lt_u', sum, significand)));
  w.set(signExponent, v('i32.add', signExponent, carries));
  fail(isTooLarge(signExponent));
}

/** x + y, or x - y with `flip` 8000h. */
export function plainSum(w: Writer, x: Extended, y: Extended, flip: Operand, fail: Fail): Rounded {
  const other = flip === 0 ? y.signExponent : w.word(v('i32.xor', y.signExponent, flip));
  const terms = align(w, x, y, other);
  w.if(
    v('i32.and', v('i32.xor', x.signExponent, other), SIGN),
    () => subtract(w, terms, fail),
    () => addUp(w, terms, fail),
  );
  const { significand, signExponent, rest } = terms;
  return rounded(w, significand, rest, signExponent, roundsUp(w, significand, rest), fail);
}

/** The same where one of them is zero; two zeros make a negative one if both are. */
export function sumWithZero(w: Writer, x: Extended, y: Extended, flip: Operand): Extended {
  const other = v('i32.xor', y.signExponent, flip);
  const ofZero = v('select', v('i32.and', x.signExponent, other), other, v('i64.eqz', y.significand));
  const signExponent = w.word(v('select', ofZero, x.signExponent, v('i64.eqz', x.significand)));
  return { significand: v('i64.or', x.significand, y.significand), signExponent };
}

/** x + x of a number, zero or normal: exact. */
export function plainDouble(w: Writer, x: Extended, fail: Fail): Extended {
  const signExponent = w.word(v('i32.add', x.signExponent, v('i32.wrap_i64', v('i64.shr_u', x.significand, 63n))));
  fail(isTooLarge(signExponent));
  return { significand: x.significand, signExponent };
}

/** 64 by 64 bits: high and low half of the product. */
export function product(w: Writer, x: Operand, y: Operand): { readonly high: Local; readonly low: Local } {
  const [x0, x1, y0, y1] = [w.wide(lowWord(x)), w.wide(highWord(x)), w.wide(lowWord(y)), w.wide(highWord(y))];
  const middle = w.wide(v('i64.add', v('i64.mul', x0, y1), highWord(v('i64.mul', x0, y0))));
  // Factors in this order: of a square it is the same product as before.
  const other = w.wide(v('i64.add', v('i64.mul', y0, x1), lowWord(middle)));
  const high = w.wide(v('i64.add', v('i64.add', v('i64.mul', x1, y1), highWord(middle)), highWord(other)));
  return { high, low: w.wide(v('i64.mul', x, y)) };
}

export function plainProduct(w: Writer, x: Extended, y: Extended, fail: Fail): Rounded {
  const { high, low } = product(w, x.significand, y.significand);
  const isLarge = w.word(v('i32.wrap_i64', v('i64.shr_u', high, 63n)));
  const exponent = w.word(v('i32.add', v('i32.sub', v('i32.add', exponentOf(x), exponentOf(y)), BIAS), isLarge));
  fail(isOutOfRange(exponent));
  const doubled = v('i64.or', v('i64.shl', high, 1n), v('i64.shr_u', low, 63n));
  const significand = w.wide(v('select', high, doubled, v('i64.lt_s', high, 0n)));
  const rest = w.wide(v('select', low, v('i64.shl', low, 1n), isLarge));
  const signExponent = w.word(v('i32.or', exponent, v('i32.and', v('i32.xor', x.signExponent, y.signExponent), SIGN)));
  return rounded(w, significand, rest, signExponent, roundsUpHalf(w, significand, rest), fail);
}

/** The product where one of them is zero. */
export const productWithZero = (x: Extended, y: Extended): Extended => ({ significand: 0n, signExponent: v('i32.and', v('i32.xor', x.signExponent, y.signExponent), SIGN) });

/** Of two numbers, each zero or normal: 0 or 1 each. */
export interface Comparison {
  readonly below: Local;
  readonly equal: Local;
}

/** Exponents with the sign of their numbers come first; both zeros are the same one. */
export function plainComparison(w: Writer, x: Extended, y: Extended): Comparison {
  const signed = (of: Extended): Local => {
    const mask = w.word(v('i32.sub', 0, v('i32.shr_u', of.signExponent, 15)));
    return w.word(v('i32.sub', v('i32.xor', exponentOf(of), mask), mask));
  };
  const [ex, ey] = [signed(x), signed(y)];
  const sameExponent = w.word(v('i32.eq', ex, ey));
  const isSmaller = v('select', v('i64.gt_u', x.significand, y.significand), v('i64.lt_u', x.significand, y.significand), v('i32.and', x.signExponent, SIGN));
  return {
    below: w.word(v('select', isSmaller, v('i32.lt_s', ex, ey), sameExponent)),
    equal: w.word(v('i32.and', sameExponent, v('i64.eq', x.significand, y.significand))),
  };
}

/** As condition codes. */
export const comparisonCodes = ({ below, equal }: Comparison): Value => v('i32.or', v('i32.shl', equal, C3_SHIFT), v('i32.shl', below, C0_SHIFT));

/** Fraction, without the hidden bit, and exponent of a format. */
export interface Format {
  readonly fraction: number;
  readonly exponent: number;
}
export const DOUBLE: Format = { fraction: 52, exponent: 11 };
export const SINGLE: Format = { fraction: 23, exponent: 8 };

const biasOf = ({ exponent }: Format): number => (1 << (exponent - 1)) - 1;

/** A number of a format, as the low bits of an i64, that is normal or zero. */
export function plainWidened(w: Writer, bits: Operand, format: Format, fail: Fail): Extended {
  const special = (1 << format.exponent) - 1;
  const exponent = w.word(v('i32.and', v('i32.wrap_i64', v('i64.shr_u', bits, BigInt(format.fraction))), special));
  const sign = v('i32.and', v('i32.wrap_i64', v('i64.shr_u', bits, BigInt(format.fraction + format.exponent - 15))), SIGN);
  const significand = w.wide(v('i64.or', v('i64.shl', bits, BigInt(63 - format.fraction)), INTEGER_BIT));
  const signExponent = w.word(v('i32.or', sign, v('i32.add', exponent, BIAS - biasOf(format))));
  w.if(v('i32.ge_u', v('i32.sub', exponent, 1), special - 1), () => {
    fail(v('i64.ne', v('i64.shl', bits, BigInt(64 - format.fraction - format.exponent)), 0n));
    w.set(significand, 0n);
    w.set(signExponent, sign);
  });
  return { significand, signExponent };
}

/** The bits of a number, normal or zero, rounded to a format, as the low ones of an i64. */
export function plainNarrowed(w: Writer, x: Extended, format: Format, fail: Fail): { readonly bits: Local; readonly rest: Local; readonly up: Local } {
  const bias = biasOf(format);
  const exponent = w.word(v('i32.sub', exponentOf(x), BIAS - bias + 1));
  const rest = w.wide(v('i64.shl', x.significand, BigInt(format.fraction + 1)));
  const kept = w.wide(v('i64.shr_u', x.significand, BigInt(63 - format.fraction)));
  const up = roundsUp(w, kept, rest);
  const sign = v('i64.shl', extend(v('i32.and', x.signExponent, SIGN)), BigInt(format.fraction + format.exponent - 15));
  // The hidden bit, and a carry, count the exponent up.
  const bits = w.wide(v('i64.add', v('i64.add', kept, up), v('i64.shl', extend(exponent), BigInt(format.fraction))));
  // A carry may still make it larger by one.
  w.if(v('i32.ge_u', exponent, 2 * bias - 1), () => {
    fail(v('i64.ne', x.significand, 0n));
    w.set(bits, 0n);
  });
  return { bits: w.wide(v('i64.or', bits, sign)), rest, up };
}

/** An integer; every one is a number. */
export function plainInteger(w: Writer, x: Operand): Extended {
  const sign = w.wide(v('i64.shr_s', x, 63n));
  const magnitude = w.wide(v('i64.sub', v('i64.xor', x, sign), sign));
  const shift = w.wide(v('i64.clz', magnitude));
  const exponent = v('i32.sub', BIAS + 63, v('i32.wrap_i64', shift));
  const signed = v('i32.or', v('i32.and', v('i32.wrap_i64', sign), SIGN), exponent);
  return { significand: w.wide(v('i64.shl', magnitude, shift)), signExponent: w.word(v('select', signed, 0, v('i64.ne', magnitude, 0n))) };
}

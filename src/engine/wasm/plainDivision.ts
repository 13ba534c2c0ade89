/**
 * Division and square root of x87 numbers, normal ones, as code over values (see plainX87): the host's doubles give most of a result, integer
 * arithmetic the rest and what is left.
 */
import { F64 } from './encoder';
import { type Fail, type Local, type Operand, type Value, type Writer, value as v } from './functionWriter';
import { BIAS, type Extended, INTEGER_BIT, LOW_WORD, type Rounded, extend, highWord, isOutOfRange, lowWord, makeZero, plainRounded, product } from './plainX87';

const halfAsDouble = (x: Operand): Value => v('f64.convert_i64_s', v('i64.shr_u', x, 1n));
const subtractWide = (w: Writer, high: Local, low: Local, from: { readonly high: Local; readonly low: Local }): void => {
  w.set(high, v('i64.sub', v('i64.sub', high, from.high), extend(v('i64.lt_u', low, from.low))));
  w.set(low, v('i64.sub', low, from.low));
};

function doubleConstant(x: number): Value {
  const bytes = new Uint8Array(Float64Array.of(x).buffer);
  return (code) => void code.wide('f64.const', [...bytes]);
}

/** No divisor for quotientOfDoubles. */
export const isNearlyTwo = (divisor: Operand): Value => v('i64.eq', highWord(divisor), LOW_WORD);

/**
 * Quotient of rest:below by a divisor above `rest`, normalized and not within 2^32 of 2^64; `rest` becomes the remainder. A quotient of doubles is
 * off by less than 2^13; what is left, divided once more, is a correction whose remainder lies within half the divisor and 2^30 around zero.
 */
export function quotientOfDoubles(w: Writer, rest: Local, below: Local, divisor: Operand): Value {
  const half = w.local(F64, halfAsDouble(divisor));
  const estimate = v('f64.div', halfAsDouble(rest), half);
  const quotient = w.wide(v('i64.shl', v('i64.trunc_sat_f64_s', v('f64.mul', estimate, doubleConstant(2 ** 63))), 1n));
  const reciprocal = w.local(F64, v('f64.div', doubleConstant(2 ** 23), half));
  subtractWide(w, rest, below, product(w, quotient, divisor));
  const scaled = v('f64.convert_i64_s', v('i64.or', v('i64.shl', rest, 40n), v('i64.shr_u', below, 24n)));
  const correction = w.wide(v('i64.trunc_sat_f64_s', v('f64.nearest', v('f64.mul', scaled, reciprocal))));
  w.set(rest, v('i64.sub', below, v('i64.mul', correction, divisor)));
  const isNegative = w.wide(extend(v('i64.gt_u', rest, v('i64.add', v('i64.shr_u', divisor, 1n), 1n << 30n))));
  w.set(rest, v('i64.add', rest, v('i64.and', divisor, v('i64.sub', 0n, isNegative))));
  return v('i64.sub', v('i64.add', quotient, correction), isNegative);
}

/** Significands as rest:below and a divisor above `rest`: the quotient has 64 bits then. The exponent is the quotient's. */
export function dividend(w: Writer, x: Extended, y: Extended): { readonly rest: Local; readonly below: Local; readonly exponent: Local } {
  const isLarge = w.word(v('i64.ge_u', x.significand, y.significand));
  const shift = w.wide(extend(isLarge));
  return {
    rest: w.wide(v('i64.shr_u', x.significand, shift)),
    below: w.wide(v('i64.shl', v('i64.and', x.significand, shift), 63n)),
    exponent: w.word(v('i32.add', v('i32.add', v('i32.sub', x.exponent, y.exponent), BIAS - 1), isLarge)),
  };
}

/** What is below the unit of a quotient, by its remainder: that against half the divisor. */
export function belowQuotient(w: Writer, rest: Local, divisor: Operand): Value {
  const other = w.wide(v('i64.sub', divisor, rest));
  const isInexact = v('i32.and', v('i64.ne', rest, 0n), v('i64.ne', rest, other));
  return v('i64.or', v('select', INTEGER_BIT, 0n, v('i64.ge_u', rest, other)), extend(isInexact));
}

/** Exact, whatever the remainder is. */
function exactQuotient(w: Writer, x: Extended, y: Extended, fail: Fail): Rounded {
  fail(isNearlyTwo(y.significand));
  const { rest, below, exponent } = dividend(w, x, y);
  const quotient = w.wide(quotientOfDoubles(w, rest, below, y.significand));
  const low = w.wide(belowQuotient(w, rest, y.significand));
  return plainRounded(w, quotient, low, v('i32.xor', x.sign, y.sign), exponent, fail);
}

const FRACTION = (1n << 52n) - 1n;
const HIDDEN = 1n << 52n;
const ONE_BITS = 0x3ffn << 52n;
/** Binary places of a correction. */
const PLACES = 20n;
/** The sum of a double and this is an integer, and half a unit of a correction, in its lower bits. */
const TO_FIXED = 1.5 * 2 ** 52 + 2 ** 19;
/** A correction is known to so many of its units. */
const DOUBT = 4n;

/** The upper 53 bits as a double that is 1 or more, less than 2. */
const upperAsDouble = (significand: Operand, bits: Operand = ONE_BITS): Value =>
  v('f64.reinterpret_i64', v('i64.or', v('i64.and', v('i64.shr_u', significand, 11n), FRACTION), bits));

/**
 * An estimate, 53 bits in units of 2^11, and what a double says to correct it by, in units of 2^-PLACES, rounded at once: wherever that is not close
 * to half a unit, nor to none, it tells which way rounding went as well, and that there is something to round.
 */
function corrected(w: Writer, result: Rounded, estimate: Operand, correction: Value, rarely: Fail): void {
  const fixed = w.wide(v('i64.reinterpret_f64', v('f64.add', correction, doubleConstant(TO_FIXED))));
  rarely(v('i64.lt_u', v('i64.and', v('i64.add', fixed, DOUBT), (1n << (PLACES - 1n)) - 1n), 2n * DOUBT));
  w.set(result.significand, v('i64.add', v('i64.shl', estimate, 11n), v('i64.shr_s', v('i64.shl', fixed, 13n), 13n + PLACES)));
  w.set(result.rest, 1n);
  w.set(result.up, v('i64.and', v('i64.xor', v('i64.shr_u', fixed, PLACES - 1n), 1n), 1n));
}

const newResult = (w: Writer, sign: Operand): Rounded => ({ significand: w.wide(), sign: w.word(sign), exponent: w.word(), rest: w.wide(), up: w.wide() });

function setResult(w: Writer, to: Rounded, from: Rounded): void {
  for (const part of ['significand', 'exponent', 'rest', 'up'] as const) w.set(to[part], from[part]);
}

/** The double's quotient is off by less than 2^14, what that leaves of the dividend is known to 2^43: a correction to 2^-PLACES. */
export function plainQuotient(w: Writer, x: Extended, y: Extended, fail: Fail): Rounded {
  const result = newResult(w, v('i32.xor', x.sign, y.sign));
  const { significand, exponent } = result;
  w.usually(
    (rarely) => {
      const divisor = w.local(F64, upperAsDouble(y.significand));
      const bits = w.wide(v('i64.reinterpret_f64', v('f64.div', upperAsDouble(x.significand), divisor)));
      const reciprocal = w.local(F64, v('f64.div', doubleConstant(1), divisor));
      const isLarge = w.wide(v('i64.and', v('i64.shr_u', bits, 52n), 1n));
      const estimate = w.wide(v('i64.or', v('i64.and', bits, FRACTION), HIDDEN));
      const scaled = v('i64.shl', x.significand, v('i64.sub', 21n, isLarge));
      const lowest = highWord(v('i64.mul', lowWord(estimate), lowWord(y.significand)));
      const middle = v('i64.add', v('i64.mul', highWord(estimate), lowWord(y.significand)), lowest);
      const left = v('i64.sub', v('i64.sub', scaled, v('i64.mul', estimate, highWord(y.significand))), middle);
      w.set(exponent, v('i32.add', v('i32.sub', x.exponent, y.exponent), v('i32.add', BIAS - 1, v('i32.wrap_i64', isLarge))));
      rarely(isOutOfRange(exponent));
      corrected(w, result, estimate, v('f64.mul', v('f64.convert_i64_s', left), reciprocal), rarely);
      // Where the doubles are the same, and the numbers are not.
      rarely(v('i64.ge_s', significand, 0n));
    },
    () => {
      fail(v('i64.eqz', y.significand));
      w.if(
        v('i64.eqz', x.significand),
        () => makeZero(w, result),
        () => setResult(w, result, exactQuotient(w, x, y, fail)),
      );
    },
  );
  return result;
}

/** A root of 64 bits, from the host's of 53 and one step of Newton's, and what is below its unit. */
export function root(w: Writer, x: Extended): { readonly significand: Local; readonly below: Local; readonly exponent: Local } {
  // radicand = high:low is the significand * 2^63 for an even power of two, * 2^64 for an odd one; biased, those are odd and even.
  const isOdd = w.word(v('i32.eqz', v('i32.and', x.exponent, 1)));
  const high = w.wide(v('select', x.significand, v('i64.shr_u', x.significand, 1n), isOdd));
  const low = w.wide(v('select', 0n, v('i64.shl', x.significand, 63n), isOdd));
  const estimate = w.local(F64, v('f64.sqrt', v('f64.mul', halfAsDouble(high), doubleConstant(2 ** 65))));
  // Below the root, by less than 2^14.
  const significand = w.wide(v('i64.sub', v('i64.shl', v('i64.trunc_sat_f64_s', v('f64.mul', estimate, doubleConstant(0.5))), 1n), 1n << 13n));
  const reciprocal = w.local(F64, v('f64.div', doubleConstant(2 ** 25), estimate));
  const rest = w.wide();
  const restHigh = w.wide();
  const subtract = (from: { readonly high: Local; readonly low: Local }): void => {
    w.set(rest, low);
    w.set(restHigh, high);
    subtractWide(w, restHigh, rest, from);
  };
  subtract(product(w, significand, significand));
  // (radicand - root^2) / (2 root), of the upper bits, is off by much less than one.
  const scaled = v('f64.convert_i64_s', v('i64.or', v('i64.shl', restHigh, 38n), v('i64.shr_u', rest, 26n)));
  w.set(significand, v('i64.add', significand, v('i64.trunc_sat_f64_s', v('f64.mul', scaled, reciprocal))));
  subtract(product(w, significand, significand));
  w.if(v('i64.lt_s', restHigh, 0n), () => {
    w.set(significand, v('i64.sub', significand, 1n));
    subtract(product(w, significand, significand));
  });
  // At most twice the root is left when it is the largest: root + 1 squared is root^2 + 2 root + 1.
  const twice = v('i64.shr_u', significand, 63n);
  const isAbove = v('i32.and', v('i64.eq', restHigh, twice), v('i64.gt_u', rest, v('i64.shl', significand, 1n)));
  const tooSmall = v('i32.or', v('i64.gt_s', restHigh, twice), isAbove);
  w.if(tooSmall, () => {
    w.set(significand, v('i64.add', significand, 1n));
    subtract(product(w, significand, significand));
  });
  // More than the root is more than half way to the next one; half way it never is.
  const moreThanHalf = v('i32.or', v('i64.ne', restHigh, 0n), v('i64.gt_u', rest, significand));
  const below = w.wide(v('select', INTEGER_BIT | 1n, extend(v('i64.ne', rest, 0n)), moreThanHalf));
  const exponent = w.word(v('i32.add', v('i32.shr_u', v('i32.sub', x.exponent, isOdd), 1), (BIAS + 1) / 2));
  return { significand, below, exponent };
}

function exactRoot(w: Writer, x: Extended, fail: Fail): Rounded {
  const { significand, below, exponent } = root(w, x);
  return plainRounded(w, significand, below, 0, exponent, fail);
}

/** The double's root is off by less than 2^12, and what its square leaves of the radicand is known: 56 bits, in units of 2^22. */
export function plainRoot(w: Writer, x: Extended, fail: Fail): Rounded {
  const result = newResult(w, x.sign);
  w.usually(
    (rarely) => {
      rarely(v('i32.lt_s', v('i32.or', x.exponent, v('i32.shl', x.sign, 16)), 0));
      const isOdd = w.word(v('i32.eqz', v('i32.and', x.exponent, 1)));
      const shift = w.wide(extend(isOdd));
      const estimate = w.local(F64, v('f64.sqrt', upperAsDouble(x.significand, v('i64.add', ONE_BITS, v('i64.shl', shift, 52n)))));
      const bits = w.wide(v('i64.or', v('i64.and', v('i64.reinterpret_f64', estimate), FRACTION), HIDDEN));
      const left = v('i64.sub', v('i64.shl', x.significand, v('i64.add', shift, 41n)), v('i64.mul', bits, bits));
      w.set(result.exponent, v('i32.add', v('i32.shr_u', v('i32.sub', x.exponent, isOdd), 1), (BIAS + 1) / 2));
      corrected(w, result, bits, v('f64.mul', v('f64.convert_i64_s', left), v('f64.div', doubleConstant(2 ** -22), estimate)), rarely);
    },
    () =>
      w.if(
        v('i64.eqz', x.significand),
        () => makeZero(w, result),
        () => {
          fail(x.sign);
          setResult(w, result, exactRoot(w, x, fail));
        },
      ),
  );
  return result;
}

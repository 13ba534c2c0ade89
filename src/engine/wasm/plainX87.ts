/**
 * x87 arithmetic on normal numbers, rounded to nearest and to 64 bits: operands and results are values, not registers in memory, so that
 * translated code can keep them in locals. The usual course stands first and runs straight on; `fail` is told of what is left to the general
 * functions (x87Functions): results out of range, and some that hardly ever come up.
 */
import { C0_SHIFT, C3_SHIFT } from '../../semantics/x87/status';
import type { Code } from './encoder';
import { type Fail, type Local, type Operand, type Value, type Writer, value as v } from './functionWriter';

/** A number taken apart: 64 bits of significand, 0 or 8000h, and the biased exponent, or ZERO_EXPONENT of zero. */
export interface Extended {
  readonly significand: Operand;
  readonly sign: Operand;
  readonly exponent: Operand;
}

/** The exponent of zero is below all others by so much that no result with it is in range; its lower 15 bits are what a register has. */
export const ZERO_EXPONENT = -0x10000;

/** What rounding took away, 0 of an exact result, and 1 if it went up (i64). */
export interface Rounding {
  readonly rest: Local;
  readonly up: Local;
}

export interface Rounded extends Extended, Rounding {
  readonly significand: Local;
  readonly sign: Local;
  readonly exponent: Local;
}

export const BIAS = 16383;
export const LARGEST = 0x7ffe;
export const SIGN = 0x8000;
export const EXPONENT = 0x7fff;
export const HALF = 1n << 63n;
export const INTEGER_BIT = 1n << 63n;
export const LOW_WORD = 0xffff_ffffn;

export const extend = (x: Operand): Value => v('i64.extend_i32_u', x);
export const isOutOfRange = (exponent: Operand): Value => v('i32.ge_u', v('i32.sub', exponent, 1), LARGEST);
export const isTooLarge = (exponent: Operand): Value => v('i32.eq', exponent, EXPONENT);
export const lowWord = (x: Operand): Value => v('i64.and', x, LOW_WORD);
export const highWord = (x: Operand): Value => v('i64.shr_u', x, 32n);

/** Is one of two numbers, each zero or normal, zero? */
export const hasZero = (x: Extended, y: Extended): Value => v('i64.eqz', v('i64.and', v('i64.and', x.significand, y.significand), INTEGER_BIT));

/** As a register has them. */
export const packed = ({ sign, exponent }: Extended): Value => v('i32.or', sign, v('i32.and', exponent, EXPONENT));

/** A register's sign and exponent, of zero or a normal number. */
export function unpack(code: Code, to: { readonly sign: Local; readonly exponent: Local }, signExponent: Value): void {
  const set = (local: Local, value: Value): void => {
    value(code);
    code.set(local.index);
  };
  set(to.exponent, signExponent);
  set(to.sign, v('i32.and', to.exponent, SIGN));
  set(to.exponent, v('i32.and', to.exponent, EXPONENT));
  set(to.exponent, v('select', to.exponent, ZERO_EXPONENT, to.exponent));
}

/** To nearest, ties to even: 1 where `rest`, of which the top bit is half the unit of `kept`, goes up (i64). The lowest bit of `rest` has to be clear. */
export const roundsUp = (w: Writer, kept: Operand, rest: Operand): Local =>
  w.wide(v('i64.shr_u', v('i64.add', v('i64.add', v('i64.shr_u', rest, 1n), (HALF >> 1n) - 1n), v('i64.and', kept, 1n)), 63n));

/** After rounding: it may have carried out of the significand. */
export function carryOut(w: Writer, { significand, exponent }: Rounded, fail: Fail): void {
  w.set(significand, INTEGER_BIT);
  w.set(exponent, v('i32.add', exponent, 1));
  fail(isTooLarge(exponent));
}

/** The result becomes zero, exactly. */
export function makeZero(w: Writer, { significand, exponent, rest, up }: Rounded): void {
  w.set(significand, 0n);
  w.set(exponent, ZERO_EXPONENT);
  w.set(rest, 0n);
  w.set(up, 0n);
}

/** A result whose exponent is in range, where hardly anything is a tie. */
export function roundHalf(w: Writer, result: Rounded, fail: Fail): void {
  const { significand, rest, up } = result;
  w.set(up, v('i64.shr_u', rest, 63n));
  w.if(v('i64.eq', rest, HALF), () => w.set(up, v('i64.and', significand, 1n)));
  w.set(significand, v('i64.add', significand, up));
  w.if(v('i64.eqz', significand), () => carryOut(w, result, fail));
}

/** high:low, normalized. */
export function plainRounded(w: Writer, high: Operand, low: Operand, sign: Operand, exponent: Operand, fail: Fail): Rounded {
  const result = { significand: w.wide(high), rest: w.wide(low), sign: w.word(sign), exponent: w.word(exponent), up: w.wide() };
  fail(isOutOfRange(result.exponent));
  roundHalf(w, result, fail);
  return result;
}

/** x + x of a number, zero or normal: exact. */
export function plainDouble(w: Writer, x: Extended, fail: Fail): Extended {
  const exponent = w.word(v('i32.add', x.exponent, v('i32.wrap_i64', v('i64.shr_u', x.significand, 63n))));
  fail(isTooLarge(exponent));
  return { significand: x.significand, sign: x.sign, exponent };
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
  const exponent = w.word(v('i32.add', v('i32.sub', v('i32.add', x.exponent, y.exponent), BIAS), isLarge));
  const doubled = v('i64.or', v('i64.shl', high, 1n), v('i64.shr_u', low, 63n));
  const significand = w.wide(v('select', high, doubled, v('i64.lt_s', high, 0n)));
  const rest = w.wide(v('select', low, v('i64.shl', low, 1n), isLarge));
  const result = { significand, rest, exponent, sign: w.word(v('i32.xor', x.sign, y.sign)), up: w.wide(v('i64.shr_u', rest, 63n)) };
  w.usually(
    (rarely) => {
      rarely(isOutOfRange(exponent));
      rarely(v('i64.eq', rest, HALF));
      w.set(significand, v('i64.add', significand, result.up));
      rarely(v('i64.eqz', significand));
    },
    () =>
      w.if(
        isOutOfRange(exponent),
        () => {
          fail(v('i64.ne', significand, 0n));
          makeZero(w, result);
        },
        () => {
          w.if(v('i64.ne', significand, 0n), () => {
            w.set(result.up, v('i64.and', significand, 1n));
            w.set(significand, v('i64.add', significand, result.up));
          });
          w.if(v('i64.eqz', significand), () => carryOut(w, result, fail));
        },
      ),
  );
  return result;
}

/** Of two numbers, each zero or normal: 0 or 1 each. */
export interface Comparison {
  readonly below: Local;
  readonly equal: Local;
}

/** Exponents with the sign of their numbers come first; both zeros are the same one. */
export function plainComparison(w: Writer, x: Extended, y: Extended): Comparison {
  const signed = (of: Extended): Local => {
    const mask = w.word(v('i32.sub', 0, v('i32.shr_u', of.sign, 15)));
    return w.word(v('i32.sub', v('i32.xor', v('i32.and', of.exponent, EXPONENT), mask), mask));
  };
  const [ex, ey] = [signed(x), signed(y)];
  const sameExponent = w.word(v('i32.eq', ex, ey));
  const isSmaller = v('select', v('i64.gt_u', x.significand, y.significand), v('i64.lt_u', x.significand, y.significand), x.sign);
  return {
    below: w.word(v('select', isSmaller, v('i32.lt_s', ex, ey), sameExponent)),
    equal: w.word(v('i32.and', sameExponent, v('i64.eq', x.significand, y.significand))),
  };
}

/** As condition codes. */
export const comparisonCodes = ({ below, equal }: Comparison): Value => v('i32.or', v('i32.shl', equal, C3_SHIFT), v('i32.shl', below, C0_SHIFT));

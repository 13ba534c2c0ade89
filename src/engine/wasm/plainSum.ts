/** Sums and differences of x87 numbers as code over values (see plainX87). */
import { type Fail, type Local, type Operand, type Writer, value as v } from './functionWriter';
import { type Extended, INTEGER_BIT, type Rounded, carryOut, extend, isOutOfRange, makeZero, roundsUp } from './plainX87';

/** Exponents further apart than this: the smaller number is less than half of the half of a unit. */
const FAR = 66;

/** Two numbers by the size of their exponents, the smaller one as aligned:rest; `result` is the larger one. */
interface Terms {
  readonly result: Rounded;
  readonly small: Local;
  readonly distance: Local;
  readonly aligned: Local;
}

/** Each choice has a comparison of its own, which is an instruction with it. */
function align(w: Writer, x: Extended, y: Extended, other: Operand): Terms {
  const ahead = w.word(v('i32.sub', x.exponent, y.exponent));
  const distance = w.word(v('select', v('i32.sub', 0, ahead), ahead, v('i32.lt_s', ahead, 0)));
  const small = w.wide(v('select', x.significand, y.significand, v('i32.lt_s', x.exponent, y.exponent)));
  const significand = w.wide(v('select', y.significand, x.significand, v('i32.lt_s', x.exponent, y.exponent)));
  const sign = w.word(v('select', x.sign, other, v('i32.ge_s', x.exponent, y.exponent)));
  const exponent = w.word(v('select', x.exponent, y.exponent, v('i32.ge_s', x.exponent, y.exponent)));
  return { result: { significand, sign, exponent, rest: w.wide(), up: w.wide() }, small, distance, aligned: w.wide() };
}

function subtract(w: Writer, { result, aligned }: Terms, rarely: Fail): void {
  const { significand, sign, exponent, rest } = result;
  // Only where the exponents are the same, and then nothing is below the unit.
  const isNegative = w.word(v('i64.lt_u', significand, aligned));
  const difference = v('select', v('i64.sub', aligned, significand), v('i64.sub', significand, aligned), isNegative);
  w.set(significand, v('i64.sub', difference, extend(v('i64.ne', rest, 0n))));
  rarely(v('i64.eqz', significand));
  w.set(rest, v('i64.sub', 0n, rest));
  const shift = w.wide(v('i64.clz', significand));
  const below = v('i64.shr_u', v('i64.shr_u', rest, 1n), v('i64.xor', shift, 63n));
  w.set(significand, v('i64.or', v('i64.shl', significand, shift), below));
  w.set(rest, v('i64.shl', rest, shift));
  w.set(sign, v('i32.xor', sign, v('i32.shl', isNegative, 15)));
  w.set(exponent, v('i32.sub', exponent, v('i32.wrap_i64', shift)));
}

/** Both ways at once: whether it carries is not foreseen. */
function addUp(w: Writer, { result, aligned }: Terms): void {
  const { significand, exponent, rest } = result;
  const sum = w.wide(v('i64.add', significand, aligned));
  const carries = w.word(v('i64.lt_u', sum, aligned));
  const halved = v('i64.or', v('i64.shr_u', sum, 1n), INTEGER_BIT);
  // The lowest bit of `rest` is clear where the sum carries.
  w.set(rest, v('select', v('i64.or', v('i64.shr_u', rest, 1n), v('i64.shl', sum, 63n)), rest, carries));
  w.set(significand, v('select', halved, sum, v('i64.lt_u', sum, significand)));
  w.set(exponent, v('i32.add', exponent, carries));
}

/** One of the two is zero, or too small to make a difference but to what is seen of rounding. */
function farSum(w: Writer, { result, small, distance }: Terms, differs: Operand, fail: Fail): void {
  w.set(result.rest, extend(v('i64.ne', small, 0n)));
  fail(v('i32.and', v('i32.wrap_i64', result.rest), v('i32.lt_u', distance, FAR)));
  w.set(result.up, v('select', result.rest, 0n, differs));
}

/** x + y, or x - y with `flip` 8000h. */
export function plainSum(w: Writer, x: Extended, y: Extended, flip: Operand, fail: Fail): Rounded {
  const other = flip === 0 ? y.sign : w.word(v('i32.xor', y.sign, flip));
  const differs = w.word(v('i32.xor', x.sign, other));
  const terms = align(w, x, y, other);
  const { result, small, distance, aligned } = terms;
  const { significand, exponent, rest, up } = result;
  const carries = (rarely: Fail): void =>
    w.usually(
      (apart) => {
        apart(v('i32.ge_u', distance, 64));
        const shift = w.wide(extend(distance));
        w.set(aligned, v('i64.shr_u', small, shift));
        w.set(rest, v('i64.xor', v('i64.rotr', small, shift), aligned));
        w.if(
          differs,
          () => subtract(w, terms, apart),
          () => addUp(w, terms),
        );
        apart(isOutOfRange(exponent));
        w.set(up, roundsUp(w, significand, rest));
        w.set(significand, v('i64.add', significand, up));
        rarely(v('i64.eqz', significand));
      },
      () =>
        w.if(
          v('i32.ge_u', distance, 64),
          () => farSum(w, terms, differs, fail),
          () => {
            // Of two zeros, or of a number and itself.
            fail(v('i64.ne', v('i64.or', significand, rest), 0n));
            w.set(result.sign, v('select', 0, result.sign, differs));
            makeZero(w, result);
          },
        ),
    );
  w.usually(carries, () => carryOut(w, result, fail));
  return result;
}

/** x87 numbers from and to other formats as code over values (see plainX87). */
import { type Fail, type Local, type Operand, type Writer, value as v } from './functionWriter';
import { BIAS, type Extended, INTEGER_BIT, type Rounding, SIGN, ZERO_EXPONENT, extend, roundsUp } from './plainX87';

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
  const field = w.word(v('i32.and', v('i32.wrap_i64', v('i64.shr_u', bits, BigInt(format.fraction))), special));
  const sign = w.word(v('i32.and', v('i32.wrap_i64', v('i64.shr_u', bits, BigInt(format.fraction + format.exponent - 15))), SIGN));
  const significand = w.wide(v('i64.or', v('i64.shl', bits, BigInt(63 - format.fraction)), INTEGER_BIT));
  const exponent = w.word(v('i32.add', field, BIAS - biasOf(format)));
  w.usually(
    (rarely) => rarely(v('i32.ge_u', v('i32.sub', field, 1), special - 1)),
    () => {
      fail(v('i64.ne', v('i64.shl', bits, BigInt(64 - format.fraction - format.exponent)), 0n));
      w.set(significand, 0n);
      w.set(exponent, ZERO_EXPONENT);
    },
  );
  return { significand, sign, exponent };
}

/** The bits of a number, normal or zero, rounded to a format, as the low ones of an i64. */
export function plainNarrowed(w: Writer, x: Extended, format: Format, fail: Fail): Rounding & { readonly bits: Local } {
  const bias = biasOf(format);
  const exponent = w.word(v('i32.sub', x.exponent, BIAS - bias + 1));
  const rest = w.wide(v('i64.shl', x.significand, BigInt(format.fraction + 1)));
  const kept = w.wide(v('i64.shr_u', x.significand, BigInt(63 - format.fraction)));
  const up = roundsUp(w, kept, rest);
  const sign = w.wide(v('i64.shl', extend(x.sign), BigInt(format.fraction + format.exponent - 15)));
  const bits = w.wide();
  w.usually(
    (rarely) => {
      // A carry may still make it larger by one.
      rarely(v('i32.ge_u', exponent, 2 * bias - 1));
      // The hidden bit, and a carry, count the exponent up.
      w.set(bits, v('i64.add', v('i64.add', kept, up), v('i64.add', v('i64.shl', extend(exponent), BigInt(format.fraction)), sign)));
    },
    () => {
      fail(v('i64.ne', x.significand, 0n));
      w.set(bits, sign);
    },
  );
  return { bits, rest, up };
}

/** An integer; every one is a number. */
export function plainInteger(w: Writer, x: Operand): Extended {
  const mask = w.wide(v('i64.shr_s', x, 63n));
  const magnitude = w.wide(v('i64.sub', v('i64.xor', x, mask), mask));
  const shift = w.wide(v('i64.clz', magnitude));
  const exponent = v('i32.sub', BIAS + 63, v('i32.wrap_i64', shift));
  return {
    significand: w.wide(v('i64.shl', magnitude, shift)),
    sign: w.word(v('i32.and', v('i32.wrap_i64', mask), SIGN)),
    exponent: w.word(v('select', exponent, ZERO_EXPONENT, v('i64.ne', magnitude, 0n))),
  };
}

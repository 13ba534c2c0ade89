/**
 * Elementary functions in fixed point: BigInts in units of 2^-FRACTION, by Taylor series after reduction
 * (J.-M. Muller, Elementary Functions, chapters 4 and 11). Far more bits than the 64 of a result, so that one rounding remains.
 */

/** Bits after the binary point. */
export const FRACTION = 256;
const FRACTION_BITS = BigInt(FRACTION);
export const ONE = 1n << FRACTION_BITS;

export const multiply = (a: bigint, b: bigint): bigint => (a * b) >> FRACTION_BITS;
export const divide = (a: bigint, b: bigint): bigint => (a << FRACTION_BITS) / b;

/** Sum of x^n / n! from n = 1: e^x - 1. */
export function exponentialMinusOne(x: bigint): bigint {
  let sum = 0n;
  let term = x;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = multiply(term, x) / n;
  }
  return sum;
}

/** Sum of z^(2n+1) / (2n+1), signs alternating for the arctangent. In magnitudes: a shift rounds negative numbers away from zero, where they would stay. */
function oddSeries(z: bigint, alternating: boolean): bigint {
  const square = multiply(z, z);
  let sum = 0n;
  let power = z < 0n ? -z : z;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += alternating && n & 2n ? -(power / n) : power / n;
    power = multiply(power, square);
  }
  return z < 0n ? -sum : sum;
}

/** ln(1 + x) for 1 + x around 1: the series converges for all, but near 0 or far above 1 as good as never. */
export const logarithmOnePlus = (x: bigint): bigint => 2n * oddSeries(divide(x, 2n * ONE + x), false);

function squareRoot(x: bigint): bigint {
  const n = x << FRACTION_BITS;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Arctangent of 0..1: two halvings of the angle, then the series. */
export function arctangent(x: bigint): bigint {
  let t = x;
  for (let n = 0; n < 2; n++) t = divide(t, ONE + squareRoot(ONE + multiply(t, t)));
  return 4n * oddSeries(t, true);
}

/** Sine and cosine of an angle up to pi/4 in magnitude. */
export function sineAndCosine(x: bigint): { sine: bigint; cosine: bigint } {
  let sine = 0n;
  let cosine = 0n;
  let term = ONE;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    const sign = n % 4n === 1n || n % 4n === 2n ? 1n : -1n;
    if (n & 1n) cosine += sign * term;
    else sine += sign * term;
    term = multiply(term, x) / n;
  }
  return { sine, cosine };
}

/** Constants, each by a series of its own (Machin for pi; ln 2 = 2 artanh 1/3). */
const inverseSeries = (n: bigint, alternating: boolean): bigint => oddSeries(ONE / n, alternating);
export const LN2 = 2n * inverseSeries(3n, false);
export const PI = 16n * inverseSeries(5n, true) - 4n * inverseSeries(239n, true);

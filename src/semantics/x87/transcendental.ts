/**
 * FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1 (SDM Vol. 1, 8.3.7 and 8.3.8; Vol. 2 for the special operands).
 * Angles are reduced with the 66-bit pi of the processors.
 */
import { FINITE, type Float80, INFINITY, ZERO } from './float80';
import { FRACTION, LN2, ONE, PI, arctangent, divide, exponentialMinusOne, logarithmOnePlus, multiply, sineAndCosine } from './fixedPoint';
import { DOUBLE_EXTENDED, type Result } from './result';
import { PE, ZE } from './status';

/** 0.C90FDAA2_2168C234_C * 2^2 (SDM Vol. 1, 8.3.8), in fixed point. */
const PI_66 = 0xc90fdaa22168c234cn << BigInt(FRACTION - 66);
const HALF_PI_66 = PI_66 >> 1n;

/** Below this exponent the first term of a series is all that a result can show. */
const TINY = -72;
/** Bits that make the second term a nudge below the last place. */
const NUDGE = 96n;

const fixed = (a: Float80): bigint => {
  const shift = BigInt(FRACTION - 63 + a.exponent);
  const magnitude = shift >= 0n ? a.significand << shift : a.significand >> -shift;
  return a.sign ? -magnitude : magnitude;
};

/** Round a fixed-point number, never exact, with `scale` more powers of two. */
function roundFixed(r: Result, value: bigint, scale = 0): void {
  const sign = value < 0n ? 1 : 0;
  r.roundBig(sign, sign ? -value : value, scale - FRACTION, true, DOUBLE_EXTENDED);
}

/** `a`, a hair closer to zero (or, `away`, farther from it). */
function roundNear(r: Result, a: Float80, away: boolean): void {
  const wide = a.significand << NUDGE;
  r.roundBig(a.sign, away ? wide : wide - 1n, a.exponent - 63 - Number(NUDGE), true, DOUBLE_EXTENDED);
}

/** `a` times a fixed-point constant, for tiny `a`. */
function roundProduct(r: Result, a: Float80, factor: bigint): void {
  r.roundBig(a.sign, a.significand * factor, a.exponent - 63 - FRACTION, true, DOUBLE_EXTENDED);
}

/** 2^a - 1 for -1..1; outside the processors give the operand back. */
export function powerOfTwoMinusOne(r: Result, a: Float80): void {
  if (r.settleNan(a, a)) return;
  if (a.kind === ZERO) return r.zero(a.sign);
  if (a.kind === INFINITY) {
    if (a.sign) r.round(1, 0, 0x80000000, 0, 0, DOUBLE_EXTENDED);
    else r.infinity(0);
    return;
  }
  if (!r.denormalOperands(a, a)) return;
  if (a.exponent >= 0) {
    r.raise(PE);
    const isOne = a.exponent === 0 && a.high === 0x80000000 && a.low === 0;
    if (isOne) r.round(a.sign, a.sign ? -1 : 0, 0x80000000, 0, 0, DOUBLE_EXTENDED);
    else r.exact(a);
    return;
  }
  if (a.exponent < TINY) roundProduct(r, a, LN2);
  else roundFixed(r, exponentialMinusOne(multiply(fixed(a), LN2)));
}

/** Half of the square root of two, in the high word of a significand: above it logarithms are taken from the next power. */
const ROOT_HALF = 0xb504f333;

/** ln of the significand of a positive `a`, and the exponent that goes with it. */
function splitLogarithm(a: Float80): { logarithm: bigint; exponent: number } {
  const significand = a.significand << BigInt(FRACTION - 63);
  return a.high >= ROOT_HALF
    ? { logarithm: logarithmOnePlus((significand >> 1n) - ONE), exponent: a.exponent + 1 }
    : { logarithm: logarithmOnePlus(significand - ONE), exponent: a.exponent };
}

/** y * log2(x). */
export function yLog2X(r: Result, x: Float80, y: Float80): void {
  if (r.settleNan(x, y)) return;
  if (x.kind === ZERO) {
    if (y.kind === ZERO) return r.invalid();
    if (y.kind === INFINITY) return r.infinity(y.sign ^ 1);
    if (r.denormalOperands(x, y) && r.raise(ZE)) r.infinity(y.sign ^ 1);
    return;
  }
  if (x.sign) return r.invalid();
  const isOne = x.kind === FINITE && x.exponent === 0 && x.high === 0x80000000 && x.low === 0;
  if (x.kind === INFINITY || y.kind === INFINITY) {
    if (y.kind === ZERO || isOne) return r.invalid();
    if (!r.denormalOperands(x, y)) return;
    const below = x.kind === FINITE && x.exponent < 0;
    return r.infinity(y.sign ^ (below ? 1 : 0));
  }
  if (!r.denormalOperands(x, y)) return;
  if (y.kind === ZERO || isOne) return r.zero(y.sign ^ (x.exponent < 0 ? 1 : 0));
  const { logarithm, exponent } = splitLogarithm(x);
  const isPower = x.high === 0x80000000 && x.low === 0;
  const log2 = isPower ? BigInt(x.exponent) * ONE : BigInt(exponent) * ONE + divide(logarithm, LN2);
  roundTimes(r, log2, y, !isPower);
}

/** y * log2(x + 1). */
export function yLog2XPlus1(r: Result, x: Float80, y: Float80): void {
  if (r.settleNan(x, y)) return;
  if (x.kind === INFINITY || y.kind === INFINITY) {
    if (x.kind === ZERO || y.kind === ZERO || (x.kind === INFINITY && x.sign)) return r.invalid();
    if (r.denormalOperands(x, y)) r.infinity(x.sign ^ y.sign);
    return;
  }
  if (!r.denormalOperands(x, y)) return;
  if (x.kind === ZERO || y.kind === ZERO) return r.zero(x.sign ^ y.sign);
  // Beyond its range (SDM Vol. 2, FYL2XP1) the result is undefined; of -1 and below the processors give the operand back.
  if (x.sign && x.exponent >= 0) {
    r.raise(PE);
    return r.exact(x);
  }
  if (x.exponent < TINY) {
    r.roundBig(x.sign ^ y.sign, x.significand * y.significand * divide(ONE, LN2), x.exponent + y.exponent - 126 - FRACTION, true, DOUBLE_EXTENDED);
    return;
  }
  roundTimes(r, divide(naturalLogarithmOnePlus(x), LN2), y, true);
}

/** ln(1 + x) for x above -1: outside of -1/2..1 from the power of two below 1 + x. */
function naturalLogarithmOnePlus(x: Float80): bigint {
  if (x.exponent < (x.sign ? -1 : 0)) return logarithmOnePlus(fixed(x));
  const sum = fixed(x) + ONE;
  const exponent = sum.toString(2).length - 1 - FRACTION;
  const significand = exponent < 0 ? sum << BigInt(-exponent) : sum >> BigInt(exponent);
  return BigInt(exponent) * LN2 + logarithmOnePlus(significand - ONE);
}

function roundTimes(r: Result, factor: bigint, y: Float80, inexact: boolean): void {
  const sign = factor < 0n ? 1 : 0;
  r.roundBig(sign ^ y.sign, (sign ? -factor : factor) * y.significand, y.exponent - 63 - FRACTION, inexact, DOUBLE_EXTENDED);
}

/** Angle of the point (x, y), -pi..pi. */
export function partialArctangent(r: Result, x: Float80, y: Float80): void {
  if (r.settleNan(x, y)) return;
  if (!r.denormalOperands(x, y)) return;
  const { sign } = y;
  const eighths = specialAngle(x, y);
  if (eighths === 0) return r.zero(sign);
  if (eighths > 0) return roundFixed(r, ((sign ? -PI : PI) * BigInt(eighths)) >> 3n);
  const steep = y.exponent > x.exponent || (y.exponent === x.exponent && y.significand > x.significand);
  const [smaller, larger] = steep ? [x, y] : [y, x];
  const difference = larger.exponent - smaller.exponent;
  if (difference > FRACTION / 2 && !steep && !x.sign) {
    const wide = smaller.significand << 192n;
    const quotient = wide / larger.significand;
    // The arctangent is below the quotient, but only just; an exact quotient shows it as a nudge.
    r.roundBig(sign, quotient * larger.significand === wide ? quotient - 1n : quotient, -difference - 192, true, DOUBLE_EXTENDED);
    return;
  }
  const ratio = difference > FRACTION ? 0n : ((smaller.significand << BigInt(FRACTION)) / larger.significand) >> BigInt(difference);
  const angle = arctangent(ratio);
  const first = steep ? (PI >> 1n) - angle : angle;
  const whole = x.sign ? (steep ? (PI >> 1n) + angle : PI - angle) : first;
  roundFixed(r, sign ? -whole : whole);
}

/** In eighths of pi, where an operand is zero or infinite; -1 for other angles. */
function specialAngle(x: Float80, y: Float80): number {
  if (y.kind === INFINITY) return x.kind === INFINITY ? (x.sign ? 6 : 2) : 4;
  if (x.kind === INFINITY || y.kind === ZERO) return x.sign ? 8 : 0;
  return x.kind === ZERO ? 4 : -1;
}

/** The largest exponent of an angle that is reduced: beyond it C2 is set and nothing happens. */
export const ANGLE_LIMIT = 63;

/** Quadrant and remainder of an angle. */
function reduce(a: Float80): { quadrant: number; sine: bigint; cosine: bigint } {
  const angle = fixed(a);
  const doubled = 2n * angle + HALF_PI_66;
  let quadrants = doubled / (2n * HALF_PI_66);
  if (doubled < 0n && quadrants * 2n * HALF_PI_66 !== doubled) quadrants -= 1n;
  return { quadrant: Number(BigInt.asUintN(2, quadrants)), ...sineAndCosine(angle - quadrants * HALF_PI_66) };
}

export type Angle = { readonly sine: bigint; readonly cosine: bigint } | 'tiny';

/** Sine and cosine of a finite angle below 2^63; `tiny`: indistinguishable from the angle and one. */
export function evaluateAngle(a: Float80): Angle {
  if (a.exponent < TINY) return 'tiny';
  const { quadrant, sine, cosine } = reduce(a);
  if (quadrant === 0) return { sine, cosine };
  if (quadrant === 1) return { sine: cosine, cosine: -sine };
  return quadrant === 2 ? { sine: -sine, cosine: -cosine } : { sine: -cosine, cosine: sine };
}

export function roundSine(r: Result, a: Float80, angle: Angle): void {
  if (angle === 'tiny') roundNear(r, a, false);
  else roundFixed(r, angle.sine);
}

export function roundCosine(r: Result, angle: Angle): void {
  if (angle === 'tiny') r.roundBig(0, (1n << 96n) - 1n, -96, true, DOUBLE_EXTENDED);
  else roundFixed(r, angle.cosine);
}

export function roundTangent(r: Result, a: Float80, angle: Angle): void {
  if (angle === 'tiny') roundNear(r, a, true);
  else roundFixed(r, divide(angle.sine, angle.cosine));
}

/** NaNs, infinities and zeros of the trigonometric functions: true when settled. `atZero`: 0 or 1. */
export function settleAngle(r: Result, a: Float80, atZero: 0 | 1): boolean {
  if (r.settleNan(a, a)) return true;
  if (a.kind === INFINITY) r.invalid();
  else if (a.kind !== ZERO) return false;
  else if (atZero) r.round(0, 0, 0x80000000, 0, 0, DOUBLE_EXTENDED);
  else r.zero(a.sign);
  return true;
}

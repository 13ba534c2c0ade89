/** FPREM, FPREM1, FSCALE, FXTRACT (SDM Vol. 2). */
import { FINITE, type Float80, INFINITY, ZERO } from './float80';
import { DOUBLE_EXTENDED, type Result } from './result';
import { C0, C1, C2, C3, ZE } from './status';

/** Exponent differences below this are reduced completely. */
const COMPLETE = 64;

/**
 * Remainder of `a` by `b` with the quotient truncated (FPREM) or to nearest (FPREM1). Returns the condition codes: the low three bits of the
 * quotient in C0, C3, C1, or C2 when the reduction is partial; nothing without a quotient.
 */
export function remainder(r: Result, a: Float80, b: Float80, nearest: boolean): number | undefined {
  if (r.settleNan(a, b)) return undefined;
  if (a.kind === INFINITY || b.kind === ZERO) {
    r.invalid();
    return undefined;
  }
  if (!r.denormalOperands(a, b)) return undefined;
  if (a.kind === ZERO) {
    r.zero(a.sign);
    return 0;
  }
  const difference = a.exponent - b.exponent;
  if (b.kind === INFINITY || difference < -1 || (difference < 0 && !nearest)) {
    r.exact(a);
    return 0;
  }
  if (difference >= COMPLETE) return reducePartially(r, a, b, difference);
  // In units of the lower significand's last place.
  const dividend = difference >= 0 ? a.significand << BigInt(difference) : a.significand;
  const divisor = difference >= 0 ? b.significand : b.significand << 1n;
  const unit = Math.min(a.exponent, b.exponent) - 63;
  let quotient = dividend / divisor;
  let rest = dividend - quotient * divisor;
  let { sign } = a;
  if (nearest && (2n * rest > divisor || (2n * rest === divisor && quotient & 1n))) {
    quotient += 1n;
    rest = divisor - rest;
    sign ^= 1;
  }
  if (rest === 0n) r.zero(a.sign);
  else r.roundBig(sign, rest, unit, false, DOUBLE_EXTENDED);
  return (quotient & 4n ? C0 : 0) | (quotient & 2n ? C3 : 0) | (quotient & 1n ? C1 : 0);
}

/** The difference of exponents decreases by 32 to 63. */
function reducePartially(r: Result, a: Float80, b: Float80, difference: number): number {
  const bits = (difference & 31) | 32;
  const rest = (a.significand << BigInt(bits)) % b.significand;
  if (rest === 0n) r.zero(a.sign);
  else r.roundBig(a.sign, rest, b.exponent - 63 + difference - bits, false, DOUBLE_EXTENDED);
  return C2;
}

/** More than the range of exponents, biased results included. */
const SCALE_LIMIT = 0x10000;

/** `a` * 2^trunc(b). */
export function scale(r: Result, a: Float80, b: Float80): void {
  if (r.settleNan(a, b)) return;
  if (b.kind === INFINITY) {
    if (a.kind === (b.sign ? INFINITY : ZERO)) return r.invalid();
    if (!r.denormalOperands(a, b)) return;
    if (b.sign) r.zero(a.sign);
    else r.infinity(a.sign);
    return;
  }
  if (!r.denormalOperands(a, b)) return;
  if (a.kind === ZERO) return r.zero(a.sign);
  if (a.kind === INFINITY) return r.infinity(a.sign);
  const magnitude = b.kind === ZERO || b.exponent < 0 ? 0 : b.exponent > 15 ? SCALE_LIMIT : b.high >>> (31 - b.exponent);
  r.round(a.sign, a.exponent + (b.sign ? -magnitude : magnitude), a.high, a.low, 0, DOUBLE_EXTENDED);
}

/** The exponent of `a` into `exponent`, its significand (in [1, 2), with the sign) into `r`. */
export function extract(r: Result, exponent: Result, a: Float80): void {
  exponent.begin(r.control);
  if (r.settleNan(a, a)) exponent.settleNan(a, a);
  else if (a.kind === INFINITY) {
    exponent.infinity(0);
    r.infinity(a.sign);
  } else if (a.kind === ZERO) {
    if (r.raise(ZE)) {
      exponent.infinity(1);
      r.zero(a.sign);
    }
  } else if (a.kind === FINITE && r.denormalOperands(a, a)) {
    r.round(a.sign, 0, a.high, a.low, 0, DOUBLE_EXTENDED);
    const magnitude = Math.abs(a.exponent);
    if (magnitude === 0) exponent.zero(0);
    else exponent.roundBig(a.exponent < 0 ? 1 : 0, BigInt(magnitude), 0, false, DOUBLE_EXTENDED);
  }
}

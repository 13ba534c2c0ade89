/** FADD, FSUB, FMUL, FDIV, FSQRT, comparison (SDM Vol. 1, 8.3.5 and 8.3.6; tables of results in Vol. 2). Exact, then rounded once. */
import { FINITE, type Float80, INFINITY, SIGNALING_NAN, UNSUPPORTED, ZERO } from './float80';
import type { Result } from './result';
import { C0, C2, C3, DOWN, IE, ZE } from './status';

/** `a + b`; `negate` makes it `a - b`. */
export function add(r: Result, a: Float80, b: Float80, negate: 0 | 1): void {
  if (r.settleNan(a, b)) return;
  const signB = b.sign ^ negate;
  if (a.kind === INFINITY || b.kind === INFINITY) {
    if (a.kind === b.kind && a.sign !== signB) r.invalid();
    else if (r.denormalOperands(a, b)) r.infinity(a.kind === INFINITY ? a.sign : signB);
    return;
  }
  if (!r.denormalOperands(a, b)) return;
  if (a.kind === ZERO || b.kind === ZERO) {
    if (a.kind === ZERO && b.kind === ZERO) r.zero(a.sign === signB ? a.sign : differenceSign(r));
    else if (b.kind === ZERO) r.round(a.sign, a.exponent, a.high, a.low, 0, r.format);
    else r.round(signB, b.exponent, b.high, b.low, 0, r.format);
    return;
  }
  if (a.sign === signB) {
    if (a.exponent >= b.exponent) addMagnitudes(r, a.sign, a, b);
    else addMagnitudes(r, a.sign, b, a);
  } else {
    const order = compareMagnitudes(a, b);
    if (order === 0) r.zero(differenceSign(r));
    else if (order > 0) subtractMagnitudes(r, a.sign, a, b);
    else subtractMagnitudes(r, signB, b, a);
  }
}

/** Sign of an exact zero difference. */
const differenceSign = (r: Result): number => (r.rounding === DOWN ? 1 : 0);

function compareMagnitudes(a: Float80, b: Float80): number {
  if (a.exponent !== b.exponent) return a.exponent - b.exponent;
  if (a.high !== b.high) return a.high - b.high;
  return a.low - b.low;
}

function addMagnitudes(r: Result, sign: number, large: Float80, small: Float80): void {
  r.shiftRight(small.high, small.low, 0, large.exponent - small.exponent);
  const lowSum = large.low + r.low;
  const highSum = large.high + r.high + (lowSum > 0xffffffff ? 1 : 0);
  const { rest } = r;
  if (highSum <= 0xffffffff) r.round(sign, large.exponent, highSum, lowSum >>> 0, rest, r.format);
  else {
    const newRest = (rest >>> 1) | (rest & 1) | (lowSum << 31);
    r.round(sign, large.exponent + 1, ((highSum >>> 1) | 0x80000000) >>> 0, ((lowSum >>> 1) | (highSum << 31)) >>> 0, newRest >>> 0, r.format);
  }
}

function subtractMagnitudes(r: Result, sign: number, large: Float80, small: Float80): void {
  r.shiftRight(small.high, small.low, 0, large.exponent - small.exponent);
  let rest = -r.rest >>> 0;
  const lowDifference = large.low - r.low - (r.rest === 0 ? 0 : 1);
  let low = lowDifference >>> 0;
  let high = (large.high - r.high - (lowDifference < 0 ? 1 : 0)) >>> 0;
  let exponent = large.exponent;
  while (high === 0) {
    high = low;
    low = rest;
    rest = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    low = ((low << shift) | (rest >>> (32 - shift))) >>> 0;
    rest = (rest << shift) >>> 0;
    exponent -= shift;
  }
  r.round(sign, exponent, high, low, rest, r.format);
}

/** High word of a 32-bit by 32-bit product. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + (middle >>> 16) + (((middle & 0xffff) + aLow * bHigh) >>> 16);
}

export function multiply(r: Result, a: Float80, b: Float80): void {
  if (r.settleNan(a, b)) return;
  const sign = a.sign ^ b.sign;
  if (a.kind !== FINITE || b.kind !== FINITE) {
    const infinite = a.kind === INFINITY || b.kind === INFINITY;
    if (infinite && (a.kind === ZERO || b.kind === ZERO)) return r.invalid();
    if (!r.denormalOperands(a, b)) return;
    if (infinite) r.infinity(sign);
    else r.zero(sign);
    return;
  }
  if (!r.denormalOperands(a, b)) return;
  const word0 = Math.imul(a.low, b.low);
  const sum1 = highProduct(a.low, b.low) + (Math.imul(a.low, b.high) >>> 0) + (Math.imul(a.high, b.low) >>> 0);
  const sum2 = highProduct(a.low, b.high) + highProduct(a.high, b.low) + (Math.imul(a.high, b.high) >>> 0) + Math.floor(sum1 / 0x1_0000_0000);
  const word3 = (highProduct(a.high, b.high) + Math.floor(sum2 / 0x1_0000_0000)) >>> 0;
  const word2 = sum2 >>> 0;
  const word1 = sum1 >>> 0;
  const exponent = a.exponent + b.exponent;
  const sticky = word0 === 0 ? 0 : 1;
  if (word3 >>> 31) r.round(sign, exponent + 1, word3, word2, (word1 | sticky) >>> 0, r.format);
  else r.round(sign, exponent, ((word3 << 1) | (word2 >>> 31)) >>> 0, ((word2 << 1) | (word1 >>> 31)) >>> 0, ((word1 << 1) | (word0 >>> 31) | sticky) >>> 0, r.format);
}

export function divide(r: Result, a: Float80, b: Float80): void {
  if (r.settleNan(a, b)) return;
  const sign = a.sign ^ b.sign;
  if (a.kind !== FINITE || b.kind !== FINITE) {
    if (a.kind === b.kind) return r.invalid(); // 0/0, infinity/infinity
    if (b.kind === ZERO && a.kind === FINITE) {
      // Before a denormal dividend is looked at.
      if (r.raise(ZE)) r.infinity(sign);
      return;
    }
    if (!r.denormalOperands(a, b)) return;
    if (a.kind === INFINITY || b.kind === ZERO) r.infinity(sign);
    else r.zero(sign);
    return;
  }
  if (!r.denormalOperands(a, b)) return;
  const dividend = a.significand << 66n;
  const divisor = b.significand;
  const quotient = dividend / divisor;
  r.roundBig(sign, quotient, a.exponent - b.exponent - 66, quotient * divisor !== dividend, r.format);
}

/** Largest integer whose square is not above `n`. */
export function integerSquareRoot(n: bigint): bigint {
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

export function squareRoot(r: Result, a: Float80): void {
  if (r.settleNan(a, a)) return;
  if (a.kind === ZERO) return r.zero(a.sign);
  if (a.sign) return r.invalid();
  if (a.kind === INFINITY) return r.infinity(0);
  if (!r.denormalOperands(a, a)) return;
  // An even power of two, so that it comes out of the root whole.
  const scale = a.exponent & 1 ? 72n : 71n;
  const radicand = a.significand << scale;
  const root = integerSquareRoot(radicand);
  r.roundBig(0, root, (a.exponent - 63 - Number(scale)) / 2, root * root !== radicand, r.format);
}

/** Condition codes of ST(0) compared with an operand: C3, C2, C0 as ZF, PF, CF (SDM Vol. 1, 8.3.6). */
export function compare(r: Result, a: Float80, b: Float80, unordered: boolean): number {
  if (a.kind >= 3 || b.kind >= 3) {
    const invalid = !unordered || a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN || a.kind === UNSUPPORTED || b.kind === UNSUPPORTED;
    if (invalid) r.raise(IE);
    return C3 | C2 | C0;
  }
  r.denormalOperands(a, b);
  const order = compareOrdered(a, b);
  return order > 0 ? 0 : order < 0 ? C0 : C3;
}

function compareOrdered(a: Float80, b: Float80): number {
  if (a.kind === ZERO && b.kind === ZERO) return 0;
  if (a.kind === ZERO) return b.sign ? 1 : -1;
  if (b.kind === ZERO || a.sign !== b.sign) return a.sign ? -1 : 1;
  const magnitude = a.kind === INFINITY || b.kind === INFINITY ? a.kind - b.kind : compareMagnitudes(a, b);
  return a.sign ? -magnitude : magnitude;
}

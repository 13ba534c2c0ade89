/** Between floating point and integers: FIST, FISTP, FBLD, FBSTP, FRNDINT (SDM Vol. 1, 4.8.4 and 8.1.2; table 8-4 for indefinites). */
import { FINITE, type Float80, INFINITY, UNSUPPORTED, ZERO } from './float80';
import { DOUBLE_EXTENDED, type Result } from './result';
import { DOWN, IE, PE, TO_NEAREST, TO_ZERO, UP } from './status';

/** The integer nearest by rounding control, a magnitude in `high` and `low`; false when it needs more than 64 bits. What was cut off is in `rest`. */
function roundMagnitude(r: Result, a: Float80): boolean {
  if (a.exponent > 63) return false;
  r.shiftRight(a.high, a.low, 0, 63 - a.exponent);
  const { rest, rounding } = r;
  r.roundedUp = false;
  if (rest === 0) return true;
  const half = rest >>> 31;
  const up = rounding === TO_NEAREST ? half === 1 && (rest << 1 !== 0 || (r.low & 1) === 1) : rounding !== TO_ZERO && rounding === (a.sign ? DOWN : UP);
  if (!up) return true;
  r.roundedUp = true;
  r.low = (r.low + 1) >>> 0;
  if (r.low !== 0) return true;
  r.high = (r.high + 1) >>> 0;
  return r.high !== 0;
}

/** To a signed integer of `bits`, in `high` and `low`; the integer indefinite when it does not fit. */
export function toInteger(r: Result, a: Float80, bits: 16 | 32 | 64): void {
  if (a.kind === ZERO) {
    r.high = r.low = 0;
    return;
  }
  const fits = a.kind === FINITE && roundMagnitude(r, a) && fitsSigned(r.high, r.low, a.sign, bits);
  if (!fits) {
    r.roundedUp = false;
    r.raise(IE);
    r.high = 0x80000000;
    r.low = bits === 64 ? 0 : bits === 32 ? 0x80000000 : 0x8000;
    return;
  }
  if (r.rest !== 0) r.raise(PE);
  if (a.sign) {
    r.low = -r.low >>> 0;
    r.high = (~r.high + (r.low === 0 ? 1 : 0)) >>> 0;
  }
}

function fitsSigned(high: number, low: number, sign: number, bits: 16 | 32 | 64): boolean {
  if (bits === 64) return high < 0x80000000 || (sign === 1 && high === 0x80000000 && low === 0);
  const limit = bits === 32 ? 0x80000000 : 0x8000;
  return high === 0 && (low < limit || (sign === 1 && low === limit));
}

export function roundToInteger(r: Result, a: Float80): void {
  if (r.settleNan(a, a)) return;
  if (a.kind === INFINITY) return r.infinity(a.sign);
  if (a.kind === ZERO) return r.zero(a.sign);
  if (!r.denormalOperands(a, a)) return;
  if (a.exponent >= 63) return r.exact(a);
  roundMagnitude(r, a);
  const { high, low, roundedUp } = r;
  if (r.rest !== 0) r.raise(PE);
  if ((high | low) === 0) return r.zero(a.sign);
  const exact = BigInt(high) * 0x1_0000_0000n + BigInt(low);
  r.roundBig(a.sign, exact, 0, false, DOUBLE_EXTENDED);
  r.roundedUp = roundedUp;
}

const DIGITS = 18;
const BCD_LIMIT = 10n ** BigInt(DIGITS);

/** Packed BCD to a number: 18 digits, the sign in the top bit. Digits above 9 count as what they are. */
export function fromBcd(a: Float80, bytes: Uint8Array): void {
  let value = 0n;
  for (let n = DIGITS / 2 - 1; n >= 0; n--) value = value * 100n + BigInt((bytes[n] >>> 4) * 10 + (bytes[n] & 15));
  a.unpackInteger64(Number(value & 0xffff_ffffn) | 0, Number(value >> 32n) | 0);
  a.sign = bytes[9] >>> 7;
}

/** To packed BCD; the packed decimal indefinite when it does not fit. */
export function toBcd(r: Result, a: Float80, bytes: Uint8Array): void {
  bytes.fill(0);
  bytes[9] = a.sign << 7;
  if (a.kind === ZERO) return;
  const rounded = a.kind === FINITE && roundMagnitude(r, a);
  const magnitude = (BigInt(r.high) << 32n) | BigInt(r.low);
  if (!rounded || a.kind === UNSUPPORTED || magnitude >= BCD_LIMIT) {
    r.roundedUp = false;
    r.raise(IE);
    bytes.fill(0);
    bytes.set([0xc0, 0xff, 0xff], 7);
    return;
  }
  if (r.rest !== 0) r.raise(PE);
  const digits = magnitude.toString().padStart(DIGITS, '0');
  for (let n = 0; n < DIGITS / 2; n++) bytes[n] = Number.parseInt(digits.slice(DIGITS - 2 - 2 * n, DIGITS - 2 * n), 16);
}

/**
 * Operands of the x87 taken apart (SDM Vol. 1, 4.8 and 8.2): double extended precision, and the memory formats widened to it.
 * A significand is two 32-bit words; the value of a finite number is (high:low) * 2^(exponent - 63), normalized.
 */

/** What an operand is. Unsupported: pseudo-NaN, pseudo-infinity, unnormal (SDM Vol. 1, table 8-3). */
export const ZERO = 0;
export const FINITE = 1;
export const INFINITY = 2;
export const QUIET_NAN = 3;
export const SIGNALING_NAN = 4;
export const UNSUPPORTED = 5;
export type Kind = typeof ZERO | typeof FINITE | typeof INFINITY | typeof QUIET_NAN | typeof SIGNALING_NAN | typeof UNSUPPORTED;

export const BIAS = 16383;
export const MAXIMUM_EXPONENT = 16383;
export const MINIMUM_EXPONENT = -16382;
/** Exponent field of infinities and NaNs. */
export const SPECIAL = 0x7fff;
export const INTEGER_BIT = 0x80000000;
export const QUIET_BIT = 0x40000000;

/** An operand; its fields are reused, so that arithmetic allocates nothing. */
export class Float80 {
  kind: Kind = ZERO;
  sign = 0;
  /** Of a finite number. */
  exponent = 0;
  /** Significand: normalized when finite, as it stands when a NaN. Unsigned. */
  high = 0;
  low = 0;
  /** Denormal or pseudo-denormal, or denormal in the memory format it came from. */
  denormal = false;

  /** Sign and exponent, significand. */
  unpack(signExponent: number, high: number, low: number): void {
    const exponent = signExponent & SPECIAL;
    this.sign = (signExponent >>> 15) & 1;
    this.high = high >>> 0;
    this.low = low >>> 0;
    this.denormal = false;
    if (exponent === 0) {
      if ((high | low) === 0) this.kind = ZERO;
      else this.#denormal(MINIMUM_EXPONENT);
    } else if (high >>> 31 === 0) {
      // The integer bit is clear.
      this.kind = UNSUPPORTED;
    } else if (exponent === SPECIAL) {
      this.kind = (high & 0x7fffffff) === 0 && low === 0 ? INFINITY : high & QUIET_BIT ? QUIET_NAN : SIGNALING_NAN;
    } else {
      this.kind = FINITE;
      this.exponent = exponent - BIAS;
    }
  }

  #denormal(exponent: number): void {
    this.kind = FINITE;
    this.denormal = true;
    this.exponent = exponent;
    this.#normalize();
  }

  #normalize(): void {
    if (this.high === 0) {
      this.high = this.low;
      this.low = 0;
      this.exponent -= 32;
    }
    const shift = Math.clz32(this.high);
    if (shift === 0) return;
    this.high = ((this.high << shift) | (this.low >>> (32 - shift))) >>> 0;
    this.low = (this.low << shift) >>> 0;
    this.exponent -= shift;
  }

  unpackSingle(bits: number): void {
    this.#unpackNarrow(bits >>> 31, (bits >>> 23) & 0xff, 0xff, 127, (bits << 8) & 0x7fffffff, 0);
  }

  unpackDouble(low: number, high: number): void {
    this.#unpackNarrow(high >>> 31, (high >>> 20) & 0x7ff, 0x7ff, 1023, ((high << 11) | (low >>> 21)) & 0x7fffffff, (low << 11) >>> 0);
  }

  /** A format without an explicit integer bit; the fraction is below bit 63. */
  #unpackNarrow(sign: number, exponent: number, special: number, bias: number, fractionHigh: number, fractionLow: number): void {
    this.sign = sign;
    this.high = (fractionHigh | (exponent === 0 ? 0 : INTEGER_BIT)) >>> 0;
    this.low = fractionLow;
    this.denormal = false;
    const fraction = fractionHigh | fractionLow;
    if (exponent === special) this.kind = fraction === 0 ? INFINITY : fractionHigh & QUIET_BIT ? QUIET_NAN : SIGNALING_NAN;
    else if (exponent !== 0) {
      this.kind = FINITE;
      this.exponent = exponent - bias;
    } else if (fraction === 0) this.kind = ZERO;
    else this.#denormal(1 - bias);
  }

  /** A signed 32-bit integer. */
  unpackInteger(value: number): void {
    this.unpackInteger64(value | 0, value < 0 ? -1 : 0);
  }

  unpackInteger64(low: number, high: number): void {
    this.denormal = false;
    this.sign = high < 0 ? 1 : 0;
    if (this.sign) {
      low = -low | 0;
      high = (~high + (low === 0 ? 1 : 0)) | 0;
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
    this.kind = (high | low) === 0 ? ZERO : FINITE;
    this.exponent = 63;
    if (this.kind === FINITE) this.#normalize();
  }

  get isNan(): boolean {
    return this.kind === QUIET_NAN || this.kind === SIGNALING_NAN;
  }

  get significand(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }
}

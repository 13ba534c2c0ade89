/**
 * Rounding and packing a result (SDM Vol. 1, 4.8.4, 4.9.1 and 8.5): rounding and precision control, C1, denormals, overflow
 * and underflow with their masked and unmasked responses.
 */
import { BIAS, type Float80, INTEGER_BIT, MAXIMUM_EXPONENT, MINIMUM_EXPONENT, QUIET_BIT, SIGNALING_NAN, SPECIAL, UNSUPPORTED } from './float80';
import { CONTROL_INIT, DE, DOWN, IE, OE, PE, PRECISIONS, PRECISION_SHIFT, ROUNDING_SHIFT, TO_NEAREST, TO_ZERO, UE, UP } from './status';

export interface Format {
  readonly precision: 24 | 53 | 64;
  readonly minimum: number;
  readonly maximum: number;
}

const extended = (precision: Format['precision']): Format => ({ precision, minimum: MINIMUM_EXPONENT, maximum: MAXIMUM_EXPONENT });
const EXTENDED = PRECISIONS.map(extended);
/** Double extended, whatever precision control says. */
export const DOUBLE_EXTENDED: Format = extended(64);
export const SINGLE: Format = { precision: 24, minimum: -126, maximum: 127 };
export const DOUBLE: Format = { precision: 53, minimum: -1022, maximum: 1023 };

/** Added to, or taken from, the exponent of a result whose underflow or overflow is unmasked (SDM Vol. 1, 8.5.4, 8.5.5). */
const BIAS_ADJUSTMENT = 24576;

/** The result of one operation, the exceptions it raised and whether it was rounded up. */
export class Result {
  control = CONTROL_INIT;
  raised = 0;
  roundedUp = false;
  /** Packed: sign and exponent, significand. */
  signExponent = 0;
  high = 0;
  low = 0;
  /** Three words of a shifted significand. */
  rest = 0;

  begin(control: number): void {
    this.control = control;
    this.raised = 0;
    this.roundedUp = false;
  }

  get rounding(): number {
    return (this.control >>> ROUNDING_SHIFT) & 3;
  }

  /** The format of basic arithmetic: precision by precision control, the full range of exponents. */
  get format(): Format {
    return EXTENDED[(this.control >>> PRECISION_SHIFT) & 3];
  }

  /** Raises the exceptions; false when one is unmasked. */
  raise(exceptions: number): boolean {
    this.raised |= exceptions;
    return (exceptions & ~this.control) === 0;
  }

  zero(sign: number): void {
    this.#set(sign << 15, 0, 0);
  }

  infinity(sign: number): void {
    this.#set((sign << 15) | SPECIAL, INTEGER_BIT, 0);
  }

  /** The real indefinite QNaN. */
  indefinite(): void {
    this.#set(0x8000 | SPECIAL, (INTEGER_BIT | QUIET_BIT) >>> 0, 0);
  }

  invalid(): void {
    this.raise(IE);
    this.indefinite();
  }

  nan(x: Float80): void {
    this.#set((x.sign << 15) | SPECIAL, (x.high | QUIET_BIT) >>> 0, x.low);
  }

  /** The operand itself, exactly, in double extended precision. */
  exact(x: Float80): void {
    this.round(x.sign, x.exponent, x.high, x.low, 0, DOUBLE_EXTENDED);
  }

  #set(signExponent: number, high: number, low: number): void {
    this.signExponent = signExponent;
    this.high = high;
    this.low = low;
  }

  /**
   * Unsupported operands and NaNs (SDM Vol. 1, table 4-7): true when there was one and the result is settled.
   * Otherwise, or when only one operand counts, pass it twice.
   */
  settleNan(a: Float80, b: Float80, quietIsInvalid = false): boolean {
    if (a.kind === UNSUPPORTED || b.kind === UNSUPPORTED) {
      this.invalid();
      return true;
    }
    if (!a.isNan && !b.isNan) return false;
    if (quietIsInvalid || a.kind === SIGNALING_NAN || b.kind === SIGNALING_NAN) this.raise(IE);
    this.nan(choose(a, b));
    return true;
  }

  /** #D when an operand is denormal; false when that is unmasked. */
  denormalOperands(a: Float80, b: Float80): boolean {
    return a.denormal || b.denormal ? this.raise(DE) : true;
  }

  /** Round (high:low:rest) * 2^(exponent - 63), normalized and with the lowest bit sticky, and pack it as double extended. */
  round(sign: number, exponent: number, high: number, low: number, rest: number, format: Format): void {
    const rounded = this.roundTo(sign, exponent, high, low, rest, format);
    if (rounded === Infinity) this.infinity(sign);
    else this.signExponent = (sign << 15) | (this.high >>> 31 === 0 ? 0 : rounded + BIAS);
  }

  /**
   * Round into `high` and `low`. The exponent of the result; the least one with a significand below the integer bit is a denormal
   * or zero. Infinity is infinite.
   */
  roundTo(sign: number, exponent: number, high: number, low: number, rest: number, { precision, minimum, maximum }: Format): number {
    let rounded = exponent + this.#roundBits(sign, high, low, rest, precision);
    if (rounded > maximum) return this.#overflow(sign, rounded, precision, maximum);
    if (exponent >= minimum) return rounded;
    // Tiny, as seen after rounding with an unbounded exponent.
    const tiny = rounded < minimum;
    if (tiny && !(this.control & UE)) {
      this.raised |= UE;
      if (rounded + BIAS_ADJUSTMENT >= minimum) return rounded + BIAS_ADJUSTMENT;
      // Too small even for that.
      this.high = this.low = 0;
      return minimum;
    }
    const before = this.raised;
    this.raised &= ~PE;
    this.shiftRight(high, low, rest, minimum - exponent);
    this.#roundBits(sign, this.high, this.low, this.rest, precision, false);
    rounded = minimum;
    if (tiny && this.raised & PE) this.raised |= UE;
    this.raised |= before & ~PE;
    return rounded;
  }

  /** Returns 1 when the significand was rounded up to the next power of two. */
  #roundBits(sign: number, high: number, low: number, rest: number, precision: number, normalized = true): 0 | 1 {
    let half: number;
    let sticky: number;
    let odd: number;
    if (precision === 64) {
      half = rest >>> 31;
      sticky = rest << 1;
      odd = low & 1;
    } else if (precision === 53) {
      half = (low >>> 10) & 1;
      sticky = (low & 0x3ff) | rest;
      odd = (low >>> 11) & 1;
      low &= ~0x7ff;
    } else {
      half = (high >>> 7) & 1;
      sticky = (high & 0x7f) | low | rest;
      odd = (high >>> 8) & 1;
      high &= ~0xff;
      low = 0;
    }
    this.roundedUp = false;
    this.high = high >>> 0;
    this.low = low >>> 0;
    if ((half | sticky) === 0) return 0;
    this.raised |= PE;
    const { rounding } = this;
    if (rounding === TO_NEAREST ? half === 0 || (sticky === 0 && odd === 0) : rounding === TO_ZERO || rounding === (sign ? UP : DOWN)) return 0;
    this.roundedUp = true;
    if (precision === 24) high = (high + 0x100) >>> 0;
    else {
      low = (low + (precision === 64 ? 1 : 0x800)) >>> 0;
      if (low === 0) high = (high + 1) >>> 0;
    }
    const carry = normalized && high === 0;
    this.high = carry ? INTEGER_BIT : high >>> 0;
    this.low = low;
    return carry ? 1 : 0;
  }

  #overflow(sign: number, rounded: number, precision: number, maximum: number): number {
    this.raised |= OE;
    if (!(this.control & OE)) {
      const adjusted = rounded - BIAS_ADJUSTMENT;
      if (adjusted <= MAXIMUM_EXPONENT) return adjusted;
      return Infinity;
    }
    this.raised |= PE;
    const { rounding } = this;
    this.roundedUp = rounding === TO_NEAREST || rounding === (sign ? DOWN : UP);
    if (this.roundedUp) return Infinity;
    this.high = precision === 24 ? 0xffffff00 : 0xffffffff;
    this.low = precision === 24 ? 0 : precision === 53 ? 0xfffff800 : 0xffffffff;
    return maximum;
  }

  /** (high:low:rest) >> count into the fields of that name; what is lost stays in the lowest bit. */
  shiftRight(high: number, low: number, rest: number, count: number): void {
    if (count >= 96) {
      this.high = this.low = 0;
      this.rest = (high | low | rest) === 0 ? 0 : 1;
      return;
    }
    let lost = 0;
    for (; count >= 32; count -= 32) {
      lost |= rest;
      rest = low;
      low = high;
      high = 0;
    }
    if (count > 0) {
      lost |= rest << (32 - count);
      rest = (rest >>> count) | (low << (32 - count));
      low = (low >>> count) | (high << (32 - count));
      high >>>= count;
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
    this.rest = (rest | (lost === 0 ? 0 : 1)) >>> 0;
  }

  /** Round `significand` * 2^`exponent`, nonzero, of any length; `sticky`: there is more below. */
  roundBig(sign: number, significand: bigint, exponent: number, sticky: boolean, format: Format): void {
    this.roundBigTo(sign, significand, exponent, sticky, (...parts) => this.round(...parts, format));
  }

  roundBigTo(sign: number, significand: bigint, exponent: number, sticky: boolean, then: (sign: number, exponent: number, high: number, low: number, rest: number) => void): void {
    const length = significand.toString(2).length;
    const excess = length - 96;
    const kept = excess > 0 ? significand >> BigInt(excess) : significand << BigInt(-excess);
    const lost = sticky || (excess > 0 && BigInt.asUintN(excess, significand) !== 0n);
    then(sign, exponent + length - 1, Number(kept >> 64n), Number((kept >> 32n) & 0xffff_ffffn), Number(kept & 0xffff_ffffn) | (lost ? 1 : 0));
  }
}

/** Of two operands with a NaN among them: a quiet one before a signaling one, the larger significand, the positive. */
function choose(a: Float80, b: Float80): Float80 {
  if (!b.isNan) return a;
  if (!a.isNan) return b;
  if (a.kind !== b.kind) return a.kind === SIGNALING_NAN ? b : a;
  if (a.high !== b.high) return a.high > b.high ? a : b;
  if (a.low !== b.low) return a.low > b.low ? a : b;
  return a.sign ? b : a;
}

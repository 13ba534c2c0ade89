/**
 * The binary32 and binary64 formats of IEEE 754 as SSE and SSE2 use them (SDM Vol. 1, 4.2.2, 4.8 and 11.5.2), exactly: every
 * result is computed without error and rounded once, in any rounding mode, with its exceptions.
 */
import { type FloatEnvironment, MXCSR_DE, MXCSR_IE, MXCSR_OE, MXCSR_PE, MXCSR_UE, MXCSR_ZE, type Rounding } from './mxcsr';

export interface BinaryFormat {
  readonly bytes: 4 | 8;
  /** Bits of the significand, the hidden one included. */
  readonly precision: number;
  /** Exponents of the largest finite and the smallest normal number. */
  readonly maxExponent: number;
  readonly minExponent: number;
  readonly smallestNormal: number;
}

export const SINGLE: BinaryFormat = { bytes: 4, precision: 24, maxExponent: 127, minExponent: -126, smallestNormal: 2 ** -126 };
export const DOUBLE: BinaryFormat = { bytes: 8, precision: 53, maxExponent: 1023, minExponent: -1022, smallestNormal: 2 ** -1022 };

/** A datum taken apart: significand * 2^exponent where finite; a NaN's significand is its payload. */
export interface Datum {
  readonly kind: 'zero' | 'finite' | 'infinite' | 'quiet' | 'signaling';
  readonly negative: boolean;
  readonly denormal: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

const fractionBits = ({ precision }: BinaryFormat): bigint => BigInt(precision - 1);
const quietBit = (format: BinaryFormat): bigint => 1n << (fractionBits(format) - 1n);
const signBit = (format: BinaryFormat): bigint => 1n << BigInt(8 * format.bytes - 1);
const infinityBits = (format: BinaryFormat): bigint => BigInt(2 * format.maxExponent + 1) << fractionBits(format);

const encode = (format: BinaryFormat, negative: boolean, magnitude: bigint): bigint => (negative ? signBit(format) | magnitude : magnitude);
export const zero = (format: BinaryFormat, negative: boolean): bigint => encode(format, negative, 0n);
export const infinity = (format: BinaryFormat, negative: boolean): bigint => encode(format, negative, infinityBits(format));
/** QNaN floating-point indefinite. */
export const indefinite = (format: BinaryFormat): bigint => encode(format, true, infinityBits(format) | quietBit(format));

/** Take a datum apart; with DAZ a denormal is a zero. */
export function decode(format: BinaryFormat, bits: bigint, environment: FloatEnvironment): Datum {
  const width = fractionBits(format);
  const negative = (bits & signBit(format)) !== 0n;
  const fraction = bits & ((1n << width) - 1n);
  const biased = Number((bits & (signBit(format) - 1n)) >> width);
  const datum = (kind: Datum['kind'], significand = 0n, exponent = 0, denormal = false): Datum => ({ kind, negative, denormal, significand, exponent });
  if (biased > 2 * format.maxExponent) return fraction === 0n ? datum('infinite') : datum(fraction & quietBit(format) ? 'quiet' : 'signaling', fraction);
  if (biased > 0) return datum('finite', fraction | (1n << width), biased - format.maxExponent - Number(width));
  if (fraction === 0n || environment.denormalsAreZeros) return datum('zero');
  return datum('finite', fraction, format.minExponent - Number(width), true);
}

export const isNan = ({ kind }: Datum): boolean => kind === 'quiet' || kind === 'signaling';

const bitLength = (x: bigint): number => (x === 0n ? 0 : x.toString(16).length * 4 - (Math.clz32(Number.parseInt(x.toString(16)[0], 16)) - 28));

/** Drop the low `shift` bits, rounded; `sticky` stands for bits below them that are not zero. */
export function roundOff(x: bigint, shift: number, sticky: boolean, negative: boolean, rounding: Rounding): { readonly value: bigint; readonly inexact: boolean } {
  if (shift <= 0) return { value: x << BigInt(-shift), inexact: sticky };
  const value = x >> BigInt(shift);
  const rest = x - (value << BigInt(shift));
  const inexact = rest !== 0n || sticky;
  const half = 1n << BigInt(shift - 1);
  const up =
    rounding === 'nearest'
      ? rest > half || (rest === half && (sticky || (value & 1n) === 1n))
      : rounding === 'up'
        ? inexact && !negative
        : rounding === 'down'
          ? inexact && negative
          : false;
  return { value: up ? value + 1n : value, inexact };
}

/**
 * significand * 2^exponent (and a little more when `sticky`) in the format; significand > 0, and longer than the precision when
 * `sticky`. A result is tiny after rounding as if the exponent had no bounds (SDM Vol. 1, 4.9.1.5).
 */
export function round(format: BinaryFormat, negative: boolean, significand: bigint, exponent: number, environment: FloatEnvironment, sticky = false): bigint {
  const { precision, maxExponent, minExponent } = format;
  const excess = bitLength(significand) - precision;
  const unbounded = roundOff(significand, excess, sticky, negative, environment.rounding);
  const leading = exponent + excess + bitLength(unbounded.value) - 1;
  if (leading > maxExponent) return overflow(format, negative, unbounded.inexact, environment);
  if (leading >= minExponent) {
    if (unbounded.inexact) environment.noteResult(MXCSR_PE);
    // A carry out of the significand counts the exponent up, as it should.
    const biased = BigInt(exponent + excess + precision - 1 + maxExponent);
    return encode(format, negative, ((biased - 1n) << fractionBits(format)) + unbounded.value);
  }
  if (!environment.masks(MXCSR_UE)) {
    environment.noteResult(MXCSR_UE | (unbounded.inexact ? MXCSR_PE : 0));
    return zero(format, negative);
  }
  if (environment.flushesToZero) {
    environment.noteResult(MXCSR_UE | MXCSR_PE);
    return zero(format, negative);
  }
  const denormal = roundOff(significand, minExponent - precision + 1 - exponent, sticky, negative, environment.rounding);
  if (denormal.inexact) environment.noteResult(MXCSR_UE | MXCSR_PE);
  return encode(format, negative, denormal.value);
}

/** SDM Vol. 1, table 4-10; with the exception unmasked the result does not matter. */
function overflow(format: BinaryFormat, negative: boolean, inexact: boolean, environment: FloatEnvironment): bigint {
  environment.noteResult(MXCSR_OE | (inexact || environment.masks(MXCSR_OE) ? MXCSR_PE : 0));
  const { rounding } = environment;
  const toInfinity = rounding === 'nearest' || rounding === (negative ? 'down' : 'up');
  return encode(format, negative, infinityBits(format) - (toInfinity ? 0n : 1n));
}

const nanBits = (format: BinaryFormat, { negative, significand }: Datum): bigint => encode(format, negative, infinityBits(format) | significand | quietBit(format));

/** The NaN that NaN operands make: the first one, quiet (SDM Vol. 1, table 4-7). */
function propagate(format: BinaryFormat, operands: readonly Datum[], environment: FloatEnvironment): bigint | undefined {
  const nan = operands.find(isNan);
  if (!nan) return undefined;
  if (operands.some(({ kind }) => kind === 'signaling')) environment.noteOperand(MXCSR_IE);
  return nanBits(format, nan);
}

function invalid(format: BinaryFormat, environment: FloatEnvironment): bigint {
  environment.noteOperand(MXCSR_IE);
  return indefinite(format);
}

export const noteDenormals = (operands: readonly Datum[], environment: FloatEnvironment): void => {
  if (operands.some(({ denormal }) => denormal)) environment.noteOperand(MXCSR_DE);
};

/** An operation on two data, neither a NaN. #I and #Z go before #D. */
type Combination = (format: BinaryFormat, a: Datum, b: Datum, environment: FloatEnvironment) => bigint;

const addition: Combination = (format, a, b, environment) => {
  if (a.kind === 'infinite' && b.kind === 'infinite' && a.negative !== b.negative) return invalid(format, environment);
  noteDenormals([a, b], environment);
  if (a.kind === 'infinite' || b.kind === 'infinite') return infinity(format, a.kind === 'infinite' ? a.negative : b.negative);
  const exponent = a.kind === 'zero' ? b.exponent : b.kind === 'zero' ? a.exponent : Math.min(a.exponent, b.exponent);
  const term = (x: Datum): bigint => (x.kind === 'zero' ? 0n : (x.negative ? -x.significand : x.significand) << BigInt(x.exponent - exponent));
  const sum = term(a) + term(b);
  // An exact zero: of equal signs that sign, else plus, but minus when rounding down.
  if (sum === 0n) return zero(format, a.negative === b.negative ? a.negative : environment.rounding === 'down');
  return round(format, sum < 0n, sum < 0n ? -sum : sum, exponent, environment);
};

const subtraction: Combination = (format, a, b, environment) => addition(format, a, { ...b, negative: !b.negative }, environment);

const multiplication: Combination = (format, a, b, environment) => {
  const negative = a.negative !== b.negative;
  const infinite = a.kind === 'infinite' || b.kind === 'infinite';
  const none = a.kind === 'zero' || b.kind === 'zero';
  if (infinite && none) return invalid(format, environment);
  noteDenormals([a, b], environment);
  if (infinite) return infinity(format, negative);
  if (none) return zero(format, negative);
  return round(format, negative, a.significand * b.significand, a.exponent + b.exponent, environment);
};

const division: Combination = (format, a, b, environment) => {
  const negative = a.negative !== b.negative;
  if (a.kind === b.kind && a.kind !== 'finite') return invalid(format, environment);
  if (b.kind === 'zero' && a.kind === 'finite') {
    environment.noteOperand(MXCSR_ZE);
    return infinity(format, negative);
  }
  noteDenormals([a, b], environment);
  if (a.kind === 'infinite' || b.kind === 'zero') return infinity(format, negative);
  if (a.kind === 'zero' || b.kind === 'infinite') return zero(format, negative);
  const shift = format.precision + 2 + Math.max(0, bitLength(b.significand) - bitLength(a.significand));
  const dividend = a.significand << BigInt(shift);
  return round(format, negative, dividend / b.significand, a.exponent - b.exponent - shift, environment, dividend % b.significand !== 0n);
};

export const COMBINATIONS = { add: addition, sub: subtraction, mul: multiplication, div: division } as const;
export type CombinationName = keyof typeof COMBINATIONS;

export function combine(name: CombinationName, format: BinaryFormat, x: bigint, y: bigint, environment: FloatEnvironment): bigint {
  const a = decode(format, x, environment);
  const b = decode(format, y, environment);
  return propagate(format, [a, b], environment) ?? COMBINATIONS[name](format, a, b, environment);
}

/** Largest integer whose square is not above x (Newton's iteration, from above). */
function integerRoot(x: bigint): bigint {
  let root = 1n << BigInt((bitLength(x) + 1) >> 1);
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export function squareRoot(format: BinaryFormat, x: bigint, environment: FloatEnvironment): bigint {
  const a = decode(format, x, environment);
  const nan = propagate(format, [a], environment);
  if (nan !== undefined) return nan;
  if (a.kind === 'zero') return zero(format, a.negative);
  if (a.negative) return invalid(format, environment);
  noteDenormals([a], environment);
  if (a.kind === 'infinite') return infinity(format, false);
  const wanted = 2 * (format.precision + 2) - bitLength(a.significand);
  const shift = wanted + ((wanted ^ a.exponent) & 1);
  const radicand = a.significand << BigInt(shift);
  const root = integerRoot(radicand);
  return round(format, false, root, (a.exponent - shift) / 2, environment, root * root !== radicand);
}

export type Relation = 'less' | 'equal' | 'greater' | 'unordered';

/** `quietIsInvalid`: a quiet NaN is an invalid operand too (COMISS, the ordering predicates, MIN, MAX). */
export function compare(format: BinaryFormat, x: bigint, y: bigint, quietIsInvalid: boolean, environment: FloatEnvironment): Relation {
  const a = decode(format, x, environment);
  const b = decode(format, y, environment);
  if (isNan(a) || isNan(b)) {
    if (quietIsInvalid || a.kind === 'signaling' || b.kind === 'signaling') environment.noteOperand(MXCSR_IE);
    return 'unordered';
  }
  noteDenormals([a, b], environment);
  const order = magnitudeOrder(format, x, a) - magnitudeOrder(format, y, b);
  return order < 0n ? 'less' : order > 0n ? 'greater' : 'equal';
}

/** A signed number that orders data of a format as their values. */
const magnitudeOrder = (format: BinaryFormat, bits: bigint, { kind, negative }: Datum): bigint => {
  const magnitude = kind === 'zero' ? 0n : bits & (signBit(format) - 1n);
  return negative ? -magnitude : magnitude;
};

/** From one format to the other; a NaN keeps the top of its payload. */
export function convert(from: BinaryFormat, to: BinaryFormat, x: bigint, environment: FloatEnvironment): bigint {
  const a = decode(from, x, environment);
  if (isNan(a)) {
    if (a.kind === 'signaling') environment.noteOperand(MXCSR_IE);
    const shift = to.precision - from.precision;
    const significand = shift > 0 ? a.significand << BigInt(shift) : a.significand >> BigInt(-shift);
    return nanBits(to, { ...a, significand });
  }
  noteDenormals([a], environment);
  if (a.kind === 'zero') return zero(to, a.negative);
  if (a.kind === 'infinite') return infinity(to, a.negative);
  return round(to, a.negative, a.significand, a.exponent, environment);
}

export const fromInteger = (format: BinaryFormat, x: number, environment: FloatEnvironment): bigint => (x === 0 ? 0n : round(format, x < 0, BigInt(Math.abs(x)), 0, environment));

export const INTEGER_INDEFINITE = -0x80000000;

/** To a signed doubleword; what does not fit is the integer indefinite and #I. Denormals raise nothing. */
export function toInteger(format: BinaryFormat, x: bigint, truncate: boolean, environment: FloatEnvironment): number {
  const a = decode(format, x, environment);
  if (a.kind === 'zero') return 0;
  const tooLarge = a.kind !== 'finite' || bitLength(a.significand) + a.exponent > 32;
  const { value, inexact } = tooLarge ? { value: 1n << 32n, inexact: false } : roundOff(a.significand, -a.exponent, false, a.negative, truncate ? 'zero' : environment.rounding);
  const integer = Number(a.negative ? -value : value);
  if (integer < -0x80000000 || integer > 0x7fffffff) {
    environment.noteOperand(MXCSR_IE);
    return INTEGER_INDEFINITE;
  }
  if (inexact) environment.noteResult(MXCSR_PE);
  return integer;
}

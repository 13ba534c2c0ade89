/** Floating-point lanes of a register, and the arithmetic of the host wherever it gives the exact answer. */
import { type BinaryFormat, type CombinationName, DOUBLE, type Relation, SINGLE, combine, compare, convert, fromInteger, squareRoot, toInteger } from './binaryFloat';
import type { FloatEnvironment } from './mxcsr';

/** The suffix of a mnemonic: packed or scalar, single or double. */
export interface Shape {
  readonly format: BinaryFormat;
  readonly lanes: number;
}

export const SHAPES: Readonly<Record<'ps' | 'pd' | 'ss' | 'sd', Shape>> = {
  ps: { format: SINGLE, lanes: 4 },
  pd: { format: DOUBLE, lanes: 2 },
  ss: { format: SINGLE, lanes: 1 },
  sd: { format: DOUBLE, lanes: 1 },
};

export const readBits = ({ bytes }: BinaryFormat, view: DataView, at: number): bigint => (bytes === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true));
export const writeBits = ({ bytes }: BinaryFormat, view: DataView, at: number, bits: bigint): void =>
  bytes === 4 ? view.setUint32(at, Number(bits), true) : view.setBigUint64(at, bits, true);

const readNumber = ({ bytes }: BinaryFormat, view: DataView, at: number): number => (bytes === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
const writeNumber = ({ bytes }: BinaryFormat, view: DataView, at: number, value: number): void =>
  bytes === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);

/** Zero or a normal number: no exception of its own. */
const isOrdinary = ({ smallestNormal }: BinaryFormat, x: number): boolean => x === 0 || (Number.isFinite(x) && Math.abs(x) >= smallestNormal);

/** A sum without an error (Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B). */
function isExactSum(a: number, b: number, sum: number): boolean {
  const virtual = sum - a;
  return a - (sum - virtual) + (b - virtual) === 0;
}

/** The host's result before its rounding to single, and whether the rounded one can be known to be exact. */
const HOST: Readonly<
  Record<CombinationName, { compute(a: number, b: number): number; isExact(format: BinaryFormat, a: number, b: number, wide: number, result: number): boolean }>
> = {
  add: { compute: (a, b) => a + b, isExact: (_, a, b, wide, result) => result === wide && isExactSum(a, b, wide) },
  sub: { compute: (a, b) => a - b, isExact: (_, a, b, wide, result) => result === wide && isExactSum(a, -b, wide) },
  // Products of singles are exact in a double.
  mul: { compute: (a, b) => a * b, isExact: (format, _a, _b, wide, result) => format === SINGLE && result === wide },
  div: { compute: (a, b) => a / b, isExact: (format, a, b, _, result) => format === SINGLE && result * b === a },
};

const rounded = (format: BinaryFormat, wide: number): number => (format === SINGLE ? Math.fround(wide) : wide);

/** Far from overflow and underflow, or a zero that is exact. (A double rounded to single is the single: Figueroa, SIGNUM 30(3), 1995.) */
const isSafe = ({ smallestNormal }: BinaryFormat, result: number): boolean => Number.isFinite(result) && Math.abs(result) >= 2 * smallestNormal;

/** The result by the host's arithmetic, or undefined where a flag or the rounding mode needs more than that. */
function byHost(name: CombinationName, format: BinaryFormat, a: number, b: number, environment: FloatEnvironment): number | undefined {
  if (!environment.hostRounds || !isOrdinary(format, a) || !isOrdinary(format, b)) return undefined;
  const wide = HOST[name].compute(a, b);
  const result = rounded(format, wide);
  if (result === 0 && wide === 0 && (name === 'add' || name === 'sub' || a === 0 || (name === 'mul' && b === 0))) return result;
  if (!isSafe(format, result)) return undefined;
  return environment.inexactIsKnown || HOST[name].isExact(format, a, b, wide, result) ? result : undefined;
}

/** One lane of `to` from that of two operands. */
export function combineLane(name: CombinationName, format: BinaryFormat, to: DataView, x: DataView, y: DataView, at: number, environment: FloatEnvironment): void {
  const fast = byHost(name, format, readNumber(format, x, at), readNumber(format, y, at), environment);
  if (fast !== undefined) writeNumber(format, to, at, fast);
  else writeBits(format, to, at, combine(name, format, readBits(format, x, at), readBits(format, y, at), environment));
}

export function squareRootLane(format: BinaryFormat, to: DataView, x: DataView, at: number, environment: FloatEnvironment): void {
  const a = readNumber(format, x, at);
  if (environment.hostRounds && a > 0 && isOrdinary(format, a)) {
    const result = rounded(format, Math.sqrt(a));
    if (environment.inexactIsKnown || (format === SINGLE && result * result === a)) return writeNumber(format, to, at, result);
  }
  writeBits(format, to, at, squareRoot(format, readBits(format, x, at), environment));
}

/** How two lanes compare; ordinary numbers raise nothing. */
export function compareLane(format: BinaryFormat, x: DataView, y: DataView, at: number, quietIsInvalid: boolean, environment: FloatEnvironment): Relation {
  const [a, b] = [readNumber(format, x, at), readNumber(format, y, at)];
  if (isOrdinary(format, a) && isOrdinary(format, b)) return a < b ? 'less' : a > b ? 'greater' : 'equal';
  return compare(format, readBits(format, x, at), readBits(format, y, at), quietIsInvalid, environment);
}

/** A signed doubleword, or a floating-point format. */
export type Element = 'integer' | BinaryFormat;
export const elementBytes = (element: Element): number => (element === 'integer' ? 4 : element.bytes);

function integerToFloat(to: BinaryFormat, x: number, result: DataView, at: number, environment: FloatEnvironment): void {
  if (rounded(to, x) === x || (environment.hostRounds && environment.inexactIsKnown)) writeNumber(to, result, at, x);
  else writeBits(to, result, at, fromInteger(to, x, environment));
}

/** An integer is exact; another number, truncated, at most inexact. */
function floatToInteger(from: BinaryFormat, source: DataView, at: number, truncate: boolean, environment: FloatEnvironment): number {
  const x = readNumber(from, source, at);
  const integer = Math.trunc(x);
  const isKnown = integer === x || (truncate && environment.hostRounds && environment.inexactIsKnown && isOrdinary(from, x));
  return isKnown && integer >= -0x80000000 && integer <= 0x7fffffff ? integer : toInteger(from, readBits(from, source, at), truncate, environment);
}

function floatToFloat(from: BinaryFormat, to: BinaryFormat, source: DataView, at: number, result: DataView, there: number, environment: FloatEnvironment): void {
  const x = readNumber(from, source, at);
  const y = rounded(to, x);
  const isKnown = isOrdinary(from, x) && (x === 0 || isSafe(to, y)) && (y === x || (environment.hostRounds && environment.inexactIsKnown));
  if (isKnown) writeNumber(to, result, there, x);
  else writeBits(to, result, there, convert(from, to, readBits(from, source, at), environment));
}

/** Element `n` of the result from element `n` of the source. */
export function convertElement(from: Element, to: Element, result: DataView, source: DataView, n: number, truncate: boolean, environment: FloatEnvironment): void {
  const at = n * elementBytes(from);
  const there = n * elementBytes(to);
  if (to === 'integer') {
    if (from !== 'integer') result.setInt32(there, floatToInteger(from, source, at, truncate, environment), true);
  } else if (from === 'integer') integerToFloat(to, source.getInt32(at, true), result, there, environment);
  else floatToFloat(from, to, source, at, result, there, environment);
}

/**
 * RCPPS, RSQRTPS: no exceptions; denormals count as zeros and tiny results become zeros. The tables of the silicon are not
 * published: this answer is nearer to the true value than the manual asks for, 1.5 * 2^-12.
 */
export function approximateLane(reciprocal: (x: number) => number, to: DataView, x: DataView, at: number): void {
  const bits = x.getUint32(at, true);
  const value = x.getFloat32(at, true);
  const flushed = Math.abs(value) < SINGLE.smallestNormal ? (bits >>> 31 ? -0 : 0) : value;
  if (Number.isNaN(value)) return to.setUint32(at, bits | 0x00400000, true);
  const result = Math.fround(reciprocal(flushed));
  if (Number.isNaN(result)) to.setUint32(at, 0xffc00000, true);
  else to.setFloat32(at, Math.abs(result) < SINGLE.smallestNormal ? (Object.is(result, -0) || result < 0 ? -0 : 0) : result, true);
}

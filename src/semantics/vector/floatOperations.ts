/** Floating-point operations of SSE and SSE2 by mnemonic (SDM Vol. 1, 10.4 and 11.4; Vol. 2). */
import { EFLAGS_CF, EFLAGS_PF, EFLAGS_ZF } from '../../x86/flags';
import { type BinaryFormat, type CombinationName, DOUBLE, type Relation, SINGLE, decode, zero } from './binaryFloat';
import { type Element, SHAPES, approximateLane, combineLane, compareLane, convertElement, elementBytes, readBits, squareRootLane, writeBits } from './lanes';
import type { FloatEnvironment } from './mxcsr';
import { type Operation, type OperationContext, type Operations, clearBytes, copyBytes } from './operation';

/** Computes the lane at offset `at` of `result`. */
type Lane = (format: BinaryFormat, result: DataView, destination: DataView, source: DataView, at: number, context: OperationContext) => void;

/** All lanes, then the exceptions, then the destination. */
const eachLane =
  (suffix: keyof typeof SHAPES, lane: Lane): Operation =>
  (destination, source, context) => {
    const { format, lanes } = SHAPES[suffix];
    const { result } = context.cpu.views;
    for (let n = 0; n < lanes; n++) lane(format, result, destination, source, n * format.bytes, context);
    context.float.settle();
    copyBytes(destination, 0, result, 0, lanes * format.bytes);
  };

/** One operation under its packed and scalar names. */
const family = (stem: string, lane: Lane, suffixes: readonly (keyof typeof SHAPES)[] = ['ps', 'pd', 'ss', 'sd']): Operations =>
  Object.fromEntries(suffixes.map((suffix) => [stem + suffix, eachLane(suffix, lane)]));

const combination =
  (name: CombinationName): Lane =>
  (format, result, destination, source, at, { float }) =>
    combineLane(name, format, result, destination, source, at, float);

const flushed = (format: BinaryFormat, bits: bigint, float: FloatEnvironment): bigint => {
  if (!float.denormalsAreZeros) return bits;
  const { kind, negative } = decode(format, bits, float);
  return kind === 'zero' ? zero(format, negative) : bits;
};

/** MIN, MAX: the source if an operand is a NaN or both are zeros, as it is. */
const extreme =
  (wanted: Relation): Lane =>
  (format, result, destination, source, at, { float }) => {
    const chosen = compareLane(format, destination, source, at, true, float) === wanted ? destination : source;
    writeBits(format, result, at, flushed(format, readBits(format, chosen, at), float));
  };

/** Comparison predicates (SDM Vol. 2, table 3-1); the next four are their negations. */
const PREDICATES: readonly (readonly [holds: readonly Relation[], quietIsInvalid: boolean])[] = [
  [['equal'], false],
  [['less'], true],
  [['less', 'equal'], true],
  [['unordered'], false],
];

const comparison: Lane = (format, result, destination, source, at, { float, immediate }) => {
  const [holds, quietIsInvalid] = PREDICATES[immediate & 3];
  const relation = compareLane(format, destination, source, at, quietIsInvalid, float);
  const isTrue = holds.includes(relation) !== ((immediate & 4) !== 0);
  for (let n = 0; n < format.bytes; n += 4) result.setInt32(at + n, isTrue ? -1 : 0, true);
};

const RELATION_FLAGS: Readonly<Record<Relation, number>> = { unordered: EFLAGS_ZF | EFLAGS_PF | EFLAGS_CF, greater: 0, less: EFLAGS_CF, equal: EFLAGS_ZF };

/** COMISS and UCOMISS: EFLAGS; OF, SF and AF are cleared. */
const compareToFlags =
  (format: BinaryFormat, quietIsInvalid: boolean): Operation =>
  (destination, source, { cpu, float }) => {
    const relation = compareLane(format, destination, source, 0, quietIsInvalid, float);
    float.settle();
    cpu.statusFlags = RELATION_FLAGS[relation];
  };

/** The low `count` elements; what is left of the destination stays, or is cleared. */
const conversion =
  (from: Element, to: Element, count: number, truncate = false, clearsRest = false): Operation =>
  (destination, source, { cpu, float }) => {
    const { result } = cpu.views;
    for (let n = 0; n < count; n++) convertElement(from, to, result, source, n, truncate, float);
    float.settle();
    copyBytes(destination, 0, result, 0, count * elementBytes(to));
    if (clearsRest) clearBytes(destination, count * elementBytes(to));
  };

/** To integers, by the rounding mode and (with a second T) toward zero. */
const toIntegers = (from: string, to: string, format: BinaryFormat, count: number, clearsRest = false): Operations => ({
  [`cvt${from}2${to}`]: conversion(format, 'integer', count, false, clearsRest),
  [`cvtt${from}2${to}`]: conversion(format, 'integer', count, true, clearsRest),
});

const approximation =
  (reciprocal: (x: number) => number): Lane =>
  (_, result, _destination, source, at) =>
    approximateLane(reciprocal, result, source, at);

export const FLOAT_OPERATIONS: Operations = {
  ...family('add', combination('add')),
  ...family('sub', combination('sub')),
  ...family('mul', combination('mul')),
  ...family('div', combination('div')),
  ...family('sqrt', (format, result, _, source, at, { float }) => squareRootLane(format, result, source, at, float)),
  ...family('min', extreme('less')),
  ...family('max', extreme('greater')),
  ...family('cmp', comparison),
  ...family(
    'rcp',
    approximation((x) => 1 / x),
    ['ps', 'ss'],
  ),
  ...family(
    'rsqrt',
    // Of -0: minus infinity, since the square root of -0 is -0.
    approximation((x) => 1 / Math.sqrt(x)),
    ['ps', 'ss'],
  ),
  ucomiss: compareToFlags(SINGLE, false),
  ucomisd: compareToFlags(DOUBLE, false),
  comiss: compareToFlags(SINGLE, true),
  comisd: compareToFlags(DOUBLE, true),

  cvtpi2ps: conversion('integer', SINGLE, 2),
  cvtsi2ss: conversion('integer', SINGLE, 1),
  cvtdq2ps: conversion('integer', SINGLE, 4),
  cvtpi2pd: conversion('integer', DOUBLE, 2),
  cvtsi2sd: conversion('integer', DOUBLE, 1),
  cvtdq2pd: conversion('integer', DOUBLE, 2),
  ...toIntegers('ps', 'pi', SINGLE, 2),
  ...toIntegers('ss', 'si', SINGLE, 1),
  ...toIntegers('ps', 'dq', SINGLE, 4),
  ...toIntegers('pd', 'pi', DOUBLE, 2),
  ...toIntegers('sd', 'si', DOUBLE, 1),
  ...toIntegers('pd', 'dq', DOUBLE, 2, true),
  cvtps2pd: conversion(SINGLE, DOUBLE, 2),
  cvtss2sd: conversion(SINGLE, DOUBLE, 1),
  cvtpd2ps: conversion(DOUBLE, SINGLE, 2, false, true),
  cvtsd2ss: conversion(DOUBLE, SINGLE, 1),
};

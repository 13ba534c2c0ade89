/** Operators that are written like calls: floats and strings as integers, logarithms (NASM manual, 3.4.5, 3.4.6 and 3.5). */
import { SourceError } from './diagnostics';
import type { Expression } from './expression';
import { floatBits } from './floats';
import { toInt64 } from './numbers';
import { quote, stringText } from './strings';
import type { Place, Token } from './token';

type Operator =
  | { readonly takes: 'expression'; readonly name: string }
  | { readonly takes: 'float' | 'string'; readonly apply: (argument: Token | undefined, negative: boolean, place: Place) => Expression };

/** `shift` and 64 bits pick a part of what does not fit into an integer. */
const float = (size: number, shift = 0, brain = false): Operator => ({
  takes: 'float',
  apply(argument, negative, place) {
    const bits = argument && floatBits(argument.text, size, negative, brain);
    if (bits === undefined) throw new SourceError('a floating-point constant is expected', argument ?? place);
    return { kind: 'number', value: toInt64(bits >> BigInt(shift)), place };
  },
});

const unicode = (unit: 2 | 4, bigEndian: boolean): Operator => ({
  takes: 'string',
  apply(argument, _, place) {
    if (argument?.kind !== 'string') throw new SourceError('a string is expected', argument ?? place);
    return { kind: 'string', text: quote(encode(stringText(argument.text), unit, bigEndian)), place };
  },
});

function encode(text: string, unit: 2 | 4, bigEndian: boolean): Uint8Array {
  const units = Array.from(text).flatMap((character) => (unit === 4 ? [character.codePointAt(0) ?? 0] : surrogates(character, bigEndian)));
  const view = new DataView(new ArrayBuffer(units.length * unit));
  for (const [n, value] of units.entries()) unit === 2 ? view.setUint16(n * unit, value, !bigEndian) : view.setUint32(n * unit, value, !bigEndian);
  return new Uint8Array(view.buffer);
}

/** nasm 2.16 writes the low surrogate first where bytes are big-endian. */
function surrogates(character: string, lowFirst: boolean): number[] {
  const units = Array.from({ length: character.length }, (_, n) => character.charCodeAt(n));
  return lowFirst ? units.reverse() : units;
}

const BY_NAME: Readonly<Record<string, Operator>> = {
  float8: float(1),
  float16: float(2),
  bfloat16: float(2, 0, true),
  float32: float(4),
  float64: float(8),
  float80m: float(10),
  float80e: float(10, 64),
  float128l: float(16),
  float128h: float(16, 64),
  utf16: unicode(2, false),
  utf16le: unicode(2, false),
  utf16be: unicode(2, true),
  utf32: unicode(4, false),
  utf32le: unicode(4, false),
  utf32be: unicode(4, true),
  ilog2e: { takes: 'expression', name: 'ilog2e' },
  ilog2w: { takes: 'expression', name: 'ilog2w' },
  ilog2f: { takes: 'expression', name: 'ilog2f' },
  ilog2c: { takes: 'expression', name: 'ilog2c' },
};

/** Each is spelt __name__ or __?name?__. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries(BY_NAME).flatMap(([name, operator]) => [`__${name}__`, `__?${name}?__`].map((spelling) => [spelling, operator] as const)),
);

/** Bit number of the highest one, of 0 as of 1; ilog2e refuses what is no power of two, ilog2c rounds it up. Unsigned 64 bits. */
export function integerLogarithm(name: string, value: bigint, place: Place): bigint {
  const number = BigInt.asUintN(64, value);
  const floor = number === 0n ? 0n : BigInt(number.toString(2).length - 1);
  const exact = number === 1n << floor;
  if (name === 'ilog2e' && !exact) throw new SourceError(`${value} is not a power of two`, place);
  return name === 'ilog2c' && number > 1n << floor ? floor + 1n : floor;
}

/** Integers into bytes, with a warning when they do not fit. */
import type { Place } from './token';

/** `either`: as a signed or an unsigned number; `any`: never warns. */
export type Range = 'either' | 'signed' | 'any';

const WIDTH_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'byte'],
  [2, 'word'],
  [4, 'dword'],
]);

/** Little-endian. */
export function pushNumber(bytes: number[], number: bigint, width: number, place: Place, range: Range, context?: { warn(message: string, place: Place): void }): void {
  const name = WIDTH_NAMES.get(width);
  if (context && name && range !== 'any' && !fits(number, width, range)) context.warn(`${range === 'signed' ? 'signed ' : ''}${name} value exceeds bounds`, place);
  let rest = BigInt.asUintN(width * 8, number);
  for (let n = 0; n < width; n++, rest >>= 8n) bytes.push(Number(rest & 0xffn));
}

/** NASM lets a number be as negative as its unsigned range is wide: -129 passes for a byte. */
function fits(number: bigint, width: number, range: Range): boolean {
  const span = 1n << BigInt(width * 8);
  return range === 'signed' ? number >= -(span >> 1n) && number < span >> 1n : number >= -span && number < span;
}

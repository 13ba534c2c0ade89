/** Numeric constants in every NASM notation (NASM manual, 3.4.1), 64 bits wide. */

const RADIX: Readonly<Record<string, number>> = { b: 2, y: 2, o: 8, q: 8, d: 10, t: 10, h: 16, x: 16 };
const DIGITS: Readonly<Record<number, RegExp>> = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^[0-9]+$/, 16: /^[0-9a-f]+$/ };

export const toInt64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Digits and nothing else, none of them a leading zero: what most numbers look like. */
export const isDecimal = (text: string): boolean => /^[1-9]\d{0,17}$/.test(text) || text === '0';

/** The value of `text`, or undefined when it is no integer. */
export function parseInteger(text: string): bigint | undefined {
  if (isDecimal(text)) return BigInt(text);
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain.startsWith('$')) return inRadix(plain.slice(1), 16);
  const prefix = plain[0] === '0' && plain.length > 2 ? RADIX[plain[1]] : undefined;
  const suffix = RADIX[plain[plain.length - 1]];
  // 0b1h is hexadecimal, 0x1b too: whichever reading leaves valid digits, the prefix first.
  return inRadix(plain.slice(2), prefix) ?? inRadix(plain.slice(0, -1), suffix) ?? inRadix(plain, 10);
}

function inRadix(digits: string, radix: number | undefined): bigint | undefined {
  if (radix === undefined || !DIGITS[radix].test(digits)) return undefined;
  if (radix === 10) return toInt64(BigInt(digits));
  if (radix === 16) return toInt64(BigInt(`0x${digits}`));
  return toInt64(BigInt(`${radix === 8 ? '0o' : '0b'}${digits}`));
}

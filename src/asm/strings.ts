/** Character strings and constants (NASM manual, 3.4.2 to 3.4.4): bytes of UTF-8. */

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };
const encoder = new TextEncoder();

/** Bytes of a quoted token. Only the back-quoted kind has escapes. */
export function stringBytes(quoted: string): Uint8Array {
  const body = quoted.slice(1, -1);
  return quoted[0] === '`' ? decodeEscapes(body) : encoder.encode(body);
}

function decodeEscapes(body: string): Uint8Array {
  const bytes: number[] = [];
  const pattern = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))|[^\\]+/gsu;
  for (const [text, hex, short, long, octal, letter] of body.matchAll(pattern)) {
    const codePoint = short ?? long;
    if (hex) bytes.push(Number.parseInt(hex, 16));
    else if (octal) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (codePoint) bytes.push(...encoder.encode(String.fromCodePoint(Math.min(Number.parseInt(codePoint, 16), 0x10ffff))));
    else if (letter) bytes.push(...(letter in ESCAPES ? [ESCAPES[letter]] : encoder.encode(letter)));
    else bytes.push(...encoder.encode(text));
  }
  return Uint8Array.from(bytes);
}

/** Of a character constant, in bytes. */
export const CHARACTERS = 4;

/** A character constant: little-endian; what is longer is cut off. */
export function bytesValue(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let n = Math.min(bytes.length, CHARACTERS) - 1; n >= 0; n--) value = (value << 8n) | BigInt(bytes[n]);
  return value;
}

const decoder = new TextDecoder();

/** Text of a quoted token, for the preprocessor's string functions and file names. */
export const stringText = (quoted: string): string => decoder.decode(stringBytes(quoted));

/** `bytes` as a quoted token that reads back to them. */
export function quote(bytes: Uint8Array): string {
  const plain = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const text = decoder.decode(bytes);
  if (plain && !text.includes("'")) return `'${text}'`;
  if (plain && !text.includes('"')) return `"${text}"`;
  const escaped = [...bytes].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x60 && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `\`${escaped.join('')}\``;
}

export const quoteText = (text: string): string => quote(encoder.encode(text));

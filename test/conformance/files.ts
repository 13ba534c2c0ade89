/** Reading the data sets: gzipped JSON lines. */
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Lines of a file, parsed. */
export function* readLines<T>(file: string): Generator<T> {
  const text = gunzipSync(fs.readFileSync(file));
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(10, at);
    const stop = end < 0 ? text.length : end;
    if (stop > at) yield JSON.parse(text.toString('utf8', at, stop)) as T;
    at = stop + 1;
  }
}

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hex = (value: number): string => (value >>> 0).toString(16).toUpperCase();

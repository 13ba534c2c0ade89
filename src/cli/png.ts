/** A picture as a PNG file. Source: W3C, Portable Network Graphics Specification, 2nd edition: §5 (chunks), §9 (filter type 0), §11.2. */
import { deflateSync } from 'node:zlib';

export interface PngPicture {
  readonly width: number;
  readonly height: number;
  /** Row-major, little-endian RGBA. */
  readonly pixels: Int32Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const TRUE_COLOR = 2;

/** CRC-32 of a byte, with the polynomial of ISO 3309 bit-reversed (annex D). */
const CRC = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

const crc32 = (bytes: Uint8Array): number => ~bytes.reduce((crc, byte) => CRC[(crc ^ byte) & 0xff] ^ (crc >>> 8), -1) >>> 0;

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

/** Length, type, content, and the check of type and content. */
const chunk = (type: string, content: Uint8Array): Uint8Array[] => {
  const checked = new Uint8Array([...new TextEncoder().encode(type), ...content]);
  return [Uint8Array.from(uint32(content.length)), checked, Uint8Array.from(uint32(crc32(checked)))];
};

/** Every line behind its filter type: none. */
const scanlines = ({ width, height, pixels }: PngPicture): Uint8Array => {
  const bytes = new Uint8Array(height * (1 + width * 3));
  for (let y = 0, at = 0, from = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++, from++, at += 3) {
      const pixel = pixels[from];
      bytes[at] = pixel;
      bytes[at + 1] = pixel >> 8;
      bytes[at + 2] = pixel >> 16;
    }
  }
  return bytes;
};

export function encodePng(picture: PngPicture): Uint8Array {
  const header = Uint8Array.from([...uint32(picture.width), ...uint32(picture.height), 8, TRUE_COLOR, 0, 0, 0]);
  const parts = [SIGNATURE, ...chunk('IHDR', header), ...chunk('IDAT', deflateSync(scanlines(picture))), ...chunk('IEND', new Uint8Array())];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

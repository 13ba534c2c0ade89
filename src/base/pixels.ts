/** Rectangles of a picture on their way to a view, and back. Pixels are little-endian RGBA words: red in the low byte. */
import { fromBase64, toBase64 } from './base64';
import { decodeRuns, encodeRuns } from './runs';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Encoded extends Area {
  readonly palette?: readonly number[];
  readonly pixels: string;
}

const MAX_COLORS = 256;

/** 0xRRGGBB, and back with full opacity. */
const rgb = (pixel: number): number => ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >> 16) & 0xff);
const pixelOf = (color: number): number => 0xff000000 | rgb(color);

/** Indices into a palette of what is there; undefined when there are too many colours. */
const index = (pixels: Int32Array, stride: number, { x, y, width, height }: Area): { palette: number[]; indices: Uint8Array } | undefined => {
  const known = new Map<number, number>();
  const indices = new Uint8Array(width * height);
  let last = Number.NaN;
  let lastIndex = 0;
  for (let row = 0, to = 0; row < height; row++) {
    for (let at = (y + row) * stride + x, end = at + width; at < end; at++, to++) {
      const pixel = pixels[at];
      if (pixel !== last) {
        const found = known.get(pixel) ?? known.size;
        if (found === MAX_COLORS) return undefined;
        known.set(pixel, found);
        last = pixel;
        lastIndex = found;
      }
      indices[to] = lastIndex;
    }
  }
  return { palette: [...known.keys()].map(rgb), indices };
};

const components = (pixels: Int32Array, stride: number, { x, y, width, height }: Area): Uint8Array => {
  const bytes = new Uint8Array(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    for (let at = (y + row) * stride + x, end = at + width; at < end; at++, to += 3) {
      bytes[to] = pixels[at];
      bytes[to + 1] = pixels[at] >> 8;
      bytes[to + 2] = pixels[at] >> 16;
    }
  }
  return bytes;
};

/** `stride`: pixels from one line of the picture to the next. */
export const encodeArea = (pixels: Int32Array, stride: number, area: Area): Encoded => {
  const indexed = index(pixels, stride, area);
  if (indexed) return { ...area, palette: indexed.palette, pixels: toBase64(encodeRuns(indexed.indices)) };
  return { ...area, pixels: toBase64(components(pixels, stride, area)) };
};

/** The pixels of the area alone, row-major. */
export const decodeArea = ({ width, height, palette, pixels }: Encoded): Int32Array => {
  const bytes = fromBase64(pixels);
  const out = new Int32Array(width * height);
  if (palette) {
    const colors = palette.map(pixelOf);
    decodeRuns(bytes, out.length).forEach((n, i) => {
      out[i] = colors[n];
    });
  } else for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | bytes[3 * i] | (bytes[3 * i + 1] << 8) | (bytes[3 * i + 2] << 16);
  return out;
};

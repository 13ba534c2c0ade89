/** What pictures show: PNG files of `ringside run --screenshot` (true colour, no filters), and PPM files of QEMU (binary, of bytes). */
import { inflateSync } from 'node:zlib';

const HEADER = 8;
const CHUNK = 12;

function chunks(png) {
  const found = [];
  for (let at = HEADER; at < png.length; at += CHUNK + png.readUInt32BE(at))
    found.push({ type: png.toString('latin1', at + 4, at + 8), bytes: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)) });
  return found;
}

/** How many colours there are in `height` lines of pixels: `skip` bytes, then three a pixel. */
function countColors(bytes, { width, height, skip }) {
  const colors = new Set();
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) colors.add(bytes.readUIntBE((y + 1) * skip + (y * width + x) * 3, 3));
  return { width, height, colors: colors.size };
}

/** Size in pixels, and how many colours there are. */
export function pictureFacts(png) {
  const all = chunks(png);
  const header = all.find(({ type }) => type === 'IHDR').bytes;
  const pixels = inflateSync(Buffer.concat(all.filter(({ type }) => type === 'IDAT').map(({ bytes }) => bytes)));
  return countColors(pixels, { width: header.readUInt32BE(0), height: header.readUInt32BE(4), skip: 1 });
}

/** The same of a PPM file. */
export function portablePictureFacts(ppm) {
  const [header, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString('latin1', 0, 64)) ?? [];
  if (header === undefined) throw new Error('not a PPM file of bytes');
  return countColors(ppm.subarray(header.length), { width: Number(width), height: Number(height), skip: 0 });
}

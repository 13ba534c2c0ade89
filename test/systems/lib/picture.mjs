/** What a PNG file of `ringside run --screenshot` shows: true colour, no filters. */
import { inflateSync } from 'node:zlib';

const HEADER = 8;
const CHUNK = 12;

function chunks(png) {
  const found = [];
  for (let at = HEADER; at < png.length; at += CHUNK + png.readUInt32BE(at))
    found.push({ type: png.toString('latin1', at + 4, at + 8), bytes: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)) });
  return found;
}

/** Size in pixels, and how many colours there are. */
export function pictureFacts(png) {
  const all = chunks(png);
  const header = all.find(({ type }) => type === 'IHDR').bytes;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const pixels = inflateSync(Buffer.concat(all.filter(({ type }) => type === 'IDAT').map(({ bytes }) => bytes)));
  const colors = new Set();
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) colors.add(pixels.readUIntBE(y * (1 + width * 3) + 1 + x * 3, 3));
  return { width, height, colors: colors.size };
}

/** Graphics modes of the VGA: planar, interleaved (CGA) and 256 colours; and those of the Bochs extension. */
import { paletteColors, pixelColors, rgba } from './colors';
import type { DispiState } from './dispi';
import type { Geometry } from './geometry';
import { ATC, ATC_PAN_COMPATIBLE, CRTC, CRTC_BYTE_MODE, CRTC_MA13, GC, GC_SHIFT_256, GC_SHIFT_INTERLEAVED, PLANES, PLANE_SIZE, type VgaState } from './registers';

/** Pixels of one offset of the planes, by colour number, into `out` from `at` on. */
type Expand = (memory: Uint8Array, byte: number, out: Int32Array, at: number, colors: Int32Array, planeMask: number) => void;

const planar: Expand = (memory, byte, out, at, colors, planeMask) => {
  const [p0, p1, p2, p3] = [memory[byte], memory[byte + 1], memory[byte + 2], memory[byte + 3]];
  for (let dot = 0, shift = 7; dot < 8; dot++, shift--) {
    const color = ((p0 >> shift) & 1) | (((p1 >> shift) & 1) << 1) | (((p2 >> shift) & 1) << 2) | (((p3 >> shift) & 1) << 3);
    out[at + dot] = colors[color & planeMask];
  }
};

/** Two bits a pixel; planes 0 and 1 hold even and odd bytes, planes 2 and 3 the high bits of the colour. */
const interleaved: Expand = (memory, byte, out, at, colors, planeMask) => {
  for (let dot = 0; dot < 8; dot++) {
    const plane = dot >> 2;
    const shift = 6 - 2 * (dot & 3);
    const color = ((memory[byte + plane] >> shift) & 3) | (((memory[byte + plane + 2] >> shift) & 3) << 2);
    out[at + dot] = colors[color & planeMask];
  }
};

const packed: Expand = (memory, byte, out, at, colors) => {
  for (let dot = 0; dot < 4; dot++) out[at + dot] = colors[memory[byte + dot]];
};

/** Picture lines from `first` up to `end`, into `out`, a whole picture. */
export const renderPlanes = (state: VgaState, geometry: Geometry, out: Int32Array, first: number, end: number): void => {
  const { crtc, attribute, memory, graphics } = state;
  const { width, columns, pitch, start, linesPerRow, split } = geometry;
  const shift256 = (graphics[GC.mode] & GC_SHIFT_256) !== 0;
  const expand = shift256 ? packed : graphics[GC.mode] & GC_SHIFT_INTERLEAVED ? interleaved : planar;
  const dots = shift256 ? 4 : 8;
  const colors = shift256 ? pixelColors(state) : paletteColors(state);
  const planeMask = attribute[ATC.planeEnable] & 15;
  const bankBit = crtc[CRTC.mode] & CRTC_MA13 ? 0 : crtc[CRTC.mode] & CRTC_BYTE_MODE ? 0x2000 : 0x1000;
  const panning = shift256 ? (attribute[ATC.panning] & 7) >> 1 : attribute[ATC.panning] & 7;
  const bytePan = (crtc[CRTC.presetRowScan] >> 5) & 3;
  const line = new Int32Array((columns + 1) * 8);
  for (let y = first; y < end; y++) {
    const lower = y >= split;
    const still = lower && (attribute[ATC.mode] & ATC_PAN_COMPATIBLE) !== 0;
    const row = lower ? Math.floor((y - split) / linesPerRow) * pitch : start + (still ? 0 : bytePan) + Math.floor(y / linesPerRow) * pitch;
    const bank = ((lower ? y - split : y) % linesPerRow) & 1 ? bankBit : 0;
    for (let column = 0; column <= columns; column++) {
      const offset = bankBit ? ((row + column) & ~bankBit) | bank : row + column;
      expand(memory, (offset & (PLANE_SIZE - 1)) * PLANES, line, column * dots, colors, planeMask);
    }
    const pan = still ? 0 : panning;
    out.set(line.subarray(pan, pan + width), y * width);
  }
};

const five = (value: number): number => ((value & 31) << 3) | ((value & 31) >> 2);
const six = (value: number): number => ((value & 63) << 2) | ((value & 63) >> 4);

type Pixel = (memory: Uint8Array, at: number) => number;

/** By depth: bytes a pixel, and its colour. */
const DIRECT: Readonly<Record<number, { readonly bytes: number; readonly pixel: Pixel }>> = {
  15: { bytes: 2, pixel: (m, at) => rgba(five(((m[at] | (m[at + 1] << 8)) >> 10) & 31), five((m[at] | (m[at + 1] << 8)) >> 5), five(m[at])) },
  16: { bytes: 2, pixel: (m, at) => rgba(five(m[at + 1] >> 3), six((m[at] | (m[at + 1] << 8)) >> 5), five(m[at])) },
  24: { bytes: 3, pixel: (m, at) => rgba(m[at + 2], m[at + 1], m[at]) },
  32: { bytes: 4, pixel: (m, at) => rgba(m[at + 2], m[at + 1], m[at]) },
};

const renderDispiPlanes = (state: VgaState, { width, pitch, start }: DispiState, out: Int32Array, first: number, end: number): void => {
  const colors = paletteColors(state);
  const last = state.memory.length / PLANES - 1;
  for (let y = first; y < end; y++)
    for (let column = 0; column < width >> 3; column++) planar(state.memory, ((start + y * pitch + column) & last) * PLANES, out, y * width + column * 8, colors, 15);
};

export const renderDispi = (state: VgaState, out: Int32Array, first: number, end: number): void => {
  const { memory, dispi } = state;
  const { width, pitch, start, depth } = dispi;
  if (depth === 4) return renderDispiPlanes(state, dispi, out, first, end);
  const colors = depth === 8 ? pixelColors(state) : undefined;
  const { bytes, pixel } = DIRECT[depth] ?? { bytes: 1, pixel: (m: Uint8Array, at: number) => (colors ? colors[m[at]] : 0) };
  for (let y = first; y < end; y++) {
    let from = start + y * pitch;
    for (let at = y * width; at < (y + 1) * width; at++, from += bytes) out[at] = pixel(memory, from);
  }
};

/** What the CRTC's registers make of the screen: its size, its lines and where they begin, and when it retraces. */
import { CRTC, CRTC_DOUBLE_SCAN, CRTC_MA13, CRTC_OVERFLOW_COMPARE, GC, GC_GRAPHICS, GC_SHIFT_256, SEQ, SEQ_8_DOTS, type VgaState } from './registers';

export interface Geometry {
  readonly kind: 'text' | 'graphics';
  /** Pixels of the picture; lines and dots that the hardware shows twice count once. */
  readonly width: number;
  readonly height: number;
  /** Character clocks of a line. */
  readonly columns: number;
  /** Rows of characters. */
  readonly rows: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Offsets from one row to the next, and that of the first. */
  readonly pitch: number;
  readonly start: number;
  /** Picture lines of one row of memory: characters' height; in graphics modes 2 when the row scan selects a bank (CGA). */
  readonly linesPerRow: number;
  /** First picture line of the lower part of a split screen, which starts at offset 0. */
  readonly split: number;
}

const MAX_COLUMNS = 256;
const MAX_LINES = 1024;

/** The bits of a vertical register that the overflow register holds. */
const vertical = (crtc: Uint8Array, low: number, bit8: number, bit9: number): number =>
  crtc[low] | (((crtc[CRTC.overflow] >> bit8) & 1) << 8) | (((crtc[CRTC.overflow] >> bit9) & 1) << 9);

export const visibleLines = (crtc: Uint8Array): number => Math.min(MAX_LINES, vertical(crtc, CRTC.verticalEnd, 1, 6) + 1);

/** Lines from one picture to the next, where the vertical retrace begins and how long it lasts. */
export const frameTiming = (crtc: Uint8Array): { total: number; visible: number; retrace: number; retraceLines: number } => {
  const visible = visibleLines(crtc);
  const total = Math.max(visible + 2, vertical(crtc, CRTC.verticalTotal, 0, 5) + 2);
  const retrace = Math.min(total - 2, vertical(crtc, CRTC.retraceStart, 2, 7));
  return { total, visible, retrace, retraceLines: (crtc[CRTC.retraceEnd] - retrace) & 15 || 2 };
};

export const geometryOf = ({ crtc, sequencer, graphics }: Pick<VgaState, 'crtc' | 'sequencer' | 'graphics'>): Geometry => {
  const columns = Math.min(MAX_COLUMNS, crtc[CRTC.horizontalEnd] + 1);
  const scans = (crtc[CRTC.maxScan] & 0x1f) + 1;
  const lines = visibleLines(crtc) >> (crtc[CRTC.maxScan] & CRTC_DOUBLE_SCAN ? 1 : 0);
  const splitLine = crtc[CRTC.lineCompare] | ((crtc[CRTC.overflow] & CRTC_OVERFLOW_COMPARE) << 4) | ((crtc[CRTC.maxScan] & 0x40) << 3);
  const common = { columns, pitch: crtc[CRTC.offset] * 2, start: (crtc[CRTC.startHigh] << 8) | crtc[CRTC.startLow] };
  const shared = { ...common, rows: Math.max(1, Math.min(100, Math.floor(lines / scans))) };
  if (!(graphics[GC.miscellaneous] & GC_GRAPHICS)) {
    const cellWidth = sequencer[SEQ.clocking] & SEQ_8_DOTS ? 8 : 9;
    const height = shared.rows * scans;
    return { ...shared, kind: 'text', width: columns * cellWidth, height, cellWidth, cellHeight: scans, linesPerRow: scans, split: height, pitch: common.pitch || columns };
  }
  const banked = !(crtc[CRTC.mode] & CRTC_MA13);
  const repeat = banked ? 1 : scans;
  const height = Math.max(1, Math.floor(lines / repeat));
  const width = graphics[GC.mode] & GC_SHIFT_256 ? columns * 4 : columns * 8;
  const doubled = crtc[CRTC.maxScan] & CRTC_DOUBLE_SCAN ? 2 : 1;
  const split = Math.min(height, Math.floor((splitLine + 1) / (repeat * doubled)));
  return { ...shared, kind: 'graphics', width, height, cellWidth: 8, cellHeight: scans, linesPerRow: banked ? scans : 1, split };
};

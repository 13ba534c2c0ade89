/**
 * Register indices and bits of the VGA's five units, and the state that decides what is shown.
 * Source: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem".
 */
import type { DispiState } from './dispi';

export const SEQ = { clocking: 1, mapMask: 2, characterMap: 3, memoryMode: 4 } as const;
export const SEQ_8_DOTS = 0x01;
export const SEQ_HALF_CLOCK = 0x08;
export const SEQ_SCREEN_OFF = 0x20;
export const SEQ_SEQUENTIAL = 0x04;
export const SEQ_CHAIN_4 = 0x08;

export const GC = { setReset: 0, enableSetReset: 1, compare: 2, rotate: 3, readMap: 4, mode: 5, miscellaneous: 6, dontCare: 7, bitMask: 8 } as const;
export const GC_READ_COMPARE = 0x08;
export const GC_ODD_EVEN = 0x10;
export const GC_SHIFT_INTERLEAVED = 0x20;
export const GC_SHIFT_256 = 0x40;
export const GC_GRAPHICS = 0x01;

export const CRTC = {
  horizontalEnd: 0x01,
  verticalTotal: 0x06,
  overflow: 0x07,
  presetRowScan: 0x08,
  maxScan: 0x09,
  cursorStart: 0x0a,
  cursorEnd: 0x0b,
  startHigh: 0x0c,
  startLow: 0x0d,
  cursorHigh: 0x0e,
  cursorLow: 0x0f,
  retraceStart: 0x10,
  retraceEnd: 0x11,
  verticalEnd: 0x12,
  offset: 0x13,
  mode: 0x17,
  lineCompare: 0x18,
} as const;
export const CRTC_CURSOR_OFF = 0x20;
export const CRTC_DOUBLE_SCAN = 0x80;
/** Bit 7 of the retrace-end register protects CRTC registers 0..7, but for the line-compare bit in the overflow register. */
export const CRTC_PROTECT = 0x80;
export const CRTC_OVERFLOW_COMPARE = 0x10;
/** CRTC mode control: address bit 13 comes from the counter, not from the row scan. */
export const CRTC_MA13 = 0x01;
export const CRTC_BYTE_MODE = 0x40;

export const ATC = { mode: 0x10, overscan: 0x11, planeEnable: 0x12, panning: 0x13, colorSelect: 0x14 } as const;
export const ATC_LINE_GRAPHICS = 0x04;
export const ATC_BLINK = 0x08;
export const ATC_PAN_COMPATIBLE = 0x20;
export const ATC_8_BIT = 0x40;
export const ATC_P54_SELECT = 0x80;
/** Bit 5 of the attribute controller's index: the palette belongs to the display. */
export const ATC_PALETTE_ON = 0x20;

export const MISC_COLOR = 0x01;
export const MISC_RAM_ENABLE = 0x02;

export const PLANES = 4;
/** Offsets of a plane. */
export const PLANE_SIZE = 0x10000;

/** All that the picture is a function of, but for the time, which blinks. */
export interface VgaState {
  readonly crtc: Uint8Array;
  readonly attribute: Uint8Array;
  readonly sequencer: Uint8Array;
  readonly graphics: Uint8Array;
  /** 256 × red, green, blue; 6 bits each, or 8 as the DAC is set. */
  readonly dac: Uint8Array;
  readonly dacMask: number;
  /** The attribute controller feeds the display. */
  readonly paletteOn: boolean;
  readonly dispi: DispiState;
  /** Video memory: byte `4 × offset + plane`. */
  readonly memory: Uint8Array;
}

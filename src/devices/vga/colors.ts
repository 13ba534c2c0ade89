/** From the bits of a pixel to a colour: attribute controller, colour select, DAC. A colour is a little-endian RGBA word. */
import { ATC, ATC_8_BIT, ATC_P54_SELECT, type VgaState } from './registers';

const OPAQUE = 0xff000000 | 0;
export const BLACK = OPAQUE;

export const rgba = (red: number, green: number, blue: number): number => OPAQUE | (blue << 16) | (green << 8) | red;

const widen = (six: number): number => ((six & 0x3f) << 2) | ((six & 0x3f) >> 4);

/** The DAC's 256 colours, behind its mask. */
export const dacColors = ({ dac, dacMask, dispi }: VgaState): Int32Array => {
  const wide = dispi.enabled && dispi.eightBitDac;
  const component = wide ? (n: number) => dac[n] : (n: number) => widen(dac[n]);
  return Int32Array.from({ length: 256 }, (_, n) => {
    const at = (n & dacMask) * 3;
    return rgba(component(at), component(at + 1), component(at + 2));
  });
};

/** What the attribute controller's sixteen palette registers select. */
export const paletteColors = (state: VgaState, colors = dacColors(state)): Int32Array => {
  const { attribute } = state;
  const select = attribute[ATC.colorSelect];
  const fixed = attribute[ATC.mode] & ATC_P54_SELECT;
  return Int32Array.from({ length: 16 }, (_, n) => {
    const entry = attribute[n] & 0x3f;
    const low = fixed ? (entry & 0x0f) | ((select & 3) << 4) : entry;
    return colors[low | ((select & 0x0c) << 4)];
  });
};

/** The 256-colour modes send two nibbles through the palette registers, which BIOSes set to 0..15. */
export const pixelColors = (state: VgaState): Int32Array => {
  const colors = dacColors(state);
  const { attribute } = state;
  if (!(attribute[ATC.mode] & ATC_8_BIT)) return colors;
  return Int32Array.from({ length: 256 }, (_, n) => colors[((attribute[n >> 4] & 15) << 4) | (attribute[n & 15] & 15)]);
};

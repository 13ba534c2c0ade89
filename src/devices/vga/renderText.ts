/** Text modes: cells of a character and an attribute, glyphs from plane 2. */
import { paletteColors } from './colors';
import type { Geometry } from './geometry';
import { ATC, ATC_BLINK, ATC_LINE_GRAPHICS, CRTC, CRTC_CURSOR_OFF, PLANES, PLANE_SIZE, SEQ, type VgaState } from './registers';

/** Frames for which the cursor is on, and then off; characters blink half as fast. */
const CURSOR_FRAMES = 8;
const BLINK_FRAMES = 16;
const BYTES_PER_GLYPH = 32;

/** Offset in plane 2 of the font in a three-bit slot: 0, 16, 32, 48, 8, 24, 40, 56 KiB. */
const fontOffset = (slot: number): number => ((slot & 3) << 14) | ((slot & 4) << 11);

/** Fonts for attribute bit 3 clear and set. */
const fontsOf = (characterMap: number): [number, number] => [
  fontOffset(((characterMap >> 4) & 1) * 4 + (characterMap & 3)),
  fontOffset(((characterMap >> 5) & 1) * 4 + ((characterMap >> 2) & 3)),
];

/** Is the character one whose eighth column goes on into the ninth? */
const joins = (character: number): boolean => character >= 0xc0 && character <= 0xdf;

export const cursorOffset = (crtc: Uint8Array): number => (crtc[CRTC.cursorHigh] << 8) | crtc[CRTC.cursorLow];

/** Columns, rows from `firstRow` up to `endRow`, into `out`, a whole picture. */
export const renderText = (state: VgaState, geometry: Geometry, frame: number, out: Int32Array, firstRow: number, endRow: number): void => {
  const { crtc, attribute, memory } = state;
  const { columns, cellWidth, cellHeight, width, pitch, start } = geometry;
  const colors = paletteColors(state);
  const fonts = fontsOf(state.sequencer[SEQ.characterMap]);
  const blinking = (attribute[ATC.mode] & ATC_BLINK) !== 0;
  const hidden = blinking && Math.floor(frame / BLINK_FRAMES) & 1;
  const lineGraphics = (attribute[ATC.mode] & ATC_LINE_GRAPHICS) !== 0;
  const showsCursor = !(crtc[CRTC.cursorStart] & CRTC_CURSOR_OFF) && !(Math.floor(frame / CURSOR_FRAMES) & 1);
  const cursor = showsCursor ? cursorOffset(crtc) : -1;
  const [cursorFirst, cursorLast] = [crtc[CRTC.cursorStart] & 0x1f, crtc[CRTC.cursorEnd] & 0x1f];
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < columns; column++) {
      const offset = (start + row * pitch + column) & (PLANE_SIZE - 1);
      const character = memory[offset * PLANES];
      const attributes = memory[offset * PLANES + 1];
      const background = colors[(attributes >> 4) & (blinking ? 7 : 15)];
      const ink = colors[attributes & 15];
      const foreground = hidden && attributes & 0x80 ? background : ink;
      const glyph = (fonts[(attributes >> 3) & 1] + character * BYTES_PER_GLYPH) * PLANES + 2;
      const nine = cellWidth === 9;
      let at = row * cellHeight * width + column * cellWidth;
      for (let line = 0; line < cellHeight; line++, at += width) {
        const bits = memory[glyph + line * PLANES];
        for (let dot = 0; dot < 8; dot++) out[at + dot] = bits & (0x80 >> dot) ? foreground : background;
        if (nine) out[at + 8] = bits & 1 && lineGraphics && joins(character) ? foreground : background;
        if (offset === cursor && line >= cursorFirst && line <= cursorLast) out.fill(ink, at, at + cellWidth);
      }
    }
  }
};

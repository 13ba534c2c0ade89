/** The characters on the screen, for tests, scripts and screen readers. */
import type { ScreenText } from '../../protocol/screen';
import { CP437 } from '../cp437';
import { geometryOf } from './geometry';
import { CRTC, CRTC_CURSOR_OFF, PLANES, PLANE_SIZE, type VgaState } from './registers';
import { cursorOffset } from './renderText';

/** In a graphics mode there are none: no rows, no lines. */
export const screenText = (state: VgaState): ScreenText => {
  const { kind, columns, rows, pitch, start } = geometryOf(state);
  if (kind === 'graphics' || state.dispi.enabled) return { columns: 0, rows: 0, lines: [], cursor: { column: 0, row: 0, visible: false } };
  const at = (row: number, column: number) => ((start + row * pitch + column) & (PLANE_SIZE - 1)) * PLANES;
  const line = (row: number) => {
    let text = '';
    for (let column = 0; column < columns; column++) text += CP437[state.memory[at(row, column)]];
    return text;
  };
  const position = (cursorOffset(state.crtc) - start) & (PLANE_SIZE - 1);
  return {
    columns,
    rows,
    lines: Array.from({ length: rows }, (_, row) => line(row)),
    cursor: { column: position % pitch, row: Math.floor(position / pitch), visible: !(state.crtc[CRTC.cursorStart] & CRTC_CURSOR_OFF) },
  };
};

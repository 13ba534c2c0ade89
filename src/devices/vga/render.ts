/** The picture as a pure function of registers, video memory and the number of the frame, which decides what blinks. */
import { BLACK } from './colors';
import { type Geometry, geometryOf } from './geometry';
import { SEQ, SEQ_SCREEN_OFF, type VgaState } from './registers';
import { renderDispi, renderPlanes } from './renderGraphics';
import { renderText } from './renderText';

export interface Picture {
  readonly kind: 'text' | 'graphics';
  readonly width: number;
  readonly height: number;
  /** Pixels are higher or wider than they should be on a screen of 4:3: the modes of the VGA itself. */
  readonly fourByThree: boolean;
  /** Row-major, little-endian RGBA: red in the low byte. */
  readonly pixels: Int32Array;
}

/** Size and kind of the picture, without drawing it. */
export const pictureShape = (state: VgaState, geometry: Geometry = geometryOf(state)): Omit<Picture, 'pixels'> => {
  const { dispi } = state;
  if (dispi.enabled) return { kind: 'graphics', width: dispi.width, height: dispi.height, fourByThree: false };
  const { kind, width, height } = geometry;
  return { kind, width, height, fourByThree: true };
};

export const renderPicture = (state: VgaState, frame: number, into?: Int32Array): Picture => {
  const geometry = geometryOf(state);
  const shape = pictureShape(state, geometry);
  const size = shape.width * shape.height;
  const pixels = into?.length === size ? into : new Int32Array(size);
  if (state.dispi.enabled) renderDispi(state, pixels, 0, shape.height);
  else if (!state.paletteOn || state.sequencer[SEQ.clocking] & SEQ_SCREEN_OFF) pixels.fill(BLACK);
  else if (geometry.kind === 'text') renderText(state, geometry, frame, pixels, 0, geometry.rows);
  else renderPlanes(state, geometry, pixels, 0, geometry.height);
  return { ...shape, pixels };
};

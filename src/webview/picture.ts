/** The canvas: draws frames over what is there, and says when it cannot. */
import { decodeArea } from '../base/pixels';
import type { ScreenFrame } from '../protocol/screen';

export class PictureCanvas {
  readonly #context: CanvasRenderingContext2D;
  /** Number of the frame that is shown; 0 for none. */
  #frame = 0;
  #fourByThree = true;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d', { alpha: false })!;
  }

  /** False when a frame in between is missing. */
  draw(frame: ScreenFrame): boolean {
    if (frame.since !== 0 && frame.since !== this.#frame) return false;
    const { canvas } = this;
    if (canvas.width !== frame.width || canvas.height !== frame.height) Object.assign(canvas, { width: frame.width, height: frame.height });
    for (const rectangle of frame.rectangles) {
      const pixels = new Uint8ClampedArray(decodeArea(rectangle).buffer as ArrayBuffer);
      this.#context.putImageData(new ImageData(pixels, rectangle.width, rectangle.height), rectangle.x, rectangle.y);
    }
    this.#frame = frame.sequence;
    // Text is easier to read as wide as its dots are.
    this.#fourByThree = frame.fourByThree && frame.kind === 'graphics';
    return true;
  }

  forget(): void {
    this.#frame = 0;
  }

  get shown(): boolean {
    return this.#frame > 0;
  }

  /** As large as fits in the shape it should have; whole multiples of a pixel where that is nearly as large. */
  fit(width: number, height: number): void {
    const { canvas } = this;
    const aspect = this.#fourByThree ? 4 / 3 : canvas.width / canvas.height;
    let shownHeight = Math.min(height, width / aspect);
    const whole = Math.floor(shownHeight / canvas.height) * canvas.height;
    if (!this.#fourByThree && whole > shownHeight * 0.8) shownHeight = whole;
    canvas.style.imageRendering = shownHeight < canvas.height ? 'auto' : 'pixelated';
    canvas.style.width = `${Math.floor(shownHeight * aspect)}px`;
    canvas.style.height = `${Math.floor(shownHeight)}px`;
  }

  /** A PNG file, base64. */
  png(): string | undefined {
    return this.shown ? this.canvas.toDataURL('image/png').split(',')[1] : undefined;
  }
}

/**
 * The picture as a stream of what changes. Each tile knows the frame in which it changed last, so that anybody may ask for
 * what is new since the frame that he has, whatever others asked for.
 */
import { type Area, encodeArea } from '../base/pixels';
import type { Picture } from '../devices/vga/render';
import type { ScreenFrame } from '../protocol/screen';

const TILE_WIDTH = 32;
const TILE_HEIGHT = 16;

export class ScreenFeed {
  #picture: Picture | undefined;
  /** Drawn into next: pictures take turns. */
  #spare: Int32Array | undefined;
  #tiles: Float64Array = new Float64Array();
  /** Frame in which the picture got its shape. */
  #shaped = 0;
  #sequence: number;

  /** `sequence`: of the frames before the first. */
  constructor(
    private readonly draw: (into?: Int32Array) => Picture,
    sequence = 0,
  ) {
    this.#sequence = sequence;
  }

  /** Of the newest frame. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Look at the screen now; what has changed since frame `since`, 0 for all of it. */
  frame(since: number): ScreenFrame {
    this.#look();
    const { kind, width, height, fourByThree, pixels } = this.#picture!;
    const from = since >= this.#shaped && since <= this.#sequence ? since : 0;
    const rectangles = this.#areas(from).map((area) => encodeArea(pixels, width, area));
    return { sequence: this.#sequence, since: from, kind, width, height, fourByThree, rectangles };
  }

  #look(): void {
    const before = this.#picture;
    const picture = this.draw(this.#spare);
    this.#picture = picture;
    this.#spare = before?.pixels;
    if (before && before.width === picture.width && before.height === picture.height && before.kind === picture.kind) this.#compare(before.pixels, picture);
    else {
      this.#sequence++;
      this.#shaped = this.#sequence;
      this.#tiles = new Float64Array(this.#columns * this.#rows).fill(this.#sequence);
    }
  }

  get #columns(): number {
    return Math.ceil((this.#picture?.width ?? 0) / TILE_WIDTH);
  }

  get #rows(): number {
    return Math.ceil((this.#picture?.height ?? 0) / TILE_HEIGHT);
  }

  #compare(before: Int32Array, { width, height, pixels }: Picture): void {
    const next = this.#sequence + 1;
    const columns = this.#columns;
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / TILE_HEIGHT) * columns;
      for (let at = y * width, end = at + width; at < end; at++) {
        if (pixels[at] === before[at]) continue;
        const x = at - y * width;
        this.#tiles[row + Math.floor(x / TILE_WIDTH)] = next;
        this.#sequence = next;
        at += TILE_WIDTH - 1 - (x % TILE_WIDTH); // this tile is known to have changed
      }
    }
  }

  /** Tiles that are new, those side by side as one, and equal ones below one another too. */
  #areas(since: number): Area[] {
    const { width, height } = this.#picture!;
    const areas: { x: number; y: number; width: number; height: number }[] = [];
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        const first = column;
        while (column < this.#columns && this.#tiles[row * this.#columns + column] > since) column++;
        if (column === first) continue;
        const [x, y] = [first * TILE_WIDTH, row * TILE_HEIGHT];
        const area = { x, y, width: Math.min(width, column * TILE_WIDTH) - x, height: Math.min(TILE_HEIGHT, height - y) };
        const above = areas.find((a) => a.x === x && a.width === area.width && a.y + a.height === y);
        if (above) above.height += area.height;
        else areas.push(area);
      }
    }
    return areas;
  }
}

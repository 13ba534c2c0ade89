/** The text screen as the BIOS sees it: pages in video memory, cursors in the data area, both shown through the CRTC's ports. */
import type { PhysicalMemory } from '../../devices/contract';
import { VGA_TEXT } from '../memoryMap';
import { BDA, read16, write16 } from './dataArea';
import { type BiosMachine, outb } from './service';

const NORMAL = 0x07;
const BLANK = 0x20;
export const COLUMNS = 80;
export const ROWS = 25;
const PAGE_SIZE = 0x1000;
const CRTC_CURSOR_SHAPE = 0x0a;
const CRTC_START = 0x0c;
const CRTC_CURSOR = 0x0e;

export interface Position {
  readonly row: number;
  readonly column: number;
}

/** A text page as the BIOS sees it. */
export class TextScreen {
  constructor(
    private readonly machine: BiosMachine,
    private readonly memory: PhysicalMemory,
  ) {}

  get page(): number {
    return this.memory.read8(BDA.activePage);
  }

  cursor(page: number): Position {
    const word = read16(this.memory, BDA.cursors + (page & 7) * 2);
    return { row: word >> 8, column: word & 0xff };
  }

  moveCursor(page: number, { row, column }: Position): void {
    write16(this.memory, BDA.cursors + (page & 7) * 2, (row << 8) | column);
    if (page === this.page) this.#showCursor();
  }

  #crtc(index: number, word: number): void {
    for (const [i, value] of [word >> 8, word & 0xff].entries()) {
      outb(this.machine, 0x3d4, index + i);
      outb(this.machine, 0x3d5, value);
    }
  }

  #showCursor(): void {
    const { row, column } = this.cursor(this.page);
    this.#crtc(CRTC_CURSOR, (this.page * PAGE_SIZE) / 2 + row * COLUMNS + column);
  }

  setCursorShape(shape: number): void {
    write16(this.memory, BDA.cursorShape, shape);
    this.#crtc(CRTC_CURSOR_SHAPE, shape);
  }

  selectPage(page: number): void {
    this.memory.write8(BDA.activePage, page & 7);
    write16(this.memory, BDA.pageOffset, (page & 7) * PAGE_SIZE);
    this.#crtc(CRTC_START, ((page & 7) * PAGE_SIZE) / 2);
    this.#showCursor();
  }

  #address(page: number, { row, column }: Position): number {
    return VGA_TEXT + (page & 7) * PAGE_SIZE + (row * COLUMNS + column) * 2;
  }

  readCell(page: number, at: Position): number {
    return this.machine.bus.read('memory', this.#address(page, at), 2);
  }

  writeCell(page: number, at: Position, character: number, attribute?: number): void {
    const address = this.#address(page, at);
    if (attribute === undefined) this.machine.bus.write('memory', address, 1, character);
    else this.machine.bus.write('memory', address, 2, character | (attribute << 8));
  }

  setMode(clear: boolean): void {
    const m = this.memory;
    m.write8(BDA.videoMode, 3);
    write16(m, BDA.columns, COLUMNS);
    write16(m, BDA.pageSize, PAGE_SIZE);
    write16(m, BDA.crtcPort, 0x3d4);
    m.write8(BDA.lastRow, ROWS - 1);
    write16(m, BDA.characterHeight, 16);
    for (let page = 0; page < 8; page++) write16(m, BDA.cursors + page * 2, 0);
    this.setCursorShape(0x0d0e);
    this.selectPage(0);
    if (clear) this.fill(0, { row: 0, column: 0 }, { row: ROWS - 1, column: COLUMNS - 1 }, NORMAL);
  }

  fill(page: number, from: Position, to: Position, attribute: number): void {
    for (let row = from.row; row <= to.row; row++) for (let column = from.column; column <= to.column; column++) this.writeCell(page, { row, column }, BLANK, attribute);
  }

  /** Scroll a window by `lines` (negative: down); 0 clears it. */
  scroll(page: number, from: Position, to: Position, lines: number, attribute: number): void {
    const height = to.row - from.row + 1;
    if (lines === 0 || Math.abs(lines) >= height) return this.fill(page, from, to, attribute);
    for (let i = 0; i < height; i++) {
      const row = lines > 0 ? from.row + i : to.row - i;
      const source = row + lines;
      for (let column = from.column; column <= to.column; column++) {
        const cell = source < from.row || source > to.row ? BLANK | (attribute << 8) : this.readCell(page, { row: source, column });
        this.writeCell(page, { row, column }, cell & 0xff, cell >> 8);
      }
    }
  }

  /** Write like a terminal: BEL, BS, LF and CR act; the screen scrolls. */
  teletype(page: number, character: number, attribute?: number): void {
    let { row, column } = this.cursor(page);
    if (character === 0x07) return;
    if (character === 0x08) column = Math.max(0, column - 1);
    else if (character === 0x0a) row++;
    else if (character === 0x0d) column = 0;
    else {
      this.writeCell(page, { row, column }, character, attribute);
      if (++column >= COLUMNS) {
        column = 0;
        row++;
      }
    }
    if (row >= ROWS) {
      const blank = this.readCell(page, { row: ROWS - 1, column: 0 }) >> 8;
      this.scroll(page, { row: 0, column: 0 }, { row: ROWS - 1, column: COLUMNS - 1 }, 1, blank);
      row = ROWS - 1;
    }
    this.moveCursor(page, { row, column });
  }

  print(text: string): void {
    for (const byte of new TextEncoder().encode(text)) this.teletype(this.page, byte);
  }
}

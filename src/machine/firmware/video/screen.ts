/**
 * The screen as the BIOS sees it: cells of characters in pages, in text modes and, drawn with a font, in graphics modes.
 * Its state is in the data area; hardware is reached through ports and video memory.
 */
import type { PhysicalMemory } from '../../../devices/contract';
import { type VideoMode, videoMode } from '../../../devices/vga/modes';
import { BDA, read16, write16 } from '../dataArea';
import { FONTS, ROM_SEGMENT } from '../rom';
import type { BiosMachine } from '../service';
import { Display } from './display';
import { type Surface, surfaceOf } from './surface';

const NORMAL = 0x07;
const BLANK = 0x20;
const CRTC_CURSOR_SHAPE = 0x0a;
const CRTC_START = 0x0c;
const CRTC_CURSOR = 0x0e;
/** Vectors that point to the font of graphics modes, and to the upper half of the 8 × 8 one. */
const VECTOR_FONT = 0x43;
const VECTOR_FONT_8_UPPER = 0x1f;
const DISPI_ENABLE = 4;
const MAX_COLUMNS = 132;
const MAX_ROWS = 60;
const MAX_HEIGHT = 32;
const TEXT_MASK = 0x7fff;
/** The data area's note that the VGA is active, with 256 KiB and a colour display. */
const EGA_CONTROL = 0x60;
const EGA_SWITCHES = 0xf9;
const VGA_FLAGS = 0x51;

export interface Position {
  readonly row: number;
  readonly column: number;
}

export class Screen {
  readonly display: Display;

  constructor(
    private readonly machine: BiosMachine,
    private readonly memory: PhysicalMemory,
  ) {
    this.display = new Display(machine);
  }

  get mode(): VideoMode {
    return videoMode(this.memory.read8(BDA.videoMode) & 0x7f) ?? videoMode(3)!;
  }

  /** The data area is the guest's to write: what no screen has is not believed. */
  get columns(): number {
    const { kind, columns } = this.mode;
    return kind === 'graphics' ? columns : Math.min(read16(this.memory, BDA.columns), MAX_COLUMNS) || columns;
  }

  get rows(): number {
    return Math.min(this.memory.read8(BDA.lastRow) + 1, MAX_ROWS);
  }

  get characterHeight(): number {
    return Math.min(this.memory.read8(BDA.characterHeight), MAX_HEIGHT) || 16;
  }

  get page(): number {
    return this.memory.read8(BDA.activePage);
  }

  get surface(): Surface | undefined {
    return surfaceOf(this.machine, this.mode, this.page);
  }

  cursor(page: number): Position {
    const word = read16(this.memory, BDA.cursors + (page & 7) * 2);
    return { row: word >> 8, column: word & 0xff };
  }

  moveCursor(page: number, { row, column }: Position): void {
    write16(this.memory, BDA.cursors + (page & 7) * 2, (row << 8) | column);
    if (page === this.page) this.#showCursor();
  }

  #showCursor(): void {
    if (this.mode.kind === 'graphics') return;
    const { row, column } = this.cursor(this.page);
    this.display.writeCrtcWord(CRTC_CURSOR, (this.page * this.#pageSize) / 2 + row * this.columns + column);
  }

  get #pageSize(): number {
    return read16(this.memory, BDA.pageSize);
  }

  setCursorShape(shape: number): void {
    write16(this.memory, BDA.cursorShape, shape);
    this.display.writeCrtcWord(CRTC_CURSOR_SHAPE, shape);
  }

  selectPage(page: number): void {
    const chosen = page % this.mode.pages;
    this.memory.write8(BDA.activePage, chosen);
    write16(this.memory, BDA.pageOffset, chosen * this.#pageSize);
    this.display.writeCrtcWord(CRTC_START, (chosen * this.#pageSize) / (this.mode.kind === 'text' ? 2 : 1));
    this.#showCursor();
  }

  #address(page: number, { row, column }: Position): number {
    return this.mode.segment * 16 + (((page & 7) * this.#pageSize + (row * this.columns + column) * 2) & TEXT_MASK);
  }

  /** Character and attribute; in a graphics mode the character whose glyph is there, or 0. */
  readCell(page: number, at: Position): number {
    const { surface } = this;
    return surface ? this.#recognize(surface, at) : this.machine.bus.read('memory', this.#address(page, at), 2);
  }

  #recognize(surface: Surface, { row, column }: Position): number {
    const height = this.characterHeight;
    const lines = Array.from({ length: height }, (_, line) => {
      let bits = 0;
      for (let dot = 0; dot < 8; dot++) if (surface.readPixel(column * 8 + dot, row * height + line)) bits |= 0x80 >> dot;
      return bits;
    });
    for (let character = 0; character < 256; character++) if (lines.every((bits, line) => bits === this.#glyphLine(character, line))) return character;
    return 0;
  }

  #glyphLine(character: number, line: number): number {
    const { memory } = this;
    const height = this.characterHeight;
    const upper = height === 8 && character >= 0x80 && this.mode.segment === 0xb800;
    const vector = (upper ? VECTOR_FONT_8_UPPER : VECTOR_FONT) * 4;
    const font = read16(memory, vector + 2) * 16 + read16(memory, vector);
    return memory.read8(font + (upper ? character - 0x80 : character) * height + line);
  }

  /** Without an attribute the cell's own stays; in a graphics mode it is the colour. */
  writeCell(page: number, at: Position, character: number, attribute?: number): void {
    const surface = surfaceOf(this.machine, this.mode, page % this.mode.pages);
    if (surface) return this.#draw(surface, at, character, attribute ?? NORMAL);
    const address = this.#address(page, at);
    if (attribute === undefined) this.machine.bus.write('memory', address, 1, character);
    else this.machine.bus.write('memory', address, 2, character | (attribute << 8));
  }

  #draw(surface: Surface, { row, column }: Position, character: number, color: number): void {
    const height = this.characterHeight;
    for (let line = 0; line < height; line++) surface.writeRow(column * 8, row * height + line, this.#glyphLine(character, line), color);
  }

  setMode(number: number, clear: boolean): void {
    const mode = videoMode(number);
    if (!mode) return;
    const { display, memory: m } = this;
    display.writeDispi(DISPI_ENABLE, 0);
    display.setRegisters(mode);
    display.loadPalette(mode);
    if (mode.kind === 'text') display.loadFont(m.readBytes(ROM_SEGMENT * 16 + FONTS[16], 256 * 16), 16);
    m.write8(BDA.videoMode, mode.number);
    write16(m, BDA.columns, mode.columns);
    write16(m, BDA.pageSize, mode.pageSize);
    write16(m, BDA.crtcPort, 0x3d4);
    m.write8(BDA.lastRow, mode.rows - 1);
    write16(m, BDA.characterHeight, mode.characterHeight);
    m.write8(BDA.egaControl, EGA_CONTROL | (clear ? 0 : 0x80));
    m.write8(BDA.egaSwitches, EGA_SWITCHES);
    m.write8(BDA.vgaFlags, VGA_FLAGS);
    this.pointFont(VECTOR_FONT, FONTS[mode.characterHeight]);
    this.pointFont(VECTOR_FONT_8_UPPER, FONTS[8] + 128 * 8);
    for (let page = 0; page < 8; page++) write16(m, BDA.cursors + page * 2, 0);
    if (mode.kind === 'text') this.setCursorShape(0x0d0e);
    this.selectPage(0);
    if (clear) display.clear(mode);
  }

  pointFont(vector: number, offset: number, segment = ROM_SEGMENT): void {
    write16(this.memory, vector * 4, offset);
    write16(this.memory, vector * 4 + 2, segment);
  }

  fill(page: number, from: Position, to: Position, attribute: number): void {
    for (let row = from.row; row <= to.row; row++)
      for (let column = from.column; column <= to.column; column++) this.writeCell(page, { row, column }, BLANK, this.mode.kind === 'text' ? attribute : 0);
  }

  /** Scroll a window by `lines` (negative: down); 0 clears it. */
  scroll(page: number, from: Position, to: Position, lines: number, attribute: number): void {
    const height = to.row - from.row + 1;
    if (lines === 0 || Math.abs(lines) >= height) return this.fill(page, from, to, attribute);
    const { surface } = this;
    for (let i = 0; i < height; i++) {
      const row = lines > 0 ? from.row + i : to.row - i;
      const source = row + lines;
      if (source < from.row || source > to.row) this.fill(page, { row, column: from.column }, { row, column: to.column }, attribute);
      else for (let column = from.column; column <= to.column; column++) this.#copyCell(surface, page, column, source, row);
    }
  }

  #copyCell(surface: Surface | undefined, page: number, column: number, from: number, to: number): void {
    if (surface) {
      const height = this.characterHeight;
      for (let line = 0; line < height; line++) surface.copyRow(column * 8, from * height + line, to * height + line);
      return;
    }
    this.machine.bus.write('memory', this.#address(page, { row: to, column }), 2, this.readCell(page, { row: from, column }));
  }

  /** Write like a terminal: BEL, BS, LF and CR act; the screen scrolls. */
  teletype(page: number, character: number, attribute?: number): void {
    const { rows, columns } = this;
    let { row, column } = this.cursor(page);
    if (character === 0x07) return;
    if (character === 0x08) column = Math.max(0, column - 1);
    else if (character === 0x0a) row++;
    else if (character === 0x0d) column = 0;
    else {
      this.writeCell(page, { row, column }, character, attribute);
      if (++column >= columns) {
        column = 0;
        row++;
      }
    }
    if (row >= rows) {
      const blank = this.mode.kind === 'text' ? this.readCell(page, { row: rows - 1, column: 0 }) >> 8 : 0;
      this.scroll(page, { row: 0, column: 0 }, { row: rows - 1, column: columns - 1 }, 1, blank);
      row = rows - 1;
    }
    this.moveCursor(page, { row, column });
  }

  print(text: string): void {
    for (const byte of new TextEncoder().encode(text)) this.teletype(this.page, byte);
  }
}

/** The VGA as its BIOS programs it, through ports and the window at A0000h. Source: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem". */
import { defaultPalette } from '../../../devices/vga/palettes';
import type { VideoMode } from '../../../devices/vga/modes';
import { type BiosMachine, inb, outb } from '../service';

const ATTRIBUTE = 0x3c0;
const ATTRIBUTE_READ = 0x3c1;
const MISC_WRITE = 0x3c2;
const SEQUENCER = 0x3c4;
const DAC_MASK = 0x3c6;
const DAC_READ = 0x3c7;
const DAC_WRITE = 0x3c8;
const DAC_VALUE = 0x3c9;
const GRAPHICS = 0x3ce;
const CRTC = 0x3d4;
const STATUS_1 = 0x3da;
const DISPI = 0x1ce;
const DISPI_VALUE = 0x1cf;
const PALETTE_ON = 0x20;
const WINDOW = 0xa0000;
const BYTES_PER_GLYPH = 32;
/** Sequencer and graphics controller while a font is written: plane 2 alone, in order, at A0000h. */
// biome-ignore format: a table
const FONT_ACCESS = [[SEQUENCER, 2, 0x04], [SEQUENCER, 4, 0x07], [GRAPHICS, 4, 0x02], [GRAPHICS, 5, 0x00], [GRAPHICS, 6, 0x04]] as const;

export class Display {
  constructor(private readonly machine: BiosMachine) {}

  read(port: number, index: number): number {
    outb(this.machine, port, index);
    return inb(this.machine, port + 1);
  }

  write(port: number, index: number, value: number): void {
    this.machine.bus.write('port', port, 2, index | (value << 8));
  }

  readCrtc(index: number): number {
    return this.read(CRTC, index);
  }

  writeCrtc(index: number, value: number): void {
    this.write(CRTC, index, value);
  }

  /** Two registers, the high byte first. */
  writeCrtcWord(index: number, word: number): void {
    this.write(CRTC, index, word >> 8);
    this.write(CRTC, index + 1, word & 0xff);
  }

  writeSequencer(index: number, value: number): void {
    this.write(SEQUENCER, index, value);
  }

  writeGraphics(index: number, value: number): void {
    this.write(GRAPHICS, index, value);
  }

  readAttribute(index: number): number {
    inb(this.machine, STATUS_1);
    outb(this.machine, ATTRIBUTE, index);
    const value = inb(this.machine, ATTRIBUTE_READ);
    this.#showPalette();
    return value;
  }

  writeAttribute(index: number, value: number): void {
    inb(this.machine, STATUS_1);
    outb(this.machine, ATTRIBUTE, index);
    outb(this.machine, ATTRIBUTE, value);
    this.#showPalette();
  }

  #showPalette(): void {
    inb(this.machine, STATUS_1);
    outb(this.machine, ATTRIBUTE, PALETTE_ON);
  }

  writeColors(first: number, components: ArrayLike<number>): void {
    outb(this.machine, DAC_WRITE, first);
    for (let i = 0; i < components.length; i++) outb(this.machine, DAC_VALUE, components[i]);
  }

  readColors(first: number, count: number): number[] {
    outb(this.machine, DAC_READ, first);
    return Array.from({ length: count * 3 }, () => inb(this.machine, DAC_VALUE));
  }

  readMask(): number {
    return inb(this.machine, DAC_MASK);
  }

  writeMask(value: number): void {
    outb(this.machine, DAC_MASK, value);
  }

  readDispi(index: number): number {
    this.machine.bus.write('port', DISPI, 2, index);
    return this.machine.bus.read('port', DISPI_VALUE, 2);
  }

  writeDispi(index: number, value: number): void {
    this.machine.bus.write('port', DISPI, 2, index);
    this.machine.bus.write('port', DISPI_VALUE, 2, value);
  }

  setRegisters(mode: VideoMode): void {
    outb(this.machine, MISC_WRITE, mode.miscellaneous);
    mode.sequencer.forEach((value, i) => {
      this.writeSequencer(i, value);
    });
    this.writeCrtc(0x11, 0); // let registers 0 to 7 be written
    mode.crtc.forEach((value, i) => {
      this.writeCrtc(i, value);
    });
    mode.graphics.forEach((value, i) => {
      this.writeGraphics(i, value);
    });
    mode.attribute.forEach((value, i) => {
      this.writeAttribute(i, value);
    });
  }

  loadPalette(mode: VideoMode): void {
    this.writeMask(0xff);
    this.writeColors(0, defaultPalette(mode.palette));
  }

  /** `glyphs`: a byte a line; `block`: one of eight places for fonts. */
  loadFont(glyphs: Uint8Array, height: number, block = 0, first = 0): void {
    const saved = FONT_ACCESS.map(([port, index]) => [port, index, this.read(port, index)] as const);
    for (const [port, index, value] of FONT_ACCESS) this.write(port, index, value);
    const base = WINDOW + ((block & 3) << 14) + ((block & 4) << 11);
    for (let at = 0; at < glyphs.length; at++) this.machine.bus.write('memory', base + (first + Math.floor(at / height)) * BYTES_PER_GLYPH + (at % height), 1, glyphs[at]);
    for (const [port, index, value] of saved) this.write(port, index, value);
  }

  /** Blank the memory of the mode that is set. */
  clear(mode: VideoMode): void {
    const { bus } = this.machine;
    const bytes = mode.kind === 'text' || (mode.palette === 'cga' && mode.segment === 0xb800) ? 0x8000 : 0x10000;
    const value = mode.kind === 'text' ? 0x07200720 : 0;
    for (let at = 0; at < bytes; at += 4) bus.write('memory', mode.segment * 16 + at, 4, value);
  }
}

/** Pixels of the graphics modes, through the window at A0000h or B8000h as any program reaches them. */
import type { VideoMode } from '../../../devices/vga/modes';
import type { BiosMachine } from '../service';
import { Display } from './display';

/** Bit 7 of a colour in the modes of two to sixteen: exclusive or. */
const XOR = 0x80;
const GC = { setReset: 0, enable: 1, rotate: 3, readMap: 4, mode: 5, bitMask: 8 } as const;
const ROTATE_XOR = 0x18;

export interface Surface {
  readPixel(x: number, y: number): number;
  writePixel(x: number, y: number, color: number): void;
  /** Eight pixels from x, a multiple of 8: `color` where a bit is set, 0 elsewhere; with XOR in `color` only the set ones change. */
  writeRow(x: number, y: number, bits: number, color: number): void;
  /** Eight pixels from x, from one line to another. */
  copyRow(x: number, from: number, to: number): void;
}

/** Two to sixteen colours in four planes: write mode 2 for colours, write mode 1 for copies. */
class PlanarSurface implements Surface {
  readonly #display: Display;

  constructor(
    private readonly machine: BiosMachine,
    private readonly pitch: number,
    private readonly base: number,
  ) {
    this.#display = new Display(machine);
  }

  #address(x: number, y: number): number {
    return this.base + y * this.pitch + (x >> 3);
  }

  readPixel(x: number, y: number): number {
    let color = 0;
    for (let plane = 0; plane < 4; plane++) {
      this.#display.writeGraphics(GC.readMap, plane);
      color |= ((this.machine.bus.read('memory', this.#address(x, y), 1) >> (7 - (x & 7))) & 1) << plane;
    }
    this.#display.writeGraphics(GC.readMap, 0);
    return color;
  }

  writePixel(x: number, y: number, color: number): void {
    this.#write(this.#address(x, y), 0x80 >> (x & 7), color);
    this.#restore();
  }

  writeRow(x: number, y: number, bits: number, color: number): void {
    const address = this.#address(x, y);
    this.#write(address, bits, color);
    if (!(color & XOR)) this.#write(address, ~bits & 0xff, 0);
    this.#restore();
  }

  #write(address: number, bits: number, color: number): void {
    const { bus } = this.machine;
    this.#display.writeGraphics(GC.mode, 2);
    this.#display.writeGraphics(GC.rotate, color & XOR ? ROTATE_XOR : 0);
    this.#display.writeGraphics(GC.bitMask, bits);
    bus.read('memory', address, 1);
    bus.write('memory', address, 1, color & 15);
  }

  #restore(): void {
    this.#display.writeGraphics(GC.mode, 0);
    this.#display.writeGraphics(GC.rotate, 0);
    this.#display.writeGraphics(GC.bitMask, 0xff);
  }

  copyRow(x: number, from: number, to: number): void {
    this.#display.writeGraphics(GC.mode, 1);
    this.machine.bus.read('memory', this.#address(x, from), 1);
    this.machine.bus.write('memory', this.#address(x, to), 1, 0);
    this.#display.writeGraphics(GC.mode, 0);
  }
}

/** Pixels of 1, 2 or 8 bits in bytes, one line behind the other, or even and odd lines apart (CGA). */
class PackedSurface implements Surface {
  constructor(
    private readonly machine: BiosMachine,
    private readonly bits: 1 | 2 | 8,
    private readonly address: (y: number) => number,
  ) {}

  #place(x: number, y: number): { address: number; shift: number } {
    const perByte = 8 / this.bits;
    return { address: this.address(y) + Math.floor(x / perByte), shift: (perByte - 1 - (x % perByte)) * this.bits };
  }

  readPixel(x: number, y: number): number {
    const { address, shift } = this.#place(x, y);
    return (this.machine.bus.read('memory', address, 1) >> shift) & ((1 << this.bits) - 1);
  }

  writePixel(x: number, y: number, color: number): void {
    const { address, shift } = this.#place(x, y);
    const mask = ((1 << this.bits) - 1) << shift;
    const before = this.machine.bus.read('memory', address, 1);
    const value = color & XOR && this.bits < 8 ? before ^ ((color << shift) & mask) : (before & ~mask) | ((color << shift) & mask);
    this.machine.bus.write('memory', address, 1, value);
  }

  writeRow(x: number, y: number, bits: number, color: number): void {
    for (let dot = 0; dot < 8; dot++) {
      if (bits & (0x80 >> dot)) this.writePixel(x + dot, y, color);
      else if (!(color & XOR) || this.bits === 8) this.writePixel(x + dot, y, 0);
    }
  }

  copyRow(x: number, from: number, to: number): void {
    const { bus } = this.machine;
    const first = Math.floor((x * this.bits) / 8);
    for (let i = 0; i < this.bits; i++) bus.write('memory', this.address(to) + first + i, 1, bus.read('memory', this.address(from) + first + i, 1));
  }
}

const CGA_LINE = 80;
const CGA_ODD_LINES = 0x2000;

/** Undefined in a text mode. */
export const surfaceOf = (machine: BiosMachine, mode: VideoMode, page: number): Surface | undefined => {
  if (mode.kind === 'text') return undefined;
  const base = mode.segment * 16 + page * mode.pageSize;
  if (mode.palette === 'vga256') return new PackedSurface(machine, 8, (y) => base + y * 320);
  if (mode.segment === 0xb800) return new PackedSurface(machine, mode.columns === 40 ? 2 : 1, (y) => base + (y & 1 ? CGA_ODD_LINES : 0) + (y >> 1) * CGA_LINE);
  return new PlanarSurface(machine, mode.columns, base);
};

/**
 * The Bochs VBE extension ("dispi"): sixteen-bit registers behind an index, for resolutions and depths beyond the VGA's.
 * Source: QEMU, docs/specs/standard-vga; Bochs, VBE display interface, interface version B0C5h.
 */
import type { DeviceState } from '../contract';

const R = { id: 0, width: 1, height: 2, depth: 3, enable: 4, bank: 5, virtualWidth: 6, virtualHeight: 7, x: 8, y: 9, memory: 10 } as const;
const REGISTERS = 11;
const ID_FIRST = 0xb0c0;
const ID_LAST = 0xb0c5;
export const DISPI_ENABLED = 0x01;
const GET_CAPABILITIES = 0x02;
export const DISPI_8_BIT_DAC = 0x20;
export const DISPI_LFB = 0x40;
const NO_CLEAR = 0x80;
export const MAX_WIDTH = 1600;
export const MAX_HEIGHT = 1200;
const MAX_DEPTH = 32;
const DEPTHS = [4, 8, 15, 16, 24, 32];
const BANK_SIZE = 0x10000;

export interface DispiState {
  readonly enabled: boolean;
  readonly width: number;
  readonly height: number;
  /** Bits per pixel: 4 (planar), 8, 15, 16, 24 or 32. */
  readonly depth: number;
  /** Bytes from one line to the next; of one plane, for depth 4. */
  readonly pitch: number;
  /** Byte of the first pixel shown; of one plane, for depth 4. */
  readonly start: number;
  readonly eightBitDac: boolean;
}

/** Bytes of a pixel row; of one plane, for depth 4. */
const rowBytes = (width: number, depth: number): number => (depth === 4 ? width >> 3 : width * ((depth + 7) >> 3));

export class Dispi {
  #index = 0;
  #r = new Uint16Array(REGISTERS);

  /** `clear`: a mode was set that is to start black. */
  constructor(
    private readonly memorySize: number,
    private readonly clear: () => void,
  ) {
    this.reset();
  }

  get enabled(): boolean {
    return (this.#r[R.enable] & DISPI_ENABLED) !== 0;
  }

  get planar(): boolean {
    return this.#r[R.depth] === 4;
  }

  /** First byte of video memory in the window at A0000h. */
  get bankOffset(): number {
    return (this.#r[R.bank] * BANK_SIZE) % this.memorySize;
  }

  get state(): DispiState {
    const r = this.#r;
    const depth = r[R.depth];
    const pitch = rowBytes(r[R.virtualWidth], depth);
    return {
      enabled: this.enabled,
      width: r[R.width],
      height: r[R.height],
      depth,
      pitch,
      start: r[R.y] * pitch + rowBytes(r[R.x], depth),
      eightBitDac: (r[R.enable] & DISPI_8_BIT_DAC) !== 0,
    };
  }

  readIndex(): number {
    return this.#index;
  }

  writeIndex(value: number): void {
    this.#index = value;
  }

  read(): number {
    if (this.#index >= REGISTERS) return 0;
    if (this.#index === R.memory) return this.memorySize / BANK_SIZE;
    if (this.#r[R.enable] & GET_CAPABILITIES) {
      if (this.#index === R.width) return MAX_WIDTH;
      if (this.#index === R.height) return MAX_HEIGHT;
      if (this.#index === R.depth) return MAX_DEPTH;
    }
    return this.#r[this.#index];
  }

  write(value: number): void {
    const r = this.#r;
    switch (this.#index) {
      case R.id:
        if (value >= ID_FIRST && value <= ID_LAST) r[R.id] = value;
        return;
      case R.enable:
        return this.#enable(value);
      case R.bank:
        if (value * BANK_SIZE < this.memorySize) r[R.bank] = value;
        return;
      case R.virtualWidth:
        return this.#setVirtualWidth(value);
      case R.x:
      case R.y:
        return this.#pan(this.#index, value);
      case R.width:
      case R.height:
      case R.depth:
        // A mode that is on keeps its shape.
        if (!this.enabled) r[this.#index] = value;
    }
  }

  /** Nonsense is refused: the bit stays off, and the guest that reads it back sees so. */
  #enable(value: number): void {
    const r = this.#r;
    const turnedOn = (value & DISPI_ENABLED) !== 0 && !this.enabled;
    if (turnedOn && !this.#fits()) {
      r[R.enable] = value & ~DISPI_ENABLED;
      return;
    }
    r[R.enable] = value;
    if (!turnedOn) return;
    r[R.bank] = r[R.x] = r[R.y] = 0;
    this.#setVirtualWidth(r[R.width]);
    if (!(value & NO_CLEAR)) this.clear();
  }

  #fits(): boolean {
    const [width, height, depth] = [this.#r[R.width], this.#r[R.height], this.#r[R.depth]];
    if (width === 0 || width > MAX_WIDTH || width % 8 || height === 0 || height > MAX_HEIGHT || !DEPTHS.includes(depth)) return false;
    return rowBytes(width, depth) * height <= this.#planeBytes;
  }

  get #planeBytes(): number {
    return this.planar ? this.memorySize / 4 : this.memorySize;
  }

  #setVirtualWidth(value: number): void {
    const r = this.#r;
    const width = Math.max(r[R.width], value & ~7);
    const row = rowBytes(width, r[R.depth]);
    if (row === 0 || row * r[R.height] > this.#planeBytes) return;
    r[R.virtualWidth] = width;
    r[R.virtualHeight] = Math.min(0xffff, Math.floor(this.#planeBytes / row));
  }

  #pan(register: typeof R.x | typeof R.y, value: number): void {
    const r = this.#r;
    const most = register === R.x ? r[R.virtualWidth] - r[R.width] : r[R.virtualHeight] - r[R.height];
    if (this.enabled && value <= most) r[register] = value;
  }

  reset(): void {
    this.#index = 0;
    this.#r.fill(0);
    this.#r[R.id] = ID_LAST;
  }

  save(): DeviceState {
    return { index: this.#index, registers: [...this.#r] };
  }

  restore(state: DeviceState): void {
    this.#index = state.index as number;
    this.#r.set(state.registers as number[]);
  }
}

/**
 * VGA with the Bochs VBE extension: sequencer, CRTC, graphics controller, attribute controller and DAC in front of the
 * video memory. Sources: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem"; QEMU, docs/specs/standard-vga.
 * Regions: 0 = memory (A0000h..BFFFFh), 1 = ports 3C0h..3CFh, 2 = 3D0h..3DFh, 3 = 3B0h..3BFh, 4 = 1CEh..1D0h,
 * 5 = the linear frame buffer, all of the memory.
 */
import type { ScreenText } from '../../protocol/screen';
import type { AccessSize, BusDevice, Clock, DeviceState } from '../contract';
import { Dac } from './dac';
import { Dispi } from './dispi';
import { frameTiming } from './geometry';
import { clearPages, restorePages, savePages } from './memoryPages';
import { videoMode } from './modes';
import { PlanarMemory } from './planarMemory';
import {
  ATC_PALETTE_ON,
  CRTC,
  CRTC_OVERFLOW_COMPARE,
  CRTC_PROTECT,
  GC,
  GC_ODD_EVEN,
  GC_READ_COMPARE,
  MISC_COLOR,
  MISC_RAM_ENABLE,
  PLANES,
  SEQ,
  SEQ_CHAIN_4,
  type VgaState,
} from './registers';
import { type Picture, renderPicture } from './render';
import { screenText } from './screenText';

export const VIDEO_MEMORY = 8 << 20;
export const VGA_WINDOW = { start: 0xa0000, length: 0x20000 } as const;
export const VGA_REGION = { memory: 0, ports3C0: 1, color: 2, monochrome: 3, dispi: 4, frameBuffer: 5 } as const;

/** Offsets in 3C0h..3CFh. */
const ATTRIBUTE = 0x0;
const ATTRIBUTE_READ = 0x1;
const MISC_WRITE = 0x2;
const SEQUENCER_INDEX = 0x4;
const DAC_MASK = 0x6;
const DAC_READ_INDEX = 0x7;
const DAC_WRITE_INDEX = 0x8;
const DAC_VALUE = 0x9;
const MISC_READ = 0xc;
const GRAPHICS_INDEX = 0xe;
/** Offsets in 3D0h..3DFh and 3B0h..3BFh. */
const CRTC_INDEX = 0x4;
const CRTC_VALUE = 0x5;
const STATUS_1 = 0xa;

/** The window by bits 3..2 of the miscellaneous graphics register: first byte and length, from A0000h on. */
const WINDOWS = [
  [0x00000, 0x20000],
  [0x00000, 0x10000],
  [0x10000, 0x08000],
  [0x18000, 0x08000],
] as const;

const DIRECT_LENGTH = 0x10000;

/** One line in ns, at 31.5 kHz, and how much of it is visible. */
const LINE_NS = 31_778;
const VISIBLE_PART = 0.8;
const STATUS_DISPLAY_OFF = 0x01;
const STATUS_VRETRACE = 0x08;
const SWITCH_SENSE = 0x10;

const powerOn = () => ({ crtcIndex: 0, attributeIndex: ATC_PALETTE_ON, attributeData: 0, sequencerIndex: 0, graphicsIndex: 0, misc: 0 });

export class Vga implements BusDevice {
  readonly name = 'vga';
  readonly #crtc = new Uint8Array(0x40);
  readonly #attribute = new Uint8Array(0x20);
  readonly #sequencer = new Uint8Array(8);
  readonly #graphics = new Uint8Array(16);
  readonly #dac = new Dac();
  readonly #dispi: Dispi;
  readonly #planes: PlanarMemory;
  #r = powerOn();
  /** Nobody has stored into the memory: the machine has not been switched on. */
  #fresh = true;
  /** First byte of the memory in the first 64 KiB of the window, while nothing lies between it and the CPU's bytes. */
  #direct: number | undefined;

  constructor(
    private readonly clock: Clock,
    /** A power of two of bytes, zeros. */
    readonly memory: Uint8Array = new Uint8Array(VIDEO_MEMORY),
    /** Whoever has the CPU's memory may reach the window's first 64 KiB itself, from this byte of the memory on, or may not any more. */
    private readonly mapWindow: (offset: number | undefined) => void = () => {},
  ) {
    this.#dispi = new Dispi(memory.length, () => clearPages(memory));
    this.#planes = new PlanarMemory(memory, this.#sequencer, this.#graphics);
    this.#begin();
  }

  /** What the picture is a function of. Its arrays are the registers themselves. */
  get state(): VgaState {
    return {
      crtc: this.#crtc,
      attribute: this.#attribute,
      sequencer: this.#sequencer,
      graphics: this.#graphics,
      dac: this.#dac.colors,
      dacMask: this.#dac.mask,
      paletteOn: (this.#r.attributeIndex & ATC_PALETTE_ON) !== 0,
      dispi: this.#dispi.state,
      memory: this.memory,
    };
  }

  text(): ScreenText {
    return screenText(this.state);
  }

  /** Pictures since power-on: what blinks depends on it. */
  get frame(): number {
    return Math.floor(this.clock.now() / (LINE_NS * frameTiming(this.#crtc).total));
  }

  picture(into?: Int32Array): Picture {
    return renderPicture(this.state, this.frame, into);
  }

  read(region: number, offset: number, size: AccessSize): number {
    if (region === VGA_REGION.frameBuffer) return this.#load(offset, size);
    if (region === VGA_REGION.dispi) return this.#readDispi(offset, size);
    if (region === VGA_REGION.memory && this.#direct !== undefined && offset < DIRECT_LENGTH) return this.#load(this.#direct + offset, size);
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readByte(region, offset + i) << (8 * i);
    return value >>> 0;
  }

  write(region: number, offset: number, size: AccessSize, value: number): void {
    this.#fresh = false;
    if (region === VGA_REGION.frameBuffer) this.#store(offset, size, value);
    else if (region === VGA_REGION.dispi) this.#writeDispi(offset, size, value);
    else if (region === VGA_REGION.memory && this.#direct !== undefined && offset < DIRECT_LENGTH) this.#store(this.#direct + offset, size, value);
    else for (let i = 0; i < size; i++) this.#writeByte(region, offset + i, (value >>> (8 * i)) & 0xff);
  }

  #load(at: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.memory[(at + i) & (this.memory.length - 1)] << (8 * i);
    return value >>> 0;
  }

  #store(at: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.memory[(at + i) & (this.memory.length - 1)] = value >>> (8 * i);
  }

  #noteAddressing(): void {
    const direct = this.#dispi.enabled ? (this.#dispi.planar ? undefined : this.#dispi.bankOffset) : this.#chained() ? 0 : undefined;
    if (direct === this.#direct) return;
    this.#direct = direct;
    this.mapWindow(direct);
  }

  /** Mode 13h as BIOSes set it: memory without a controller before it, as the banks of the packed VBE modes are. */
  #chained(): boolean {
    const [g, s] = [this.#graphics, this.#sequencer];
    const plain = (g[GC.mode] & (3 | GC_READ_COMPARE | GC_ODD_EVEN)) === 0 && g[GC.enableSetReset] === 0 && g[GC.rotate] === 0 && g[GC.bitMask] === 0xff;
    const window = (g[GC.miscellaneous] >> 2) & 3;
    return plain && window < 2 && (s[SEQ.memoryMode] & SEQ_CHAIN_4) !== 0 && (s[SEQ.mapMask] & 15) === 15 && (this.#r.misc & MISC_RAM_ENABLE) !== 0;
  }

  /** Offset in the window that is selected; -1 beside it. */
  #windowOffset(offset: number): number {
    const [start, length] = WINDOWS[(this.#graphics[GC.miscellaneous] >> 2) & 3];
    const at = offset - start;
    return this.#r.misc & MISC_RAM_ENABLE && at >= 0 && at < length ? at : -1;
  }

  get #bank(): number {
    return this.#dispi.enabled ? this.#dispi.bankOffset / PLANES : 0;
  }

  #readByte(region: number, offset: number): number {
    switch (region) {
      case VGA_REGION.memory: {
        const at = this.#windowOffset(offset);
        return at < 0 ? 0xff : this.#planes.read(at, this.#bank);
      }
      case VGA_REGION.ports3C0:
        return this.#read3C0(offset);
      default:
        return this.#decodes(region) ? this.#readCrtc(offset) : 0xff;
    }
  }

  #writeByte(region: number, offset: number, value: number): void {
    if (region === VGA_REGION.memory) {
      const at = this.#windowOffset(offset);
      if (at >= 0) this.#planes.write(at, this.#bank, value);
    } else if (region === VGA_REGION.ports3C0) this.#write3C0(offset, value);
    else if (this.#decodes(region)) this.#writeCrtc(offset, value);
  }

  /** The CRTC is at 3Dxh or, as the monochrome adapter's was, at 3Bxh. */
  #decodes(region: number): boolean {
    return (region === VGA_REGION.color) === ((this.#r.misc & MISC_COLOR) !== 0);
  }

  #readDispi(offset: number, size: AccessSize): number {
    if (size === 1) return 0xff;
    const value = offset === 0 ? this.#dispi.readIndex() : this.#dispi.read();
    return size === 4 ? (0xffff0000 | value) >>> 0 : value;
  }

  #writeDispi(offset: number, size: AccessSize, value: number): void {
    if (size === 1) return;
    if (offset === 0) this.#dispi.writeIndex(value & 0xffff);
    else this.#dispi.write(value & 0xffff);
    this.#noteAddressing();
  }

  #read3C0(offset: number): number {
    const r = this.#r;
    switch (offset) {
      case ATTRIBUTE:
        return r.attributeIndex;
      case ATTRIBUTE_READ:
        return this.#attribute[r.attributeIndex & 0x1f];
      case MISC_WRITE:
        return SWITCH_SENSE; // input status 0
      case SEQUENCER_INDEX:
        return r.sequencerIndex;
      case SEQUENCER_INDEX + 1:
        return this.#sequencer[r.sequencerIndex];
      case DAC_MASK:
        return this.#dac.mask;
      case DAC_READ_INDEX:
        return this.#dac.state;
      case DAC_WRITE_INDEX:
        return this.#dac.writeIndex;
      case DAC_VALUE:
        return this.#dac.readComponent();
      case MISC_READ:
        return r.misc;
      case GRAPHICS_INDEX:
        return r.graphicsIndex;
      case GRAPHICS_INDEX + 1:
        return this.#graphics[r.graphicsIndex];
      default:
        return 0xff;
    }
  }

  #write3C0(offset: number, value: number): void {
    const r = this.#r;
    switch (offset) {
      case ATTRIBUTE:
        if (r.attributeData) this.#attribute[r.attributeIndex & 0x1f] = value;
        else r.attributeIndex = value & 0x3f;
        r.attributeData ^= 1;
        break;
      case MISC_WRITE:
        r.misc = value;
        break;
      case SEQUENCER_INDEX:
        r.sequencerIndex = value & 7;
        break;
      case SEQUENCER_INDEX + 1:
        this.#sequencer[r.sequencerIndex] = value;
        break;
      case DAC_MASK:
        this.#dac.mask = value;
        break;
      case DAC_READ_INDEX:
        this.#dac.startReading(value);
        break;
      case DAC_WRITE_INDEX:
        this.#dac.startWriting(value);
        break;
      case DAC_VALUE:
        this.#dac.writeComponent(value, this.#dispi.enabled && this.#dispi.state.eightBitDac);
        break;
      case GRAPHICS_INDEX:
        r.graphicsIndex = value & 15;
        break;
      case GRAPHICS_INDEX + 1:
        this.#graphics[r.graphicsIndex] = value;
    }
    this.#noteAddressing();
  }

  #readCrtc(offset: number): number {
    switch (offset) {
      case CRTC_INDEX:
        return this.#r.crtcIndex;
      case CRTC_VALUE:
        return this.#crtc[this.#r.crtcIndex];
      case STATUS_1:
        this.#r.attributeData = 0;
        return this.#retrace();
      default:
        return 0xff;
    }
  }

  #writeCrtc(offset: number, value: number): void {
    const index = this.#r.crtcIndex;
    if (offset === CRTC_INDEX) this.#r.crtcIndex = value & 0x3f;
    else if (offset !== CRTC_VALUE) return;
    else if (index >= 8 || !(this.#crtc[CRTC.retraceEnd] & CRTC_PROTECT)) this.#crtc[index] = value;
    else if (index === CRTC.overflow) this.#crtc[index] = (this.#crtc[index] & ~CRTC_OVERFLOW_COMPARE) | (value & CRTC_OVERFLOW_COMPARE);
  }

  #retrace(): number {
    const now = this.clock.now();
    const { total, visible, retrace, retraceLines } = frameTiming(this.#crtc);
    const line = Math.floor(now / LINE_NS) % total;
    const vertical = line >= retrace && line < retrace + retraceLines;
    const off = line >= visible || now % LINE_NS >= LINE_NS * VISIBLE_PART;
    return (off ? STATUS_DISPLAY_OFF : 0) | (vertical ? STATUS_VRETRACE : 0);
  }

  /** As its BIOS leaves it, without fonts and colours: the 80 × 25 text mode, blank. */
  reset(): void {
    if (!this.#fresh) clearPages(this.memory);
    this.#fresh = false;
    this.#begin();
  }

  #begin(): void {
    const mode = videoMode(3)!;
    for (const [file, values] of [
      [this.#crtc, mode.crtc],
      [this.#attribute, mode.attribute],
      [this.#sequencer, mode.sequencer],
      [this.#graphics, mode.graphics],
    ] as const) {
      file.fill(0);
      file.set(values);
    }
    this.#r = { ...powerOn(), misc: mode.miscellaneous };
    this.#dac.reset();
    this.#dispi.reset();
    this.#planes.latches = 0;
    for (let at = 0; at < (0x8000 / 2) * PLANES; at += PLANES) {
      this.memory[at] = 0x20;
      this.memory[at + 1] = 0x07;
    }
    this.#noteAddressing();
  }

  save(): DeviceState {
    return {
      memory: savePages(this.memory),
      crtc: this.#crtc.slice(),
      attribute: this.#attribute.slice(),
      sequencer: this.#sequencer.slice(),
      graphics: this.#graphics.slice(),
      dac: this.#dac.save(),
      dispi: this.#dispi.save(),
      latches: this.#planes.latches,
      registers: { ...this.#r },
    };
  }

  restore(state: DeviceState): void {
    this.#fresh = false;
    restorePages(this.memory, state.memory as DeviceState);
    this.#crtc.set(state.crtc as Uint8Array);
    this.#attribute.set(state.attribute as Uint8Array);
    this.#sequencer.set(state.sequencer as Uint8Array);
    this.#graphics.set(state.graphics as Uint8Array);
    this.#dac.restore(state.dac as DeviceState);
    this.#dispi.restore(state.dispi as DeviceState);
    this.#planes.latches = state.latches as number;
    Object.assign(this.#r, state.registers);
    this.#noteAddressing();
  }
}

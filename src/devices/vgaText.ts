/**
 * VGA in text mode: 32 KiB of character/attribute pairs and the register files that decide what of it is shown.
 * Source: IBM VGA Technical Reference (XGA/VGA, 1992), register descriptions; mode 3 values as IBM's BIOS sets them.
 * Regions: 0 = text memory (B8000h), 1 = ports 3C0h..3CFh, 2 = ports 3D0h..3DFh. No graphics modes.
 */
import { Emitter } from '../base/events';
import type { ScreenResponse } from '../protocol/requests';
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState } from './contract';
import { CP437 } from './cp437';

export const TEXT_MEMORY_SIZE = 0x8000;
const MEMORY = 0;
const PORTS_3C0 = 1;

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
/** Offsets in 3D0h..3DFh. */
const CRTC_INDEX = 0x4;
const CRTC_VALUE = 0x5;
const STATUS_1 = 0xa;

const CRTC_HORIZONTAL_END = 0x01;
const CRTC_OVERFLOW = 0x07;
const CRTC_MAX_SCAN = 0x09;
const CRTC_CURSOR_START = 0x0a;
const CRTC_START_HIGH = 0x0c;
const CRTC_CURSOR_HIGH = 0x0e;
const CRTC_VERTICAL_RETRACE_END = 0x11;
const CRTC_VERTICAL_END = 0x12;
const CRTC_OFFSET = 0x13;
const CURSOR_OFF = 0x20;
/** Bit 7 of the retrace-end register protects CRTC registers 0..7. */
const CRTC_PROTECT = 0x80;

// biome-ignore format: one table row
const CRTC_MODE_3 = [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff];
const ATTRIBUTE_MODE_3 = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0, 0x0f, 8, 0];
const SEQUENCER_MODE_3 = [3, 0, 3, 0, 2];
const GRAPHICS_MODE_3 = [0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff];
const MISC_MODE_3 = 0x67;

/** 720 x 400 at 70 Hz: one line in ns, lines in a frame, and where the retraces lie. */
const LINE_NS = 31_778;
const FRAME_LINES = 449;
const VISIBLE_LINES = 400;
const VRETRACE_LINE = 412;
const VRETRACE_LINES = 2;
const VISIBLE_PART = 0.8;

const STATUS_DISPLAY_OFF = 0x01;
const STATUS_VRETRACE = 0x08;

const registers = (values: readonly number[], size: number) => Uint8Array.from({ length: size }, (_, i) => values[i] ?? 0);

export class VgaText extends ByteDevice {
  readonly name = 'vga';
  /** Something on the screen changed; fires once, and again only after `screen` was called. */
  readonly changed = new Emitter<void>();
  readonly memory = new Uint8Array(TEXT_MEMORY_SIZE);
  #crtc = new Uint8Array(0x40);
  #attribute = new Uint8Array(0x20);
  #sequencer = new Uint8Array(8);
  #graphics = new Uint8Array(16);
  #dac = new Uint8Array(768);
  /** Scalar registers, saved as they are. */
  #r = { crtcIndex: 0, attributeIndex: 0, attributeData: 0, sequencerIndex: 0, graphicsIndex: 0, misc: 0, dacMask: 0, dacRead: 0, dacWrite: 0 };
  #dirty = false;

  constructor(private readonly clock: Clock) {
    super();
    this.reset();
  }

  get columns(): number {
    return Math.min(this.#crtc[CRTC_HORIZONTAL_END] + 1, 132);
  }

  get rows(): number {
    const overflow = this.#crtc[CRTC_OVERFLOW];
    const lines = (this.#crtc[CRTC_VERTICAL_END] | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1;
    return Math.max(1, Math.min(60, Math.floor(lines / ((this.#crtc[CRTC_MAX_SCAN] & 0x1f) + 1))));
  }

  /** Characters from one row to the next. */
  get #pitch(): number {
    return this.#crtc[CRTC_OFFSET] * 2 || this.columns;
  }

  #word(high: number): number {
    return (this.#crtc[high] << 8) | this.#crtc[high + 1];
  }

  /** Byte address in text memory of a cell; the address wraps as the CRTC's does. */
  #cell(row: number, column: number): number {
    return ((this.#word(CRTC_START_HIGH) + row * this.#pitch + column) * 2) & (TEXT_MEMORY_SIZE - 1);
  }

  screen(): ScreenResponse {
    this.#dirty = false;
    const { columns, rows } = this;
    const line = (row: number) => Array.from({ length: columns }, (_, column) => CP437[this.memory[this.#cell(row, column)]]).join('');
    const position = (this.#word(CRTC_CURSOR_HIGH) - this.#word(CRTC_START_HIGH)) & 0x3fff;
    return {
      columns,
      rows,
      lines: Array.from({ length: rows }, (_, row) => line(row)),
      cursor: { column: position % this.#pitch, row: Math.floor(position / this.#pitch) },
    };
  }

  /** Attribute bytes of what is shown, row-major. */
  attributes(): Uint8Array {
    const { columns, rows } = this;
    return Uint8Array.from({ length: columns * rows }, (_, i) => this.memory[this.#cell(Math.floor(i / columns), i % columns) + 1]);
  }

  get cursorVisible(): boolean {
    return !(this.#crtc[CRTC_CURSOR_START] & CURSOR_OFF);
  }

  #touch(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.changed.fire();
  }

  protected readByte(region: number, offset: number): number {
    if (region === MEMORY) return this.memory[offset];
    return region === PORTS_3C0 ? this.#read3C0(offset) : this.#read3D0(offset);
  }

  protected writeByte(region: number, offset: number, value: number): void {
    if (region === MEMORY) {
      if (this.memory[offset] === value) return;
      this.memory[offset] = value;
      this.#touch();
    } else if (region === PORTS_3C0) this.#write3C0(offset, value);
    else this.#write3D0(offset, value);
  }

  #read3C0(offset: number): number {
    const r = this.#r;
    switch (offset) {
      case ATTRIBUTE:
        return r.attributeIndex;
      case ATTRIBUTE_READ:
        return this.#attribute[r.attributeIndex & 0x1f];
      case SEQUENCER_INDEX:
        return r.sequencerIndex;
      case SEQUENCER_INDEX + 1:
        return this.#sequencer[r.sequencerIndex];
      case DAC_MASK:
        return r.dacMask;
      case DAC_READ_INDEX:
        return 0x03;
      case DAC_WRITE_INDEX:
        return Math.floor(r.dacWrite / 3);
      case DAC_VALUE: {
        const value = this.#dac[r.dacRead];
        r.dacRead = (r.dacRead + 1) % 768;
        return value;
      }
      case MISC_READ:
        return r.misc;
      case GRAPHICS_INDEX:
        return r.graphicsIndex;
      case GRAPHICS_INDEX + 1:
        return this.#graphics[r.graphicsIndex];
      default:
        return offset === MISC_WRITE ? 0x10 : 0xff; // input status 0: switch sense
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
        r.dacMask = value;
        break;
      case DAC_READ_INDEX:
        r.dacRead = value * 3;
        break;
      case DAC_WRITE_INDEX:
        r.dacWrite = value * 3;
        break;
      case DAC_VALUE:
        this.#dac[r.dacWrite] = value & 0x3f;
        r.dacWrite = (r.dacWrite + 1) % 768;
        break;
      case GRAPHICS_INDEX:
        r.graphicsIndex = value & 15;
        break;
      case GRAPHICS_INDEX + 1:
        this.#graphics[r.graphicsIndex] = value;
        break;
    }
  }

  #read3D0(offset: number): number {
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

  #write3D0(offset: number, value: number): void {
    const index = this.#r.crtcIndex;
    if (offset === CRTC_INDEX) this.#r.crtcIndex = value & 0x3f;
    else if (offset === CRTC_VALUE && !(index < 8 && this.#crtc[CRTC_VERTICAL_RETRACE_END] & CRTC_PROTECT)) {
      this.#crtc[index] = value;
      this.#touch();
    }
  }

  #retrace(): number {
    const now = this.clock.now();
    const line = Math.floor(now / LINE_NS) % FRAME_LINES;
    const vertical = line >= VRETRACE_LINE && line < VRETRACE_LINE + VRETRACE_LINES;
    const off = line >= VISIBLE_LINES || now % LINE_NS >= LINE_NS * VISIBLE_PART;
    return (off ? STATUS_DISPLAY_OFF : 0) | (vertical ? STATUS_VRETRACE : 0);
  }

  reset(): void {
    for (let i = 0; i < TEXT_MEMORY_SIZE; i += 2) {
      this.memory[i] = 0x20;
      this.memory[i + 1] = 0x07;
    }
    this.#crtc = registers(CRTC_MODE_3, 0x40);
    this.#attribute = registers(ATTRIBUTE_MODE_3, 0x20);
    this.#sequencer = registers(SEQUENCER_MODE_3, 8);
    this.#graphics = registers(GRAPHICS_MODE_3, 16);
    this.#dac = new Uint8Array(768);
    this.#r = { crtcIndex: 0, attributeIndex: 0x20, attributeData: 0, sequencerIndex: 0, graphicsIndex: 0, misc: MISC_MODE_3, dacMask: 0xff, dacRead: 0, dacWrite: 0 };
    this.#touch();
  }

  save(): DeviceState {
    return {
      memory: this.memory.slice(),
      crtc: this.#crtc.slice(),
      attribute: this.#attribute.slice(),
      sequencer: this.#sequencer.slice(),
      graphics: this.#graphics.slice(),
      dac: this.#dac.slice(),
      registers: { ...this.#r },
    };
  }

  restore(state: DeviceState): void {
    this.memory.set(state.memory as Uint8Array);
    this.#crtc = (state.crtc as Uint8Array).slice();
    this.#attribute = (state.attribute as Uint8Array).slice();
    this.#sequencer = (state.sequencer as Uint8Array).slice();
    this.#graphics = (state.graphics as Uint8Array).slice();
    this.#dac = (state.dac as Uint8Array).slice();
    Object.assign(this.#r, state.registers);
    this.#dirty = false;
    this.#touch();
  }
}

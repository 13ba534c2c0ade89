/**
 * The PC/AT's two 8237A DMA controllers with their page registers: channels 0 to 3 move bytes, 5 to 7 words; 4 is the cascade.
 * A device moves a block when it has one; bus cycles are not modelled. Source: Intel 8237A datasheet (231466);
 * IBM PC/AT Technical Reference for the page registers.
 * Regions: 0 = controller 1 (00h), 1 = controller 2 (C0h, every second port), 2 = page registers (81h to 8Fh).
 */
import { ByteDevice } from './byteDevice';
import type { DeviceState, PhysicalMemory } from './contract';

const STATUS_COMMAND = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_POINTER = 12;
const MASTER_CLEAR = 13;
const CLEAR_MASK = 14;
const ALL_MASK = 15;

const COMMAND_DISABLE = 0x04;
const MODE_AUTO_INITIALIZE = 0x10;
const MODE_DECREMENT = 0x20;
const MODE_TYPE = 0x0c;
const MODE_TO_MEMORY = 0x04;
const MODE_FROM_MEMORY = 0x08;

/** Offset of each channel's page register behind 81h. */
const PAGE_OF = [0x06, 0x02, 0x00, 0x01, 0x0e, 0x0a, 0x08, 0x09];
const PAGES = 15;

const idleChannel = () => ({ baseAddress: 0, baseCount: 0, address: 0, count: 0, mode: 0 });

const powerOn = () => ({
  channels: Array.from({ length: 8 }, idleChannel),
  /** By controller: byte pointer, command, mask and terminal counts. */
  pointer: [0, 0],
  command: [0, 0],
  mask: [15, 15],
  terminal: [0, 0],
  pages: new Array<number>(PAGES).fill(0),
});

/** What a device on the ISA bus holds: its request and acknowledge lines, TC among them. */
export interface DmaLine {
  /** The controller would serve a request now. */
  readonly ready: boolean;
  /** Called when it becomes ready. */
  onReady: (() => void) | undefined;
  /** Bytes from the device; how many were taken, and whether the terminal count was reached with the last of them. */
  toMemory(bytes: Uint8Array): { count: number; terminal: boolean };
  /** Up to `length` bytes for the device. */
  fromMemory(length: number): { bytes: Uint8Array; terminal: boolean };
}

export class Dma8237 extends ByteDevice {
  readonly name = 'dma';
  #s = powerOn();
  readonly #onReady: ((() => void) | undefined)[] = new Array<undefined>(8).fill(undefined);

  constructor(private readonly memory: PhysicalMemory) {
    super();
  }

  line(channel: number): DmaLine {
    const onReady = this.#onReady;
    const ready = () => this.#ready(channel);
    return {
      get ready() {
        return ready();
      },
      get onReady() {
        return onReady[channel];
      },
      set onReady(callback) {
        onReady[channel] = callback;
      },
      toMemory: (bytes) => this.#move(channel, MODE_TO_MEMORY, bytes.length, bytes),
      fromMemory: (length) => {
        const bytes = new Uint8Array(length);
        const { count, terminal } = this.#move(channel, MODE_FROM_MEMORY, length, bytes);
        return { bytes: bytes.subarray(0, count), terminal };
      },
    };
  }

  #ready(channel: number): boolean {
    const { command, mask } = this.#s;
    const controller = channel >> 2;
    // Controller 1 asks for the bus through channel 4.
    const cascaded = controller === 1 || (!(mask[1] & 1) && !(command[1] & COMMAND_DISABLE));
    return cascaded && !(mask[controller] & (1 << (channel & 3))) && !(command[controller] & COMMAND_DISABLE);
  }

  /** A verify transfer counts and moves nothing. */
  #move(channel: number, type: number, length: number, bytes: Uint8Array): { count: number; terminal: boolean } {
    const s = this.#s;
    const c = s.channels[channel];
    const unit = channel > 3 ? 2 : 1;
    const step = c.mode & MODE_DECREMENT ? -1 : 1;
    let count = 0;
    while (count + unit <= length && this.#ready(channel)) {
      const at = this.#physical(channel, c.address);
      for (let i = 0; i < unit; i++) {
        if (type === MODE_TO_MEMORY && (c.mode & MODE_TYPE) === MODE_TO_MEMORY) this.memory.write8(at + i, bytes[count + i]);
        else if (type === MODE_FROM_MEMORY && (c.mode & MODE_TYPE) === MODE_FROM_MEMORY) bytes[count + i] = this.memory.read8(at + i);
      }
      count += unit;
      c.address = (c.address + step) & 0xffff;
      c.count = (c.count - 1) & 0xffff;
      if (c.count !== 0xffff) continue;
      this.#terminalCount(channel);
      return { count, terminal: true };
    }
    return { count, terminal: false };
  }

  #terminalCount(channel: number): void {
    const s = this.#s;
    const c = s.channels[channel];
    s.terminal[channel >> 2] |= 1 << (channel & 3);
    if (c.mode & MODE_AUTO_INITIALIZE) Object.assign(c, { address: c.baseAddress, count: c.baseCount });
    else s.mask[channel >> 2] |= 1 << (channel & 3);
  }

  /** The page register holds the address bits above the controller's sixteen; words leave its lowest bit out. */
  #physical(channel: number, address: number): number {
    const page = this.#s.pages[PAGE_OF[channel]];
    return channel > 3 ? ((page & 0xfe) << 16) | (address << 1) : (page << 16) | address;
  }

  protected readByte(region: number, offset: number): number {
    const s = this.#s;
    if (region === 2) return s.pages[offset];
    const register = region ? offset >> 1 : offset;
    if (register < 8) {
      const c = s.channels[region * 4 + (register >> 1)];
      return this.#half(region, register & 1 ? c.count : c.address);
    }
    if (register === STATUS_COMMAND) {
      const status = s.terminal[region];
      s.terminal[region] = 0;
      return status;
    }
    return register === ALL_MASK ? s.mask[region] | 0xf0 : 0; // 0Dh: the temporary register, of transfers between memory
  }

  protected writeByte(region: number, offset: number, value: number): void {
    const s = this.#s;
    if (region === 2) s.pages[offset] = value;
    else this.#writeRegister(region, region ? offset >> 1 : offset, value);
    for (let channel = 0; channel < 8; channel++) if (this.#onReady[channel] && this.#ready(channel)) this.#onReady[channel]!();
  }

  #writeRegister(controller: number, register: number, value: number): void {
    const s = this.#s;
    const bit = 1 << (value & 3);
    switch (register) {
      case STATUS_COMMAND:
        s.command[controller] = value;
        break;
      case REQUEST: // software requests are for memory-to-memory transfers, which a PC/AT cannot do
        break;
      case SINGLE_MASK:
        s.mask[controller] = value & 4 ? s.mask[controller] | bit : s.mask[controller] & ~bit;
        break;
      case MODE:
        s.channels[controller * 4 + (value & 3)].mode = value & 0xfc;
        break;
      case CLEAR_POINTER:
        s.pointer[controller] = 0;
        break;
      case MASTER_CLEAR:
        Object.assign(s, {
          pointer: s.pointer.with(controller, 0),
          command: s.command.with(controller, 0),
          terminal: s.terminal.with(controller, 0),
          mask: s.mask.with(controller, 15),
        });
        break;
      case CLEAR_MASK:
        s.mask[controller] = 0;
        break;
      case ALL_MASK:
        s.mask[controller] = value & 15;
        break;
      default:
        this.#writeCount(controller, register, value);
    }
  }

  /** Base and current registers are written together, low byte first. */
  #writeCount(controller: number, register: number, value: number): void {
    const c = this.#s.channels[controller * 4 + (register >> 1)];
    const shift = 8 * this.#s.pointer[controller];
    this.#s.pointer[controller] ^= 1;
    const merge = (old: number) => (old & ~(0xff << shift)) | (value << shift);
    if (register & 1) [c.count, c.baseCount] = [merge(c.count), merge(c.baseCount)];
    else [c.address, c.baseAddress] = [merge(c.address), merge(c.baseAddress)];
  }

  #half(controller: number, value: number): number {
    const shift = 8 * this.#s.pointer[controller];
    this.#s.pointer[controller] ^= 1;
    return (value >> shift) & 0xff;
  }

  reset(): void {
    this.#s = powerOn();
  }

  save(): DeviceState {
    return structuredClone(this.#s);
  }

  restore(state: DeviceState): void {
    this.#s = structuredClone(state) as ReturnType<typeof powerOn>;
  }
}

/**
 * The bus-master function of the PIIX3's IDE controller: for each channel a command, a status and the address of a table
 * of physical region descriptors (PRDs). Source: Programming Interface for Bus Master IDE Controller, revision 1.0;
 * Intel 82371SB (PIIX3) datasheet, §2.7. Region 0: sixteen ports, eight for each channel.
 */
import { ByteDevice } from '../byteDevice';
import type { DeviceState, PhysicalMemory } from '../contract';

const COMMAND = 0;
const STATUS = 2;
const TABLE = 4;
const COMMAND_START = 0x01;
const COMMAND_TO_MEMORY = 0x08;
const STATUS_ACTIVE = 0x01;
const STATUS_ERROR = 0x02;
const STATUS_INTERRUPT = 0x04;
/** Set by the BIOS for devices that can do DMA; nothing but memory. */
const STATUS_CAPABLE = 0x60;
const PRD_SIZE = 8;
const END_OF_TABLE = 0x8000;

const powerOn = () => ({
  command: 0,
  status: 0,
  table: 0,
  /** Next descriptor; what is left of the one under way; whether it is the last. */
  next: 0,
  address: 0,
  left: 0,
  last: false,
});

export class BusMasterChannel {
  /** The host set Start. */
  started: (() => void) | undefined;
  #s = powerOn();

  constructor(
    private readonly memory: PhysicalMemory,
    private readonly masters: () => boolean,
  ) {}

  /** Start is set, and the function may master the bus. */
  get active(): boolean {
    return (this.#s.status & STATUS_ACTIVE) !== 0 && this.masters();
  }

  read(offset: number): number {
    if (offset === COMMAND) return this.#s.command;
    if (offset === STATUS) return this.#s.status;
    return offset < TABLE ? 0 : (this.#s.table >>> (8 * (offset - TABLE))) & 0xff;
  }

  write(offset: number, value: number): void {
    const s = this.#s;
    if (offset === COMMAND) this.#writeCommand(value & (COMMAND_START | COMMAND_TO_MEMORY));
    else if (offset === STATUS) s.status = (s.status & ~(STATUS_CAPABLE | (value & (STATUS_ERROR | STATUS_INTERRUPT)))) | (value & STATUS_CAPABLE);
    else if (offset >= TABLE) {
      const shift = 8 * (offset - TABLE);
      s.table = ((s.table & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  #writeCommand(value: number): void {
    const s = this.#s;
    const before = s.command;
    s.command = value;
    if (!(value & COMMAND_START)) s.status &= ~STATUS_ACTIVE;
    else if (!(before & COMMAND_START)) {
      s.status |= STATUS_ACTIVE;
      Object.assign(s, { next: s.table >>> 0, left: 0, last: false });
      this.started?.();
    }
  }

  /** The device's INTRQ rose: the transfer's data are in memory. */
  interrupted(): void {
    this.#s.status |= STATUS_INTERRUPT;
  }

  /** Bytes from the device; returns how many found room. */
  toMemory(bytes: Uint8Array): number {
    if (!(this.#s.command & COMMAND_TO_MEMORY)) return this.#wrongWay();
    let done = 0;
    this.#regions(bytes.length, (address, length) => {
      this.memory.writeBytes(address, bytes.subarray(done, done + length));
      done += length;
    });
    return done;
  }

  /** Up to `length` bytes for the device. */
  fromMemory(length: number): Uint8Array {
    if (this.#s.command & COMMAND_TO_MEMORY) return new Uint8Array(this.#wrongWay());
    const bytes = new Uint8Array(length);
    let done = 0;
    this.#regions(length, (address, n) => {
      bytes.set(this.memory.readBytes(address, n), done);
      done += n;
    });
    return bytes.subarray(0, done);
  }

  /** The direction bit contradicts the device. */
  #wrongWay(): 0 {
    this.#s.status = (this.#s.status | STATUS_ERROR) & ~STATUS_ACTIVE;
    return 0;
  }

  /** Walk the descriptors over `length` bytes, as far as they reach. Active ends with the last byte of the last descriptor. */
  #regions(length: number, visit: (address: number, length: number) => void): void {
    const s = this.#s;
    while (length > 0 && this.active) {
      if (s.left === 0) this.#load();
      const n = Math.min(length, s.left);
      visit(s.address, n);
      s.address += n;
      s.left -= n;
      length -= n;
      if (s.left === 0 && s.last) s.status &= ~STATUS_ACTIVE;
    }
  }

  #load(): void {
    const s = this.#s;
    const view = new DataView(this.memory.readBytes(s.next, PRD_SIZE).slice().buffer);
    s.address = (view.getUint32(0, true) & ~1) >>> 0;
    s.left = view.getUint16(4, true) & 0xfffe || 0x10000;
    s.last = (view.getUint16(6, true) & END_OF_TABLE) !== 0;
    // A table lies within 64 KiB.
    s.next = ((s.next & 0xffff0000) | ((s.next + PRD_SIZE) & 0xffff)) >>> 0;
  }

  reset(): void {
    this.#s = powerOn();
  }

  save(): DeviceState {
    return { ...this.#s };
  }

  restore(state: DeviceState): void {
    this.#s = { ...state } as ReturnType<typeof powerOn>;
  }
}

export class BusMaster extends ByteDevice {
  readonly name = 'busMaster';
  readonly channels: readonly [BusMasterChannel, BusMasterChannel];

  /** `masters`: bit 2 of the function's PCI command register. */
  constructor(memory: PhysicalMemory, masters: () => boolean) {
    super();
    this.channels = [new BusMasterChannel(memory, masters), new BusMasterChannel(memory, masters)];
  }

  /** The command register may have changed: a channel that was started goes on. */
  commandChanged(): void {
    for (const channel of this.channels) if (channel.active) channel.started?.();
  }

  protected readByte(_region: number, offset: number): number {
    return this.channels[offset >> 3].read(offset & 7);
  }

  protected writeByte(_region: number, offset: number, value: number): void {
    this.channels[offset >> 3].write(offset & 7, value);
  }

  reset(): void {
    for (const channel of this.channels) channel.reset();
  }

  save(): DeviceState {
    return { channels: this.channels.map((c) => c.save()) };
  }

  restore(state: DeviceState): void {
    (state.channels as DeviceState[]).forEach((s, i) => {
      this.channels[i].restore(s);
    });
  }
}

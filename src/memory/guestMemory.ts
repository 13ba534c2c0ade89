/**
 * Guest-physical memory: RAM and ROM inside the VM's WebAssembly.Memory, everything else on the bus.
 * Each page below the end of RAM has a kind; pages that hold translated code or traced tables are marked,
 * so that a store to them takes the slow path and is seen.
 */
import { PAGE, RAM } from './layout';

export type RegionKind = 'ram' | 'rom' | 'device';

const KIND_RAM = 0;
const KIND_ROM = 1;
const KIND_DEVICE = 2;
const MARK_CODE = 1;
const MARK_TRACED = 2;

export interface JournalEntry {
  readonly address: number;
  readonly size: 1 | 2 | 4;
  readonly before: number;
  readonly after: number;
}

/** What answers accesses that are not RAM or ROM: devices, or the open bus. */
export interface MemoryBus {
  read(address: number, size: 1 | 2 | 4): number;
  write(address: number, size: 1 | 2 | 4, value: number): void;
}

export class GuestMemory {
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** FFFFFFFFh, or FFEFFFFFh while the A20 gate is closed. */
  a20Mask = 0xffffffff;
  /** A store hit a page marked as code: [address, address + length) has been written. */
  onCodeWrite: (address: number, length: number) => void = () => {};
  /** A store hit a traced page. */
  onTracedWrite: (address: number, length: number) => void = () => {};
  /** While set, every store is noted here with what it replaced, so that it can be taken back. Flush the TLB before and after. */
  journal: JournalEntry[] | undefined;
  readonly #kinds: Uint8Array;
  readonly #marks: Uint8Array;

  /** Where RAM starts in the VM's memory. */
  readonly ramOffset = RAM;

  /** `size`: bytes of RAM, a multiple of the page size. */
  constructor(
    readonly memory: WebAssembly.Memory,
    readonly size: number,
    readonly bus: MemoryBus,
  ) {
    this.u8 = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.#kinds = new Uint8Array(size / PAGE);
    this.#marks = new Uint8Array(size / PAGE);
  }

  /** Give [start, end) a kind; both page-aligned, below the end of RAM. */
  setKind(start: number, end: number, kind: RegionKind): void {
    this.#kinds.fill(kind === 'ram' ? KIND_RAM : kind === 'rom' ? KIND_ROM : KIND_DEVICE, start / PAGE, Math.min(end, this.size) / PAGE);
  }

  #kind(address: number): number {
    return address < this.size ? this.#kinds[address >>> 12] : KIND_DEVICE;
  }

  isRam(address: number): boolean {
    return this.#kind(address) === KIND_RAM;
  }
  /** RAM or ROM: reads come from the array. */
  isBacked(address: number): boolean {
    return this.#kind(address) !== KIND_DEVICE;
  }
  /** Stores may go straight to the array. */
  isPlain(address: number): boolean {
    return this.#kind(address) === KIND_RAM && this.#marks[address >>> 12] === 0 && !this.journal;
  }

  markCode(address: number, on: boolean): void {
    if (address >= this.size) return;
    if (on) this.#marks[address >>> 12] |= MARK_CODE;
    else this.#marks[address >>> 12] &= ~MARK_CODE;
  }
  markTraced(address: number, on: boolean): void {
    if (address >= this.size) return;
    if (on) this.#marks[address >>> 12] |= MARK_TRACED;
    else this.#marks[address >>> 12] &= ~MARK_TRACED;
  }
  hasCode(address: number): boolean {
    return address < this.size && (this.#marks[address >>> 12] & MARK_CODE) !== 0;
  }

  /** Within one page. Unsigned. */
  read(address: number, size: 1 | 2 | 4): number {
    if (!this.isBacked(address)) return this.bus.read(address, size) >>> 0;
    const at = RAM + address;
    return size === 1 ? this.u8[at] : size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }

  /** Within one page. Stores to ROM vanish. */
  write(address: number, size: 1 | 2 | 4, value: number): void {
    const kind = this.#kind(address);
    if (kind === KIND_DEVICE) this.bus.write(address, size, value >>> 0);
    else if (kind === KIND_RAM) {
      const at = RAM + address;
      this.journal?.push({ address, size, before: this.read(address, size), after: value >>> 0 });
      if (size === 1) this.u8[at] = value;
      else if (size === 2) this.view.setUint16(at, value, true);
      else this.view.setUint32(at, value, true);
      this.#noteWrite(address, size);
    }
  }

  #noteWrite(address: number, length: number): void {
    const marks = this.#marks[address >>> 12];
    if (marks & MARK_CODE) this.onCodeWrite(address, length);
    if (marks & MARK_TRACED) this.onTracedWrite(address, length);
  }

  // What devices, loaders and the debugger use (devices/contract PhysicalMemory): any length, no device side effects.

  read8(address: number): number {
    return this.isBacked(address) ? this.u8[RAM + address] : 0xff;
  }
  write8(address: number, value: number): void {
    if (this.isRam(address)) this.write(address, 1, value);
  }
  readBytes(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    for (let at = 0; at < length; ) {
      const from = address + at;
      const n = Math.min(length - at, PAGE - (from & (PAGE - 1)));
      if (this.isBacked(from)) out.set(this.u8.subarray(RAM + from, RAM + from + n), at);
      at += n;
    }
    return out;
  }
  writeBytes(address: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const to = address + at;
      const n = Math.min(bytes.length - at, PAGE - (to & (PAGE - 1)));
      if (this.isRam(to)) {
        this.u8.set(bytes.subarray(at, at + n), RAM + to);
        this.#noteWrite(to, n);
      }
      at += n;
    }
  }
  /** Put a ROM image: pages become read-only. */
  loadRom(address: number, image: Uint8Array): void {
    this.u8.set(image, RAM + address);
    this.setKind(address, address + image.length, 'rom');
  }
}

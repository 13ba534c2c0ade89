/**
 * Guest-physical memory: RAM, ROM and the frame buffer inside the VM's WebAssembly.Memory, everything else on the bus.
 * Each page below the end of RAM has a kind; pages that hold translated code or traced tables are marked,
 * so that a store to them takes the slow path and is seen. The system's ROM ends at 4 GiB; its end is seen
 * below 1 MiB too, where the host bridge lets RAM take its place, for loads and for stores.
 */
import { PAGE, PAGE_STATES, RAM, ROM_BYTES } from './layout';
import {
  KIND_BITS,
  KIND_DEVICE,
  KIND_DEVICE_OVER_RAM,
  KIND_FLASH,
  KIND_FLASH_OVER_RAM,
  KIND_RAM,
  KIND_ROM,
  KIND_VIDEO,
  KIND_WINDOW,
  MARK_BITS,
  MARK_CODE,
  MARK_TABLE,
  MARK_TRACED,
} from './pageStates';
import { PAGING, UNUSUAL_JOURNAL } from './pagingCells';

export type RegionKind = 'ram' | 'rom' | 'device';

/** [start, end) of the VGA's window. */
export const VIDEO_WINDOW = { start: 0xa0000, end: 0xb0000 } as const;
const LOW_ROM_END = 0x100000;
/** What of the ROM is seen below 1 MiB. */
const LOW_ROM_BYTES = 0x20000;
const SPACE_END = 0x1_0000_0000;

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
  /** A store hit a page marked as code: [address, address + length) has been written. `changed`: with other bytes than were there. */
  onCodeWrite: (address: number, length: number, changed: boolean) => void = () => {};
  /** A store hit a traced page. */
  onTracedWrite: (address: number, length: number) => void = () => {};
  /** A store hit a page that holds a page table of the guest, and shadow entries derived from it. */
  onTableWrite: (address: number, length: number) => void = () => {};
  #journal: JournalEntry[] | undefined;
  /** Changes whenever a page gets another kind. */
  mapVersion = 0;
  /** Of each page of RAM, and behind them of video memory (pageStates). */
  readonly #states: Uint8Array;
  /** Bytes of ROM below 4 GiB, and where they are in the VM's memory. */
  #romSize = 0;
  readonly #romOffset: number;
  /** Physical address of the frame buffer; above all addresses while it decodes nowhere. */
  #videoBase = SPACE_END;
  readonly #videoOffset: number;
  /** First byte of video memory in the window at A0000h; -1 while a device answers there. */
  #window = -1;

  /** Where RAM starts in the VM's memory. */
  readonly ramOffset = RAM;

  /** `size`: bytes of RAM, `videoSize`: of video memory; multiples of the page size. */
  constructor(
    readonly memory: WebAssembly.Memory,
    readonly size: number,
    readonly bus: MemoryBus,
    readonly videoSize = 0,
  ) {
    this.u8 = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.#romOffset = RAM + size;
    this.#videoOffset = this.#romOffset + ROM_BYTES;
    this.#states = new Uint8Array(memory.buffer, PAGE_STATES, (size + videoSize) / PAGE);
    this.view.setUint32(PAGING.RAM_SIZE, size, true);
    this.a20Mask = 0xffffffff;
  }

  /** FFFFFFFFh, or FFEFFFFFh while the A20 gate is closed. */
  get a20Mask(): number {
    return this.view.getUint32(PAGING.A20_MASK, true);
  }
  set a20Mask(mask: number) {
    this.view.setUint32(PAGING.A20_MASK, mask, true);
  }

  /** While set, every store is noted here with what it replaced, so that it can be taken back. Flush the TLB before and after. */
  get journal(): JournalEntry[] | undefined {
    return this.#journal;
  }
  set journal(journal: JournalEntry[] | undefined) {
    this.#journal = journal;
    const unusual = this.view.getUint32(PAGING.UNUSUAL, true) & ~UNUSUAL_JOURNAL;
    this.view.setUint32(PAGING.UNUSUAL, unusual | (journal ? UNUSUAL_JOURNAL : 0), true);
  }

  /** The video memory itself, wherever it decodes. */
  get video(): Uint8Array {
    return this.u8.subarray(this.#videoOffset, this.#videoOffset + this.videoSize);
  }

  /** Let the frame buffer decode at `base`, above RAM, or nowhere. Flush the TLB and forget translated code then. */
  mapVideo(base: number | undefined): void {
    this.#videoBase = base ?? SPACE_END;
  }

  /** Let the window at A0000h be video memory from `offset` on, or a device. Flush the TLB and forget code that was translated there then. */
  mapWindow(offset: number | undefined): void {
    this.mapVersion++;
    this.#window = offset ?? -1;
    this.#fillKind(VIDEO_WINDOW.start, VIDEO_WINDOW.end, offset === undefined ? KIND_DEVICE : KIND_WINDOW);
  }

  /** The other address of a byte that is seen both in the window and in the frame buffer; -1 for all others. */
  #alias(address: number): number {
    if (this.#window < 0) return -1;
    if (address < this.size)
      return (this.#states[address >>> 12] & KIND_BITS) === KIND_WINDOW && this.#videoBase < SPACE_END ? this.#videoBase + this.#window + address - VIDEO_WINDOW.start : -1;
    const at = address - this.#videoBase - this.#window;
    return at >= 0 && at < VIDEO_WINDOW.end - VIDEO_WINDOW.start ? VIDEO_WINDOW.start + at : -1;
  }

  /** Guest-physical address of the frame buffer; undefined while it is nowhere. */
  get videoBase(): number | undefined {
    return this.#videoBase === SPACE_END ? undefined : this.#videoBase;
  }

  /** RAM that has one address: nearly every one. */
  #isPlainRam(address: number): boolean {
    return address < this.size && (this.#states[address >>> 12] & KIND_BITS) === KIND_RAM;
  }

  #isVideo(address: number): boolean {
    return address >= this.#videoBase && address < this.#videoBase + this.videoSize;
  }

  /** Index of an address's page in the marks; -1 for what has none. */
  #markIndex(address: number): number {
    if (address < this.size) return address >>> 12;
    return this.#isVideo(address) ? (this.size + address - this.#videoBase) >>> 12 : -1;
  }

  /** Give [start, end) a kind; both page-aligned, below the end of RAM. */
  setKind(start: number, end: number, kind: RegionKind): void {
    this.mapVersion++;
    this.#fillKind(start, Math.min(end, this.size), kind === 'ram' ? KIND_RAM : kind === 'rom' ? KIND_ROM : KIND_DEVICE);
  }

  #fillKind(start: number, end: number, kind: number): void {
    for (let page = start / PAGE; page < end / PAGE; page++) this.#states[page] = (this.#states[page] & MARK_BITS) | kind;
  }

  /** Put the system's ROM at the top of the address space; `image` has up to ROM_BYTES, whole pages. Memory has room for it behind RAM. */
  mapRom(image: Uint8Array): void {
    this.mapVersion++;
    this.#romSize = image.length;
    this.u8.set(image, this.#romOffset + ROM_BYTES - image.length);
  }

  /** What answers in [start, end) of the first megabyte: loads and stores each go to RAM, or to what is behind it: the ROM, or the bus. */
  setShadow(start: number, end: number, { loads, stores }: { readonly loads: boolean; readonly stores: boolean }): void {
    this.mapVersion++;
    for (let page = start; page < Math.min(end, this.size); page += PAGE) {
      const rom = page >= LOW_ROM_END - Math.min(this.#romSize, LOW_ROM_BYTES);
      const direct = stores ? KIND_RAM : KIND_ROM;
      const behind = rom ? (stores ? KIND_FLASH_OVER_RAM : KIND_FLASH) : stores ? KIND_DEVICE_OVER_RAM : KIND_DEVICE;
      this.#fillKind(page, page + PAGE, loads ? direct : behind);
    }
  }

  #kind(address: number): number {
    if (address < this.size) return this.#states[address >>> 12] & KIND_BITS;
    if (address >= SPACE_END - this.#romSize && address < SPACE_END) return KIND_FLASH;
    return this.#isVideo(address) ? KIND_VIDEO : KIND_DEVICE;
  }

  /** Where loads from `address` find their byte in the VM's memory; -1 when the bus answers. */
  hostOffset(address: number): number {
    if (this.#isPlainRam(address)) return RAM + address;
    const kind = this.#kind(address);
    if (kind === KIND_ROM) return RAM + address;
    if (kind === KIND_DEVICE || kind === KIND_DEVICE_OVER_RAM) return -1;
    if (kind === KIND_VIDEO) return this.#videoOffset + address - this.#videoBase;
    if (kind === KIND_WINDOW) return this.#inWindow(address);
    return this.#romOffset + ROM_BYTES - ((address < LOW_ROM_END ? LOW_ROM_END : SPACE_END) - address);
  }

  /** Where stores to `address` go in the VM's memory, whatever is in front of it for loads. */
  storeOffset(address: number): number {
    if (this.#isVideo(address)) return this.#videoOffset + address - this.#videoBase;
    return this.#window >= 0 && this.#kind(address) === KIND_WINDOW ? this.#inWindow(address) : RAM + address;
  }

  #inWindow(address: number): number {
    return this.#videoOffset + this.#window + address - VIDEO_WINDOW.start;
  }

  /** Stores change it: RAM, or video memory where it decodes. */
  isRam(address: number): boolean {
    const kind = this.#kind(address);
    return kind === KIND_RAM || kind >= KIND_VIDEO;
  }
  /** RAM or ROM: reads come from the array. */
  isBacked(address: number): boolean {
    return this.hostOffset(address) >= 0;
  }
  /** Stores may go straight to the array. */
  isPlain(address: number): boolean {
    if (this.#isPlainRam(address)) return this.#states[address >>> 12] === 0 && !this.#journal;
    return this.isRam(address) && this.#marksOf(address) === 0 && !this.#journal;
  }

  #marksOf(address: number): number {
    const alias = this.#alias(address);
    return (this.#states[this.#markIndex(address)] | (alias < 0 ? 0 : this.#states[this.#markIndex(alias)])) & MARK_BITS;
  }

  markCode(address: number, on: boolean): void {
    const at = this.#markIndex(address);
    if (at < 0) return;
    if (on) this.#states[at] |= MARK_CODE;
    else this.#states[at] &= ~MARK_CODE;
  }
  markTraced(address: number, on: boolean): void {
    if (address >= this.size) return;
    if (on) this.#states[address >>> 12] |= MARK_TRACED;
    else this.#states[address >>> 12] &= ~MARK_TRACED;
  }
  markTable(address: number, on: boolean): void {
    const at = this.#markIndex(address);
    if (at < 0) return;
    if (on) this.#states[at] |= MARK_TABLE;
    else this.#states[at] &= ~MARK_TABLE;
  }
  /** The VMM wants to see stores here: a descriptor table or page table of the guest. */
  isTraced(address: number): boolean {
    const at = this.#markIndex(address);
    return at >= 0 && (this.#states[at] & (MARK_TRACED | MARK_TABLE)) !== 0;
  }
  hasCode(address: number): boolean {
    return (this.#states[this.#markIndex(address)] & MARK_CODE) !== 0;
  }

  /** Within one page. Unsigned. */
  read(address: number, size: 1 | 2 | 4): number {
    const at = this.hostOffset(address);
    if (at < 0) return this.bus.read(address, size) >>> 0;
    return this.load(at, size);
  }

  /** At an offset in the VM's memory. Unsigned. */
  load(at: number, size: 1 | 2 | 4): number {
    if (size === 4) return this.view.getUint32(at, true);
    return size === 1 ? this.u8[at] : this.view.getUint16(at, true);
  }

  store(at: number, size: 1 | 2 | 4, value: number): void {
    if (size === 1) this.u8[at] = value;
    else if (size === 2) this.view.setUint16(at, value, true);
    else this.view.setUint32(at, value, true);
  }

  /** Within one page. Stores to ROM vanish. */
  write(address: number, size: 1 | 2 | 4, value: number): void {
    const kind = this.#kind(address);
    if (kind === KIND_DEVICE) this.bus.write(address, size, value >>> 0);
    else if (kind !== KIND_ROM && kind !== KIND_FLASH) {
      const at = this.storeOffset(address);
      const before = this.load(at, size);
      this.#journal?.push({ address, size, before, after: value >>> 0 });
      this.store(at, size, value);
      this.#noteWrite(address, size, this.load(at, size) !== before);
    }
  }

  /** A store to RAM of a page that is marked, which somebody has to see. False: it is not marked any more, and nothing has happened. */
  writeMarked(address: number, size: 1 | 2 | 4, value: number): boolean {
    const marks = this.#states[address >>> 12] & MARK_BITS;
    if (marks === 0 && !this.#journal) return false;
    if (marks !== MARK_CODE || this.#journal) this.write(address, size, value);
    else {
      const before = this.load(RAM + address, size);
      this.store(RAM + address, size, value);
      if (this.load(RAM + address, size) !== before) this.onCodeWrite(address, size, true);
    }
    return true;
  }

  #noteWrite(address: number, length: number, changed: boolean): void {
    this.#noteAt(address, length, changed);
    const alias = this.#alias(address);
    if (alias >= 0) this.#noteAt(alias, length, changed);
  }

  #noteAt(address: number, length: number, changed: boolean): void {
    const marks = this.#states[this.#markIndex(address)];
    if (marks & MARK_CODE) this.onCodeWrite(address, length, changed);
    if (marks & MARK_TRACED) this.onTracedWrite(address, length);
    if (marks & MARK_TABLE) this.onTableWrite(address, length);
  }

  // What devices, loaders and the debugger use (devices/contract PhysicalMemory): any length, no device side effects.

  read8(address: number): number {
    const at = this.hostOffset(address);
    return at < 0 ? 0xff : this.u8[at];
  }
  write8(address: number, value: number): void {
    if (this.isRam(address)) this.write(address, 1, value);
  }
  /** Within one page, to the start of `into`: all ones where nothing is. */
  copyBytes(address: number, length: number, into: Uint8Array): void {
    const host = this.hostOffset(address);
    for (let i = 0; i < length; i++) into[i] = host < 0 ? 0xff : this.u8[host + i];
  }
  readBytes(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    for (let at = 0; at < length; ) {
      const from = address + at;
      const n = Math.min(length - at, PAGE - (from & (PAGE - 1)));
      const host = this.hostOffset(from);
      if (host >= 0) out.set(this.u8.subarray(host, host + n), at);
      at += n;
    }
    return out;
  }
  writeBytes(address: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const to = address + at;
      const n = Math.min(bytes.length - at, PAGE - (to & (PAGE - 1)));
      if (this.isRam(to)) {
        this.u8.set(bytes.subarray(at, at + n), this.storeOffset(to));
        this.#noteWrite(to, n, true);
      }
      at += n;
    }
  }
}

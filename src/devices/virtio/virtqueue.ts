/**
 * A split virtqueue, seen from the device: descriptor table, available ring, used ring (VIRTIO 1.2, §2.7). What the driver
 * writes there is checked: rings and buffers lie in RAM, chains end, and the available index does not run ahead.
 */
import { hexh } from '../../base/bits';
import type { DeviceState, PhysicalMemory } from '../contract';
import { DescriptorChain, type Piece } from './descriptorChain';

const DESCRIPTOR_BYTES = 16;
const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;
const RING = 4;
const PAGE = 4096;

export interface VirtqueueHost {
  readonly memory: PhysicalMemory;
  readonly indirect: boolean;
  /** VIRTIO_F_EVENT_IDX is negotiated. */
  readonly eventIndex: boolean;
  fail(why: string): void;
}

interface Descriptor extends Piece {
  readonly flags: number;
  readonly next: number;
}

export class Virtqueue {
  enabled = false;
  size: number;
  /** Guest-physical addresses of the three areas: 64 bits wide in the registers, checked when used. */
  descriptors = 0;
  available = 0;
  used = 0;
  #lastAvailable = 0;
  #usedIndex = 0;
  /** Used index when the driver was last interrupted. */
  #signalled = 0;

  constructor(
    readonly index: number,
    readonly maximum: number,
    private readonly host: VirtqueueHost,
  ) {
    this.size = maximum;
  }

  /** All three areas one behind the other, as legacy drivers have them (§2.7.2). 0 takes the queue away. */
  placeLegacy(address: number): void {
    this.reset();
    if (address === 0) return;
    this.descriptors = address;
    this.available = address + DESCRIPTOR_BYTES * this.size;
    this.used = Math.ceil((this.available + RING + 2 * this.size + 2) / PAGE) * PAGE;
    this.enable();
  }

  enable(): void {
    const areas = [
      ['descriptor table', this.descriptors, DESCRIPTOR_BYTES * this.size],
      ['available ring', this.available, RING + 2 * this.size + 2],
      ['used ring', this.used, RING + 8 * this.size + 2],
    ] as const;
    this.enabled = true;
    for (const [what, address, length] of areas) if (!this.#inRam(address, length)) return this.#fail(`its ${what} at ${hexh(address)} is not in RAM`);
  }

  #fail(why: string): undefined {
    this.enabled = false;
    this.host.fail(`queue ${this.index}: ${why}`);
  }

  #inRam(address: number, length: number): boolean {
    return address + length <= this.host.memory.size;
  }

  #read(address: number, size: 2 | 4): number {
    const bytes = this.host.memory.readBytes(address, size);
    return size === 2 ? bytes[0] | (bytes[1] << 8) : (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
  }

  #write(address: number, ...words: number[]): void {
    this.host.memory.writeBytes(address, Uint8Array.from(words.flatMap((word) => [word & 0xff, (word >> 8) & 0xff])));
  }

  /** Chains that the driver has made available and the device has not taken. */
  get waiting(): number {
    return this.enabled ? (this.#read(this.available + 2, 2) - this.#lastAvailable) & 0xffff : 0;
  }

  /** The next available chain, without taking it; undefined when there is none, or when it makes no sense (the transport has been told). */
  peek(): DescriptorChain | undefined {
    const { waiting } = this;
    if (waiting === 0) {
      this.#askForNotification();
      return undefined;
    }
    if (waiting > this.size) return this.#fail(`its available index is ${waiting} ahead, with ${this.size} entries`);
    const head = this.#read(this.available + RING + 2 * (this.#lastAvailable % this.size), 2);
    return this.#chain(head);
  }

  /** Take what `peek` gave. */
  take(): void {
    this.#lastAvailable = (this.#lastAvailable + 1) & 0xffff;
  }

  pop(): DescriptorChain | undefined {
    const chain = this.peek();
    if (chain) this.take();
    return chain;
  }

  /** With VIRTIO_F_EVENT_IDX the driver notifies only for the entry named behind the used ring (§2.7.10). */
  #askForNotification(): void {
    if (this.enabled && this.host.eventIndex) this.#write(this.used + RING + 8 * this.size, this.#lastAvailable);
  }

  /** Give a chain back with `written` bytes in its writable part. True: the driver wants an interrupt for it. */
  push(chain: DescriptorChain, written: number): boolean {
    if (!this.enabled) return false;
    const at = this.used + RING + 8 * (this.#usedIndex % this.size);
    this.#write(at, chain.head, 0, written & 0xffff, written >>> 16);
    this.#usedIndex = (this.#usedIndex + 1) & 0xffff;
    this.#write(this.used + 2, this.#usedIndex);
    return this.#wantsInterrupt();
  }

  #wantsInterrupt(): boolean {
    if (!this.host.eventIndex) return !(this.#read(this.available, 2) & AVAIL_F_NO_INTERRUPT);
    const event = this.#read(this.available + RING + 2 * this.size, 2);
    const wanted = ((this.#usedIndex - event - 1) & 0xffff) < ((this.#usedIndex - this.#signalled) & 0xffff);
    this.#signalled = this.#usedIndex;
    return wanted;
  }

  #chain(head: number): DescriptorChain | undefined {
    let [table, entries] = [this.descriptors, this.size];
    const pieces: [Piece[], Piece[]] = [[], []];
    let index = head;
    let direct = true;
    for (let count = 0; ; count++) {
      if (index >= entries) return this.#fail(`descriptor ${index} is beyond the ${entries} of its table`);
      if (count > this.size) return this.#fail(`the chain at descriptor ${head} does not end after ${this.size} descriptors`);
      const descriptor = this.#descriptor(table + DESCRIPTOR_BYTES * index);
      if (!descriptor) return this.#fail(`descriptor ${index} names a buffer that is not in RAM`);
      const { flags, address, length, next } = descriptor;
      if (flags & DESC_F_INDIRECT) {
        if (!this.host.indirect || !direct || flags & DESC_F_NEXT || length === 0 || length % DESCRIPTOR_BYTES)
          return this.#fail(`descriptor ${index} names an indirect table that is not allowed there`);
        [table, entries, index, direct] = [address, length / DESCRIPTOR_BYTES, 0, false];
        continue;
      }
      const side = flags & DESC_F_WRITE ? 1 : 0;
      if (side === 0 && pieces[1].length > 0) return this.#fail(`the chain at descriptor ${head} has a buffer to read behind one to write`);
      pieces[side].push({ address, length });
      if (!(flags & DESC_F_NEXT)) return new DescriptorChain(this.host.memory, head, pieces[0], pieces[1]);
      index = next;
    }
  }

  #descriptor(at: number): Descriptor | undefined {
    const address = this.#read(at + 4, 4) * 0x1_0000_0000 + this.#read(at, 4);
    const length = this.#read(at + 8, 4);
    return this.#inRam(address, length) ? { address, length, flags: this.#read(at + 12, 2), next: this.#read(at + 14, 2) } : undefined;
  }

  reset(): void {
    this.enabled = false;
    this.size = this.maximum;
    this.descriptors = this.available = this.used = 0;
    this.#lastAvailable = this.#usedIndex = this.#signalled = 0;
  }

  save(): DeviceState {
    const { enabled, size, descriptors, available, used } = this;
    return { enabled, size, descriptors, available, used, lastAvailable: this.#lastAvailable, usedIndex: this.#usedIndex, signalled: this.#signalled };
  }

  restore(state: DeviceState): void {
    const { enabled, size, descriptors, available, used } = state;
    Object.assign(this, { enabled, size, descriptors, available, used });
    this.#lastAvailable = state.lastAvailable as number;
    this.#usedIndex = state.usedIndex as number;
    this.#signalled = state.signalled as number;
  }
}

/**
 * Where shadow page tables are: pages of the VM's memory that no guest-physical address leads to. A slot is two pages: a
 * table of 1024 entries as the silicon walks it (SDM Vol. 3, 4.3), and beside it the guest-physical page number of each.
 * A pool that is full gives up what was used least recently.
 */
import { PAGE, SHADOW, SHADOW_BYTES } from './layout';

export const ENTRIES = 1024;
const SLOT_BYTES = 2 * PAGE;
export const SHADOW_SLOTS = SHADOW_BYTES / SLOT_BYTES;

/** What holds a slot. */
export interface SlotOwner {
  readonly slot: number;
  lastUse: number;
}

export class ShadowPool<Owner extends SlotOwner> {
  readonly #words: Int32Array;
  readonly #free: number[];
  readonly #owners = new Map<number, Owner>();
  #clock = 0;

  constructor(
    memory: WebAssembly.Memory,
    readonly capacity = SHADOW_SLOTS,
  ) {
    this.#words = new Int32Array(memory.buffer, SHADOW, SHADOW_BYTES / 4);
    this.#free = Array.from({ length: capacity }, (_, n) => capacity - 1 - n);
  }

  /** Offset of a slot's table in the VM's memory. */
  static address(slot: number): number {
    return SHADOW + slot * SLOT_BYTES;
  }

  /** The slot whose table is at the address in an entry. */
  static slotAt(entry: number): number {
    return ((entry & ~(PAGE - 1)) - SHADOW) / SLOT_BYTES;
  }

  entry(slot: number, index: number): number {
    return this.#words[2 * slot * ENTRIES + index];
  }

  /** Guest-physical page number of an entry. */
  frame(slot: number, index: number): number {
    return this.#words[(2 * slot + 1) * ENTRIES + index] >>> 0;
  }

  set(slot: number, index: number, entry: number, frame = 0): void {
    this.#words[2 * slot * ENTRIES + index] = entry;
    this.#words[(2 * slot + 1) * ENTRIES + index] = frame;
  }

  touch(owner: Owner): void {
    owner.lastUse = ++this.#clock;
  }

  get full(): boolean {
    return this.#free.length === 0;
  }

  get used(): number {
    return this.#owners.size;
  }

  owners(): IterableIterator<Owner> {
    return this.#owners.values();
  }

  owner(slot: number): Owner | undefined {
    return this.#owners.get(slot);
  }

  /** The owner that was used least recently, of those that may go. */
  oldest(mayGo: (owner: Owner) => boolean): Owner | undefined {
    let found: Owner | undefined;
    for (const owner of this.#owners.values()) if (mayGo(owner) && (!found || owner.lastUse < found.lastUse)) found = owner;
    return found;
  }

  /** A cleared slot for what `make` returns; there must be one. */
  take<T extends Owner>(make: (slot: number) => T): T {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('no shadow page is free');
    this.#words.fill(0, 2 * slot * ENTRIES, (2 * slot + 2) * ENTRIES);
    const owner = make(slot);
    this.#owners.set(slot, owner);
    this.touch(owner);
    return owner;
  }

  release({ slot }: Owner): void {
    this.#owners.delete(slot);
    this.#free.push(slot);
  }
}

/**
 * Extended page tables: guest-physical to host-physical, four levels of 512 eight-byte entries in the VMM's memory. SDM Vol. 3,
 * 28.2. Guest-physical and host-physical addresses of RAM and ROM are the same here; what devices answer has no mapping.
 */
import type { VmmMemory } from '../vmcs/vmmMemory';

export const EPT_READ = 1;
export const EPT_WRITE = 2;
export const EPT_EXECUTE = 4;
const WRITE_BACK = 6 << 3;
const ACCESSED = 1 << 8;
const DIRTY = 1 << 9;
const PERMISSIONS = EPT_READ | EPT_WRITE | EPT_EXECUTE;
export const EPT_LEVELS = 4;
const PAGE = 4096;
const GIB_4 = 0x1_0000_0000;

const frameOf = ([low, high]: readonly [number, number]): number => (high & 0xf) * GIB_4 + ((low & 0xfffff000) >>> 0);

/** Index of a guest-physical address in the table of a level, 4 at the top. */
const indexAt = (physical: number, level: number): number => Math.floor(physical / 2 ** (12 + 9 * (level - 1))) % 512;

export interface EptEntry {
  /** Host-physical address of the leaf entry; undefined where an upper level is not present. */
  readonly at: number | undefined;
  /** R, W, X allowed: bits 0 to 2. */
  readonly permissions: number;
  readonly dirty: boolean;
  /** A combination that the processor refuses: writable but not readable, or a reserved memory type (SDM Vol. 3, 28.2.3.1). */
  readonly misconfigured: boolean;
}

export class EptTables {
  readonly root: number;

  constructor(readonly memory: VmmMemory) {
    this.root = memory.allocatePage();
  }

  /** The EPT pointer: write-back, four levels, accessed and dirty flags on. */
  get pointer(): number {
    return this.root + (6 | ((EPT_LEVELS - 1) << 3) | (1 << 6));
  }

  #entryAt(table: number, physical: number, level: number): number {
    return table + 8 * indexAt(physical, level);
  }

  look(physical: number): EptEntry {
    let table = this.root;
    for (let level = EPT_LEVELS; level > 1; level--) {
      const entry = this.memory.readEntry(this.#entryAt(table, physical, level));
      if (!(entry[0] & PERMISSIONS)) return { at: undefined, permissions: 0, dirty: false, misconfigured: false };
      table = frameOf(entry);
    }
    const at = this.#entryAt(table, physical, 1);
    const [low] = this.memory.readEntry(at);
    const permissions = low & PERMISSIONS;
    const type = (low >> 3) & 7;
    return { at, permissions, dirty: (low & DIRTY) !== 0, misconfigured: permissions !== 0 && ((permissions & 3) === EPT_WRITE || ![0, 1, 4, 5, 6].includes(type)) };
  }

  /** Map the page of `physical` to the same host-physical page. */
  map(physical: number, permissions: number): void {
    let table = this.root;
    for (let level = EPT_LEVELS; level > 1; level--) {
      const at = this.#entryAt(table, physical, level);
      const entry = this.memory.readEntry(at);
      if (entry[0] & PERMISSIONS) table = frameOf(entry);
      else {
        table = this.memory.allocatePage();
        this.memory.writeEntry(at, (table % GIB_4) | PERMISSIONS, Math.floor(table / GIB_4));
      }
    }
    const page = physical - (physical % PAGE);
    this.memory.writeEntry(this.#entryAt(table, physical, 1), ((page % GIB_4) | WRITE_BACK | permissions) >>> 0, Math.floor(page / GIB_4));
  }

  /** What the processor notes on the way: accessed flags at every level, dirty in the leaf. */
  mark(physical: number, write: boolean): void {
    let table = this.root;
    for (let level = EPT_LEVELS; level >= 1; level--) {
      const at = this.#entryAt(table, physical, level);
      const [low, high] = this.memory.readEntry(at);
      const wanted = low | ACCESSED | (write && level === 1 ? DIRTY : 0);
      if (wanted !== low) this.memory.writeEntry(at, wanted, high);
      table = frameOf([low, high]);
    }
  }

  /** Forget every mapping: the memory map changed. Lower tables stay allocated and are found again. */
  clear(): void {
    this.#clear(this.root, EPT_LEVELS);
  }

  #clear(table: number, level: number): void {
    for (let n = 0; n < 512; n++) {
      const entry = this.memory.readEntry(table + 8 * n);
      if (!(entry[0] & PERMISSIONS)) continue;
      if (level > 1) this.#clear(frameOf(entry), level - 1);
      else this.memory.writeEntry(table + 8 * n, 0, 0);
    }
  }
}

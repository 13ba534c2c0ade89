/**
 * Shadow page tables: what the silicon walks while a deprivileged guest runs, derived from the guest's own tables and
 * never seen by it (Adams & Agesen 2006, section 2.4). An address space has a root for the guest's kernel, where all that the
 * kernel may access is user-accessible, and one for its user code; with ring compression and CR0.WP one is enough. Tables
 * are shared between address spaces that share the guest's tables. They are a cache: an entry appears when the guest first
 * touches the page (a hidden fault), and goes when the guest writes the entry it came from, which the VMM sees because
 * pages that hold such tables are write-protected (traced). A full pool evicts.
 *
 * VT-x of the first generation walks them too. There the guest runs at its own CPL, one root serves, and CR0.WP is always
 * set: a page that only a supervisor may store to because the guest has WP clear is the supervisor's while it does, and the
 * user's otherwise.
 *
 * A shadow entry as SDM Vol. 3, table 4-6: P, R/W, U/S, G; its page is an offset in the VM's memory. Dirty pages only are
 * writable, so that the guest's D bit is set when it must be. Pages of devices are never present.
 */
import { hexh } from '../base/bits';
import type { ShadowViewName } from '../protocol/vmmEvent';
import type { GuestMemory } from './guestMemory';
import { DENY_ALL, PAGE, VMM_PAGES, VMM_PAGE_COUNT } from './layout';
import { type Access, PTE_G, PTE_P, PTE_RW, PTE_US, type PageFault, type PagingMode, type Translation } from './pageWalker';
import { ENTRIES, ShadowPool, type SlotOwner } from './shadowPool';
import { type DirectorySource, type TableSource, addressSpaceKey, directoriesOf, regionSource } from './shadowSource';

/** Bits that the silicon ignores. The guest's tables allow stores, the VMM wants to see them. */
export const SHADOW_TRACED = 1 << 9;
/** A page of the VMM itself. */
export const SHADOW_VMM = 1 << 10;

/** Stores to a table, none of its entries used in between, before the VMM believes that it is one no more. */
const FLOOD = 16;
const GIB_4 = 0x1_0000_0000;

interface Link {
  readonly root: Root;
  readonly region: number;
}

interface Table extends SlotOwner {
  readonly kind: 'table';
  readonly key: string;
  readonly view: ShadowViewName;
  readonly sources: readonly TableSource[];
  readonly large: boolean;
  readonly links: Link[];
}

interface Root extends SlotOwner {
  readonly kind: 'root';
  readonly key: string;
  readonly view: ShadowViewName;
  readonly mode: PagingMode | undefined;
  readonly directories: readonly DirectorySource[];
}

/** A page of the guest that holds tables. */
interface TracedPage {
  readonly owners: Set<Table | Root>;
  /** Stores since an entry of it was used. */
  writes: number;
}

/** What the page tables belong to: a TLB, the guest's tables, and somebody who wants to know. */
export interface ShadowHost {
  /** Walk the guest's own tables; sets A and D bits. */
  walk(linear: number, access: Access): Translation | PageFault;
  flushTlbPage(linear: number): void;
  /** Take the right to store to a physical page out of the TLB. */
  protectTlb(physical: number): void;
}

/** An access that the guest's tables allow and the shadow did not. */
export interface HiddenFault {
  readonly linear: number;
  readonly access: Access;
  readonly view: ShadowViewName;
  /** Guest-physical. */
  readonly physical: number;
  /** The guest's tables lead to no memory: the VMM emulates the access. */
  readonly device: boolean;
}

/** The guest does not get that far: somebody stops it before the instruction. */
export interface Refused {
  readonly kind: 'refused';
}

const REFUSED: Refused = { kind: 'refused' };

export interface ShadowObserver {
  /** `stoppable`: an answer of false stops the guest before the instruction, and nothing has happened. */
  hiddenFault(fault: HiddenFault, stoppable: boolean): boolean;
  /** The guest is about to store where a table is traced; `present`: the silicon's entry only lacks the right to store. False: stop before the instruction. */
  tracing(linear: number, access: Access, physical: number, present: boolean): boolean;
  filled(linear: number, access: Access, view: ShadowViewName, physical: number): void;
  tracedWrite(physical: number, length: number): void;
}

/** One shadow entry, for whoever looks. */
export interface ShadowEntry {
  readonly view: ShadowViewName;
  /** Offset in the VM's memory of the table that holds it; undefined when the root has none there. */
  readonly table: number | undefined;
  readonly entry: number;
  /** Guest-physical page, when present. */
  readonly physical: number | undefined;
}

export class ShadowPageTables {
  readonly pool: ShadowPool<Table | Root>;
  readonly #roots = new Map<string, Root>();
  readonly #tables = new Map<string, Table>();
  readonly #traced = new Map<number, TracedPage>();
  #mode: PagingMode | undefined;
  #current: Partial<Record<ShadowViewName, Root>> = {};
  /** The VMM itself is storing: A and D bits. */
  #walking = false;
  /** Guest kernel at CPL 1, which paging takes for a supervisor. */
  compressed = false;
  /** VT-x: the guest runs at its own CPL. */
  ownPrivilege = false;

  constructor(
    readonly memory: GuestMemory,
    readonly host: ShadowHost,
    readonly observer: ShadowObserver,
    /** Linear address of the VMM's pages, in every address space; undefined when it has none there. */
    readonly vmmBase: number | undefined,
    slots?: number,
  ) {
    this.pool = new ShadowPool(memory.memory, slots);
    memory.onTableWrite = (address, length) => this.#written(address, length);
  }

  /** The guest's paging changed. A mere load of CR3 keeps what is known about other address spaces. */
  load(mode: PagingMode | undefined): void {
    const before = this.#mode;
    this.#mode = mode;
    this.#current = {};
    const same = mode && before ? sameRules(mode, before) : mode === before;
    if (!same) this.reset();
  }

  /** Forget everything: what physical addresses lead to has changed, or the rules of paging. */
  reset(): void {
    for (const owner of [...this.pool.owners()]) this.#release(owner);
    this.#current = {};
  }

  view(user: boolean): ShadowViewName {
    if (this.ownPrivilege) return 'shared';
    if (this.compressed && (!this.#mode || this.#mode.writeProtect)) return 'shared';
    return user ? 'user' : 'kernel';
  }

  /** The VMM's own pages have no place in the guest's address space. */
  #isReserved(linear: number): boolean {
    return this.vmmBase !== undefined && linear >= this.vmmBase && linear < this.vmmBase + VMM_PAGE_COUNT * PAGE;
  }

  /** Translate for an access as the silicon does, the VMM filling in what is missing. `stoppable`: the guest can stop before it. */
  access(linear: number, access: Access, stoppable = false): Translation | PageFault | Refused {
    const view = this.view(access.user);
    const reserved = this.#isReserved(linear);
    const root = this.#root(view);
    const { entry, table } = this.#entry(root, linear);
    if (table && !reserved && allows(entry, access)) return this.#hit(table, linear, entry, access.write);
    const walk = this.#walk(linear, access);
    if (walk.kind === 'fault' || reserved) return walk;
    const traced = access.write && this.memory.isTraced(walk.physical);
    if (traced && stoppable && !this.observer.tracing(linear, access, walk.physical, (entry & PTE_P) !== 0)) return REFUSED;
    if (traced && (this.ownPrivilege || (table && entry & SHADOW_TRACED))) return walk; // the trace will report it
    return this.#fill(root, linear, access, walk, stoppable) ? walk : REFUSED;
  }

  /** The entry that the silicon would find, if it lets accesses of this privilege through: what a TLB may hold. */
  present(linear: number, user: boolean): number {
    if (this.#isReserved(linear)) return 0;
    const { entry } = this.#entry(this.#root(this.view(user)), linear);
    return entry & PTE_P && (!user || entry & PTE_US) ? entry : 0;
  }

  #walk(linear: number, access: Access): Translation | PageFault {
    this.#walking = true;
    try {
      return this.host.walk(linear, access);
    } finally {
      this.#walking = false;
    }
  }

  #hit({ slot }: SlotOwner, linear: number, entry: number, write: boolean): Translation {
    const physical = this.pool.frame(slot, (linear >>> 12) & (ENTRIES - 1)) * PAGE + (linear & (PAGE - 1));
    const writable = (entry & PTE_RW) !== 0;
    return {
      kind: 'page',
      physical,
      userAccess: (entry & PTE_US) !== 0,
      readWrite: writable,
      dirty: write || writable,
      global: (entry & PTE_G) !== 0,
      denied: DENY_ALL,
      pde: -1,
      pte: -1,
    };
  }

  #entry(root: Root, linear: number): { entry: number; table: Table | undefined } {
    const table = this.#linked(root, linear >>> 22);
    return { entry: table ? this.pool.entry(table.slot, (linear >>> 12) & (ENTRIES - 1)) : 0, table };
  }

  #linked(root: Root, region: number): Table | undefined {
    const word = this.pool.entry(root.slot, region);
    return word & PTE_P ? (this.pool.owner(ShadowPool.slotAt(word)) as Table) : undefined;
  }

  /** False: stop before the instruction. */
  #fill(root: Root, linear: number, access: Access, walk: Translation, stoppable: boolean): boolean {
    const { memory, observer, pool } = this;
    const { physical } = walk;
    const host = memory.hostOffset(physical - (physical & (PAGE - 1)));
    if (!observer.hiddenFault({ linear, access, view: root.view, physical, device: host < 0 }, stoppable)) return false;
    // Tables that are not in RAM cannot be traced: nothing derived from them is kept.
    if (host < 0 || !this.#isTraceable(walk)) return true;
    const table = this.#linked(root, linear >>> 22) ?? this.#link(root, linear >>> 22);
    if (table.sources.some(({ page }) => !memory.isRam(page))) return true;
    pool.touch(root);
    pool.touch(table);
    for (const { page } of [...table.sources, ...root.directories]) this.#used(page);
    const index = (linear >>> 12) & (ENTRIES - 1);
    if (this.ownPrivilege) this.#drop(table, index); // it may have been another's
    pool.set(table.slot, index, host | this.#rights(root, walk, access), Math.floor(physical / PAGE));
    observer.filled(linear, access, root.view, physical);
    return true;
  }

  #isTraceable({ pde, pte }: Translation): boolean {
    return (pde < 0 || this.memory.isRam(pde)) && (pte < 0 || this.memory.isRam(pte));
  }

  #used(page: number): void {
    const traced = this.#traced.get(page);
    if (traced) traced.writes = 0;
  }

  /** Rights in the view: the kernel's needs U/S set, for the silicon runs it at CPL 3. */
  #rights({ view, mode }: Root, { userAccess, readWrite, dirty, global, physical }: Translation, { write, user }: Access): number {
    // A supervisor's store that only CR0.WP = 0 allows.
    const unprotected = mode !== undefined && !mode.writeProtect && !readWrite;
    const lent = unprotected && this.ownPrivilege && write && !user;
    const writable = dirty && (readWrite || lent || (unprotected && view === 'kernel'));
    const traced = writable && this.memory.isTraced(physical);
    return PTE_P | (view !== 'shared' || (userAccess && !lent) ? PTE_US : 0) | (writable && !traced ? PTE_RW : 0) | (traced ? SHADOW_TRACED : 0) | (global ? PTE_G : 0);
  }

  #root(view: ShadowViewName): Root {
    const known = this.#current[view];
    if (known) return known;
    const key = `${view} ${addressSpaceKey(this.#mode)}`;
    const root = this.#roots.get(key) ?? this.#makeRoot(view, key);
    this.#current[view] = root;
    this.pool.touch(root);
    return root;
  }

  #makeRoot(view: ShadowViewName, key: string): Root {
    this.#makeRoom();
    const mode = this.#mode;
    const root = this.pool.take((slot): Root => ({ kind: 'root', slot, lastUse: 0, key, view, mode, directories: directoriesOf(mode) }));
    this.#roots.set(key, root);
    this.#current[view] = root;
    for (const { page } of root.directories) this.#trace(page, root);
    if (this.vmmBase !== undefined) this.#link(root, this.vmmBase >>> 22);
    return root;
  }

  #link(root: Root, region: number): Table {
    const source = regionSource(this.memory, root.mode, region);
    const base = this.vmmBase;
    const own = base !== undefined && region === base >>> 22;
    const key = `${root.view} ${own ? 'VMM ' : ''}${source.key}`;
    let table = this.#tables.get(key);
    if (!table) {
      this.#makeRoom();
      const made = this.pool.take((slot): Table => ({ kind: 'table', slot, lastUse: 0, key, view: root.view, sources: source.tables, large: source.large, links: [] }));
      table = made;
      this.#tables.set(key, made);
      for (const { page } of made.sources) this.#trace(page, made);
      if (own) for (let n = 0; n < VMM_PAGE_COUNT; n++) this.pool.set(made.slot, ((base >>> 12) & (ENTRIES - 1)) + n, (VMM_PAGES + n * PAGE) | PTE_P | PTE_RW | SHADOW_VMM);
    }
    table.links.push({ root, region });
    this.pool.set(root.slot, region, ShadowPool.address(table.slot) | PTE_P | PTE_RW | PTE_US);
    return table;
  }

  /** A free slot; roots in use stay. */
  #makeRoom(): void {
    while (this.pool.full) {
      const oldest = this.pool.oldest((owner) => !Object.values(this.#current).includes(owner as Root));
      if (!oldest) throw new Error('the shadow pool is too small');
      this.#release(oldest);
    }
  }

  #release(owner: Table | Root): void {
    if (this.pool.owner(owner.slot) !== owner) return; // with a root that it was linked to
    if (owner.kind === 'table') {
      for (const { root, region } of owner.links) this.#clearRegion(root, region);
      this.#tables.delete(owner.key);
      for (const { page } of owner.sources) this.#untrace(page, owner);
    } else {
      for (let region = 0; region < ENTRIES; region++) this.#unlink(owner, region);
      this.#roots.delete(owner.key);
      for (const { page } of owner.directories) this.#untrace(page, owner);
    }
    this.pool.release(owner);
  }

  #clearRegion(root: Root, region: number): void {
    this.pool.set(root.slot, region, 0);
    for (let n = 0; n < ENTRIES; n++) this.host.flushTlbPage(((region << 22) | (n << 12)) >>> 0);
  }

  #unlink(root: Root, region: number): void {
    const table = this.#linked(root, region);
    if (!table) return;
    // D bits of large pages are in the directory, which has changed.
    if (table.large) return this.#release(table);
    table.links.splice(
      table.links.findIndex((link) => link.root === root && link.region === region),
      1,
    );
    this.#clearRegion(root, region);
  }

  // Traces.

  #trace(page: number, owner: Table | Root): void {
    const known = this.#traced.get(page);
    if (known) {
      known.owners.add(owner);
      return;
    }
    this.#traced.set(page, { owners: new Set([owner]), writes: 0 });
    this.memory.markTable(page, true);
    this.protect(page);
  }

  #untrace(page: number, owner: Table | Root): void {
    const traced = this.#traced.get(page);
    if (!traced) return;
    traced.owners.delete(owner);
    if (traced.owners.size > 0) return;
    this.#traced.delete(page);
    this.memory.markTable(page, false);
  }

  /** A physical page became traced: no shadow entry and no TLB entry may let stores to it through. */
  protect(physical: number): void {
    const frame = Math.floor(physical / PAGE);
    for (const { kind, slot } of this.pool.owners()) {
      if (kind !== 'table') continue;
      for (let n = 0; n < ENTRIES; n++) {
        const entry = this.pool.entry(slot, n);
        if (entry & PTE_RW && !(entry & SHADOW_VMM) && this.pool.frame(slot, n) === frame) this.pool.set(slot, n, (entry & ~PTE_RW) | SHADOW_TRACED, frame);
      }
    }
    this.host.protectTlb(physical);
  }

  /** The guest stored into a page that holds tables: what was derived from those entries goes. */
  #written(address: number, length: number): void {
    if (this.#walking) return;
    const page = address - (address & (PAGE - 1));
    const traced = this.#traced.get(page);
    if (!traced) return;
    this.observer.tracedWrite(address, length);
    if (++traced.writes > FLOOD) return this.#flooded(traced);
    for (const owner of [...traced.owners]) {
      if (owner.kind === 'table') this.#dropEntries(owner, page, address - page, length);
      else this.#dropRegions(owner, page, address - page, length);
    }
  }

  /** So many stores are no work on a page table in use: the page may be something else by now. */
  #flooded(traced: TracedPage): void {
    traced.writes = 0;
    const current = Object.values(this.#current);
    for (const owner of [...traced.owners]) {
      if (owner.kind === 'root' && current.includes(owner)) for (let region = 0; region < ENTRIES; region++) this.#unlink(owner, region);
      else this.#release(owner);
    }
  }

  #dropEntries(table: Table, page: number, offset: number, length: number): void {
    for (const source of table.sources) {
      if (source.page !== page) continue;
      const last = Math.floor((offset + length - 1) / source.entrySize);
      for (let n = Math.floor(offset / source.entrySize); n <= last; n++) this.#drop(table, source.first + n);
    }
  }

  #drop(table: Table, index: number): void {
    const entry = this.pool.entry(table.slot, index);
    if (!(entry & PTE_P) || entry & SHADOW_VMM) return;
    this.pool.set(table.slot, index, 0);
    for (const { region } of table.links) this.host.flushTlbPage(((region << 22) | (index << 12)) >>> 0);
  }

  #dropRegions(root: Root, page: number, offset: number, length: number): void {
    for (const source of root.directories) {
      if (source.page !== page) continue;
      const perRegion = source.entrySize === 4 ? 4 : 16;
      const last = Math.floor((offset + length - 1) / perRegion);
      for (let n = Math.floor(offset / perRegion); n <= last; n++) this.#unlink(root, source.firstRegion + n);
    }
  }

  // For whoever looks.

  /** What CR3 of the silicon holds: offset in the VM's memory of the current root, once there is one. */
  get rootAddress(): number | undefined {
    const root = this.#current[this.view(false)];
    return root && ShadowPool.address(root.slot);
  }

  /** What the silicon finds at `linear` in each view that the current address space has. */
  look(linear: number): ShadowEntry[] {
    return Object.entries(this.#current).map(([view, root]) => {
      const { entry, table } = this.#entry(root, linear);
      const present = table && entry & PTE_P && !(entry & SHADOW_VMM);
      return {
        view: view as ShadowViewName,
        table: table && ShadowPool.address(table.slot),
        entry: entry >>> 0,
        physical: present ? this.pool.frame(table.slot, (linear >>> 12) & (ENTRIES - 1)) * PAGE : undefined,
      };
    });
  }

  /** Guest-physical pages that hold tables which shadow entries are derived from. */
  tracedPages(): number[] {
    return [...this.#traced.keys()].sort((a, b) => a - b);
  }

  /** Every invariant, for tests: throws Error naming the one that fails. `walk` must not set A and D bits. */
  checkInvariants(walk: (mode: PagingMode | undefined, linear: number, access: Access) => Translation | PageFault): void {
    for (const owner of this.pool.owners()) {
      if (owner.kind !== 'root') continue;
      for (let region = 0; region < ENTRIES; region++) {
        const table = this.#linked(owner, region);
        if (table) this.#checkTable(owner, region, table, walk);
      }
    }
    for (const [page, { owners }] of this.#traced) {
      if (!this.memory.isTraced(page) && page < this.memory.size) throw new Error(`page ${hexh(page)} holds tables and is not traced`);
      for (const { slot } of owners) if (!this.pool.owner(slot)) throw new Error(`page ${hexh(page)} is traced for a table that is gone`);
    }
  }

  #checkTable(root: Root, region: number, table: Table, walk: (mode: PagingMode | undefined, linear: number, access: Access) => Translation | PageFault): void {
    if (!table.links.some((link) => link.root === root && link.region === region)) throw new Error(`region ${region} is linked one way only`);
    for (let n = 0; n < ENTRIES; n++) {
      const entry = this.pool.entry(table.slot, n);
      if (!(entry & PTE_P) || entry & SHADOW_VMM) continue;
      const linear = ((region << 22) | (n << 12)) >>> 0;
      const user = root.view === 'user' || (root.view === 'shared' && (entry & PTE_US) !== 0);
      const guest = walk(root.mode, linear, { write: (entry & PTE_RW) !== 0, user });
      if (guest.kind === 'fault') throw new Error(`the ${root.view} shadow of ${hexh(linear)} allows what the guest's tables forbid`);
      if (guest.physical !== this.pool.frame(table.slot, n) * PAGE) throw new Error(`the ${root.view} shadow of ${hexh(linear)} leads elsewhere`);
      if (entry & PTE_RW && this.memory.isTraced(guest.physical)) throw new Error(`the shadow of ${hexh(linear)} lets stores to a traced page through`);
      if (guest.physical < GIB_4 && (entry & ~(PAGE - 1)) >>> 0 !== this.memory.hostOffset(guest.physical))
        throw new Error(`the shadow of ${hexh(linear)} is another page of the VM's memory`);
    }
  }
}

const allows = (entry: number, { write, user }: Access): boolean => (entry & PTE_P) !== 0 && (!write || (entry & PTE_RW) !== 0) && (!user || (entry & PTE_US) !== 0);

/** Only CR3 differs. */
const sameRules = (a: PagingMode, b: PagingMode): boolean =>
  a.writeProtect === b.writeProtect && a.pageSizeExtension === b.pageSizeExtension && (a.pdptes === undefined) === (b.pdptes === undefined);

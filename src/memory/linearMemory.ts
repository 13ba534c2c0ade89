/**
 * Guest-linear memory: translation, the software TLB that generated code reads, and the slow path of every access
 * that the TLB does not answer: page crossing, devices, marked pages, faults.
 */
import { CPU, type CpuState } from '../x86/cpuState';
import { debugConditions } from '../x86/debugRegisters';
import { PF } from '../x86/exceptions';
import { type AccessWindow, AccessWindows } from './accessWindows';
import type { GuestMemory } from './guestMemory';
import { GuestPaging, type PagingFeatures } from './guestPaging';
import {
  DENY_ALL,
  DENY_SUPERVISOR_READ,
  DENY_SUPERVISOR_WRITE,
  DENY_USER_READ,
  DENY_USER_WRITE,
  ENTRY_FLAGS,
  FILLED_CAPACITY,
  FILLED_GLOBAL,
  FILLED_LOCAL,
  NOTED_SUPERVISOR,
  NOTED_USER,
  NO_PLACE,
  PAGE,
  RAM,
  TLB,
} from './layout';
import { type Access, PTE_G, PTE_RW, PTE_US, type PageFault, type PageWalker, type PagingFunctions, type Translation, WalkedPage } from './pageWalker';
import { PAGING, UNUSUAL_JOURNAL, UNUSUAL_NESTED, UNUSUAL_SHADOW, UNUSUAL_WATCHED, UNUSUAL_WINDOW } from './pagingCells';
import { type Refused, type ShadowObserver, ShadowPageTables } from './shadowPageTables';
import { Watches } from './watches';
import type { Watchpoint } from './watchpoint';

/** Linear pages that the VMM keeps for itself under a deprivileging technique: supervisor-only, backed by host memory. */
export interface VmmWindow {
  readonly linear: number;
  readonly host: number;
  readonly length: number;
  /** The CPU stored into it: the accessed bit of a descriptor, the busy bit of a TSS. */
  written?(offset: number): void;
}

/** In place of an exception vector in the fault cells: somebody stops the guest before the instruction, which has not run. */
export const REFUSED_VECTOR = 259;

/** Nested paging: what the VMM's own tables make of a guest-physical address. */
export interface NestedPaging {
  /** The processor reads a paging-structure entry of the guest at `physical`. False: stop before the instruction. */
  walk(physical: number, linear: number): boolean;
  /** An access at a translated address; `filled`: the TLB had no entry for its page. False: stop before the instruction. */
  admit(physical: number, linear: number, write: boolean, filled: boolean): boolean;
  /** Code at a translated address is about to be decoded. False: stop before it. */
  fetch(physical: number, linear: number): boolean;
  /** May stores go past the slow path: does the leaf entry have its dirty flag? */
  isDirty(physical: number): boolean;
}

type Size = 1 | 2 | 4;

/** Filled pages after which it is worth looking for the longest run; from there on when they have become half as many again. */
const FIRST_CHOICE = 4;

/** How often, between two compilations, a miss without paging fills the TLB with all of RAM: a guest that keeps changing modes does not pay for it each time. */
const FILLS = 32;

/** By 2 * write + user. */
const ACCESSES: readonly Access[] = [false, true].flatMap((write) => [false, true].map((user) => ({ write, user })));
const accessOf = (write: boolean, user: boolean): Access => ACCESSES[(write ? 2 : 0) + (user ? 1 : 0)];

/** Pages that have entries, some named twice. */
interface FilledPages {
  readonly pages: Int32Array;
  /** The cell of their number. */
  readonly count: number;
}

export class LinearMemory {
  readonly #tlb: Int32Array;
  /** Those that a new CR3 leaves, and the others. */
  readonly #filled: readonly FilledPages[];
  readonly #functions: PagingFunctions;
  readonly #guest: GuestPaging;
  readonly #walked = new WalkedPage();
  readonly windows: AccessWindows;
  readonly watches: Watches;
  #window: VmmWindow | undefined;
  /** There is a window at times. */
  #hasWindow = false;
  #shadow: ShadowPageTables | undefined;
  #nested: NestedPaging | undefined;

  constructor(
    readonly cpu: CpuState,
    readonly physical: GuestMemory,
    features: PagingFeatures,
    walker: PageWalker,
  ) {
    const { buffer } = cpu.memory;
    this.#tlb = new Int32Array(buffer, TLB, 1 << 20);
    this.#tlb.fill(DENY_ALL);
    const listed = (at: number): Int32Array => new Int32Array(buffer, at, FILLED_CAPACITY);
    this.#filled = [
      { pages: listed(FILLED_GLOBAL), count: PAGING.GLOBAL_COUNT },
      { pages: listed(FILLED_LOCAL), count: PAGING.LOCAL_COUNT },
    ];
    this.#functions = walker.functions;
    this.#guest = new GuestPaging(cpu, features, walker.functions);
    walker.chooseWindows = () => this.chooseWindows();
    this.windows = new AccessWindows(this.#tlb, cpu.i32);
    this.watches = new Watches(cpu, (linear) => {
      const found = this.translate(linear, { write: false, user: false }, false);
      return found.kind === 'page' ? found.physical : -1;
    });
    cpu.set(PAGING.NEXT_CHOICE, FIRST_CHOICE);
    this.setUser(false);
  }

  get window(): VmmWindow | undefined {
    return this.#window;
  }
  set window(window: VmmWindow | undefined) {
    this.#window = window;
    if (this.#hasWindow) return;
    this.#hasWindow = true;
    this.#noteUnusual();
  }

  /** What the silicon walks instead of the guest's tables, under techniques that deprivilege the guest. */
  get shadow(): ShadowPageTables | undefined {
    return this.#shadow;
  }

  get nested(): NestedPaging | undefined {
    return this.#nested;
  }
  set nested(nested: NestedPaging | undefined) {
    this.#nested = nested;
    this.#noteUnusual();
  }

  /** Whether generated code may deal with misses by itself. */
  #noteUnusual(): void {
    const here = (this.#shadow ? UNUSUAL_SHADOW : 0) | (this.#nested ? UNUSUAL_NESTED : 0) | (this.#hasWindow ? UNUSUAL_WINDOW : 0) | (this.watches.any ? UNUSUAL_WATCHED : 0);
    this.cpu.set(PAGING.UNUSUAL, (this.cpu.get(PAGING.UNUSUAL) & UNUSUAL_JOURNAL) | here);
  }

  /** Where accesses at `user` privilege go; set by the technique: the guest's own privilege, not the silicon's. */
  get user(): boolean {
    return (this.cpu.i32[CPU.READ_MASK >> 2] & DENY_USER_READ) !== 0;
  }

  /** Choose whose deny bits the inline check tests. */
  setUser(user: boolean): void {
    this.cpu.set(CPU.READ_MASK, 1 | (user ? DENY_USER_READ : DENY_SUPERVISOR_READ));
    this.cpu.set(CPU.WRITE_MASK, 1 | (user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE));
  }

  /** Walk shadow page tables from now on. `vmmBase`: guest-linear address of the VMM's pages, if it has some there; `slots`: of the pool, fewer for tests. */
  useShadow(observer: ShadowObserver, vmmBase: number | undefined, slots?: number): ShadowPageTables {
    const host = {
      walk: (linear: number, access: Access) => this.#guest.walk(linear, access, true),
      flushTlbPage: (linear: number) => this.flushPage(linear),
      protectTlb: (physical: number) => this.protectPage(physical),
    };
    const shadow = new ShadowPageTables(this.physical, host, observer, vmmBase, slots);
    this.#shadow = shadow;
    this.#noteUnusual();
    return shadow;
  }

  /** What guest-physical addresses lead to has changed. */
  remapped(): void {
    this.shadow?.reset();
    this.flush();
  }

  /** The VMM wants to see stores to a physical page. */
  tracePage(physical: number): void {
    this.physical.markTraced(physical, true);
    if (this.shadow) this.shadow.protect(physical);
    else this.protectPage(physical);
  }

  flush(): void {
    this.#functions.flush();
  }

  /** Where the page at `linear` is in the VM's memory, less its linear address, if the guest may read it there; `NO_PLACE` otherwise. */
  placeOf(linear: number): number {
    const entry = this.#tlb[linear >>> 12];
    return entry & this.cpu.get(CPU.READ_MASK) & DENY_ALL ? NO_PLACE : entry & ~ENTRY_FLAGS;
  }

  flushPage(linear: number): void {
    this.#functions.flushPage(linear >>> 12);
  }

  /** A physical page became marked: no linear page may be stored to without being seen. */
  protectPage(physical: number): void {
    const host = this.physical.storeOffset(physical - (physical & (PAGE - 1))) | 0;
    const protect = (page: number): void => {
      const entry = this.#tlb[page];
      if ((entry & DENY_ALL) === DENY_ALL || (((entry & ~0xff) + (page << 12)) | 0) !== host) return;
      this.#tlb[page] = this.#noting(entry, host >>> 0);
      this.#functions.changed(page);
    };
    for (const { pages, count } of this.#filled) for (let i = 0; i < this.cpu.get(count); i++) protect(pages[i]);
    if (this.cpu.get(PAGING.ALL_FILLED)) protect(physical >>> 12);
  }

  get paging(): boolean {
    return this.#guest.mode !== undefined;
  }

  set watchpoints(watchpoints: readonly Watchpoint[]) {
    this.watches.watchpoints = watchpoints;
    this.#noteUnusual();
    this.flush();
  }

  /** CR0, CR3, CR4 or the debug registers of the guest changed. */
  loadPagingMode(change: 'any' | 'cr3' = 'any'): void {
    const guest = this.#guest;
    if (change === 'cr3' && this.paging) guest.loadCr3(this.shadow !== undefined);
    else {
      guest.load();
      this.cpu.set(PAGING.NEXT_CHOICE, FIRST_CHOICE);
      this.watches.conditions = debugConditions(this.cpu).filter(({ kind }) => kind === 'write' || kind === 'access');
      this.#noteUnusual();
    }
    this.shadow?.load(guest.mode);
    if (change === 'cr3' && guest.keepsGlobal) this.#functions.flushLocal();
    else this.flush();
  }

  /** The A20 gate is a wire: bit 20 of an address. */
  #onTheBus(physical: number): number {
    return physical < 0x1_0000_0000 ? (physical & this.physical.a20Mask) >>> 0 : physical;
  }

  /** Linear to physical for an access; faults as values. `commit` false leaves A and D bits alone. */
  translate(linear: number, access: Access, commit = true): Translation | PageFault {
    if (!this.shadow || !commit) return this.#guest.walk(linear, access, commit);
    return this.shadow.access(linear, access) as Translation | PageFault; // not stoppable, so never refused
  }

  /** The same for an access of an instruction, before which somebody may stop the guest. The translation is good until the next one. */
  #access(linear: number, access: Access): Translation | PageFault | Refused {
    return this.shadow ? this.shadow.access(linear, access, true) : this.#guest.walk(linear, access, true, this.#walked);
  }

  /** Physical addresses of the entries that the guest's own tables have for `linear`, from the top. */
  path(linear: number): number[] {
    return this.#guest.path(linear);
  }

  /** For tests: every shadow entry against the guest's tables. */
  checkShadow(): void {
    this.shadow?.checkInvariants((mode, linear, access) => this.#guest.walkIn(mode, linear, access));
  }

  #inWindow(linear: number): boolean {
    return this.window !== undefined && linear >= this.window.linear && linear < this.window.linear + this.window.length;
  }

  /** Physical address, or -1 after raising #PF. Fills the TLB where the fast path may answer next time. */
  #resolve(linear: number, write: boolean, user: boolean): number {
    if (this.#inWindow(linear)) return this.#pageFault(linear, (write ? 2 : 0) | (user ? 4 : 0) | 1);
    if (this.nested && !this.#walkNested(this.nested, linear)) return this.#refused();
    const found = this.#access(linear, accessOf(write, user));
    if (found.kind === 'refused') return this.#refused();
    if (found.kind === 'fault') return this.#pageFault(linear, found.errorCode);
    if (this.nested && !this.nested.admit(found.physical, linear, write, (this.#tlb[linear >>> 12] & DENY_ALL) === DENY_ALL)) return this.#refused();
    this.#remember(linear, found, user);
    return found.physical;
  }

  #remember(linear: number, found: Translation, user: boolean): void {
    if (this.shadow) this.#fillFromShadow(linear, found.physical, user, this.shadow);
    else this.#fill(linear, found);
  }

  /** The guest's tables are guest-physical too: each level of a walk goes through the nested tables. */
  #walkNested(nested: NestedPaging, linear: number): boolean {
    if (!this.paging || (this.#tlb[linear >>> 12] & DENY_ALL) !== DENY_ALL) return true;
    return this.path(linear).every((at) => nested.walk(this.#onTheBus(at), linear));
  }

  #refused(): -1 {
    this.cpu.set(CPU.FAULT, REFUSED_VECTOR + 1);
    return -1;
  }

  #pageFault(linear: number, errorCode: number): -1 {
    this.cpu.set(CPU.CR2, linear);
    this.cpu.set(CPU.FAULT, PF + 1);
    this.cpu.set(CPU.FAULT_CODE, errorCode);
    return -1;
  }

  #fill(linear: number, { physical, denied, global }: Translation): void {
    const host = this.physical.hostOffset(physical - (physical & (PAGE - 1)));
    if (host < 0) return;
    const deny = denied | (this.nested?.isDirty(physical) === false ? DENY_SUPERVISOR_WRITE | DENY_USER_WRITE : 0);
    this.#enter(linear >>> 12, physical, host, this.physical.isPlain(physical) ? deny : this.#noting(deny, host), global);
  }

  /** Without the right to store: where a store goes to RAM, remembered as what only has to be seen. */
  #noting(entry: number, host: number): number {
    const { physical } = this;
    const isRam = host >= RAM && host - RAM < physical.size && physical.isRam(host - RAM) && !this.shadow;
    return isRam ? this.#functions.noting(entry) : entry | DENY_SUPERVISOR_WRITE | DENY_USER_WRITE;
  }

  /** An entry of one shadow root gives rights in that view only; what the other gave the same page stays. */
  #fillFromShadow(linear: number, physical: number, user: boolean, shadow: ShadowPageTables): void {
    const entry = shadow.present(linear, user);
    if (!entry) return;
    const host = entry & ~(PAGE - 1);
    const mayWrite = (entry & PTE_RW) !== 0 && this.physical.isPlain(physical);
    const view = shadow.view(user);
    const page = linear >>> 12;
    const before = this.#tlb[page];
    const same = (before & DENY_ALL) !== DENY_ALL && (((before & ~0xff) + (page << 12)) | 0) === host;
    let deny = same ? before & DENY_ALL : DENY_ALL;
    if (view !== 'user') deny &= ~(DENY_SUPERVISOR_READ | (mayWrite ? DENY_SUPERVISOR_WRITE : 0));
    if (view === 'user' || (view === 'shared' && entry & PTE_US)) deny &= ~(DENY_USER_READ | (mayWrite ? DENY_USER_WRITE : 0));
    this.#enter(page, physical, host, deny, (entry & PTE_G) !== 0);
  }

  #enter(page: number, physical: number, host: number, deny: number, global: boolean): void {
    if (this.watches.any && this.watches.holds(page, physical >>> 12)) return;
    const kept = global && this.#guest.keepsGlobal;
    this.#functions.enter(page, ((host - (page << 12)) & ~0xff) | deny, kept ? 1 : 0);
  }

  /** Code is about to be compiled that asks windows. Without paging they reach as far as RAM does. */
  openWindows(): void {
    const { cpu } = this;
    const isPlain = !this.paging && cpu.get(PAGING.UNUSUAL) === 0 && cpu.get(PAGING.A20_MASK) === 0xffffffff;
    cpu.set(PAGING.FILLS_LEFT, isPlain ? FILLS : 0);
    if (isPlain && !cpu.get(PAGING.ALL_FILLED)) this.#functions.fillAll();
    else if (!isPlain || !this.windows.present.every((window) => this.isWide(window))) this.chooseWindows();
  }

  /** Does a window hold most of RAM? */
  isWide(window: AccessWindow): boolean {
    return this.cpu.get(window.cell) >= this.physical.size / 2;
  }

  /** The longest runs that there are now become windows. */
  chooseWindows(): void {
    const { cpu } = this;
    if (cpu.get(PAGING.ALL_FILLED)) this.windows.chooseAmong(this.physical.size / PAGE);
    cpu.set(PAGING.NEXT_CHOICE, Math.ceil(1.5 * (cpu.get(PAGING.GLOBAL_COUNT) + cpu.get(PAGING.LOCAL_COUNT))));
    for (const { pages, count } of this.#filled) this.windows.choose(pages, cpu.get(count));
  }

  /** Where [linear, linear + length) is in the VM's memory, if the TLB lets the guest access it there: one page, no device, nothing to be noticed. Else -1. */
  hostOffset(linear: number, length: number, write: boolean): number {
    if ((linear & (PAGE - 1)) + length > PAGE) return -1;
    const entry = this.#tlb[linear >>> 12];
    return entry & this.cpu.get(write ? CPU.WRITE_MASK : CPU.READ_MASK) ? -1 : ((entry & ~0xff) + linear) >>> 0;
  }

  /** Read at the guest's privilege (or as supervisor, for descriptor tables). Sets the fault cells and gives 0 on #PF. `update`: write permission is needed too. */
  read(linear: number, size: Size, update = false, user = this.user): number {
    const cached = this.#cached(linear, size, update, user);
    if (cached >= 0) return this.physical.load(cached, size);
    if (this.watches.any && this.watches.meets(linear, size, update, ['access'])) return 0;
    return this.#readMissed(linear, size, update, user);
  }

  write(linear: number, size: Size, value: number, user = this.user): void {
    const entry = this.#tlb[linear >>> 12];
    if ((entry & (user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE)) === 0 && (linear & (PAGE - 1)) + size <= PAGE)
      return this.physical.store(((entry & ~0xff) + linear) >>> 0, size, value);
    const noted = (entry & (user ? NOTED_USER : NOTED_SUPERVISOR)) !== 0 && (linear & (PAGE - 1)) + size <= PAGE;
    if (noted && this.physical.writeMarked((((entry & ~0xff) + linear) >>> 0) - RAM, size, value)) return;
    if (this.watches.any && this.watches.meets(linear, size, true, ['access', 'write'])) return;
    this.#writeMissed(linear, size, value, user);
  }

  /** Where an access within one page goes in the VM's memory, if the TLB has the page for this privilege. Else -1. */
  #cached(linear: number, size: Size, write: boolean, user: boolean): number {
    // A page in the TLB is none that somebody watches.
    const entry = this.#tlb[linear >>> 12];
    const deny = user ? (write ? DENY_USER_WRITE : DENY_USER_READ) : write ? DENY_SUPERVISOR_WRITE : DENY_SUPERVISOR_READ;
    return entry & deny || (linear & (PAGE - 1)) + size > PAGE ? -1 : ((entry & ~0xff) + linear) >>> 0;
  }

  /**
   * Physical address of the byte that is fetched from `linear`; its page enters the TLB. -1 on a page fault, whose error
   * code is in the fault cell and which is not raised yet; -2 to stop before the instruction.
   */
  fetch(linear: number): number {
    const host = this.#cached(linear, 1, false, this.user);
    if (host >= RAM && host - RAM < this.physical.size) return host - RAM;
    const found = this.#access(linear, accessOf(false, this.user));
    if (found.kind === 'refused') return -2;
    if (found.kind === 'fault') {
      this.cpu.set(CPU.FAULT_CODE, found.errorCode);
      return -1;
    }
    if (!this.#inWindow(linear) && !this.nested) this.#remember(linear, found, this.user);
    return found.physical;
  }

  #read(linear: number, size: Size, update: boolean, user: boolean): number {
    const cached = this.#cached(linear, size, update, user);
    return cached >= 0 ? this.physical.load(cached, size) : this.#readMissed(linear, size, update, user);
  }

  #readMissed(linear: number, size: Size, update: boolean, user: boolean): number {
    const first = this.#resolve(linear, update, user);
    if (first < 0) return 0;
    if ((linear & (PAGE - 1)) + size <= PAGE) return this.physical.read(first, size);
    const nextPage = (linear & ~(PAGE - 1)) + PAGE;
    const second = this.#resolve(nextPage >>> 0, update, user);
    if (second < 0) return 0;
    let value = 0;
    const before = PAGE - (linear & (PAGE - 1));
    for (let i = 0; i < size; i++) value |= this.physical.read(i < before ? first + i : second + i - before, 1) << (8 * i);
    return value >>> 0;
  }

  #write(linear: number, size: Size, value: number, user: boolean): void {
    const cached = this.#cached(linear, size, true, user);
    if (cached >= 0) this.physical.store(cached, size, value);
    else this.#writeMissed(linear, size, value, user);
  }

  #writeMissed(linear: number, size: Size, value: number, user: boolean): void {
    const first = this.#resolve(linear, true, user);
    if (first < 0) return;
    if ((linear & (PAGE - 1)) + size <= PAGE) return this.physical.write(first, size, value);
    const nextPage = (linear & ~(PAGE - 1)) + PAGE;
    const second = this.#resolve(nextPage >>> 0, true, user);
    if (second < 0) return;
    const before = PAGE - (linear & (PAGE - 1));
    for (let i = 0; i < size; i++) this.physical.write(i < before ? first + i : second + i - before, 1, (value >>> (8 * i)) & 0xff);
  }

  /** Supervisor access of the CPU itself to a descriptor table or TSS; the VMM's window included. */
  readSystem(linear: number, size: Size): number {
    if (!this.#inWindow(linear)) return this.#read(linear, size, false, false);
    const { linear: start, host } = this.window as VmmWindow;
    const at = host + (linear - start);
    return this.physical.load(at, size);
  }

  /** Fault as a system access of one byte would. */
  probeSystem(linear: number, write: boolean): void {
    if (!this.#inWindow(linear)) this.#resolve(linear, write, false);
  }

  writeSystem(linear: number, size: Size, value: number): void {
    if (!this.#inWindow(linear)) return this.#write(linear, size, value, false);
    const { linear: start, host } = this.window as VmmWindow;
    const at = host + (linear - start);
    this.physical.store(at, size, value);
    this.window?.written?.(linear - start);
  }
}

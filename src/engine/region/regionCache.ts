/**
 * The regions of a VM: compiled in modules of several, called by tier 0 through the function table, thrown away with any of
 * their blocks, and all together at a ceiling.
 */
import type { TranslationStatistics } from '../../protocol/requests';
import { CPU } from '../../x86/cpuState';
import { ESP } from '../../x86/registers';
import type { AccessWindow } from '../../memory/accessWindows';
import { DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE } from '../../memory/layout';
import type { LinearMemory } from '../../memory/linearMemory';
import type { Block } from '../block';
import type { CodeCache } from '../codeCache';
import type { FormTable } from '../forms';
import { PSEUDO, RECORD } from '../record';
import { type Rewrite, loadedFields } from '../rewriting';
import { Complaints, type Direction, FAR, REFUSED, SCATTERED } from './complaints';
import { type EmittedRegion, emitRegion } from './emitRegion';
import { isPlainControl } from '../wasm/x87Functions';
import { BlockLowering } from './lowerBlock';
import { mayBeRoot, planRegion } from './planRegion';
import type { Assumptions } from './memoryAccess';
import type { Region, RegionPlan } from './region';
import { REGION_FUNCTIONS, encodeRegions } from './regionModule';

export interface RegionLimits {
  /** WebAssembly code, bytes. */
  readonly bytes: number;
  readonly modules: number;
}

export const REGION_LIMITS: RegionLimits = { bytes: 32 << 20, modules: 2048 };

/** Regions that wait to be compiled together, at most. */
const BATCH = 16;
/** Hot blocks that wait: those of modes that do not come back are crowded out. */
const MAX_WAITING = 512;
/** Regions lost to stores on a page before its code is left to tier 0. */
const REWRITES = 16;
const TABLE_CHUNK = 256;

interface Pending {
  readonly root: Block;
  readonly plan: RegionPlan;
  readonly emitted: EmittedRegion;
}

export class RegionCache {
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_CHUNK });
  readonly #view: DataView;
  readonly #regions = new Set<Region>();
  readonly #refusals: Complaints;
  readonly #scattered: Complaints;
  readonly #far: Readonly<Record<Direction, Complaints>>;
  /** Hot blocks and when they became it (instructions retired), the longest waiting first. */
  readonly #queue = new Map<Block, number>();
  /** Blocks that have become hot although a region holds them. */
  readonly #insistent = new WeakSet<Block>();
  /** Physical page → regions it has lost to stores. */
  readonly #rewrites = new Map<number, number>();
  /** The cache's generation that they belong to. */
  #rewritesOf = 0;
  readonly #freeSlots: number[] = [];
  #nextSlot = 0;
  #nextId = 1;
  /** The COMPUTED record in the arena, 0 until there is one, and the arena's generation it belongs to. */
  #computedRecord = 0;
  #generation = 0;
  #modules = 0;
  #bytes = 0;
  #compiled = 0;
  #invalidated = 0;
  #evictions = 0;
  #milliseconds = 0;
  /** Of the windows that the regions use. */
  #windowsVersion = 0;

  constructor(
    readonly cache: CodeCache,
    readonly linear: LinearMemory,
    readonly forms: FormTable,
    readonly isWarm: (block: Block) => boolean,
    /** Instructions that a hot block waits for others to be compiled with. */
    readonly patience: number,
    readonly limits: RegionLimits = REGION_LIMITS,
  ) {
    this.#view = new DataView(linear.cpu.memory.buffer);
    this.#refusals = new Complaints(linear.cpu, REFUSED);
    this.#scattered = new Complaints(linear.cpu, SCATTERED);
    this.#far = { read: new Complaints(linear.cpu, FAR.read), write: new Complaints(linear.cpu, FAR.write) };
    cache.onInvalidate = (block) => this.#blockInvalidated(block);
  }

  get statistics(): TranslationStatistics {
    return {
      regions: this.#regions.size,
      modules: this.#modules,
      bytes: this.#bytes,
      compiled: this.#compiled,
      invalidated: this.#invalidated,
      evictions: this.#evictions,
      milliseconds: this.#milliseconds,
    };
  }

  regions(): ReadonlySet<Region> {
    return this.#regions;
  }

  /** The block is hot: have a region begin there. `now`: instructions retired. */
  want(block: Block, now: number): void {
    if (!block.valid || block.region || !mayBeRoot(block) || this.#queue.has(block)) return;
    if (this.#lostOn(block.physical >>> 12) >= REWRITES) return;
    if (block.regions.size > 0 && !this.#insistent.has(block)) return void this.#insistent.add(block);
    this.#queue.set(block, now);
    for (const longest of this.#queue.keys()) if (this.#queue.size > MAX_WAITING) this.#queue.delete(longest);
  }

  #lostOn(page: number): number {
    if (this.#rewritesOf !== this.cache.generation) this.#rewrites.clear();
    this.#rewritesOf = this.cache.generation;
    return this.#rewrites.get(page) ?? 0;
  }

  get waiting(): boolean {
    return this.#queue.size > 0;
  }

  /** Compile what waits for it in this mode, which the CPU is in, if that is enough for a module or has waited long enough. */
  compileDue(mode: number, now: number): void {
    const here = [...this.#queue.keys()].filter((block) => block.mode === mode);
    if (here.length === 0 || (here.length < BATCH && now - (this.#queue.get(here[0]) as number) < this.patience)) return;
    for (const block of [...this.#queue.keys()]) if (!block.valid || block.mode === mode) this.#queue.delete(block);
    this.#compile(here);
  }

  /** Now, alone; the CPU is in its mode. False when it cannot be. */
  translate(block: Block): boolean {
    if (!block.region && mayBeRoot(block)) this.#compile([block]);
    return block.region !== undefined;
  }

  #compile(roots: readonly Block[]): void {
    const started = performance.now();
    if (!this.#reserveComputed()) return;
    this.linear.openWindows();
    // Blocks that go while records are allocated take their regions with them.
    const pending = this.#prepareAll(roots).filter(({ root }) => root.valid);
    if (pending.length > 0) this.#instantiate(pending, started);
  }

  /** A root that another one's region holds already, waits until it has become hot again in spite of that; one that has begun to check itself meanwhile is none. */
  #prepareAll(roots: readonly Block[]): Pending[] {
    const held = new Set<Block>();
    return roots.flatMap((root) => {
      const one = mayBeRoot(root) && !root.region && !held.has(root) && this.#prepare(root);
      if (!one) return [];
      for (const { block } of one.plan.blocks.values()) held.add(block);
      return [one];
    });
  }

  /** False: there was no room, and everything is gone now. */
  #reserveComputed(): boolean {
    if (this.#computedRecord !== 0 && this.#generation === this.cache.generation) return true;
    this.#generation = this.cache.generation;
    const at = this.cache.allocate(1);
    if (this.#generation !== this.cache.generation) return false;
    this.#view.setUint16(at + RECORD.HANDLER, PSEUDO.COMPUTED, true);
    this.#view.setUint8(at + RECORD.COUNT, 1);
    this.#computedRecord = at;
    return true;
  }

  #prepare(root: Block): Pending | undefined {
    const { cpu, user } = this.linear;
    const flat = cpu.get(CPU.FLAT);
    const lowering = new BlockLowering(cpu, this.forms);
    const plan = planRegion(root, { cache: this.cache, linear: this.linear, lowering, isWarm: this.isWarm });
    if (!plan) return undefined;
    const windows = this.#windows(user);
    const assumptions = {
      user,
      flat,
      windows,
      confined: { read: this.#isWide(windows.read), write: this.#isWide(windows.write) },
      stackInWindows: this.#isInside(cpu.get(CPU.GPR + 4 * ESP), windows.read) && this.#isInside(cpu.get(CPU.GPR + 4 * ESP), windows.write),
      plainX87: isPlainControl(cpu.get(CPU.X87_CONTROL)) && !this.#refusals.has(root),
    };
    const emitted = emitRegion(plan, {
      functions: REGION_FUNCTIONS,
      assumptions,
      computedRecord: this.#computedRecord,
      isScattered: (block) => this.#scattered.has(block),
      isFar: (block, direction) => this.#far[direction].has(block),
    });
    if (root.trampoline === 0) root.trampoline = this.cache.allocate(1);
    return { root, plan, emitted };
  }

  #windows(user: boolean): Assumptions['windows'] {
    const { windows } = this.linear;
    return { read: windows.ask(user ? DENY_USER_READ : DENY_SUPERVISOR_READ), write: windows.ask(user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE) };
  }

  #isWide(window: AccessWindow | undefined): boolean {
    return window !== undefined && this.linear.isWide(window);
  }

  #isInside(linear: number, window: AccessWindow | undefined): boolean {
    return window !== undefined && (linear - window.low) >>> 0 < this.linear.cpu.get(window.cell) >>> 0;
  }

  /** What does not fit any more goes, and comes back if it is hot. `now`: instructions retired. */
  dropOutdated(now: number): void {
    this.#dropComplaining(this.#refusals, now, ({ region }) => (region ? [region] : []));
    this.#dropComplaining(this.#scattered, now);
    this.#dropComplaining(this.#far.read, now);
    this.#dropComplaining(this.#far.write, now);
    this.#dropNarrow();
  }

  /** The block is compiled for what it complains of, too: in all regions that hold it, or only in its own. */
  #dropComplaining(complaints: Complaints, now: number, regionsOf = ({ regions }: Block): Iterable<Region> => regions): void {
    const record = complaints.tooMany(now);
    const block = record === undefined ? undefined : this.cache.byId.get(this.#view.getInt32(record + RECORD.BLOCK, true));
    if (!block) return;
    complaints.note(block);
    for (const region of [...regionsOf(block)]) {
      this.#drop(region);
      this.#queue.set(region.root, now);
    }
  }

  /** Longer windows have opened since regions were compiled that use others. */
  #dropNarrow(): void {
    const { windows } = this.linear;
    if (this.#windowsVersion === windows.version) return;
    this.#windowsVersion = windows.version;
    const outdated = (window: AccessWindow | undefined): boolean => window !== undefined && windows.find(window.deny) !== window;
    for (const region of [...this.#regions]) if (region.windows.some(outdated)) this.#drop(region);
  }

  #instantiate(pending: readonly Pending[], started: number): void {
    const bytes = encodeRegions(pending.map(({ emitted }) => emitted));
    if (this.#bytes + bytes.length > this.limits.bytes || this.#modules >= this.limits.modules) this.evict();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { vm: { memory: this.linear.cpu.memory } });
    this.#modules++;
    this.#bytes += bytes.length;
    const elapsed = performance.now() - started;
    this.#milliseconds += elapsed;
    pending.forEach((one, n) => {
      this.#install(one, exports[`r${n}`], (1000 * elapsed * one.emitted.body.length) / bytes.length);
    });
  }

  #install({ root, plan, emitted }: Pending, compiled: WebAssembly.ExportValue, microseconds: number): void {
    const slot = this.#slot();
    this.table.set(slot, compiled as () => number);
    const blocks = [...new Set([...plan.blocks.values()].map(({ block }) => block))];
    const region: Region = {
      id: this.#nextId++,
      root,
      blocks,
      length: plan.length,
      body: emitted.body,
      origins: emitted.origins,
      late: emitted.late,
      slot,
      microseconds,
      windows: emitted.windows,
      valid: true,
    };
    this.#regions.add(region);
    this.#compiled++;
    for (const block of blocks) block.regions = new Set([...block.regions, region]);
    root.region = region;
    const { trampoline } = root;
    const view = this.#view;
    view.setUint16(trampoline + RECORD.HANDLER, PSEUDO.TRANSLATED, true);
    view.setUint8(trampoline + RECORD.COUNT, 1);
    view.setInt32(trampoline + RECORD.DISPLACEMENT, root.entry, true);
    view.setInt32(trampoline + RECORD.IMMEDIATE, slot, true);
    view.setInt32(trampoline + RECORD.EIP, root.eip, true);
    view.setInt32(trampoline + RECORD.BLOCK, root.code.id, true);
    this.cache.redirect(root, trampoline);
  }

  #slot(): number {
    const free = this.#freeSlots.pop();
    if (free !== undefined) return free;
    if (this.#nextSlot === this.table.length) this.table.grow(TABLE_CHUNK);
    return this.#nextSlot++;
  }

  #blockInvalidated(block: Block): void {
    if (block.regions.size > 0 && block.invalidatedBy === 'code written') this.#countRewrites(block);
    this.#dropAll(block);
    if (block.trampoline === 0) return;
    // Whoever still comes by there finds out as at any record of the block.
    this.#view.setUint16(block.trampoline + RECORD.HANDLER, PSEUDO.INVALIDATED, true);
  }

  /** Instruction `n` of the block is another one from now on. */
  rewritten(block: Block, { n, before, after }: Rewrite): void {
    const fields = loadedFields(before, after);
    if (fields >= 0) return this.loads(block, n, fields);
    this.#countRewrites(block);
    this.#dropAll(block);
  }

  /** LOADED fields of instruction `n` keep changing: a region that has them in it goes, the next one reads them from the record. */
  loads(block: Block, n: number, fields: number): void {
    const { code } = block;
    const loaded = code.loaded?.get(n) ?? 0;
    if ((fields & ~loaded) === 0) return;
    code.loaded ??= new Map();
    code.loaded.set(n, loaded | fields);
    this.#dropAll(block);
  }

  #dropAll(block: Block): void {
    for (const region of [...block.regions]) {
      this.#invalidated++;
      this.#drop(region);
    }
  }

  #countRewrites(block: Block): void {
    const page = block.physical >>> 12;
    this.#rewrites.set(page, this.#lostOn(page) + block.regions.size);
  }

  #drop(region: Region): void {
    const { root } = region;
    region.valid = false;
    this.#regions.delete(region);
    for (const block of region.blocks) block.regions = new Set([...block.regions].filter((one) => one !== region));
    root.region = undefined;
    root.start = root.entry;
    this.#view.setUint16(root.trampoline + RECORD.HANDLER, PSEUDO.FORWARD, true);
    this.table.set(region.slot, null);
    this.#freeSlots.push(region.slot);
    // A module lives as long as one of its functions does; the count is an upper bound, made true by the next eviction.
    if (this.#regions.size === 0) {
      this.#bytes = 0;
      this.#modules = 0;
    }
  }

  /** Throw every region away. */
  evict(): void {
    this.#evictions++;
    for (const region of [...this.#regions]) this.#drop(region);
  }

  /** Every invariant, for tests: throws Error naming the one that fails. */
  checkInvariants(): void {
    const slots = new Set<number>();
    for (const region of this.#regions) {
      const name = `region ${region.id}`;
      if (slots.has(region.slot)) throw new Error(`${name} shares its place in the table`);
      slots.add(region.slot);
      if (!region.valid || region.root.region !== region) throw new Error(`${name} is not what its root names`);
      if (this.table.get(region.slot) === null) throw new Error(`${name} has no code`);
      for (const block of region.blocks) {
        if (!block.valid) throw new Error(`${name} holds block ${block.code.id}, which is not valid`);
        if (!block.regions.has(region)) throw new Error(`block ${block.code.id} does not know of ${name}`);
      }
      const { trampoline, start } = region.root;
      if (start !== trampoline || this.#view.getUint16(trampoline + RECORD.HANDLER, true) !== PSEUDO.TRANSLATED) throw new Error(`nobody comes to ${name}`);
      if (this.#view.getInt32(trampoline + RECORD.IMMEDIATE, true) !== region.slot) throw new Error(`the record of ${name} calls another one`);
    }
    for (const free of this.#freeSlots) if (slots.has(free) || this.table.get(free) !== null) throw new Error(`place ${free} of the table is not free`);
    if (this.#modules > this.limits.modules) throw new Error(`${this.#modules} modules`);
  }
}

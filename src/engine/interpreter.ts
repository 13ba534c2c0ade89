/**
 * Tier 0: runs the generated interpreter over one VM's memory, translates and links blocks on the way, and returns to
 * the run loop with an exact position whenever something needs it.
 */
import { FAULT_RECORD } from '../memory/layout';
import { type LinearMemory, REFUSED_VECTOR } from '../memory/linearMemory';
import { CPU, type CpuState, PLAIN_FAULTS, PLAIN_TRANSFERS, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import type { OpcodeMap } from '../x86/decoder';
import { EFLAGS_RF } from '../x86/flags';
import { GP, PF } from '../x86/exceptions';
import { CS } from '../x86/registers';
import { ENGINE_CELLS } from '../ir/engineCells';
import { type ExecutionContext, WAIT_VECTOR } from '../semantics/system/context';
import type { Attention, Block } from './block';
import { MAX_BLOCK_INSTRUCTIONS } from './blockInstructions';
import { Chaining } from './chaining';
import { CodeCache } from './codeCache';
import type { FormTable } from './forms';
import { type Run, instantiate } from './instantiate';
import { Modes } from './modes';
import type { TranslationPolicy } from './policy';
import { type Heat, type Translation, heatOf } from './heat';
import type { PagingUnit } from './paging/pagingUnit';
import { REGION_LIMITS, RegionCache, type RegionLimits } from './region/regionCache';
import { EXIT, PSEUDO, RECORD, RECORD_SIZE } from './record';
import { LOADED, NOTED, type Rewrite, type Rewritten, Rewriting } from './rewriting';
import { RecordStops } from './recordStops';
import { SecondPages } from './secondPages';
import { SelfChecks } from './selfChecks';
import { type CodeContext, Translator, isControlTransfer } from './translator';
import { Emitter } from '../base/events';

/** Why a run ended; EIP is exact and `retired` counted. */
export type EngineExit =
  | { readonly kind: 'budget' }
  /** A system instruction retired: interrupts, mode and time may have changed. */
  | { readonly kind: 'dispatch' }
  | { readonly kind: 'fault'; readonly vector: number; readonly errorCode: number }
  | { readonly kind: 'attend'; readonly attention: Attention; readonly block: Block }
  /** It took long: a repeated instruction, at a boundary between two elements, or many blocks entered. */
  | { readonly kind: 'fuel' };

/** Elements of repeated string instructions before the run loop looks up: a device may take a microsecond for each. */
const FUEL = 1 << 11;
/** Block entries before the run loop looks up: one may cost a translation. */
const ENTRIES = 250;

/** As many blocks of changed code, of each of which instructions are decoded anew, are one more entry. */
const REFRESHES = 8;

/** Stores to a block that does not run before it is not worth keeping. */
const IDLE_STORES = 128;

/** Takes faults into the guest. */
export interface FaultDelivery {
  /** Nobody watches: generated code may do it too, and counts them (ir/engineCells). */
  readonly unwatched: boolean;
  /** Says whether it has. */
  deliver(vector: number, errorCode: number): boolean;
}

/** A hot block that some region holds gets its own only if it keeps coming up. */
const PASS_OVER = 2;

export class Interpreter {
  readonly cache: CodeCache;
  readonly translator: Translator;
  readonly regions: RegionCache;
  readonly chaining: Chaining;
  readonly #rewriting: Rewriting;
  readonly #selfChecks: SelfChecks;
  /** Blocks that checked themselves and have been brought up to date. */
  #refreshed = 0;
  /** A block was translated (not the single-step ones). */
  readonly translated = new Emitter<Block>();
  /** Generated entry points for 16- and 32-bit code. */
  readonly #run16: Run;
  readonly #run32: Run;
  readonly #view: DataView;
  readonly #modes: Modes;
  readonly #stops: RecordStops;
  readonly #secondPages: SecondPages;
  /** PLAIN while blocks run. */
  #plain = 0;
  readonly #context: ExecutionContext;
  readonly #hotMask: number;
  #retired = 0;
  /** Instructions the current call into generated code started with; -1 outside. */
  #entryBudget = -1;
  /** The block at EIP, where the call into generated code that has just ended looked for it. */
  #next: Block | undefined;
  /** The run is to end before the next block. */
  #ending = false;
  /** The last run ended because it took long: whoever runs the guest looks at the host's clock. */
  tookLong = false;

  constructor(
    readonly cpu: CpuState,
    readonly linear: LinearMemory,
    context: ExecutionContext,
    readonly policy: TranslationPolicy,
    { module, forms, opcodes, paging }: { module: WebAssembly.Module; forms: FormTable; opcodes: OpcodeMap; paging: PagingUnit },
    translation: Translation | Heat = 'on',
    limits: RegionLimits = REGION_LIMITS,
  ) {
    this.#context = context;
    this.cache = new CodeCache(linear);
    this.#stops = new RecordStops(cpu.memory, this.cache);
    this.#secondPages = new SecondPages(linear);
    cpu.set(FAULT_RECORD + RECORD.HANDLER, PSEUDO.FAULT);
    this.#modes = new Modes(cpu, linear, policy, () => this.cache.clear('too many modes'));
    this.chaining = new Chaining(linear, this.cache, policy, this.#modes, this.#secondPages);
    this.translator = new Translator(cpu, linear, this.cache, forms, opcodes, policy);
    this.#view = new DataView(cpu.memory.buffer);
    this.#rewriting = new Rewriting(linear, opcodes, policy, (record) => this.#isFree(record));
    this.cache.rewrite = (block, address, length) => this.#rewrite(block, address, length);
    this.cache.patchOf = (block, address, length) => this.#rewriting.patchOf(block, address, length);
    paging.storesNoted = (record) => this.#storesNoted(record);
    const heat = heatOf(translation);
    this.#hotMask = heat.threshold - 1;
    this.regions = new RegionCache(this.cache, linear, forms, (block) => this.hits(block) >= heat.warm, heat.patience, limits);
    this.#selfChecks = new SelfChecks(linear, this.cache, forms, opcodes, policy, {
      rewriting: this.#rewriting,
      hits: (block) => this.hits(block),
      rewrite: (block, rewrite) => this.#becomes(block, rewrite),
    });
    this.cache.keepsChanging = (block) => this.#selfChecks.turn(block);
    const { run16, run32, renew } = instantiate({ module, cpu, context, paging, table: this.regions.table, refresh: (record) => this.#refresh(record) });
    this.#run16 = run16;
    this.#run32 = run32;
    this.#selfChecks.renew = renew;
  }

  /** Generated code is running: a helper or a device was called from it. */
  get running(): boolean {
    return this.#entryBudget >= 0;
  }

  /** Guest instructions retired, exact also while a helper or a device runs. */
  get retired(): number {
    if (this.#entryBudget < 0) return this.#retired;
    const record = this.cpu.get(CPU.EXIT_RECORD);
    return this.#retired + this.#entryBudget - (this.cpu.get(CPU.BUDGET) | 0) + this.cpu.u8[record + RECORD.COUNT] - 1;
  }

  set retired(value: number) {
    this.#retired = value;
  }

  /** Record of the instruction a helper or device access belongs to. */
  get currentEip(): number {
    return this.#entryBudget < 0 ? this.cpu.eip : this.#view.getUint32(this.cpu.get(CPU.EXIT_RECORD) + RECORD.EIP, true);
  }

  /** CS, CPL or paging have changed under a system instruction, behind which generated code may go on. */
  modeChanged(): void {
    if (this.#entryBudget >= 0) this.#currentMode();
  }

  /** The system instruction under way, if there is one, is to be the last of this run. */
  attend(): void {
    this.cpu.set(CPU.ATTEND, 1);
    this.cpu.set(CPU.PORT_GENERATION, 0); // which looks behind the next port access, too
  }

  /** The system instruction under way has set RF, which the next one clears: only instruction breakpoints and stops ask for it. */
  attendToResumeFlag(): void {
    if (this.cpu.get(CPU.ATTEND) === 0) this.cpu.set(CPU.ATTEND, ATTEND_RESUME);
  }

  /** The instruction that is at a device now (a load or store that the bus answers) is to be the last of this run: interrupts or time have changed. */
  leaveAfterInstruction(): void {
    this.attend();
    if (this.#entryBudget >= 0) this.#stops.leaveBehind(this.cpu.get(CPU.EXIT_RECORD));
  }

  /** End the run, behind the current instruction or before the next block: somebody stops here. */
  endRun(): void {
    this.#ending = true;
    this.leaveAfterInstruction();
  }

  #ended(): EngineExit {
    this.#ending = false;
    return DISPATCH;
  }

  /** A store has changed bytes of a block, which goes on with what is returned changed; or does not. */
  #rewrite(block: Block, address: number, length: number): Rewritten | undefined {
    if (block.checks) return this.#isUnderWay(block) ? undefined : 'unseen';
    if (!this.#isInUse(block)) return undefined;
    const immediate = this.#rewriting.immediate(block, address, length);
    if (immediate >= 0) {
      this.regions.loads(block, immediate, LOADED.IMMEDIATE);
      return 'immediate';
    }
    const found = this.#rewriting.find(block, address, length);
    if (!found) return undefined;
    for (const rewrite of found) this.#becomes(block, rewrite);
    return 'instructions';
  }

  #becomes(block: Block, rewrite: Rewrite): void {
    this.translator.rewrite(block, rewrite);
    this.regions.rewritten(block, rewrite);
  }

  /** Code of a block that checks itself has changed: the record where to go on, or 0. */
  #refresh(record: number): number {
    const block = this.cache.byId.get(this.#view.getInt32(record + RECORD.BLOCK, true));
    // The run loop is to look up now and then.
    return block && ++this.#refreshed % REFRESHES > 0 && this.#selfChecks.refresh(block) ? block.entry : 0;
  }

  /** Regions are to let stores of the instruction at a record through where nobody has to see them. */
  #storesNoted(record: number): void {
    const block = this.cache.byId.get(this.#view.getInt32(record + RECORD.BLOCK, true));
    if (block) this.regions.loads(block, (record - block.entry) / RECORD_SIZE, NOTED);
  }

  /** It runs now and then: a block that a run once began in the middle of others does not. */
  #isInUse(block: Block): boolean {
    const hits = this.hits(block);
    const { code } = block;
    if (hits !== code.ranBefore || block.regions.size > 0) {
      code.ranBefore = hits;
      code.idleStores = 0;
    }
    return ++code.idleStores <= IDLE_STORES;
  }

  /** An instruction under way still reads its own record; what was in those that stop a run is put back. */
  #isFree(record: number): boolean {
    return this.#stops.isFree(record) && (this.#entryBudget < 0 || this.cpu.get(CPU.EXIT_RECORD) !== record);
  }

  /** Blocks are what stands in memory from now on: those that would find out only when they are entered, too. */
  refreshBlocks(): void {
    for (const block of [...this.cache.blocks()]) if (block.checks && !this.#selfChecks.refresh(block)) this.cache.invalidate(block, 'code written');
  }

  /** An instruction of it is at a device, or calls TypeScript. */
  #isUnderWay(block: Block): boolean {
    return this.#entryBudget >= 0 && this.#blockAt(CPU.EXIT_RECORD) === block;
  }

  /** Number of the state that translation depends on. */
  #currentMode(): number {
    this.cpu.set(CPU.HOT_MASK, this.#hotMask); // a reset of the CPU cleared the cell
    return this.#modes.current();
  }

  /** The block at EIP, translated if need be; or the fetch fault in the way. */
  #block(single: boolean): Block | EngineExit {
    const { cpu } = this;
    const { eip } = cpu;
    const mode = this.#currentMode();
    if (eip > cpu.get(CPU.SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT.LIMIT)) return { kind: 'fault', vector: GP, errorCode: 0 };
    const linear = (cpu.segmentBase(CS) + eip) >>> 0;
    const physical = this.linear.fetch(linear);
    if (physical === -2) return { kind: 'fault', vector: REFUSED_VECTOR, errorCode: 0 };
    if (physical < 0) return { kind: 'fault', vector: PF, errorCode: cpu.get(CPU.FAULT_CODE) };
    if (this.linear.nested?.fetch(physical, linear) === false) return { kind: 'fault', vector: REFUSED_VECTOR, errorCode: 0 };
    const cached = this.cache.lookup(physical, mode, eip, single);
    const outdated = cached?.checks && !this.#selfChecks.refresh(cached) ? cached : undefined;
    if (cached && !outdated && this.#secondPages.isSame(cached)) return cached;
    if (cached && !outdated) this.cache.invalidate(cached, 'second page remapped');
    const block = this.#translate({ mode, eip, physical }, single, outdated);
    if (!single) this.translated.fire(block);
    return block;
  }

  /** The run ends with a fault at the next instruction: only now has it happened, and not when somebody looked ahead. */
  #unfetched(exit: EngineExit): EngineExit {
    const { cpu } = this;
    if (exit.kind === 'fault' && exit.vector === PF) cpu.set(CPU.CR2, (cpu.segmentBase(CS) + cpu.eip) >>> 0);
    return exit;
  }

  #translate(where: CodeContext, single: boolean, outdated: Block | undefined): Block {
    if (!outdated && (single || !this.cache.pages.isChanging(where.physical >>> 12))) return this.translator.translate(where, single);
    if (outdated?.roomy) {
      this.#selfChecks.follow(outdated, () => this.translator.translateInto(where, outdated));
      return outdated;
    }
    if (outdated) this.cache.invalidate(outdated, 'code written');
    const block = this.translator.translate(where, single, outdated !== undefined);
    this.#selfChecks.begin(block);
    return block;
  }

  /** Retire up to `budget` instructions. With `delivery` the run goes on behind faults and IRETs that set RF, as far as nobody watches. */
  run(budget: number, delivery?: FaultDelivery): EngineExit {
    const end = this.#retired + budget;
    this.tookLong = false;
    this.cpu.set(CPU.FUEL, FUEL);
    this.#plain = PLAIN_TRANSFERS | (delivery?.unwatched ? PLAIN_FAULTS : 0);
    this.#next = undefined;
    for (let entries = 0; end - this.#retired > MAX_BLOCK_INSTRUCTIONS; entries++) {
      if (entries === ENTRIES) return this.#longRun();
      this.regions.dropOutdated(this.#retired);
      if (this.regions.waiting) this.regions.compileDue(this.#currentMode(), this.#retired);
      const budget = Math.min(end - this.#retired - MAX_BLOCK_INSTRUCTIONS, 0x3fffffff);
      const block = this.#takeNext() ?? this.#block(false);
      if (isExit(block)) return this.#unfetched(block);
      if (this.#ending) return this.#ended();
      if (delivery && !this.#passResumeFlag(block)) return DISPATCH;
      const exit = this.#enterBlock(block, budget);
      if (exit?.kind === 'fault' && delivery?.deliver(exit.vector, exit.errorCode)) {
        if (this.#due(CPU.ATTEND)) return DISPATCH;
      } else if (exit && !(exit === DISPATCH && delivery && this.cpu.get(CPU.ATTEND) === ATTEND_RESUME && !this.#due(CPU.INHIBIT))) return exit;
    }
    return delivery && this.cpu.get(CPU.EFLAGS) & EFLAGS_RF ? DISPATCH : this.#finish(end);
  }

  #longRun(): EngineExit {
    this.tookLong = true;
    return FUEL_SPENT;
  }

  #takeNext(): Block | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next?.valid ? next : undefined;
  }

  /** Something is due before the next instruction, or may be: what generated code asks behind a system instruction. */
  #due(first: typeof CPU.ATTEND | typeof CPU.INHIBIT): boolean {
    const { cpu } = this;
    return (cpu.get(first) | cpu.get(CPU.INHIBIT) | cpu.get(CPU.HALTED) | cpu.get(CPU.PENDING_DEBUG) | cpu.get(CPU.DUE_FAULT)) !== 0;
  }

  /** An instruction is about to execute, which clears RF. False: somebody may stop before it, and is to see RF as it is. */
  #passResumeFlag(block: Block): boolean {
    const flags = this.cpu.get(CPU.EFLAGS);
    if (!(flags & EFLAGS_RF)) return true;
    if (block.code.attention) return false;
    this.cpu.set(CPU.EFLAGS, flags & ~EFLAGS_RF);
    return true;
  }

  /** The last instructions of a slice: blocks as long as they are shorter than what is left of it, then a part of one. */
  #finish(end: number): EngineExit {
    this.#plain = PLAIN_TRANSFERS;
    while (this.#retired < end) {
      const block = this.#block(false);
      if (isExit(block)) return this.#unfetched(block);
      if (this.#ending) return this.#ended();
      const left = end - this.#retired;
      const exit = block.code.instructions.length <= left ? this.#enterBlock(block, 1) : this.#enterPart(block, left);
      if (exit && exit.kind !== 'budget') return exit;
    }
    return BUDGET;
  }

  /** Retire the first `count` instructions of a longer block. */
  #enterPart({ entry, codeSize }: Block, count: number): EngineExit | undefined {
    return this.#stops.before(entry + count * RECORD_SIZE, () => this.#enter(entry, codeSize, true, 1));
  }

  /** Retire one instruction, whatever breakpoints and watches say. A branch into nowhere faults at the next one. */
  step(): EngineExit {
    this.tookLong = false;
    if (this.cpu.get(CPU.FUEL) === 0) this.cpu.set(CPU.FUEL, FUEL);
    this.#plain = PLAIN_TRANSFERS;
    const block = this.#block(true);
    if (isExit(block)) return this.#unfetched(block);
    return this.#enterBlock(block, 1) ?? BUDGET;
  }

  /** Translate the block at EIP, hot or not. False when there is none or it cannot be translated. */
  translateHere(): boolean {
    const block = this.#block(false);
    return !isExit(block) && this.#selfChecks.end(block) && this.regions.translate(block);
  }

  /** When stepping, the block that a run would enter here is translated all the same, so that it can be seen. */
  showBlock(): void {
    const linear = (this.cpu.segmentBase(CS) + this.cpu.eip) >>> 0;
    for (const block of this.cache.blocks()) if (linear >= block.linear && linear < block.linear + block.code.length) return;
    this.#block(false);
  }

  #enterBlock(block: Block, budget: number): EngineExit | undefined {
    if (this.#secondPages.isToFetch(block)) this.#secondPages.fetch(block);
    return this.#enter(block.start, block.codeSize, block.single, budget);
  }

  /** Run from a record. Undefined: go on at EIP. `single`: of a block of one instruction. */
  #enter(start: number, codeSize: 2 | 4, single: boolean, budget: number): EngineExit | undefined {
    const { cpu } = this;
    cpu.set(CPU.ATTEND, this.policy.goesOn ? 0 : 1);
    cpu.set(CPU.PLAIN, this.policy.goesOn ? this.#plain : 0);
    this.#setTime(budget);
    this.#entryBudget = budget;
    let code: number;
    let left = false;
    try {
      code = (codeSize === 4 ? this.#run32 : this.#run16)(start, budget);
    } finally {
      this.#entryBudget = -1;
      left = this.#stops.release();
    }
    this.#retired += budget - (cpu.get(CPU.BUDGET) | 0);
    switch (code) {
      case EXIT.LINK:
        if (!this.#branched()) this.#resolveLink(single);
        return undefined;
      case EXIT.INDIRECT:
        if (!this.#branched() && !single) this.#resolveIndirect();
        return undefined;
      case EXIT.BUDGET:
        this.#branched(CPU.LAST_RECORD);
        return undefined;
      case EXIT.HOT:
        if (!this.#branched(CPU.LAST_RECORD)) this.#hot();
        return undefined;
      case EXIT.DISPATCH:
        return DISPATCH;
      case EXIT.FAULT: {
        const exit: EngineExit = { kind: 'fault', vector: cpu.get(CPU.FAULT) - 1, errorCode: cpu.get(CPU.FAULT_CODE) };
        cpu.set(CPU.FAULT, 0);
        return exit.vector === WAIT_VECTOR ? DISPATCH : exit;
      }
      case EXIT.ATTEND:
        return this.#attend();
      case EXIT.FUEL:
        return this.#longRun();
      case EXIT.INVALIDATED:
        this.cache.jumps.forget(cpu.eip);
        return left ? DISPATCH : undefined;
      default:
        return undefined; // STOP
    }
  }

  /** Tell generated code the time at which the budget will be spent. */
  #setTime(budget: number): void {
    const time = this.#context.timeStamp() + budget;
    const high = Math.floor(time / 0x1_0000_0000);
    this.cpu.set(ENGINE_CELLS.time, time - high * 0x1_0000_0000);
    this.cpu.set(ENGINE_CELLS.time + 4, high);
  }

  /** Without chaining a near branch ends the call; a block that merely ran out of room goes on like one that is chained. */
  #branched(record: number = CPU.EXIT_RECORD): boolean {
    const branched = this.policy.branched?.();
    if (!branched) return false;
    const block = this.#blockAt(record);
    const last = block?.code.instructions.at(-1);
    if (!block || !last || !isControlTransfer(last.instruction)) return false;
    branched(block);
    return true;
  }

  /** The block of the record that a cell names. */
  #blockAt(cell: number): Block | undefined {
    return this.cache.byId.get(this.#view.getInt32(this.cpu.get(cell) + RECORD.BLOCK, true));
  }

  #hot(): void {
    const block = this.#blockAt(CPU.LAST_RECORD);
    if (!block || !this.#selfChecks.end(block)) return;
    if (this.#hotMask > 0 && block.regions.size > 0 && ++block.code.passedOver <= PASS_OVER) return;
    this.regions.want(block, this.#retired);
  }

  #resolveLink(single: boolean): void {
    if (single) return;
    const stub = this.cpu.get(CPU.EXIT_RECORD);
    const source = this.#blockAt(CPU.EXIT_RECORD);
    const target = this.#block(false);
    if (isExit(target) || !source?.valid) return; // a full cache forgets the source, too
    this.chaining.link(source, stub, target);
    this.#next = target;
  }

  #resolveIndirect(): void {
    const target = this.#block(false);
    if (isExit(target)) return;
    this.chaining.jumped(target);
    this.#next = target;
  }

  #attend(): EngineExit | undefined {
    const block = this.#blockAt(CPU.EXIT_RECORD);
    const attention = block?.code.attention;
    if (!attention) return undefined;
    block.code.attended++;
    if (attention.kind === 'fault') {
      if (attention.vector === PF) this.#fetchFaulted(block);
      return attention;
    }
    return { kind: 'attend', attention, block };
  }

  /** An instruction runs into a page that is not there: nothing to keep, the page may appear. */
  #fetchFaulted(block: Block): void {
    this.cpu.set(CPU.CR2, (((block.linear >>> 12) + 1) << 12) >>> 0);
    this.cache.invalidate(block, 'fetch fault');
  }

  /** Times a block has run to its end. */
  hits({ valid, code }: Block): number {
    return (valid ? this.#view.getInt32(code.last + RECORD.HITS, true) : 0) + code.attended;
  }

  setBreakpoints(linear: ReadonlySet<number>): void {
    this.translator.breakpoints = linear;
    this.cache.clear('breakpoints changed');
  }
}

/** Of ATTEND: RF is set, and there is nothing else to look at. */
const ATTEND_RESUME = 2;
const DISPATCH: EngineExit = { kind: 'dispatch' };
const BUDGET: EngineExit = { kind: 'budget' };
const FUEL_SPENT: EngineExit = { kind: 'fuel' };

const isExit = (found: Block | EngineExit): found is EngineExit => 'kind' in found;

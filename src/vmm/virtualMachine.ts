/**
 * A virtual machine: one CPU, one memory, one set of devices, one technique. It owns the run loop; nothing in it is shared
 * with another VM. Guest time is a function of retired instructions and of time skipped while halted.
 */
import type { Bus } from '../devices/bus';
import type { GuestClock } from '../devices/clock';
import type { InterruptController } from '../devices/interruptController';
import type { Block } from '../engine/block';
import type { Heat, Translation } from '../engine/heat';
import { Interpreter } from '../engine/interpreter';
import type { RegionLimits } from '../engine/region/regionCache';
import type { FormTable } from '../engine/forms';
import { hexh } from '../base/bits';
import { GuestMemory } from '../memory/guestMemory';
import { LinearMemory, REFUSED_VECTOR, WATCH_VECTOR } from '../memory/linearMemory';
import type { WatchHit } from '../memory/watchpoint';
import type { TechniqueId } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import { type CpuModel, type ExecutionContext, type FpuErrorLine, type StateChange, UNIMPLEMENTED_VECTOR } from '../semantics/system/context';
import { instructionBreakpoints } from '../semantics/system/debug';
import { deliverEvent, pushesErrorCode } from '../semantics/system/interrupts';
import { resetModelSpecific } from '../semantics/system/modelSpecific';
import { REAL_ATTRIBUTES } from '../semantics/system/segments';
import { MXCSR_RESET } from '../semantics/vector/mxcsr';
import { CONTROL_RESET } from '../semantics/x87/status';
import { X87 } from '../semantics/x87/unit';
import { CPU, CpuState, INHIBIT_DEBUG } from '../x86/cpuState';
import { type Instruction, type OpcodeMap, MAX_INSTRUCTION_LENGTH, decode } from '../x86/decoder';
import { DB, NMI, PF, exceptionOf, vectorName } from '../x86/exceptions';
import { CR0_ET, CR0_PE, CR0_PG, DEBUGCTL_BTF, DR6_BS, DR7_ENABLED, EFLAGS_FIXED, EFLAGS_IF, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from '../x86/flags';
import { CS, LDTR, TR } from '../x86/registers';
import { apicBaseAtReset, pagingFeatures } from './cpuModels';
import { CostLedger } from './cost/ledger';
import type { CostEvent, CostProfile } from './cost/profiles';
import type { StopReason } from './debuggable';
import { DeprivilegedWorld, VMM_BASE } from './deprivileged';
import { EventDesk, type Place, type Suppression, isKnownAfterwards } from './eventDesk';
import { NANOSECONDS_PER_INSTRUCTION } from './guestTime';
import type { Firmware } from './firmwareContext';
import { FirmwareDraft, type FirmwareHost, FirmwareService, inFirmware } from './firmwareService';
import { Hypercalls } from './hypercalls/hypercalls';
import { DISCOVERY_LEAVES } from './hypercalls/discovery';
import { KVM_LEAVES } from './kvm/kvmAbi';
import { KvmInterface } from './kvm/kvmInterface';
import { ShadowReports } from './shadowReports';
import { BareMetal } from './techniques/bareMetal';
import { BinaryTranslation } from './techniques/binaryTranslation';
import { HardwareAssisted } from './techniques/hardwareAssisted';
import { OptimisedTranslation } from './techniques/optimisedTranslation';
import { Paravirtualized } from './techniques/paravirtualized';
import type { EventDraft, Technique, TechniqueExit, TechniqueHost, Waiting } from './techniques/technique';
import { TrapAndEmulate } from './techniques/trapAndEmulate';
import type { VmcsSettings } from './vmcs/settings';

export { NANOSECONDS_PER_INSTRUCTION } from './guestTime';

/** Turns of the run loop, and instructions, between two looks at the host's clock. */
const TURNS = 16;
const TURNS_INSTRUCTIONS = 50_000;

const PAGE_MASK = ~0xfff;
/** Nothing is there: the page below the I/O APIC's. */
const UNCLAIMED_ADDRESS = 0xfebff000;

/** The devices of a VM, as the run loop sees them. */
export interface Platform {
  readonly bus: Bus;
  readonly clock: GuestClock;
  readonly interrupts: InterruptController;
  /** Nothing when the ROM is a BIOS image: such code calls nobody. */
  readonly firmware?: Firmware;
  /** Where FERR# goes; nowhere without it. */
  readonly fpuError?: FpuErrorLine;
  readonly a20: boolean;
  setA20(enabled: boolean): void;
  /** State of all devices, for hashing. */
  describe(): string;
}

export interface VmOptions {
  readonly memory: WebAssembly.Memory;
  /** Bytes of RAM. */
  readonly ram: number;
  /** A triple fault pulls the reset line, as PCs' chip sets do, instead of ending the run. */
  readonly resetsOnShutdown?: boolean;
  /** Bytes of video memory, in the VM's memory too. */
  readonly videoMemory?: number;
  readonly technique: TechniqueId;
  /** Binary translation with chaining, in-line emulation and adaption; else as the textbook has it. */
  readonly optimised?: boolean;
  /** Trap-and-emulate with the guest's kernel at CPL 1. The processor must have CR0.WP. */
  readonly ringCompression?: boolean;
  readonly model: CpuModel;
  readonly interpreter: { readonly module: WebAssembly.Module; readonly forms: FormTable; readonly opcodes: OpcodeMap };
  readonly profile: CostProfile;
  /** When blocks become WebAssembly; default `on`. */
  readonly translation?: Translation | Heat;
  readonly regionLimits?: RegionLimits;
  /** Hardware assistance with extended page tables and unrestricted guests, which is the default; else VT-x of the first generation. */
  readonly nestedPaging?: boolean;
  /** What a launch configuration sets in the VMCS. */
  readonly vmcs?: VmcsSettings;
  /** KVM's paravirtual interface is there for the guest; the machine is powered on at this date (milliseconds since 1970). */
  readonly kvm?: { readonly startDate: number };
}

export class VirtualMachine implements TechniqueHost {
  readonly cpu: CpuState;
  readonly physical: GuestMemory;
  readonly linear: LinearMemory;
  readonly engine: Interpreter;
  readonly ledger: CostLedger;
  readonly desk: EventDesk;
  readonly technique: Technique;
  readonly context: ExecutionContext;
  /** Under `pv` only. */
  readonly hypercalls: Hypercalls | undefined;
  readonly kvm: KvmInterface | undefined;
  readonly opcodes: OpcodeMap;
  /** Where the board has the page of the local APIC; 0 without one. */
  readonly #apicPage: number;
  #platform!: Platform;
  #world: DeprivilegedWorld | undefined;
  #place: Place = { retired: 0, cs: 0, eip: 0, linear: 0, codeSize: 2 };
  #pending: StopReason | undefined;
  /** Coordinate and EIP of the last stop: going on from there does not stop there again. */
  #stoppedAt: { retired: number; eip: number; on: Suppression } = { retired: -1, eip: -1, on: 'breakpoint' };
  #skipped = 0;
  /** A halted guest is not taken past this guest time (ns); whoever runs it sets it. Not part of the guest's state. */
  timeLimit = Number.POSITIVE_INFINITY;
  /** When the timer is due that it waits for because of that. */
  waitsUntil: number | undefined;
  /** Causes of the last triple fault that reset the machine. */
  lastShutdown: readonly string[] | undefined;
  readonly #resetsOnShutdown: boolean;
  #unimplemented = '';
  #mode = 0;
  #restart: (() => void) | undefined;

  constructor(options: VmOptions) {
    this.#resetsOnShutdown = options.resetsOnShutdown ?? false;
    this.cpu = new CpuState(options.memory);
    const bus = {
      read: (address: number, size: 1 | 2 | 4) => this.#readDevice(address, size),
      write: (address: number, size: 1 | 2 | 4, value: number) => this.#writeDevice(address, size, value),
    };
    this.physical = new GuestMemory(options.memory, options.ram, bus, options.videoMemory);
    this.linear = new LinearMemory(this.cpu, this.physical, pagingFeatures(options.model));
    this.ledger = new CostLedger(options.technique, options.profile);
    this.desk = new EventDesk(this.cpu, this.ledger);
    this.desk.stopAfter = (event) => this.#stopAfter(event);
    this.opcodes = options.interpreter.opcodes;
    const leaves = [...(options.kvm ? KVM_LEAVES : []), ...(options.technique === 'pv' ? DISCOVERY_LEAVES : [])];
    this.context = this.#executionContext(leaves.length > 0 ? { ...options.model, hypervisorLeaves: new Map(leaves) } : options.model);
    this.hypercalls = options.technique === 'pv' ? new Hypercalls(this.context, () => this.#syncClock()) : undefined;
    if (options.kvm) this.kvm = new KvmInterface({ context: this.context, memory: this.physical, startDate: options.kvm.startDate, now: () => this.now() });
    this.#apicPage = apicBaseAtReset(options.model) & PAGE_MASK;
    this.technique = this.#createTechnique(options);
    this.engine = new Interpreter(this.cpu, this.linear, this.context, this.technique.policy, options.interpreter, options.translation, options.regionLimits);
    this.engine.translated.on((block) => this.#translated(block));
    this.engine.chained.on(({ source, target }) => this.#chained(source, target));
    this.engine.cache.invalidated.on((block) => this.#invalidated(block));
    this.resetCpu();
  }

  #createTechnique(options: VmOptions): Technique {
    const { technique: id } = options;
    if (id === 'bare') return new BareMetal(this);
    if (id === 'hvm') return this.#hardwareAssisted(options);
    const compressed = id === 'trap' && options.ringCompression === true;
    this.#world = new DeprivilegedWorld(this.cpu, this.linear, this.context, compressed);
    if (this.hypercalls) return new Paravirtualized(this, this.#world, this.hypercalls);
    const reports = new ShadowReports(this, this.#world, () => this.technique.touched?.());
    this.linear.useShadow(reports, VMM_BASE).compressed = compressed;
    this.#world.tableWritten = (address, length, used) => reports.tracedWrite(address, length, used);
    return id === 'trap' ? new TrapAndEmulate(this, this.#world) : options.optimised ? new OptimisedTranslation(this, this.#world) : new BinaryTranslation(this, this.#world);
  }

  #hardwareAssisted({ vmcs = {}, nestedPaging }: VmOptions): HardwareAssisted {
    const technique = new HardwareAssisted(this, this.context, vmcs, nestedPaging);
    this.linear.nested = technique.nested;
    this.desk.exits = true;
    return technique;
  }

  #executionContext(model: CpuModel): ExecutionContext {
    const platform = (): Platform => this.#platform;
    const registered = () => (this.#world?.inGuest ? undefined : this.hypercalls?.traps);
    const paravirtual = () => (this.#world?.inGuest ? undefined : this.kvm);
    return {
      get registered() {
        return registered();
      },
      get paravirtual() {
        return paravirtual();
      },
      cpu: this.cpu,
      memory: this.linear,
      x87: new X87(this.cpu),
      model,
      fpuError: {
        assert: () => platform().fpuError?.assert(),
        release: () => platform().fpuError?.release(),
        get ignored() {
          return platform().fpuError?.ignored ?? false;
        },
      },
      readPort: (port, size) => {
        const waited = this.#interruptWaits;
        this.#syncClock();
        const value = this.#platform.bus.read('port', port, size);
        if (waited !== this.#interruptWaits) this.engine.attend();
        return value;
      },
      writePort: (port, size, value) => {
        const waited = this.#interruptWaits;
        this.#syncClock();
        this.#platform.bus.write('port', port, size, value);
        if (waited !== this.#interruptWaits) this.engine.attend();
      },
      timeStamp: () => this.now() / NANOSECONDS_PER_INSTRUCTION + (this.technique.timeStampOffset ?? 0),
      taskSwitching: (selector, cause) => this.technique.taskSwitching?.(selector, cause),
      noteUnimplemented: (what) => {
        this.#unimplemented = what;
      },
      stateChanged: (what, linear) => this.#stateChanged(what, linear),
    };
  }

  /** An interrupt waits, whether the CPU would take it or not. */
  get #interruptWaits(): boolean {
    const { interrupts } = this.#platform;
    return interrupts.pending || interrupts.nmiPending;
  }

  /** A load or store that a device answers; one that makes an interrupt pending is the last of its slice. */
  #readDevice(address: number, size: 1 | 2 | 4): number {
    this.#syncClock();
    const waited = this.#interruptWaits;
    const value = this.#platform.bus.read('memory', this.#busAddress(address), size);
    if (!waited && this.#interruptWaits) this.engine.leaveAfterInstruction();
    return value;
  }

  #writeDevice(address: number, size: 1 | 2 | 4, value: number): void {
    this.#syncClock();
    const waited = this.#interruptWaits;
    this.#platform.bus.write('memory', this.#busAddress(address), size, value);
    if (!waited && this.#interruptWaits) this.engine.leaveAfterInstruction();
  }

  /** APIC_BASE says where the CPU has the page of its local APIC (SDM Vol. 3, 10.4.5); what is moved away leaves a hole. */
  #busAddress(address: number): number {
    const moved = this.cpu.get(CPU.APIC_BASE) & PAGE_MASK;
    if (moved === this.#apicPage) return address;
    const page = address & PAGE_MASK;
    if (page === moved) return (this.#apicPage | (address & ~PAGE_MASK)) >>> 0;
    return page === this.#apicPage ? UNCLAIMED_ADDRESS : address;
  }

  /** Connect devices; `restart` puts the machine back to power-on when the guest pulls the reset line. */
  attach(platform: Platform, restart: () => void): void {
    this.#platform = platform;
    this.#restart = restart;
    platform.clock.rearmed = () => this.engine.leaveAfterInstruction();
    platform.bus.unclaimed.on((what) => {
      if (!this.engine.running) this.mark();
      this.desk.report({ kind: 'unclaimed', reason: what, sentence: `No device answers ${what}; the bus reads as all ones.` }, this.engine.running ? this.#here() : this.#place);
    });
  }

  get platform(): Platform {
    return this.#platform;
  }

  /** Registers after RESET (SDM Vol. 3, table 9-1), real mode; CS:EIP is FFFFFFF0h, until the first far jump. */
  resetCpu(): void {
    const { cpu } = this;
    this.kvm?.reset();
    cpu.i32.fill(0, CPU.GPR >> 2, CPU.END >> 2);
    cpu.set(CPU.EFLAGS, EFLAGS_FIXED);
    cpu.statusFlags = 0;
    cpu.set(CPU.CR0, CR0_ET);
    resetModelSpecific(cpu);
    cpu.set(CPU.IDTR_LIMIT, 0x3ff);
    cpu.set(CPU.MXCSR, MXCSR_RESET);
    cpu.set(CPU.APIC_BASE, apicBaseAtReset(this.context.model));
    cpu.set(CPU.DR0 + 24, 0xffff0ff0);
    cpu.set(CPU.DR0 + 28, 0x400);
    for (let s = 0; s < 6; s++) cpu.setSegment(s, { selector: 0, base: 0, limit: 0xffff, attributes: REAL_ATTRIBUTES });
    cpu.setSegment(CS, { selector: 0xf000, base: 0xffff0000, limit: 0xffff, attributes: REAL_ATTRIBUTES });
    for (const s of [LDTR, TR]) cpu.setSegment(s, { selector: 0, base: 0, limit: 0xffff, attributes: s === TR ? 0x8b : 0 });
    cpu.set(CPU.X87_CONTROL, CONTROL_RESET);
    cpu.set(CPU.X87_TAGS, 0x5555);
    cpu.eip = 0xfff0;
    this.linear.setUser(false);
    this.linear.loadPagingMode();
    this.#mode = 0;
    this.technique.reset?.();
  }

  get retired(): number {
    return this.engine.retired;
  }

  /** Guest time, nanoseconds. */
  now(): number {
    return this.engine.retired * NANOSECONDS_PER_INSTRUCTION + this.#skipped;
  }

  get cycles(): number {
    const direct = this.desk.counts.sensitive;
    return this.ledger.total + direct * this.ledger.price('sensitive') + this.retired * this.ledger.price('instruction');
  }

  #syncClock(): void {
    this.#platform.clock.advanceTo(this.now());
  }

  #stateChanged(what: StateChange, linear = 0): void {
    if (this.#world?.aside) return;
    if (what === 'flags') return this.#flagsChanged();
    if (what === 'page') {
      this.linear.flushPage(linear);
      this.engine.cache.forgetJumpsOn(linear >>> 12);
      return;
    }
    if (what === 'translation' || what === 'addressSpace') {
      this.linear.loadPagingMode(what === 'addressSpace' ? 'cr3' : 'any');
      if (what === 'addressSpace') this.engine.cache.forgetLocalJumps();
      else this.engine.cache.clearJumpCache();
    }
    if (what === 'translation' || what === 'task') this.engine.attend();
    // Outside protected mode there are no rings.
    if (!this.cpu.protectedMode) this.cpu.set(CPU.CPL, 0);
    this.linear.setUser(this.cpu.cpl === 3);
    this.engine.modeChanged();
    this.#noteMode();
  }

  /** TF and RF are looked at between two instructions, and so is an interrupt that may be taken now. */
  #flagsChanged(): void {
    const flags = this.cpu.get(CPU.EFLAGS);
    if (flags & (EFLAGS_TF | EFLAGS_RF) || (flags & EFLAGS_IF && this.#interruptWaits)) this.engine.attend();
  }

  #noteMode(): void {
    const mode = (this.cpu.cr0 & (CR0_PE | CR0_PG)) | (this.cpu.get(CPU.EFLAGS) & EFLAGS_VM);
    if (mode === this.#mode) return;
    this.#mode = mode;
    const name = modeName(mode);
    this.report({ kind: 'modeSwitch', reason: name, sentence: `The guest’s CPU is in ${name} now.` });
  }

  // What techniques ask (TechniqueHost).

  get watchVersion(): number {
    return this.desk.watchVersion;
  }
  get watching(): boolean {
    return this.desk.watching;
  }
  get recording(): boolean {
    return this.desk.recording || this.desk.source.watched;
  }
  directEvents(instruction: Instruction): EventDraft[] {
    return this.desk.directEvents(instruction);
  }
  interested(instruction: Instruction): boolean {
    return this.desk.interested(instruction);
  }
  sideEvents(instruction: Instruction): EventDraft[] {
    return this.desk.sideEvents(instruction);
  }
  stopsAt(draft: EventDraft): boolean {
    return this.desk.stopsAt(draft, this.#place);
  }
  stopsHere(kind: VmmEventKind, draft: () => EventDraft): boolean {
    return this.desk.mayStopAt(kind) && this.desk.stopsAt(draft(), this.#here());
  }
  report(draft: EventDraft): void {
    this.desk.report(draft, this.#place);
  }

  reportAt(draft: EventDraft, block: Block, eip: number): void {
    this.desk.report(draft, this.#placeIn(block, eip));
  }

  #placeIn(block: Block, eip: number): Place {
    return { retired: this.engine.retired, cs: block.cs, eip, linear: (block.linear - block.eip + eip) >>> 0, codeSize: block.codeSize };
  }

  countInline(count: number, slow: number): void {
    this.desk.countInline(count, slow);
  }

  reportHere(kind: VmmEventKind, cost: CostEvent | undefined, draft: () => EventDraft): void {
    this.desk.tally(kind, cost, draft, () => this.#here());
  }

  /** Where the guest is while an instruction executes. */
  #here(): Place {
    const { cpu, engine } = this;
    const eip = engine.currentEip;
    return { retired: engine.retired, cs: cpu.selector(CS), eip, linear: (cpu.segmentBase(CS) + eip) >>> 0, codeSize: cpu.codeSize };
  }

  /** Remember where the next events belong: CS:EIP of the virtual CPU. */
  mark(): void {
    const { cpu } = this;
    this.#place = { retired: this.engine.retired, cs: cpu.selector(CS), eip: cpu.eip, linear: (cpu.segmentBase(CS) + cpu.eip) >>> 0, codeSize: cpu.codeSize };
  }

  decodeCurrent(): Instruction | undefined {
    this.mark();
    const bytes = this.readLinear(this.#place.linear, MAX_INSTRUCTION_LENGTH);
    const decoded = decode(this.opcodes, bytes, 0, bytes.length, this.#place.codeSize);
    return decoded.kind === 'instruction' ? decoded.instruction : undefined;
  }

  deliverFault(vector: number, errorCode: number, instruction: Instruction | undefined): 'delivered' | 'stopped' {
    if (!this.desk.watching && !this.technique.beforeFault) {
      this.desk.count('guestFault', faultCost(vector));
      this.#deliver(vector, errorCode, true);
      return 'delivered';
    }
    this.mark();
    const draft = faultDraft(vector, errorCode, instruction);
    if (this.stopsAt(draft) || this.technique.beforeFault?.(vector, errorCode, instruction) === 'stopped') return 'stopped';
    this.report(draft);
    this.#deliver(vector, errorCode, true);
    return 'delivered';
  }

  #deliver(vector: number, errorCode: number, exception: boolean): void {
    const { cpu, context } = this;
    const code = exception && pushesErrorCode(context, vector) ? errorCode : undefined;
    if (vector !== DB) cpu.set(CPU.PENDING_DEBUG, 0); // a fault: the instruction did not complete
    if (exception && vector === PF) this.hypercalls?.events.pageFaulted(cpu.get(CPU.CR2));
    const { noted } = this.linear;
    if (this.linear.watchesForDebugger) this.linear.noted = []; // what delivery stores is nobody's instruction
    const outcome = deliverEvent(context, { vector, software: false, errorCode: code, returnEip: cpu.eip, external: true, debugCauses: errorCode }, exception);
    this.linear.noted = noted;
    this.technique.delivered?.();
    if (outcome.kind === 'delivered') return;
    this.mark();
    if (outcome.kind === 'unimplemented') this.#stopUnimplemented(this.#unimplemented);
    if (outcome.kind !== 'tripleFault') return;
    this.technique.shutdown?.();
    const causes = outcome.chain.map((fault, i) => `${i ? 'while delivering it, ' : ''}${vectorName(fault.vector)} with error code ${hexh(fault.errorCode, 4)}`);
    const draft: EventDraft = { kind: 'tripleFault', reason: 'shutdown', sentence: `Triple fault: ${causes.join('; ')}.` };
    this.report(draft);
    if (!this.#resetsOnShutdown) {
      this.#pending = { kind: 'tripleFault', causes };
      return;
    }
    this.lastShutdown = causes;
    this.requestReset();
  }

  #stopUnimplemented(what: string): void {
    this.report({ kind: 'unimplemented', reason: what, sentence: `Ringside does not execute ${what} yet.` });
    this.#pending = { kind: 'unimplemented', what };
  }

  #translated(block: Block): void {
    if (!this.technique.translates || block.instructions.length === 0) return;
    this.ledger.charge('translateInstruction', block.instructions.length);
    const place = this.#placeIn(block, block.eip);
    this.desk.report(
      {
        kind: 'blockTranslated',
        reason: block.endReason,
        sentence: `Translated ${block.instructions.length} instructions at ${hexh(block.linear)}; the block ends for: ${block.endReason}.`,
      },
      place,
    );
  }

  #chained(source: Block, target: Block): void {
    if (!this.technique.translates || this.technique.policy.branched) return; // a block that ran out of room is no chain
    const draft: EventDraft = {
      kind: 'blockChained',
      reason: source.endReason,
      sentence: `The block at ${hexh(source.linear)} goes straight to the one at ${hexh(target.linear)} now.`,
      details: { target: target.linear },
    };
    this.desk.report(draft, this.#placeIn(source, source.instructions.at(-1)?.eip ?? source.eip));
  }

  #invalidated(block: Block): void {
    if (this.technique.id !== 'bt' || block.invalidatedBy === 'breakpoints changed') return;
    const place = this.#placeIn(block, block.eip);
    this.desk.report(
      { kind: 'blockInvalidated', reason: block.invalidatedBy ?? '', sentence: `The block at ${hexh(block.linear)} was thrown away: ${block.invalidatedBy}.` },
      place,
    );
  }

  // The run loop.

  requestStop(reason: StopReason = { kind: 'pause' }): void {
    this.#pending ??= reason;
    this.engine.attend();
  }

  #stopAfter(event: VmmEvent): void {
    this.requestStop({ kind: 'event', event });
    this.engine.endRun();
  }

  #firmware: FirmwareService | undefined;

  /** The guest pulled the reset line: act between two instructions. */
  #resetRequested = false;
  requestReset(): void {
    this.#resetRequested = true;
    this.engine.attend();
  }

  /** Retire up to `maxInstructions`, for up to `maxMilliseconds` of host time. */
  run(maxInstructions: number, maxMilliseconds: number): StopReason {
    const end = this.engine.retired + maxInstructions;
    const deadline = performance.now() + maxMilliseconds;
    this.waitsUntil = undefined;
    const here = this.#stoppedAt.retired === this.engine.retired && this.#stoppedAt.eip === this.cpu.eip;
    this.desk.suppressed = here ? this.#stoppedAt.on : undefined;
    for (let turns = 1, looked = this.engine.retired; ; turns++) {
      let stop = this.#turn(end);
      // The host's clock costs as much as a short turn.
      if (!stop && (turns % TURNS === 0 || this.engine.retired - looked > TURNS_INSTRUCTIONS)) {
        looked = this.engine.retired;
        if (performance.now() > deadline) stop = { kind: 'budget' };
      }
      if (stop) {
        if (stop.kind !== 'budget') this.showBlock();
        return this.#stopped(stop);
      }
    }
  }

  /** Stepping runs single instructions: somebody who watches sees the block they belong to all the same. */
  showBlock(): void {
    if (!this.desk.recording) return;
    const pending = this.#pending;
    this.technique.showBlock();
    this.#pending = pending; // nobody stops for what is only shown
  }

  #stopped(stop: StopReason): StopReason {
    this.#syncClock(); // devices are where the position says, however it was reached
    if (stop.kind === 'event' && isKnownAfterwards(stop.event.kind)) this.#stoppedAt = { retired: -1, eip: -1, on: 'breakpoint' };
    else if (stop.kind !== 'budget') this.#stoppedAt = { retired: this.engine.retired, eip: this.cpu.eip, on: stop.kind === 'event' ? stop.event.kind : 'breakpoint' };
    this.desk.suppressed = undefined;
    return stop;
  }

  #takePending(): StopReason | undefined {
    const stop = this.#pending;
    this.#pending = undefined;
    return stop;
  }

  /** One turn: time, reset, halt, interrupts, then a slice of the guest. */
  #turn(end: number): StopReason | undefined {
    const { cpu, engine } = this;
    const stop = this.#takePending();
    if (stop) return stop;
    if (this.#resetRequested) {
      this.#resetRequested = false;
      this.#restart?.();
    }
    if (engine.retired >= end) return { kind: 'budget' };
    this.#syncClock();
    this.hypercalls?.events.note();
    if (cpu.get(CPU.HALTED)) return this.#idle();
    const { interrupts } = this.#platform;
    if (this.#hasPending) return this.#moveOn(this.#deliverPending());
    const inhibit = cpu.get(CPU.INHIBIT);
    const flags = cpu.get(CPU.EFLAGS);
    const boundary = this.technique.atBoundary?.(this.#waiting(inhibit === 0));
    if (boundary === 'stopped') return { kind: 'event', event: this.desk.stopEvent! };
    if (boundary === 'exited') this.desk.suppressed = undefined;
    if (interrupts.nmiPending && !inhibit && !cpu.get(CPU.NMI_BLOCKED)) return this.#nonMaskable();
    if (interrupts.pending && !inhibit && flags & EFLAGS_IF) return this.#interrupt();
    const breakpoints = flags & EFLAGS_RF || inhibit === INHIBIT_DEBUG ? 0 : instructionBreakpoints(this.context);
    if (breakpoints) {
      const delivered = this.deliverFault(DB, breakpoints, this.decodeCurrent()) === 'delivered';
      return this.#moveOn(delivered ? undefined : { kind: 'event', event: this.desk.stopEvent! });
    }
    const before = engine.retired;
    const debugged = (flags & EFLAGS_TF) !== 0 || (cpu.get(CPU.DR0 + 28) & DR7_ENABLED) !== 0;
    const stopped = this.desk.suppressed !== undefined;
    if (debugged && !stopped && this.#atBreakpoint()) return { kind: 'breakpoint', linear: this.#place.linear };
    cpu.set(CPU.INHIBIT, 0);
    cpu.set(CPU.EFLAGS, flags & ~EFLAGS_RF);
    // Nothing can begin to wait before the next instruction: a slice ends where a timer is due.
    const alone = inhibit !== 0 && (this.#interruptWaits || cpu.get(CPU.PENDING_DEBUG) !== 0 || this.hypercalls !== undefined);
    const slice = alone ? 1 : Math.min(end - before, this.technique.slice, this.#untilNextTimer());
    const outcome = debugged ? this.#stepDebugged((flags & EFLAGS_TF) !== 0) : stopped ? this.#stepOne() : this.#handle(this.technique.run(slice, false));
    if (outcome && engine.retired === before) {
      // Nothing has happened yet.
      cpu.set(CPU.INHIBIT, inhibit);
      cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | (flags & EFLAGS_RF));
    }
    this.desk.suppressed = undefined;
    return !outcome && this.#hasPending ? this.#deliverPending() : outcome;
  }

  #waiting(open: boolean): Waiting {
    const { interrupts } = this.#platform;
    const nmiBlocked = !open || this.cpu.get(CPU.NMI_BLOCKED) !== 0;
    return { interrupt: interrupts.pending, interruptible: open && (this.cpu.get(CPU.EFLAGS) & EFLAGS_IF) !== 0, nmi: interrupts.nmiPending, nmiBlocked };
  }

  /** The guest is elsewhere now: what the last stop was about is behind it. */
  #moveOn(stop: StopReason | undefined): StopReason | undefined {
    this.desk.suppressed = undefined;
    return stop;
  }

  #atBreakpoint(): boolean {
    this.mark();
    return this.engine.translator.breakpoints.has(this.#place.linear);
  }

  /** One instruction, or one element of a repeated one, of a guest that debugs itself: TF, or breakpoints in DR7. */
  #stepDebugged(trap: boolean): StopReason | undefined {
    const { cpu, engine } = this;
    const before = engine.retired;
    cpu.set(CPU.SINGLE_STEP, trap ? 1 : 0);
    cpu.set(CPU.FUEL, 1);
    const branches = trap && (cpu.get(CPU.DEBUG_CONTROL) & DEBUGCTL_BTF) !== 0;
    const next = branches ? cpu.eip + (this.decodeCurrent()?.length ?? 0) : -1;
    const outcome = this.#stepOne();
    const done = engine.retired > before ? cpu.eip !== next : !branches && cpu.get(CPU.FUEL) === 0;
    if (cpu.get(CPU.SINGLE_STEP) && done && cpu.get(CPU.INHIBIT) !== INHIBIT_DEBUG) cpu.set(CPU.PENDING_DEBUG, cpu.get(CPU.PENDING_DEBUG) | DR6_BS);
    cpu.set(CPU.SINGLE_STEP, 0);
    // Between two elements: the breakpoint on the instruction has been met.
    if (engine.retired === before && cpu.get(CPU.FUEL) === 0) cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | EFLAGS_RF);
    return outcome;
  }

  get #hasPending(): boolean {
    const { cpu } = this;
    return cpu.get(CPU.DUE_FAULT) !== 0 || (cpu.get(CPU.PENDING_DEBUG) !== 0 && cpu.get(CPU.INHIBIT) !== INHIBIT_DEBUG);
  }

  /** What the last instruction left for before the next one: a fault due, then debug traps (SDM Vol. 3, table 6-2). */
  #deliverPending(): StopReason | undefined {
    const { cpu } = this;
    const task = cpu.get(CPU.DUE_FAULT);
    const cell = task ? CPU.DUE_FAULT : CPU.PENDING_DEBUG;
    const value = cpu.get(cell);
    cpu.set(cell, 0);
    const outcome = task ? this.deliverFault(task - 1, cpu.get(CPU.DUE_FAULT_CODE), undefined) : this.deliverFault(DB, value, undefined);
    if (outcome !== 'stopped') return undefined;
    cpu.set(cell, value);
    return { kind: 'event', event: this.desk.stopEvent! };
  }

  /** One instruction, past breakpoints; what it is still gets reported. */
  #stepOne(): StopReason | undefined {
    const direct = this.technique.id === 'bare' || this.technique.id === 'hvm';
    const instruction = direct || this.desk.recording ? this.decodeCurrent() : undefined;
    const watched =
      instruction &&
      this.interested(instruction) &&
      (direct ? this.technique.policy.treat(instruction, this.#place.linear) === 'execute' : this.technique.directEvents?.(instruction));
    if (instruction && watched) return this.#watched(instruction);
    return this.#handle(this.technique.run(1, true));
  }

  #untilNextTimer(): number {
    const due = this.#platform.clock.nextDue();
    return due === undefined ? Number.MAX_SAFE_INTEGER : Math.max(1, Math.ceil((due - this.now()) / NANOSECONDS_PER_INSTRUCTION));
  }

  /** Halted: wake on an interrupt, skip time to the next timer, or report that nothing can wake the guest. */
  #idle(): StopReason | undefined {
    const { cpu } = this;
    const { interrupts, clock } = this.#platform;
    const enabled = (cpu.get(CPU.EFLAGS) & EFLAGS_IF) !== 0;
    if ((enabled && interrupts.pending) || (interrupts.nmiPending && !cpu.get(CPU.NMI_BLOCKED))) {
      cpu.set(CPU.HALTED, 0);
      cpu.set(CPU.INHIBIT, 0);
      return undefined;
    }
    const due = clock.nextDue();
    if (!enabled || due === undefined) return { kind: 'halted', interruptsEnabled: enabled };
    if (due > this.timeLimit) {
      this.waitsUntil = due;
      return { kind: 'budget' };
    }
    this.#skipped += Math.max(0, due - this.now());
    return undefined;
  }

  #interrupt(): StopReason | undefined {
    // The vector is known only once acknowledged: a stop asked for by vector is served after delivery.
    const vector = this.#platform.interrupts.acknowledge();
    if (!this.desk.watching) {
      this.technique.beforeInterrupt?.(vector);
      this.#deliver(vector, 0, false);
      this.desk.count('interrupt', 'interruptDelivery');
      return undefined;
    }
    this.mark();
    const draft: EventDraft = {
      kind: 'interrupt',
      vector,
      get reason() {
        return `vector ${hexh(vector, 2)}`;
      },
      get sentence() {
        return `The interrupt controller raised vector ${hexh(vector, 2)}; the guest’s handler gets it.`;
      },
      cost: 'interruptDelivery',
    };
    const stop = this.stopsAt(draft);
    this.technique.beforeInterrupt?.(vector);
    this.#deliver(vector, 0, false);
    this.report(draft);
    return stop ? { kind: 'event', event: this.desk.stopEvent! } : undefined;
  }

  /** No other NMI is taken until IRET (SDM Vol. 3, 6.7.1). */
  #nonMaskable(): StopReason | undefined {
    this.mark();
    const draft: EventDraft = { kind: 'interrupt', vector: NMI, reason: 'NMI', sentence: 'A non-maskable interrupt; the guest’s handler gets it.', cost: 'interruptDelivery' };
    if (this.stopsAt(draft)) return { kind: 'event', event: this.desk.stopEvent! };
    this.#platform.interrupts.acknowledgeNmi();
    this.cpu.set(CPU.NMI_BLOCKED, 1);
    this.technique.beforeInterrupt?.(NMI);
    this.#deliver(NMI, 0, false);
    this.report(draft);
    return undefined;
  }

  #handle(exit: TechniqueExit): StopReason | undefined {
    switch (exit.kind) {
      case 'continue':
        return undefined;
      case 'stopped':
        return { kind: 'event', event: this.desk.stopEvent! };
      case 'entryFailure':
        return exit;
      case 'fault':
        if (exit.vector === UNIMPLEMENTED_VECTOR) {
          this.mark();
          this.#stopUnimplemented(this.#unimplemented);
          return this.#takePending();
        }
        if (exit.vector === REFUSED_VECTOR) return { kind: 'event', event: this.desk.stopEvent! };
        if (exit.vector === WATCH_VECTOR) return this.#stepWatchedAccess();
        return this.deliverFault(exit.vector, exit.errorCode, this.desk.watching || this.technique.beforeFault ? this.decodeCurrent() : undefined) === 'stopped'
          ? { kind: 'event', event: this.desk.stopEvent! }
          : undefined;
      case 'attend':
        return this.#attend(exit);
    }
  }

  /** The instruction here accesses what a debugger watches: run it alone, or one element of a repeated one, and stop behind it. */
  #stepWatchedAccess(): StopReason | undefined {
    const { cpu, engine, linear } = this;
    const at = { retired: engine.retired, linear: (cpu.segmentBase(CS) + cpu.eip) >>> 0 };
    const hits: WatchHit[] = [];
    cpu.set(CPU.FUEL, 1);
    linear.noted = hits;
    try {
      const outcome = this.#handle(this.technique.run(1, true));
      const done = engine.retired > at.retired || cpu.get(CPU.FUEL) === 0;
      return outcome ?? (done && hits.length > 0 ? { kind: 'watchpoint', hits, by: at.linear } : undefined);
    } finally {
      linear.noted = undefined;
    }
  }

  #attend({ attention }: Extract<TechniqueExit, { kind: 'attend' }>): StopReason | undefined {
    this.mark();
    switch (attention.kind) {
      case 'breakpoint':
        return { kind: 'breakpoint', linear: this.#place.linear };
      case 'unimplemented':
        this.#stopUnimplemented(attention.what);
        return this.#takePending();
      case 'watch':
        return this.#watched(attention.instruction);
      case 'policy':
        return attention.instruction.spec.lift === 'firmware' ? this.#serveFirmware(attention.instruction) : this.#handle(this.technique.take(attention.instruction));
      case 'fault':
        return undefined; // the engine has made it an exit of its own
    }
  }

  /** An instruction somebody watches is about to run directly. */
  #watched(instruction: Instruction): StopReason | undefined {
    const drafts = this.technique.directEvents?.(instruction) ?? this.desk.directEvents(instruction);
    for (const draft of drafts) if (this.stopsAt(draft)) return { kind: 'event', event: this.desk.stopEvent! };
    const place = this.#place;
    const before = this.engine.retired;
    const outcome = this.#handle(this.technique.run(1, true));
    if (this.engine.retired > before) for (const draft of drafts) this.desk.report(draft, place);
    return outcome;
  }

  /** The BIOS ROM calls its service; anywhere else the instruction does not exist. */
  #serveFirmware(instruction: Instruction): StopReason | undefined {
    const { firmware } = this.#platform;
    if (!firmware || !inFirmware(this.#place.linear) || this.cpu.protectedMode)
      return this.deliverFault(6, 0, instruction) === 'stopped' ? { kind: 'event', event: this.desk.stopEvent! } : undefined;
    this.#firmware ??= new FirmwareService(this.#firmwareHost());
    this.#syncClock();
    const { sentence, retried } = this.#firmware.serve(firmware, instruction.immediate & 0xff, instruction.length);
    if (retried) return undefined;
    this.engine.retired += 1;
    this.report(new FirmwareDraft(sentence));
    return undefined;
  }

  #firmwareHost(): FirmwareHost {
    const platform = (): Platform => this.#platform;
    return {
      context: this.context,
      get a20() {
        return platform().a20;
      },
      setA20: (on) => platform().setA20(on),
      now: () => this.now(),
    };
  }

  // Looking at memory without touching it.

  readLinear(linear: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const from = (linear + at) >>> 0;
      const found = this.linear.translate(from, { write: false, user: false }, false);
      if (found.kind === 'fault') return out.subarray(0, at);
      const n = Math.min(length - at, 4096 - (from & 0xfff));
      out.set(this.physical.readBytes(found.physical, n), at);
      at += n;
    }
    return out;
  }
}

const faultCost = (vector: number): CostEvent => (vector === PF ? 'pageFault' : 'guestFault');

/** A fault the guest's handler gets; what is said of it is put together when somebody reads it. */
function faultDraft(vector: number, errorCode: number, instruction: Instruction | undefined): EventDraft {
  const spec = exceptionOf(vector);
  const reason = (): string => `${vectorName(vector)}${spec?.errorCode ? `(${hexh(errorCode, 1)})` : ''}`;
  return {
    kind: 'guestFault',
    vector,
    get reason() {
      return reason();
    },
    get sentence() {
      return `${instruction?.spec.mnemonic.toUpperCase() ?? 'The instruction'} raised ${reason()}, ${spec?.description ?? 'exception'}; the guest’s handler gets it.`;
    },
    cost: faultCost(vector),
    ...(instruction ? { instruction } : {}),
  };
}

const modeName = (mode: number): string => {
  if (!(mode & CR0_PE)) return 'real mode';
  if (mode & EFLAGS_VM) return 'virtual-8086 mode';
  return mode & CR0_PG ? 'protected mode with paging' : 'protected mode';
};

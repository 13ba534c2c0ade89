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
import { GuestMemory } from '../memory/guestMemory';
import { LinearMemory, REFUSED_VECTOR, WATCH_VECTOR } from '../memory/linearMemory';
import type { WatchHit } from '../memory/watchpoint';
import type { TechniqueId } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import {
  type CpuModel,
  type ExecutionContext,
  type FpuErrorLine,
  type ParavirtualInterface,
  type RegisteredTraps,
  type StateChange,
  UNIMPLEMENTED_VECTOR,
} from '../semantics/system/context';
import { instructionBreakpoints } from '../semantics/system/debug';
import { resetModelSpecific } from '../semantics/system/modelSpecific';
import { REAL_ATTRIBUTES } from '../semantics/system/segments';
import { MXCSR_RESET } from '../semantics/vector/mxcsr';
import { CONTROL_RESET } from '../semantics/x87/status';
import { CPU, CpuState, INHIBIT_DEBUG } from '../x86/cpuState';
import { type Instruction, type OpcodeMap, MAX_INSTRUCTION_LENGTH, decode } from '../x86/decoder';
import { DB, UD } from '../x86/exceptions';
import { CR0_ET, CR0_PE, CR0_PG, EFLAGS_AC, EFLAGS_FIXED, EFLAGS_ID, EFLAGS_IF, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from '../x86/flags';
import { CS, LDTR, TR } from '../x86/registers';
import { reportBlocks } from './blockReports';
import { apicBaseAtReset, pagingFeatures } from './cpuModels';
import { CostLedger } from './cost/ledger';
import type { CostEvent, CostProfile } from './cost/profiles';
import type { StopReason } from './debuggable';
import { DeprivilegedWorld, VMM_BASE } from './deprivileged';
import { DebugTraps } from './debugTraps';
import { DeviceAccess } from './deviceAccess';
import { type Delivered, EventDelivery } from './eventDelivery';
import { EventDesk, type Place, type Suppression, isKnownAfterwards } from './eventDesk';
import { NANOSECONDS_PER_INSTRUCTION } from './guestTime';
import type { Firmware } from './firmwareContext';
import { GuestContext } from './guestContext';
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

/** The devices of a VM, as the run loop sees them. */
export interface Platform {
  readonly bus: Bus;
  readonly clock: GuestClock;
  readonly interrupts: InterruptController;
  /** Nothing when the ROM is a BIOS image: such code calls nobody. */
  readonly firmware?: Firmware;
  /** Where FERR# goes; nowhere without it. */
  readonly fpuError?: FpuErrorLine;
  a20(): boolean;
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
  readonly devices: DeviceAccess;
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
  readonly #delivery = new EventDelivery(this);
  readonly #traps = new DebugTraps(this);
  readonly #resetsOnShutdown: boolean;
  #unimplemented = '';
  #mode = 0;
  #restart: (() => void) | undefined;

  constructor(options: VmOptions) {
    this.#resetsOnShutdown = options.resetsOnShutdown ?? false;
    this.cpu = new CpuState(options.memory);
    this.devices = new DeviceAccess(this, apicBaseAtReset(options.model) & PAGE_MASK);
    this.physical = new GuestMemory(options.memory, options.ram, this.devices, options.videoMemory);
    this.linear = new LinearMemory(this.cpu, this.physical, pagingFeatures(options.model));
    this.ledger = new CostLedger(options.technique, options.profile);
    this.desk = new EventDesk(this.cpu, this.ledger);
    this.desk.stopAfter = (event) => this.#stopAfter(event);
    this.opcodes = options.interpreter.opcodes;
    const leaves = [...(options.kvm ? KVM_LEAVES : []), ...(options.technique === 'pv' ? DISCOVERY_LEAVES : [])];
    this.context = new GuestContext(this, leaves.length > 0 ? { ...options.model, hypervisorLeaves: new Map(leaves) } : options.model);
    this.hypercalls = options.technique === 'pv' ? new Hypercalls(this.context, () => this.syncClock()) : undefined;
    if (options.kvm) this.kvm = new KvmInterface({ context: this.context, memory: this.physical, startDate: options.kvm.startDate, now: () => this.now() });
    this.technique = this.#createTechnique(options);
    this.engine = new Interpreter(this.cpu, this.linear, this.context, this.technique.policy, options.interpreter, options.translation, options.regionLimits);
    reportBlocks(this);
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

  /** Nothing while the silicon's state is in the CPU. */
  get registeredTraps(): RegisteredTraps | undefined {
    return this.#world?.inGuest ? undefined : this.hypercalls?.traps;
  }

  get paravirtual(): ParavirtualInterface | undefined {
    return this.#world?.inGuest ? undefined : this.kvm;
  }

  timeStamp(): number {
    return this.now() / NANOSECONDS_PER_INSTRUCTION + (this.technique.timeStampOffset ?? 0);
  }

  noteUnimplemented(what: string): void {
    this.#unimplemented = what;
  }

  /** Connect devices; `restart` puts the machine back to power-on when the guest pulls the reset line. */
  attach(platform: Platform, restart: () => void): void {
    this.#platform = platform;
    this.#restart = restart;
    platform.clock.rearmed = () => this.engine.leaveAfterInstruction();
    platform.bus.unclaimed.on((what) => this.reportFromDevice({ kind: 'unclaimed', reason: what, sentence: `No device answers ${what}; the bus reads as all ones.` }));
  }

  /** At the instruction that has it happen, or, when its time has come between two, at the next one. */
  reportFromDevice(draft: EventDraft): void {
    if (!this.engine.running) this.mark();
    this.desk.report(draft, this.engine.running ? this.#here() : this.#place);
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
    cpu.set(CPU.EXTENDED_FLAGS, this.context.model.eflagsBits & (EFLAGS_AC | EFLAGS_ID));
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

  syncClock(): void {
    this.#platform.clock.advanceTo(this.now());
  }

  stateChanged(what: StateChange, linear = 0): void {
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

  /** TF and RF are looked at between two instructions, and so is an interrupt that may be taken now: IRET also lets in the next NMI. */
  #flagsChanged(): void {
    const flags = this.cpu.get(CPU.EFLAGS);
    const { interrupts } = this.#platform;
    const takes = (flags & EFLAGS_IF && interrupts.pending) || (interrupts.nmiPending && !this.cpu.get(CPU.NMI_BLOCKED));
    if (flags & EFLAGS_TF || takes) this.engine.attend();
    else if (flags & EFLAGS_RF) this.engine.attendToResumeFlag();
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

  lengthHere(): number {
    return this.decodeCurrent()?.length ?? 0;
  }

  decodeCurrent(): Instruction | undefined {
    this.mark();
    const bytes = this.readLinear(this.#place.linear, MAX_INSTRUCTION_LENGTH);
    const decoded = decode(this.opcodes, bytes, 0, bytes.length, this.#place.codeSize);
    return decoded.kind === 'instruction' ? decoded.instruction : undefined;
  }

  deliverFault(vector: number, errorCode: number, instruction: Instruction | undefined): 'delivered' | 'stopped' {
    return this.#delivery.fault(vector, errorCode, instruction);
  }

  deliverAtOnce(vector: number, errorCode: number): boolean {
    return this.#delivery.atOnce(vector, errorCode);
  }

  get tellsOfFaults(): boolean {
    return this.#delivery.tellsOfFaults;
  }

  takeFaultCounts(): void {
    this.#delivery.takeCounts();
  }

  /** A triple fault: the reset line, or the end of the run. */
  shutDown(causes: readonly string[]): void {
    if (!this.#resetsOnShutdown) {
      this.#pending = { kind: 'tripleFault', causes };
      this.engine.attend();
      return;
    }
    this.lastShutdown = causes;
    this.requestReset();
  }

  stopUnimplemented(what = this.#unimplemented): void {
    this.report({ kind: 'unimplemented', reason: what, sentence: `Ringside does not execute ${what} yet.` });
    this.#pending = { kind: 'unimplemented', what };
    this.engine.attend();
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
    this.syncClock(); // devices are where the position says, however it was reached
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
    this.syncClock();
    this.hypercalls?.events.note();
    if (cpu.get(CPU.HALTED)) return this.#idle();
    const { interrupts } = this.#platform;
    if (this.#traps.due) return this.#moveOn(this.#stopOf(this.#delivery.pending()));
    const inhibit = cpu.get(CPU.INHIBIT);
    const flags = cpu.get(CPU.EFLAGS);
    const boundary = this.technique.atBoundary?.(this.#waiting(inhibit === 0));
    if (boundary === 'stopped') return { kind: 'event', event: this.desk.stopEvent! };
    if (boundary === 'exited') this.desk.suppressed = undefined;
    if (interrupts.nmiPending && !inhibit && !cpu.get(CPU.NMI_BLOCKED)) return this.#stopOf(this.#delivery.nonMaskable());
    if (interrupts.pending && !inhibit && flags & EFLAGS_IF) return this.#stopOf(this.#delivery.interrupt());
    const breakpoints = flags & EFLAGS_RF || inhibit === INHIBIT_DEBUG ? 0 : instructionBreakpoints(this.context);
    if (breakpoints) {
      return this.#moveOn(this.#stopOf(this.#delivery.fault(DB, breakpoints, this.decodeCurrent())));
    }
    const before = engine.retired;
    const debugged = this.#traps.watching;
    const stopped = this.desk.suppressed !== undefined;
    if (debugged && !stopped && this.#atBreakpoint()) return { kind: 'breakpoint', linear: this.#place.linear };
    cpu.set(CPU.INHIBIT, 0);
    cpu.set(CPU.EFLAGS, flags & ~EFLAGS_RF);
    // Nothing can begin to wait before the next instruction: a slice ends where a timer is due.
    const waits = this.devices.noteWaiting();
    const alone = inhibit !== 0 && (waits || cpu.get(CPU.PENDING_DEBUG) !== 0 || this.hypercalls !== undefined);
    const slice = alone ? 1 : Math.min(end - before, this.technique.slice, this.#untilNextTimer());
    const outcome = debugged ? this.#traps.step(() => this.#stepOne()) : stopped ? this.#stepOne() : this.#handle(this.technique.run(slice, false));
    if (outcome && engine.retired === before) {
      // Nothing has happened yet.
      cpu.set(CPU.INHIBIT, inhibit);
      cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | (flags & EFLAGS_RF));
    }
    this.desk.suppressed = undefined;
    return !outcome && this.#traps.due ? this.#stopOf(this.#delivery.pending()) : outcome;
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

  #stopOf(delivered: Delivered): StopReason | undefined {
    return delivered === 'stopped' ? { kind: 'event', event: this.desk.stopEvent! } : undefined;
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
          this.stopUnimplemented();
          return this.#takePending();
        }
        if (exit.vector === REFUSED_VECTOR) return { kind: 'event', event: this.desk.stopEvent! };
        if (exit.vector === WATCH_VECTOR) return this.#stepWatchedAccess();
        return this.#stopOf(this.#delivery.fault(exit.vector, exit.errorCode, this.#delivery.tellsOfFaults ? this.decodeCurrent() : undefined));
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
        this.stopUnimplemented(attention.what);
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
    if (!firmware || !inFirmware(this.#place.linear) || this.cpu.protectedMode) return this.#stopOf(this.#delivery.fault(UD, 0, instruction));
    this.#firmware ??= new FirmwareService(this.#firmwareHost());
    this.syncClock();
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
        return platform().a20();
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

const modeName = (mode: number): string => {
  if (!(mode & CR0_PE)) return 'real mode';
  if (mode & EFLAGS_VM) return 'virtual-8086 mode';
  return mode & CR0_PG ? 'protected mode with paging' : 'protected mode';
};

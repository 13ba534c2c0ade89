/**
 * A virtual machine: one CPU, one memory, one set of devices, one technique, and the loop that runs them. Nothing in it is shared
 * with another VM. Guest time is a function of retired instructions and of time skipped while halted.
 */
import type { Bus } from '../devices/bus';
import type { GuestClock } from '../devices/clock';
import type { InterruptController } from '../devices/interruptController';
import type { Block } from '../engine/block';
import type { Heat, Translation } from '../engine/heat';
import { Interpreter } from '../engine/interpreter';
import { PagingUnit } from '../engine/paging/pagingUnit';
import type { RegionLimits } from '../engine/region/regionCache';
import type { FormTable } from '../engine/forms';
import { GuestMemory } from '../memory/guestMemory';
import { LinearMemory } from '../memory/linearMemory';
import type { TechniqueId } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { CpuModel, ExecutionContext, FpuErrorLine, ParavirtualInterface, RegisteredTraps, StateChange } from '../semantics/system/context';
import { CPU, CpuState } from '../x86/cpuState';
import { type Instruction, type OpcodeMap, MAX_INSTRUCTION_LENGTH, decode } from '../x86/decoder';
import { CR0_PE, CR0_PG, EFLAGS_IF, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from '../x86/flags';
import { reportBlocks } from './blockReports';
import { apicBaseAtReset, pagingFeatures } from './cpuModels';
import { CostLedger } from './cost/ledger';
import type { CostEvent, CostProfile } from './cost/profiles';
import type { StopReason } from './debuggable';
import { DeprivilegedWorld, VMM_BASE } from './deprivileged';
import { DeviceAccess } from './deviceAccess';
import { EventDelivery } from './eventDelivery';
import { EventDesk } from './eventDesk';
import { NANOSECONDS_PER_INSTRUCTION, NANOSECONDS_PER_TICK } from './guestTime';
import type { Firmware } from './firmwareContext';
import { GuestContext } from './guestContext';
import { Hypercalls } from './hypercalls/hypercalls';
import { DISCOVERY_LEAVES } from './hypercalls/discovery';
import { KVM_LEAVES } from './kvm/kvmAbi';
import { KvmInterface } from './kvm/kvmInterface';
import { PortLatches } from './portLatches';
import { resetRegisters } from './resetState';
import { RunLoop, type RunLoopHost } from './runLoop';
import { ShadowReports } from './shadowReports';
import { BareMetal } from './techniques/bareMetal';
import { BinaryTranslation } from './techniques/binaryTranslation';
import { HardwareAssisted } from './techniques/hardwareAssisted';
import { OptimisedTranslation } from './techniques/optimisedTranslation';
import { Paravirtualized } from './techniques/paravirtualized';
import type { EventDraft, Technique, TechniqueHost } from './techniques/technique';
import { TrapAndEmulate } from './techniques/trapAndEmulate';
import type { VmcsSettings } from './vmcs/settings';
import { Whereabouts } from './whereabouts';

export { NANOSECONDS_PER_INSTRUCTION } from './guestTime';

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

export class VirtualMachine implements TechniqueHost, RunLoopHost {
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
  #skipped = 0;
  /** Causes of the last triple fault that reset the machine. */
  lastShutdown: readonly string[] | undefined;
  readonly #delivery = new EventDelivery(this);
  readonly whereabouts: Whereabouts;
  readonly #loop: RunLoop;
  readonly #resetsOnShutdown: boolean;
  #unimplemented = '';
  #mode = 0;
  #restart: (() => void) | undefined;

  constructor(options: VmOptions) {
    this.#resetsOnShutdown = options.resetsOnShutdown ?? false;
    this.cpu = new CpuState(options.memory);
    this.devices = new DeviceAccess(this, apicBaseAtReset(options.model) & PAGE_MASK, this.#createLatches(options));
    this.physical = new GuestMemory(options.memory, options.ram, this.devices, options.videoMemory);
    const paging = new PagingUnit(this.physical);
    this.linear = new LinearMemory(this.cpu, this.physical, pagingFeatures(options.model), paging);
    this.ledger = new CostLedger(options.technique, options.profile);
    this.desk = new EventDesk(this.cpu, this.ledger);
    this.desk.stopAfter = (event) => this.#stopAfter(event);
    this.opcodes = options.interpreter.opcodes;
    const leaves = [...(options.kvm ? KVM_LEAVES : []), ...(options.technique === 'pv' ? DISCOVERY_LEAVES : [])];
    this.context = new GuestContext(this, leaves.length > 0 ? { ...options.model, hypervisorLeaves: new Map(leaves) } : options.model);
    this.hypercalls = options.technique === 'pv' ? new Hypercalls(this.context, () => this.syncClock()) : undefined;
    if (options.kvm) this.kvm = new KvmInterface({ context: this.context, memory: this.physical, startDate: options.kvm.startDate, now: () => this.now() });
    this.technique = this.#createTechnique(options);
    this.engine = new Interpreter(this.cpu, this.linear, this.context, this.technique.policy, { ...options.interpreter, paging }, options.translation, options.regionLimits);
    this.whereabouts = new Whereabouts(this.engine);
    this.#loop = new RunLoop(this, this.#delivery);
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

  /** Under other techniques ports are the VMM's business; KVM's guests may end interrupts with a store. */
  #createLatches({ technique, kvm }: VmOptions): PortLatches {
    return new PortLatches(this.cpu, () => this.#platform.bus, technique === 'bare' && !kvm);
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
    return this.engine.retired + Math.floor(this.#skipped / NANOSECONDS_PER_TICK) + (this.technique.timeStampOffset ?? 0);
  }

  noteUnimplemented(what: string): void {
    this.#unimplemented = what;
  }

  /** Connect devices; `restart` puts the machine back to power-on when the guest pulls the reset line. */
  attach(platform: Platform, restart: () => void): void {
    this.#platform = platform;
    this.#restart = restart;
    platform.clock.rearmed = () => {
      this.devices.timeChanged();
      this.engine.leaveAfterInstruction();
    };
    platform.bus.unclaimed.on((what) => this.reportFromDevice({ kind: 'unclaimed', reason: what, sentence: `No device answers ${what}; the bus reads as all ones.` }));
  }

  /** At the instruction that has it happen, or, when its time has come between two, at the next one. */
  reportFromDevice(draft: EventDraft): void {
    if (!this.engine.running) this.mark();
    this.desk.report(draft, this.engine.running ? this.whereabouts.here : this.whereabouts.marked);
  }

  get platform(): Platform {
    return this.#platform;
  }

  resetCpu(): void {
    this.kvm?.reset();
    resetRegisters(this.cpu, this.context.model);
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

  skip(nanoseconds: number): void {
    this.#skipped += nanoseconds;
  }

  get cycles(): number {
    const direct = this.desk.counts.sensitive;
    return this.ledger.total + direct * this.ledger.price('sensitive') + this.retired * this.ledger.price('instruction');
  }

  syncClock(): void {
    this.devices.settle();
    this.#platform.clock.advanceTo(this.now());
  }

  stateChanged(what: StateChange, linear = 0): void {
    if (this.#world?.aside) return;
    if (what === 'flags') return this.#flagsChanged();
    if (what === 'page') {
      this.linear.flushPage(linear);
      return;
    }
    if (what === 'translation' || what === 'addressSpace') this.linear.loadPagingMode(what === 'addressSpace' ? 'cr3' : 'any');
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
    // Where the guest begins is where it was put: no switch of its own.
    if (this.retired === 0) return;
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
    return this.desk.stopsAt(draft, this.whereabouts.marked);
  }
  stopsHere(kind: VmmEventKind, draft: () => EventDraft): boolean {
    return this.desk.mayStopAt(kind) && this.desk.stopsAt(draft(), this.whereabouts.here);
  }
  report(draft: EventDraft): void {
    this.desk.report(draft, this.whereabouts.marked);
  }

  reportAt(draft: EventDraft, block: Block, eip: number): void {
    this.desk.report(draft, this.whereabouts.inBlock(block, eip));
  }

  countInline(count: number, slow: number): void {
    this.desk.countInline(count, slow);
  }

  reportHere(kind: VmmEventKind, cost: CostEvent | undefined, draft: () => EventDraft): void {
    this.desk.tally(kind, cost, draft, () => this.whereabouts.here);
  }

  mark(): void {
    this.whereabouts.mark();
  }

  decodeCurrent(): Instruction | undefined {
    const { linear, codeSize } = this.whereabouts.mark();
    const bytes = this.readLinear(linear, MAX_INSTRUCTION_LENGTH);
    const decoded = decode(this.opcodes, bytes, 0, bytes.length, codeSize);
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

  // The run loop.

  /** Retire up to `maxInstructions`, for up to `maxMilliseconds` of host time. */
  run(maxInstructions: number, maxMilliseconds: number): StopReason {
    return this.#loop.run(maxInstructions, maxMilliseconds);
  }

  /** A halted guest is not taken past this guest time (ns); whoever runs it sets it. Not part of the guest's state. */
  get timeLimit(): number {
    return this.#loop.timeLimit;
  }
  set timeLimit(time: number) {
    this.#loop.timeLimit = time;
  }

  /** When the timer is due that it waits for because of that. */
  get waitsUntil(): number | undefined {
    return this.#loop.waitsUntil;
  }

  showBlock(): void {
    this.#loop.showBlock();
  }

  requestStop(reason: StopReason = { kind: 'pause' }): void {
    this.#loop.requestStop(reason);
  }

  #stopAfter(event: VmmEvent): void {
    this.requestStop({ kind: 'event', event });
    this.engine.endRun();
  }

  requestReset(): void {
    this.#loop.requestReset();
  }

  restart(): void {
    this.#restart?.();
  }

  /** A triple fault: the reset line, or the end of the run. */
  shutDown(causes: readonly string[]): void {
    if (!this.#resetsOnShutdown) return this.#loop.end({ kind: 'tripleFault', causes });
    this.lastShutdown = causes;
    this.requestReset();
  }

  stopUnimplemented(what = this.#unimplemented): void {
    this.report({ kind: 'unimplemented', reason: what, sentence: `Ringside does not execute ${what} yet.` });
    this.#loop.end({ kind: 'unimplemented', what });
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

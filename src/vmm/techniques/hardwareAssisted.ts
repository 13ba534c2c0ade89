/**
 * Hardware-assisted virtualization, as Intel VT-x has it: the guest runs in ring 0 of non-root mode. What a VMCS asks for
 * leaves to the VMM (VM exit), which emulates it with the same lifts on the guest's state and resumes (VM entry); the rest
 * runs directly. SDM Vol. 3, chapters 24 to 28.
 */
import type { EngineExit } from '../../engine/interpreter';
import type { TranslationPolicy } from '../../engine/policy';
import { EVENT_CELLS } from '../../ir/eventCells';
import { type ExecutionContext, REFUSED_VECTOR, type TaskSwitchCause, UNIMPLEMENTED_VECTOR, raise } from '../../semantics/system/context';
import { CPU } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';
import { DB, NMI, PF } from '../../x86/exceptions';
import { CR0_PG, DR7_ENABLED, EFLAGS_IOPL, EFLAGS_TF, EFLAGS_VM } from '../../x86/flags';
import { CS } from '../../x86/registers';
import { EptTables } from '../ept/eptTables';
import { NestedMemory } from '../ept/nestedMemory';
import { exceptionExits, interruption } from '../exits/exception';
import { exitOf } from '../exits/exitOf';
import { instructionExits } from '../exits/formats';
import type { VmExit } from '../exits/vmExit';
import { type Accessor, ShadowExits } from '../shadowExits';
import type { VmcsFieldName } from '../vmcs/fields';
import { RestrictedGuest, mayFaultInV86 } from '../vmcs/restrictedGuest';
import { type VmcsSettings, applySettings } from '../vmcs/settings';
import { Vmcs } from '../vmcs/vmcs';
import { pushesErrorCode } from '../../semantics/system/interrupts';
import { BoundaryExits } from './boundaryExits';
import { ExitReport } from './exitReport';
import { CONTINUE, type EventDraft, type Technique, type TechniqueExit, type TechniqueHost, type Waiting, isContinuation } from './technique';
import { enter } from './vmEntry';

/** Elements of a repeated string instruction that one exit lets the VMM do. */
const REPEAT_FUEL = 1 << 13;

export class HardwareAssisted implements Technique {
  readonly id = 'hvm';
  readonly policy: TranslationPolicy;
  readonly vmcs: Vmcs;
  readonly nested: NestedMemory | undefined;
  readonly #report: ExitReport;
  readonly #boundary: BoundaryExits;
  /** Of a processor that has no unrestricted guests. */
  readonly #restricted: RestrictedGuest | undefined;
  /** The VMM executes an instruction: nothing exits. */
  #direct = false;
  /** The guest's instructions run, not the VMM in their place. */
  #guestRuns = false;
  /** The VMM has control: a VM entry is to come. */
  #root = true;
  /** Coordinate at which the VMM last had control, and of the last VM entry. */
  #vmmAt = 0;
  #enteredAt = 0;
  /** Reports the exit whose handling ended in an exception of the guest. */
  #pendingExit: (() => void) | undefined;
  /** The event being delivered, as IDT-vectoring information; 0 when none is. */
  #delivering = 0;
  /** Coordinate of the instruction that last began a task switch. */
  #switchedAt = -1;
  /** The instruction whose access to a device is being emulated: one exit for all of its accesses. */
  #emulated = { retired: -1, eip: -1 };

  constructor(
    readonly host: TechniqueHost,
    readonly context: ExecutionContext,
    settings: VmcsSettings,
    nestedPaging = true,
  ) {
    this.vmcs = new Vmcs(context, nestedPaging);
    const nested = nestedPaging ? this.#nestedMemory() : undefined;
    if (!nestedPaging) this.#restricted = this.#shadowPaging();
    applySettings(this.vmcs, settings);
    if (this.vmcs.has('enableEpt')) this.nested = nested;
    this.#report = new ExitReport(host, this.vmcs);
    this.#boundary = this.#boundaryExits();
    this.policy = {
      /** What cannot be entered is looked at before each entry. */
      goesOn: nestedPaging,
      rewrites: true,
      key: () => 0x10000 * host.watchVersion + 4 * this.vmcs.version + (this.#v86 ? 2 : 0) + (this.#direct ? 1 : 0),
      treat: (instruction) => (instruction.spec.lift === 'firmware' || (!this.#direct && this.#mayExit(instruction)) ? 'exit' : 'execute'),
      watches: (instruction) => !this.#direct && host.interested(instruction),
    };
  }

  #boundaryExits(): BoundaryExits {
    const { host } = this;
    return new BoundaryExits(this.vmcs, {
      running: () => !this.#root,
      retired: () => host.engine.retired,
      enteredAt: () => this.#enteredAt,
      vmmHasControl: () => this.#vmmAt === host.engine.retired,
      leave: (exit) => this.#leave(exit),
    });
  }

  #nestedMemory(): NestedMemory {
    const { cpu, memory } = this.context;
    const tables = new EptTables(this.vmcs.memory);
    this.vmcs.note('eptPointer', tables.pointer);
    return new NestedMemory(tables, memory.physical, {
      violated: (exit) => this.#violated(exit),
      guestLevels: () => (cpu.get(CPU.CR0) & CR0_PG ? 2 : 0),
    });
  }

  /** Without nested paging: shadow page tables, whose faults exit, and no real mode. */
  #shadowPaging(): RestrictedGuest {
    const { memory } = this.context;
    const exit = (fault: VmExit, emulates: boolean): boolean => {
      if (!this.#inPlace(fault)) return false;
      if (emulates) this.#vmmAt = this.host.engine.retired + 1;
      return true;
    };
    const shadow = memory.useShadow(new ShadowExits(this.host, exit, () => this.#accessor), undefined);
    shadow.ownPrivilege = true;
    const restricted = new RestrictedGuest(this.context, () => shadow.rootAddress);
    this.vmcs.guestField = (name, believed) => restricted.field(name, believed);
    return restricted;
  }

  /** The guest's real mode is virtual-8086 mode. */
  get #v86(): boolean {
    return this.#restricted?.realMode ?? false;
  }

  /** Who accesses memory: the guest, which can stop before it; the processor, which delivers an event; or the VMM. */
  get #accessor(): Accessor {
    if (this.#guestRuns) return this.#switching ? 'delivery' : 'guest';
    return this.#delivering && !this.#v86 ? 'delivery' : 'vmm';
  }

  /** Guest instructions between two looks at host time; with a monitor trap flag or a timer, fewer. */
  get slice(): number {
    return 200_000;
  }

  get timeStampOffset(): number {
    return this.vmcs.has('useTscOffsetting') && !this.vmcs.has('rdtscExiting') ? this.vmcs.read('tscOffset') : 0;
  }

  get walks(): { readonly misses: number; readonly references: number } | undefined {
    return this.nested && { misses: this.nested.misses, references: this.nested.references };
  }

  reset(): void {
    this.#root = true;
    this.#boundary.forget();
    this.vmcs.changed = true;
  }

  #mayExit(instruction: Instruction): boolean {
    if (this.#v86 && mayFaultInV86(instruction)) return true;
    return instructionExits(instruction)?.mayExit(instruction, this.vmcs) ?? false;
  }

  run(budget: number, single: boolean): TechniqueExit {
    const { engine } = this.host;
    if (this.#restricted && !this.#restricted.enterable) return this.#executeUnenterable(single);
    const failed = this.#enterGuest();
    if (failed) return failed;
    return this.#ended(this.#asGuest(() => (single ? engine.step() : engine.run(this.#untilExit(budget)))));
  }

  #asGuest(body: () => EngineExit): EngineExit {
    this.#guestRuns = true;
    try {
      return body();
    } finally {
      this.#guestRuns = false;
    }
  }

  /** VM entry would refuse the guest's segments: the VMM, which has control, executes the instruction. */
  #executeUnenterable(single: boolean): TechniqueExit {
    const { cpu, translator } = this.host.engine;
    if (!single && translator.breakpoints.has((cpu.segmentBase(CS) + cpu.eip) >>> 0)) return { kind: 'attend', attention: { kind: 'breakpoint' } };
    this.#root = true;
    const instruction = this.host.decodeCurrent();
    if (instruction?.spec.lift === 'firmware') return { kind: 'attend', attention: { kind: 'policy', instruction } };
    const drafts = instruction ? [unenterable(instruction), ...this.host.sideEvents(instruction)] : [];
    if (drafts.some((draft) => this.host.stopsAt(draft))) return { kind: 'stopped' };
    const outcome = this.#emulate();
    this.#vmmAt = this.host.engine.retired;
    if (!isContinuation(outcome)) return this.#ended(outcome);
    for (const draft of drafts) this.host.report(draft);
    return CONTINUE;
  }

  #ended(exit: EngineExit): TechniqueExit {
    if (isContinuation(exit)) return CONTINUE;
    return exit.kind === 'fault' && exit.vector === REFUSED_VECTOR ? { kind: 'stopped' } : exit;
  }

  #untilExit(budget: number): number {
    if (this.vmcs.has('monitorTrapFlag')) return 1;
    return this.vmcs.has('activatePreemptionTimer') ? Math.max(1, Math.min(budget, this.#boundary.timerEnd - this.host.engine.retired)) : budget;
  }

  /** VM entry, if the VMM has control. */
  #enterGuest(): TechniqueExit | undefined {
    if (!this.#root && !this.vmcs.changed) return undefined;
    this.host.mark();
    const failure = enter(this.vmcs, this.context);
    if (failure) {
      if (failure.exit && this.#report.stopsAt(failure.exit)) return { kind: 'stopped' };
      if (failure.exit) this.#report.exit(failure.exit);
      return { kind: 'entryFailure', causes: failure.causes };
    }
    if (this.#root) this.#report.entry();
    this.#root = false;
    this.#enteredAt = this.host.engine.retired;
    return undefined;
  }

  /** The guest has left: what happens from here to the next entry is the VMM's. */
  #exited(exit: VmExit, instruction?: Instruction, changes: readonly string[] = []): void {
    this.#report.exit(exit, { ...(instruction ? { instruction } : {}), changes, idtVectoring: this.#delivering });
    this.#root = true;
    this.#vmmAt = this.host.engine.retired;
  }

  take(instruction: Instruction): TechniqueExit {
    const exit = exitOf(instruction, this.context, this.vmcs, this.#v86);
    if (!exit) return this.#runDirectly(instruction);
    const drafts = this.host.sideEvents(instruction);
    if (this.#report.stopsAt(exit, instruction) || drafts.some((draft) => this.host.stopsAt(draft))) return { kind: 'stopped' };
    const before = this.host.recording ? this.#report.observe() : undefined;
    const emulated = this.#emulate();
    if (!isContinuation(emulated)) return this.#emulationFailed(emulated, exit, instruction);
    this.#exited(exit, instruction, before ? this.#report.changesSince(before) : []);
    for (const draft of drafts) this.host.report(draft);
    if (exit.reason === 'EXCEPTION_OR_NMI' && !exit.emulated) this.#inject(exit.information);
    return CONTINUE;
  }

  /** An exception that the VMM met in the guest's stead is injected: exit and injection count once it is on its way. */
  #emulationFailed(outcome: EngineExit, exit: VmExit, instruction: Instruction): TechniqueExit {
    if (outcome.kind !== 'fault' || outcome.vector >= UNIMPLEMENTED_VECTOR) return this.#ended(outcome);
    this.#pendingExit = () => this.#exited(exit, instruction);
    try {
      return this.host.deliverFault(outcome.vector, outcome.errorCode, instruction) === 'stopped' ? { kind: 'stopped' } : CONTINUE;
    } finally {
      this.#pendingExit = undefined;
    }
  }

  /** The controls let this one be. */
  #runDirectly(instruction: Instruction): TechniqueExit {
    const drafts = this.host.interested(instruction) ? this.host.directEvents(instruction) : [];
    if (drafts.some((draft) => this.host.stopsAt(draft))) return { kind: 'stopped' };
    const { engine } = this.host;
    const before = engine.retired;
    this.#direct = true;
    try {
      return this.#ended(this.#asGuest(() => engine.step()));
    } finally {
      this.#direct = false;
      if (engine.retired > before) for (const draft of drafts) this.host.report(draft);
    }
  }

  /** The VMM executes the instruction on the guest's state. The counter of directly executed ones does not see it. */
  #emulate(): EngineExit {
    const { engine } = this.host;
    const { cpu } = engine;
    const counted = cpu.get(EVENT_CELLS.sensitive);
    if (!(cpu.get(CPU.EFLAGS) & EFLAGS_TF) && !(cpu.get(CPU.DR0 + 28) & DR7_ENABLED)) cpu.set(CPU.FUEL, REPEAT_FUEL);
    this.#direct = true;
    try {
      return engine.step();
    } finally {
      this.#direct = false;
      cpu.set(EVENT_CELLS.sensitive, counted);
    }
  }

  // Exits in the middle of an instruction, which goes on behind them: nested paging, task switches.

  /** False: stop before the instruction. */
  #inPlace(exit: VmExit): boolean {
    const { engine } = this.host;
    const { cpu } = this.context;
    let instruction: Instruction | undefined;
    if (this.host.watching && !this.#delivering && !this.#switching) {
      const { eip } = cpu;
      if (engine.running) cpu.eip = engine.currentEip;
      instruction = this.host.decodeCurrent();
      cpu.eip = eip;
      if (engine.running && this.#report.stopsAt(exit, instruction)) return false;
    }
    this.#report.exit(exit, { ...(instruction ? { instruction } : {}), idtVectoring: this.#delivering });
    this.#report.entry();
    return true;
  }

  #violated(exit: Extract<VmExit, { reason: 'EPT_VIOLATION' | 'EPT_MISCONFIGURATION' }>): boolean {
    const { engine } = this.host;
    if (exit.target === 'ram') return this.#inPlace(exit);
    // One exit an instruction: from there on the VMM emulates it. It keeps control to its end.
    const here = { retired: engine.retired, eip: engine.currentEip };
    if (this.#direct || (this.#emulated.retired === here.retired && this.#emulated.eip === here.eip)) return true;
    if (!this.#inPlace(exit)) return false;
    this.#emulated = here;
    this.#vmmAt = here.retired + 1;
    return true;
  }

  taskSwitching(selector: number, cause: TaskSwitchCause): void {
    if (!this.#inPlace({ reason: 'TASK_SWITCH', selector, cause })) raise(REFUSED_VECTOR);
    this.#switchedAt = this.host.engine.retired;
  }

  /** A task switch has begun: registers are those of neither task. */
  get #switching(): boolean {
    return this.host.engine.running && this.#switchedAt === this.host.engine.retired;
  }

  // Between two instructions.

  atBoundary(waiting: Waiting): 'stopped' | 'exited' | undefined {
    const before = this.#root;
    if (this.#boundary.leaves(waiting)) return 'stopped';
    return this.#root && !before ? 'exited' : undefined;
  }

  /** An exit at the boundary. True: stop, and nothing has happened. */
  #leave(exit: VmExit): boolean {
    this.host.mark();
    if (this.#report.stopsAt(exit)) return true;
    this.#exited(exit);
    return false;
  }

  beforeInterrupt(vector: number): void {
    this.#boundary.forget();
    this.#delivering = interruption(vector, vector !== NMI, false);
    if (this.vmcs.has(vector === NMI ? 'nmiExiting' : 'externalInterruptExiting')) this.#inject(this.#delivering);
  }

  /** An exception of the guest: directly through its IDT, or by the exception bitmap through the VMM, which injects it. */
  beforeFault(vector: number, errorCode: number, instruction: Instruction | undefined): 'stopped' | undefined {
    const { cpu } = this.context;
    const information = interruption(vector, false, pushesErrorCode(this.context, vector));
    this.#pendingExit?.();
    if (!this.#root && exceptionExits(this.vmcs, vector, errorCode)) {
      const operand = vector === PF ? cpu.get(CPU.CR2) : vector === DB ? errorCode : 0;
      const exit: VmExit = { reason: 'EXCEPTION_OR_NMI', vector, information, errorCode, operand };
      if (this.#report.stopsAt(exit, instruction)) return 'stopped';
      this.#exited(exit, instruction);
    }
    if (this.#root) this.#inject(information);
    this.#delivering = information;
    return undefined;
  }

  /** The event is on its way; from here the guest runs. */
  #inject(information: number): void {
    this.vmcs.note('entryInterruptionInfo', this.#v86 ? 0 : information);
    if (this.#v86) this.#report.realModeInjection(information);
    else this.#report.injection(information);
    this.#report.entry();
    this.vmcs.note('entryInterruptionInfo', 0); // VM entry clears its valid bit
    this.#root = false;
    this.#enteredAt = this.host.engine.retired;
  }

  delivered(): void {
    this.#delivering = 0;
  }

  shutdown(): void {
    this.#exited({ reason: 'TRIPLE_FAULT' });
  }

  /** Nobody has fetched anything yet: the extended page tables stay as they are. */
  showBlock(): void {
    const { memory } = this.context;
    memory.nested = undefined;
    this.host.engine.showBlock();
    memory.nested = this.nested;
  }

  /** Non-root mode has the guest's registers, and the bits that VMX operation fixes. */
  hardwareState(): Int32Array {
    const state = this.host.engine.cpu.saveRegisters();
    const set = (offset: number, field: VmcsFieldName): void => {
      state[(offset - CPU.GPR) >> 2] = this.vmcs.read(field);
    };
    set(CPU.CR0, 'guestCr0');
    set(CPU.CR4, 'guestCr4');
    if (!this.#restricted) return state;
    set(CPU.CR3, 'guestCr3');
    if (this.#v86) state[(CPU.EFLAGS - CPU.GPR) >> 2] = (state[(CPU.EFLAGS - CPU.GPR) >> 2] & ~EFLAGS_IOPL) | EFLAGS_VM;
    return state;
  }
}

/** No exit: the VMM has had control since the instruction that made the segments so. */
const unenterable = (instruction: Instruction): EventDraft => ({
  kind: 'callout',
  instruction,
  reason: 'segments',
  sentence: `VM entry would refuse the guest’s segments, so the VMM executes ${instruction.spec.mnemonic.toUpperCase()} itself.`,
  cost: 'exitService',
});

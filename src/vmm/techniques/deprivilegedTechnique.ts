/** What trap-and-emulate and binary translation share: two worlds, and emulation as the same lifts on the virtual CPU. */
import { hexh } from '../../base/bits';
import type { Block } from '../../engine/block';
import type { EngineExit } from '../../engine/interpreter';
import type { TranslationPolicy } from '../../engine/policy';
import { EVENT_CELLS } from '../../ir/eventCells';
import { isGuestVector } from '../../semantics/system/context';
import type { TechniqueId } from '../../protocol/techniques';
import { CPU } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';
import { PF, vectorName } from '../../x86/exceptions';
import { CR4_TSD, EFLAGS_IF, EFLAGS_IOPL } from '../../x86/flags';
import { CS } from '../../x86/registers';
import type { SensitivityName } from '../../x86/sensitivity';
import type { DeprivilegedWorld } from '../deprivileged';
import { CONTINUE, type EventDraft, type Technique, type TechniqueExit, type TechniqueHost, effectOf, exitReason, isContinuation } from './technique';

/** In user mode they show the VMM's tables and registers. */
const SHOWS_VMM: readonly SensitivityName[] = ['sgdt', 'sidt', 'sldt', 'str', 'smsw', 'lar', 'lsl'];
const USES_FLAGS: readonly SensitivityName[] = ['pushf', 'popf', 'iret'];
/** In virtual-8086 mode with IOPL 0 they fault to the VMM. */
export const FAULTS_IN_V86: readonly SensitivityName[] = [...USES_FLAGS, 'softwareInterrupt'];

/** The VMM's gates have DPL 0, and there is no VMCALL on these processors. */
const ALWAYS_FAULTS: readonly SensitivityName[] = ['softwareInterrupt', 'vmcall'];
const PF_WRITE = 2;
/** Asked about an instruction wherever it stands. */
const NOWHERE = -1;

/** Lifts that need no privilege and yet go to ring 0 at once, which is the VMM: INT1 by the debug exception, SYSENTER by the MSRs. */
const LANDS_IN_VMM = ['int1', 'sysenter'];

export abstract class DeprivilegedTechnique implements Technique {
  abstract readonly id: TechniqueId;
  abstract readonly slice: number;

  get translates(): boolean {
    return false;
  }

  directEvents(_instruction: Instruction): EventDraft[] | undefined {
    return undefined;
  }

  touched(): void {}

  readonly policy: TranslationPolicy;
  /** Instructions have their meaning on the virtual CPU, or are being executed by the VMM: nothing exits. */
  #direct = false;

  constructor(
    readonly host: TechniqueHost,
    readonly world: DeprivilegedWorld,
  ) {
    const technique = this;
    this.policy = {
      goesOn: false,
      get rewrites() {
        return technique.id !== 'bt';
      },
      key: () => {
        const world = this.#direct ? 1 : this.guestKernel ? (this.realMode ? 2 : 3) : this.ownsFlags ? 5 : 4;
        return 16 * host.watchVersion + world + (this.timeStampTraps ? 8 : 0);
      },
      treat: (instruction, linear) => (instruction.spec.lift === 'firmware' ? 'exit' : this.#direct ? 'execute' : this.treat(instruction, linear)),
      watches: (instruction) => !this.#direct && this.runsDirectly(instruction) && host.interested(instruction),
      guestSelector: (selector) => world.guestSelector(selector),
      branched: () => (this.guestKernel && !this.#direct ? this.branched : undefined),
    };
  }

  /** The guest's kernel is running: CPL below 3 on the virtual CPU, or real mode. Valid in both worlds. */
  protected guestKernel = true;
  protected realMode = true;
  /** Guest user code may change IF, or would see in EFLAGS that the VMM does not let it. */
  protected ownsFlags = false;

  /** Told of every near branch of the guest's kernel, when blocks are not chained. */
  protected readonly branched: ((block: Block) => void) | undefined;

  /** What to do with an instruction of the guest that runs on the silicon. */
  protected treat(instruction: Instruction, linear: number): 'execute' | 'exit' {
    if (LANDS_IN_VMM.includes(instruction.spec.lift)) return 'exit';
    return (this.guestKernel ? this.interceptsInKernel(instruction, linear) : this.#interceptsInUser(instruction)) ? 'exit' : 'execute';
  }

  protected abstract interceptsInKernel(instruction: Instruction, linear: number): boolean;

  /** User code runs directly; what would show it the VMM's state instead of the guest's is looked at. */
  #interceptsInUser({ spec }: Instruction): boolean {
    const name = spec.sensitivity as SensitivityName;
    return SHOWS_VMM.includes(name) || (this.ownsFlags && USES_FLAGS.includes(name));
  }

  protected get timeStampTraps(): boolean {
    return (this.host.engine.cpu.get(CPU.CR4) & CR4_TSD) !== 0;
  }

  /** Sensitive, and yet the silicon executes it without telling the VMM. */
  protected runsDirectly(instruction: Instruction): boolean {
    if (instruction.spec.sensitivity === 'rdtsc') return !this.timeStampTraps && this.treat(instruction, NOWHERE) === 'execute';
    if (instruction.spec.sensitive?.kind !== 'sensitive' || this.treat(instruction, NOWHERE) === 'exit') return false;
    if (ALWAYS_FAULTS.includes(instruction.spec.sensitivity as SensitivityName)) return false;
    return !(this.realMode && FAULTS_IN_V86.includes(instruction.spec.sensitivity as SensitivityName));
  }

  take(instruction: Instruction): TechniqueExit {
    return LANDS_IN_VMM.includes(instruction.spec.lift) ? this.emulate(instruction, this.#landed(instruction)) : this.intercept(instruction);
  }

  #landed(instruction: Instruction): EventDraft {
    const name = instruction.spec.mnemonic.toUpperCase();
    return { kind: 'trap', instruction, reason: name, sentence: `${name} led the silicon to the VMM, which emulated it on the virtual CPU.`, cost: 'trap' };
  }

  /** An instruction that `treat` let exit. */
  protected abstract intercept(instruction: Instruction): TechniqueExit;

  run(budget: number, single: boolean): TechniqueExit {
    const { engine } = this.host;
    this.guestKernel = engine.cpu.cpl < 3;
    this.realMode = engine.cpu.realSegments;
    this.ownsFlags = !this.guestKernel && (engine.cpu.get(CPU.EFLAGS) & (EFLAGS_IF | EFLAGS_IOPL)) !== EFLAGS_IF;
    if (!this.world.canRunDirectly()) return this.#interpret(single);
    this.world.enterGuest();
    let exit: EngineExit;
    try {
      exit = single ? engine.step() : engine.run(budget);
    } finally {
      this.world.leaveGuest();
    }
    if (isContinuation(exit)) return CONTINUE;
    return exit.kind === 'fault' ? this.faulted(exit.vector, exit.errorCode) : exit;
  }

  /** Segments that user mode cannot have: the VMM executes the instruction on the virtual CPU. */
  #interpret(single: boolean): TechniqueExit {
    const { cpu, translator } = this.host.engine;
    if (!single && translator.breakpoints.has((cpu.segmentBase(CS) + cpu.eip) >>> 0)) return { kind: 'attend', attention: { kind: 'breakpoint' } };
    const instruction = this.host.decodeCurrent();
    if (!instruction) return this.#finish(this.onVirtualCpu(), undefined);
    return this.emulate(instruction, {
      kind: 'callout',
      instruction,
      reason: 'segments',
      sentence: `A segment is not as virtual-8086 mode has it, so the VMM executes ${instruction.spec.mnemonic.toUpperCase()} itself.`,
      cost: 'callout',
    });
  }

  /**
   * The silicon faulted. A sensitive instruction is a trap, to be emulated. Anything else may be the guest's own fault, or
   * one that only user mode has (a page of the VMM, a descriptor whose privilege was changed): the virtual CPU decides.
   */
  protected faulted(vector: number, errorCode: number): TechniqueExit {
    if (!isGuestVector(vector)) return { kind: 'fault', vector, errorCode };
    const instruction = this.host.decodeCurrent();
    if (vector === PF && !this.#trueFault(errorCode, instruction)) return { kind: 'stopped' };
    if (!instruction) {
      if (vector === PF) this.host.engine.cpu.set(CPU.CR2, this.world.faultAddress);
      return this.#deliver(vector, errorCode, undefined);
    }
    if (instruction.spec.sensitive) return this.emulate(instruction, this.trapDraft(instruction, vector));
    const exit = this.onVirtualCpu();
    if (isContinuation(exit))
      this.host.report({
        kind: 'trap',
        instruction,
        reason: vectorName(vector),
        sentence: `${vectorName(vector)} that only user mode has; the VMM executed ${instruction.spec.mnemonic.toUpperCase()} on the virtual CPU.`,
        cost: 'trap',
        vector,
      });
    return this.#finish(exit, instruction);
  }

  /** Do the guest's own tables forbid the access as well? Otherwise the fault is the VMM's: its pages, or its shadow. False: stop before it. */
  #trueFault(errorCode: number, instruction: Instruction | undefined): boolean {
    const { linear } = this.host.engine;
    const address = this.world.faultAddress;
    const access = { write: (errorCode & PF_WRITE) !== 0, user: linear.user };
    const found = linear.translate(address, access, false);
    if (found.kind !== 'fault') return true;
    const draft: EventDraft = {
      kind: 'trueFault',
      reason: `#PF(${hexh(found.errorCode, 1)})`,
      sentence: `#PF at ${hexh(address)}: the guest’s own tables forbid the ${access.write ? 'store' : 'access'}, so the fault is the guest’s.`,
      details: { address, access: access.write ? 'write' : 'read', view: linear.shadow?.view(access.user) ?? 'kernel', errorCode: found.errorCode },
      ...(instruction ? { instruction } : {}),
    };
    if (this.host.stopsAt(draft)) return false;
    this.host.report(draft);
    return true;
  }

  protected trapDraft(instruction: Instruction, vector: number): EventDraft {
    return {
      kind: 'trap',
      instruction,
      reason: exitReason(instruction) ?? vectorName(vector),
      sentence: `${vectorName(vector)} in user mode; emulated on the virtual CPU: ${effectOf(instruction)}`,
      cost: 'trap',
      vector,
    };
  }

  /** Execute the current instruction on the virtual CPU, and report it. */
  protected emulate(instruction: Instruction, draft: EventDraft): TechniqueExit {
    const drafts = [draft, ...this.host.sideEvents(instruction)];
    for (const d of drafts) if (this.host.stopsAt(d)) return { kind: 'stopped' };
    const exit = this.onVirtualCpu();
    if (isContinuation(exit)) for (const d of drafts) this.host.report(d);
    return this.#finish(exit, instruction);
  }

  /** The virtual CPU has executed it: what faults there is the guest's own. */
  #finish(exit: EngineExit, instruction: Instruction | undefined): TechniqueExit {
    if (isContinuation(exit)) return CONTINUE;
    if (exit.kind !== 'fault' || !isGuestVector(exit.vector)) return exit;
    return this.#deliver(exit.vector, exit.errorCode, instruction);
  }

  /** One instruction with its bare-metal meaning, in whichever world holds the CPU. The counter of directly executed ones does not see it. */
  protected onVirtualCpu(): EngineExit {
    const { engine } = this.host;
    const counted = engine.cpu.get(EVENT_CELLS.sensitive);
    this.#direct = true;
    try {
      return engine.step();
    } finally {
      this.#direct = false;
      engine.cpu.set(EVENT_CELLS.sensitive, counted);
    }
  }

  /** Like `onVirtualCpu`, on the silicon's state. */
  protected onSilicon(): EngineExit {
    this.world.enterGuest();
    try {
      return this.onVirtualCpu();
    } finally {
      this.world.leaveGuest();
    }
  }

  #deliver(vector: number, errorCode: number, instruction: Instruction | undefined): TechniqueExit {
    return this.host.deliverFault(vector, errorCode, instruction) === 'stopped' ? { kind: 'stopped' } : CONTINUE;
  }

  showBlock(): void {
    if (!this.world.canRunDirectly()) return;
    this.world.enterGuest();
    try {
      this.host.engine.showBlock();
    } finally {
      this.world.leaveGuest();
    }
  }

  hardwareState(): Int32Array {
    return this.world.hardwareState();
  }
}

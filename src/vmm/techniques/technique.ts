/**
 * A technique is a policy about sensitive instructions, events and privilege, not another CPU. Between runs the CPU state
 * holds what the guest believes (the virtual CPU); a technique that deprivileges swaps the silicon's state in to run.
 */
import type { Attention, Block } from '../../engine/block';
import type { Interpreter, EngineExit } from '../../engine/interpreter';
import type { TranslationPolicy } from '../../engine/policy';
import type { TaskSwitchCause } from '../../semantics/system/context';
import type { TechniqueId } from '../../protocol/techniques';
import type { VmmEventDetails, VmmEventKind } from '../../protocol/vmmEvent';
import type { Instruction } from '../../x86/decoder';
import type { CostEvent } from '../cost/profiles';

interface DraftBase {
  readonly instruction?: Instruction;
  readonly reason: string;
  readonly sentence: string;
  readonly cost?: CostEvent;
  /** Further charges, with their numbers. */
  readonly costs?: readonly (readonly [event: CostEvent, count: number])[];
  readonly vector?: number;
  readonly port?: number;
  readonly write?: boolean;
}

export type EventDraftOf<K extends VmmEventKind> = DraftBase & { readonly kind: K } & (object extends VmmEventDetails<K> ? object : { readonly details: VmmEventDetails<K> });

/** What an event is about, before the VM adds where and when. */
export type EventDraft = { [K in VmmEventKind]: EventDraftOf<K> }[VmmEventKind];

/** What a technique may ask of the VM that runs it. */
export interface TechniqueHost {
  readonly engine: Interpreter;
  /** True: stop here, before the instruction; nothing has been counted. False: go on (and report it with `report`). */
  stopsAt(draft: EventDraft): boolean;
  report(draft: EventDraft): void;
  /** Report what happened at `eip` of a block. */
  reportAt(draft: EventDraft, block: Block, eip: number): void;
  /** Like `stopsAt`, for what is about to happen while an instruction executes; the draft is made only when somebody may stop. */
  stopsHere(kind: VmmEventKind, draft: () => EventDraft): boolean;
  /** Report what happens while an instruction executes; the draft is made only when somebody listens. */
  reportHere(kind: VmmEventKind, cost: CostEvent | undefined, draft: () => EventDraft): void;
  /** Translated code has emulated `count` instructions itself, `slow` of them ports and time. */
  countInline(count: number, slow: number): void;
  /** Changes whenever `interested` may answer otherwise. */
  readonly watchVersion: number;
  /** Somebody records events or may stop at one of these. */
  interested(instruction: Instruction): boolean;
  /** Somebody records events, listens to them, or may stop at one: what they say in detail is worth finding out. */
  readonly watching: boolean;
  /** Record or listen: not only stop. */
  readonly recording: boolean;
  /** The next reports belong to where the virtual CPU stands. */
  mark(): void;
  /** Events of a sensitive instruction that runs directly. */
  directEvents(instruction: Instruction): EventDraft[];
  /** Events an instruction is by itself (port, softwareInterrupt, controlWrite), whoever executes it. */
  sideEvents(instruction: Instruction): EventDraft[];
  /** Deliver an exception to the guest, on the virtual CPU. */
  deliverFault(vector: number, errorCode: number, instruction: Instruction | undefined): 'delivered' | 'stopped';
  /** The same without the run loop, while nobody watches. False: nothing has been done, somebody does. */
  deliverAtOnce(vector: number, errorCode: number): boolean;
  /** Somebody is told of each fault before it is delivered. */
  readonly tellsOfFaults: boolean;
  /** Generated code has run, which delivers faults and counts them itself. */
  takeFaultCounts(): void;
  /** Instruction at CS:EIP of the virtual CPU, or undefined. */
  decodeCurrent(): Instruction | undefined;
}

/** How a run ended, as far as the VM must act on it. */
export type TechniqueExit =
  | { readonly kind: 'continue' }
  | { readonly kind: 'stopped' }
  /** VM entry failed: why, as sentences. */
  | { readonly kind: 'entryFailure'; readonly causes: readonly string[] }
  | Extract<EngineExit, { kind: 'fault' }>
  | { readonly kind: 'attend'; readonly attention: Attention };

/** Interrupts at a boundary between two instructions. */
export interface Waiting {
  readonly interrupt: boolean;
  /** IF is set and nothing blocks. */
  readonly interruptible: boolean;
  readonly nmi: boolean;
  readonly nmiBlocked: boolean;
}

export interface Technique {
  readonly id: TechniqueId;
  readonly policy: TranslationPolicy;
  /** Instructions between two looks at host time. */
  readonly slice: number;
  /** Retire up to `budget` instructions of the guest. `single`: exactly one, past breakpoints and watches. */
  run(budget: number, single: boolean): TechniqueExit;
  /** An attention with kind `policy`: the technique takes the instruction. */
  take(instruction: Instruction): TechniqueExit;
  /** Before the run loop delivers anything: what hardware would do at this boundary between two instructions. */
  atBoundary?(waiting: Waiting): 'stopped' | 'exited' | undefined;
  /** An exception is about to be delivered to the guest. */
  beforeFault?(vector: number, errorCode: number, instruction: Instruction | undefined): 'stopped' | undefined;
  /** The run loop is about to deliver an interrupt. */
  beforeInterrupt?(vector: number): void;
  /** What was being delivered has arrived, or the guest is lost. */
  delivered?(): void;
  /** A triple fault. */
  shutdown?(): void;
  /** A task switch begins; nothing has changed yet. */
  taskSwitching?(selector: number, cause: TaskSwitchCause): void;
  /** The CPU was reset. */
  reset?(): void;
  /** Time-stamp counter: what the guest's differs by. */
  readonly timeStampOffset?: number;
  /** Blocks made now are translations of a VMM; otherwise they are how this engine runs code. */
  readonly translates?: boolean;
  /** Events of an instruction that is about to run directly, where they are not just that. */
  directEvents?(instruction: Instruction): EventDraft[] | undefined;
  /** An access met a page that the VMM traces, or a device. */
  touched?(): void;
  /** Have the block at EIP translated, for whoever looks at the code cache. */
  showBlock(): void;
  /** What the silicon held when the guest last ran: the same as the virtual CPU under bare metal. */
  hardwareState(): Int32Array;
}

export const CONTINUE: TechniqueExit = { kind: 'continue' };

/** Exits that only mean: look around and go on. */
export const isContinuation = (exit: EngineExit): exit is Extract<EngineExit, { kind: 'budget' | 'dispatch' | 'fuel' }> =>
  exit.kind === 'budget' || exit.kind === 'dispatch' || exit.kind === 'fuel';

/** VT-x exit reason of an instruction that always has one when it exits; task switches are the exception. */
export const exitReason = ({ spec }: Instruction): string | undefined => (spec.sensitive?.exit === 'TASK_SWITCH' ? undefined : spec.sensitive?.exit);

/** What the instruction does on bare metal, to end a sentence with. */
export const effectOf = ({ spec }: Instruction): string => {
  const effect = spec.sensitive?.bare ?? `${spec.mnemonic.toUpperCase()}.`;
  return effect[0].toLowerCase() + effect.slice(1);
};

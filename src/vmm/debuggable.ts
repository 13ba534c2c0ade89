/**
 * What a debugger may ask of a virtual machine. The VM owns the run loop: a debugger asks for a bounded run
 * and gets the reason it ended; it never steps in a loop of its own to run.
 * State is what the guest believes (the virtual CPU); `hardwareRegister` shows what the silicon holds.
 */
import type { Emitter } from '../base/events';
import type { Ring } from '../base/ring';
import type { WatchHit, Watchpoint } from '../memory/watchpoint';
import type { BlockDetail, BlockRow, TranslationStatistics, VmcsResponse } from '../protocol/requests';
import type { PageWalkRow } from '../protocol/pageWalk';
import type { TechniqueId } from '../protocol/techniques';
import type { SilentPlace, VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { CostEvent } from './cost/profiles';

/** Why a run ended. Every reason leaves an exact position: nothing of the next instruction has happened. */
export type StopReason =
  | { readonly kind: 'budget' }
  | { readonly kind: 'breakpoint'; readonly linear: number }
  /** Behind an instruction, or an element of a repeated one, that accessed what `setWatchpoints` names; `by`: its linear address. */
  | { readonly kind: 'watchpoint'; readonly hits: readonly WatchHit[]; readonly by: number }
  /** An event stop. For instruction events the instruction has not executed yet. */
  | { readonly kind: 'event'; readonly event: VmmEvent }
  /** HLT with nothing that could ever wake the guest. */
  | { readonly kind: 'halted'; readonly interruptsEnabled: boolean }
  /** Guest asked to power off with this code (port F4h). */
  | { readonly kind: 'exited'; readonly code: number }
  /** Shutdown: the chain of faults that led to it, oldest first, as sentences. */
  | { readonly kind: 'tripleFault'; readonly causes: readonly string[] }
  /** Something Ringside does not implement; names it. */
  | { readonly kind: 'unimplemented'; readonly what: string }
  /** VM entry failed: which checks of the VMCS, as sentences. The guest cannot run until it is put right. */
  | { readonly kind: 'entryFailure'; readonly causes: readonly string[] }
  /** requestStop was called. */
  | { readonly kind: 'pause' };

/** Which events stop the guest. */
export interface EventStop {
  readonly kind: VmmEventKind;
  /** Only for these mnemonics, vectors, ports. */
  readonly mnemonic?: string;
  readonly vector?: number;
  readonly port?: number;
  /** VT-x exit-reason or register name the event's `reason` must equal. */
  readonly reason?: string;
  /** Only at this linear address: the block that starts there. */
  readonly linear?: number;
  /** Only faults that no handler of the guest’s gets. */
  readonly unhandled?: true;
}

export interface SegmentView {
  readonly selector: number;
  readonly base: number;
  /** Byte-granular, inclusive. */
  readonly limit: number;
  /** Descriptor bits 8..23 of the high doubleword: type, S, DPL, P, AVL, D/B, G. */
  readonly attributes: number;
}

export interface DisassembledInstruction {
  readonly linear: number;
  readonly length: number;
  readonly bytes: Uint8Array;
  /** `mov ax,0x1234`; `(bad)` where nothing decodes; `??` where memory cannot be read. */
  readonly text: string;
  readonly valid: boolean;
}

export interface DebuggableVm {
  readonly technique: TechniqueId;
  /** Guest instructions retired since power-on. */
  readonly retired: number;
  /** Modelled cycles so far (cost ledger). */
  readonly cycles: number;
  readonly eventCounts: Readonly<Record<VmmEventKind, number>>;
  /** How often each event of the cost ledger has been charged. */
  costs?(): Readonly<Partial<Record<CostEvent, number>>>;

  /** Guest time, nanoseconds. Whoever has none cannot be paced. */
  readonly guestTime?: number;
  /** A halted guest waits, with 'budget', for a timer that is due later than this guest time. */
  timeLimit?: number;
  /** When the timer is due that it waits for so. */
  readonly waitsUntil?: number | undefined;
  /** Causes of the last triple fault that reset the machine instead of ending the run. */
  readonly lastShutdown?: readonly string[] | undefined;

  /**
   * Execute until a stop or until `maxInstructions` have retired ('budget'). Bounded: returns within `maxMilliseconds`
   * of host time with 'budget', whatever the guest does. The first instruction ignores breakpoints and event stops at
   * the current position if the last stop was there (so that continuing makes progress).
   */
  run(maxInstructions: number, maxMilliseconds: number): StopReason;
  /** Put the block of the current position into the block cache, if somebody records: a single step does not run it as a block. */
  showBlock?(): void;
  /** Make a run in progress, or the next one, end with 'pause'. Callable from an event listener. */
  requestStop(): void;

  /** Linear addresses at which to stop before executing. Replaces the previous set. */
  setBreakpoints(linear: ReadonlySet<number>): void;
  /** Memory to stop behind an access to. Replaces the previous set. The CPU's accesses only: DMA is not seen, nor are descriptor tables as it loads from them. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void;
  /** Event stops. Replaces the previous set. */
  setEventStops(stops: readonly EventStop[]): void;

  /** Recorded events: a ring that fills only while `recordEvents` is true. */
  recordEvents: boolean;
  readonly events: Ring<VmmEvent>;
  /** So many sensitive instructions have run directly since the guest stood that more of them are only counted, until it stands again. */
  readonly flooded?: boolean;
  /** Recorded events by kind at each guest-linear address, since power-on. */
  readonly placeCounts?: ReadonlyMap<number, Readonly<Partial<Record<VmmEventKind, number>>>>;
  /** Where instructions went silently wrong, recorded or not; the latest last. */
  readonly silentPlaces: readonly SilentPlace[];
  /** Every event as it happens, while watched. */
  readonly eventSource: Emitter<VmmEvent>;

  /**
   * Registers by name, lower case: eax..edi, ax.., al..bh, eip, eflags, es..gs (selector), cr0 cr2 cr3 cr4, dr0..dr7,
   * gdtr.base gdtr.limit idtr.base idtr.limit, ldtr, tr, cpl. Unsigned. Undefined for an unknown name.
   */
  readRegister(name: string): number | undefined;
  /** False for an unknown or read-only name. Writing a segment register in protected mode loads its descriptor; a bad selector throws UserError. */
  writeRegister(name: string, value: number): boolean;
  hardwareRegister(name: string): number | undefined;
  segment(name: 'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs' | 'ldtr' | 'tr'): SegmentView;

  /** The VMCS; undefined under techniques that have none. */
  vmcs?(): VmcsResponse | undefined;
  /** Set a field, a control bit or a list of the VMCS. Throws UserError for a bad name or value; what is inconsistent fails the next VM entry. */
  setVmcs?(name: string, value: string): void;

  /** Guest-linear to guest-physical, as the guest's tables say, without side effects; undefined when not mapped. */
  translate(linear: number): number | undefined;
  /** Up to `length` bytes; shorter when the rest cannot be read. No device side effects: MMIO reads as FFh. */
  readLinear(linear: number, length: number): Uint8Array;
  /** Bytes written. Translated code on the way is invalidated. */
  writeLinear(linear: number, bytes: Uint8Array): number;
  readPhysical(physical: number, length: number): Uint8Array;
  writePhysical(physical: number, bytes: Uint8Array): number;

  /** `count` instructions from `linear`, 16- or 32-bit by `bits` (default: the D bit of CS). */
  disassemble(linear: number, count: number, bits?: 16 | 32): DisassembledInstruction[];
  blocks(): BlockRow[];
  /** How the page at `linear` is translated: guest's, shadow and nested tables. */
  pageWalk(linear: number): PageWalkRow;
  /** Guest-physical pages with tables that the VMM traces. */
  readonly tracedTables: readonly number[];
  /** A block of `blocks()` in full: guest code, micro-ops, WebAssembly; undefined when it is no longer known. */
  block(id: number): BlockDetail | undefined;
  readonly translation: TranslationStatistics;
  /** Hash of the guest-visible state (registers, RAM, devices), hexadecimal. */
  stateHash(): string;
}

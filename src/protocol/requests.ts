/**
 * The custom DAP requests and events of Ringside: what views ask after a stop, and what they may subscribe to.
 * Names start with `ringside/`. All numbers are unsigned; addresses are guest-linear unless a name says otherwise.
 */
import type { ExitSummary } from './exitSummary';
import type { ScreenResponse } from './screen';
import type { SerialPort } from './serial';
import type { PageWalkResponse } from './pageWalk';
import type { SystemResponse } from './systemState';
import type { TechniqueId } from './techniques';
import type { VmmEvent, VmmEventKind } from './vmmEvent';

export const DEBUG_TYPE = 'ringside';

export interface SourceLocation {
  /** Path (or URI in a browser) of the source file. */
  readonly path: string;
  /** 1-based. */
  readonly line: number;
}

export interface BlockRow {
  readonly id: number;
  /** Selector in CS as the guest has it. */
  readonly cs: number;
  /** Selector in CS of the silicon, where that is another one. */
  readonly hardwareCs?: number;
  readonly eip: number;
  readonly linear: number;
  /** Guest bytes covered. */
  readonly length: number;
  readonly instructions: number;
  /** Last instruction as text. */
  readonly terminator: string;
  /** Why the block ended there: `branch`, `call`, `return`, `sensitive instruction`, `page boundary`, `breakpoint`, `length`. */
  readonly endReason: string;
  readonly hits: number;
  readonly state: 'cached' | 'invalidated';
  /** Why it was thrown away, when invalidated. */
  readonly invalidatedBy?: string;
  readonly codeSize: 16 | 32;
  /** 1: a region of WebAssembly runs it; 0: the interpreter. */
  readonly tier: 0 | 1;
  /** Numbers of the blocks it is chained to. */
  readonly links: readonly number[];
  readonly source?: SourceLocation;
}

/** One guest instruction of a block, and what it means. */
export interface BlockInstructionDetail {
  readonly eip: number;
  readonly linear: number;
  /** Hexadecimal; empty when the block is no longer valid. */
  readonly bytes: string;
  readonly text: string;
  /** One micro-op a line, operands filled in. */
  readonly microOps: readonly string[];
}

/** Blocks compiled together into one WebAssembly function. */
export interface RegionDetail {
  readonly id: number;
  /** Block where it is entered, and all its blocks. */
  readonly root: number;
  readonly blocks: readonly number[];
  /** Guest instructions. */
  readonly instructions: number;
  /** Size of the WebAssembly code, and microseconds of host time that making it took (its share of the module’s). */
  readonly bytes: number;
  readonly microseconds: number;
  /** WebAssembly text, one instruction a line. */
  readonly webAssembly: readonly string[];
  /** For each line, the EIP of the guest instruction that it is for; -1 for what is for the region as a whole. */
  readonly origins: readonly number[];
}

export interface BlockDetail {
  readonly block: BlockRow;
  readonly instructions: readonly BlockInstructionDetail[];
  /** Regions that hold the block, the one entered at it first. */
  readonly regions: readonly RegionDetail[];
}

/** The translator’s books. */
export interface TranslationStatistics {
  readonly regions: number;
  readonly modules: number;
  /** Of WebAssembly code. */
  readonly bytes: number;
  /** Since power-on: regions compiled, regions thrown away with a block, times all were thrown away at the ceiling. */
  readonly compiled: number;
  readonly invalidated: number;
  readonly evictions: number;
  /** Host time spent compiling. */
  readonly milliseconds: number;
}

export interface BlocksResponse {
  readonly technique: TechniqueId;
  readonly blocks: BlockRow[];
  readonly translation: TranslationStatistics;
  /** Blocks in the cache before `start`/`count` were applied. */
  readonly total: number;
  /** Linear address of the next instruction. */
  readonly position: number;
}

export type ExitRow = VmmEvent & {
  readonly sequence: number;
  readonly source?: SourceLocation;
};

export interface LineCounts extends SourceLocation {
  readonly counts: Readonly<Partial<Record<VmmEventKind, number>>>;
}

export interface LineCountsResponse {
  readonly technique: TechniqueId;
  readonly lines: readonly LineCounts[];
}

export interface ExitsResponse {
  readonly technique: TechniqueId;
  /** Newest last. */
  readonly rows: ExitRow[];
  /** Sequence number the next event will get; a gap to the first row means older rows were dropped. */
  readonly nextSequence: number;
  readonly counts: Partial<Record<VmmEventKind, number>>;
  readonly retired: number;
  readonly cycles: number;
}

/** Which VM, by its thread; the one that the user looks at when it is left out. */
export interface OfVm {
  threadId?: number;
}

export interface InputArguments {
  keys?: string;
  key?: { code: string; down: boolean };
  mouse?: { dx?: number; dy?: number; wheel?: number; buttons?: number };
  serial?: string;
  port?: SerialPort;
}

export interface VmcsFieldRow {
  /** SDM Vol. 3, appendix B. */
  readonly encoding: number;
  readonly name: string;
  /** The SDM's name. */
  readonly title: string;
  readonly area: 'control' | 'exit' | 'guest' | 'host';
  readonly width: 16 | 32 | 64 | 'natural';
  /** Hexadecimal with a trailing h. */
  readonly value: string;
  readonly settable: boolean;
  /** Of a field of controls: those that are on. */
  readonly bits?: readonly string[];
}

export interface VmcsResponse {
  readonly fields: readonly VmcsFieldRow[];
  /** What the next VM entry would fail for, as sentences; none when the guest can run. */
  readonly failures: readonly string[];
  /** Nested paging: translations that the TLB did not have, and the memory references their two-dimensional walks took. */
  readonly walks?: { readonly misses: number; readonly references: number };
}

/** Request name → arguments and response body. */
export interface CustomRequests {
  'ringside/blocks': { args: OfVm & { start?: number; count?: number }; body: BlocksResponse };
  /** One block in full; an error when it is no longer known. */
  'ringside/block': { args: OfVm & { id: number }; body: BlockDetail };
  /** The VMCS under hardware assistance; with `set`, after setting a field, a control bit or a list by name. */
  'ringside/vmcs': { args: OfVm & { set?: { name: string; value: string } }; body: VmcsResponse };
  /** The newest events; `from` and `to` (not included) are counts of retired instructions. */
  'ringside/exits': { args: OfVm & { since?: number; count?: number; kinds?: readonly VmmEventKind[]; from?: number; to?: number }; body: ExitsResponse };
  /** Events by reason, and in so many equal stretches of the guest's instructions. */
  'ringside/exitSummary': { args: OfVm & { kinds?: readonly VmmEventKind[]; from?: number; to?: number; buckets?: number }; body: ExitSummary };
  /** Recorded events by source line. */
  'ringside/lineCounts': { args: OfVm; body: LineCountsResponse };
  /** System registers, descriptor tables, task, interrupt controllers and timers. */
  'ringside/system': { args: OfVm; body: SystemResponse };
  /** Pages from a linear address on: the guest's tables beside shadow and nested ones. */
  'ringside/pageWalk': { args: OfVm & { address: number; count?: number }; body: PageWalkResponse };
  /** `since`: a frame's sequence number, 0 for the whole picture; without it the characters only. */
  'ringside/screen': { args: OfVm & { since?: number }; body: ScreenResponse };
  /** Send events `ringside/screen` and `ringside/serial`, or no longer. */
  'ringside/subscribe': { args: OfVm & { screen?: boolean; serial?: boolean }; body: Record<string, never> };
  /**
   * Type into the guest: `keys` as text ("\n" is Enter), `key` going down or up by its KeyboardEvent code, `mouse` as counts
   * to the right and up and the buttons held (1 left, 2 right, 4 middle), `serial` as raw bytes for a port (COM1, or the
   * virtio console once the guest listens there).
   */
  'ringside/input': { args: OfVm & InputArguments; body: Record<string, never> };
}

export type CustomRequest = keyof CustomRequests;

/** What a client has asked for is sent once more, as it is at the end, in events `ringside/final`: nobody can ask then. */
export const FINAL_REQUESTS = ['ringside/blocks', 'ringside/exits'] as const;
export const FINAL_EVENT = 'ringside/final';
export type FinalEvent = { [C in (typeof FINAL_REQUESTS)[number]]: { readonly request: C; readonly body: CustomRequests[C]['body'] } }[(typeof FINAL_REQUESTS)[number]];

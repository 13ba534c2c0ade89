/**
 * The custom DAP requests and events of Ringside: what views ask after a stop, and what they may subscribe to.
 * Names start with `ringside/`. All numbers are unsigned; addresses are guest-linear unless a name says otherwise.
 */
import type { ScreenText } from './screen';
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
  readonly cs: number;
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
  readonly source?: SourceLocation;
}

export interface BlocksResponse {
  readonly technique: TechniqueId;
  readonly blocks: BlockRow[];
  /** Blocks in the cache before `start`/`count` were applied. */
  readonly total: number;
}

export type ExitRow = VmmEvent & {
  readonly sequence: number;
  readonly source?: SourceLocation;
};

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

/** Request name → arguments and response body. */
export interface CustomRequests {
  'ringside/blocks': { args: OfVm & { start?: number; count?: number }; body: BlocksResponse };
  'ringside/exits': { args: OfVm & { since?: number; count?: number; kinds?: VmmEventKind[] }; body: ExitsResponse };
  'ringside/screen': { args: OfVm; body: ScreenText };
  /** Type into the guest: `keys` as text ("\n" is Enter) for the keyboard, or raw bytes for serial port 1. */
  'ringside/input': { args: OfVm & { keys?: string; serial?: string }; body: Record<string, never> };
}

export type CustomRequest = keyof CustomRequests;

/** Comparing techniques: what an editor asks a worker for, what it hears meanwhile, and the comparison, ready to be laid out. */
import type { TechniqueId } from './techniques';

/** Data of the worker that compares. */
export interface CompareRequest {
  /** Launch attributes of the guest; `technique` and `persist` among them are ignored. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The first one is the reference. */
  readonly techniques: readonly TechniqueId[];
}

/** `run`: the technique runs; `divergence`: the search for where it parted from the reference. */
export type ComparisonPhase = 'run' | 'divergence';

/** What the assembler says about a source. */
export interface SourceProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/** Progress any number of times, then one of the others. */
export type CompareMessage =
  | { readonly kind: 'progress'; readonly technique: TechniqueId; readonly phase: ComparisonPhase }
  | { readonly kind: 'done'; readonly report: ComparisonReport; readonly problems: readonly SourceProblem[] }
  /** The user can mend it: a sentence, and what is wrong in the source. */
  | { readonly kind: 'refused'; readonly message: string; readonly problems: readonly SourceProblem[] };

export interface ComparisonRow {
  /** `part`: of the row above. */
  readonly group: 'cost' | 'part' | 'event' | 'state';
  readonly title: string;
  /** One for each technique. */
  readonly cells: readonly string[];
}

export interface DifferingRegister {
  readonly name: string;
  /** Hexadecimal, with the suffix h. */
  readonly reference: string;
  readonly other: string;
  /** Names of the flags that differ, of EFLAGS. */
  readonly flags: readonly string[];
}

/** The first instruction whose outcome differs. */
export interface ComparisonDivergence {
  /** Counted from 1. */
  readonly instructionNumber: string;
  /** `0000:00007C04` */
  readonly address: string;
  readonly instruction: string;
  /** As `boot.asm:12`. */
  readonly source?: string;
  readonly registers: readonly DifferingRegister[];
  /** What differs or happens beside registers, each after a title: the technique's identifier, where it is about one. */
  readonly remarks: readonly (readonly [title: string, text: string])[];
  /** Why, in a sentence. */
  readonly cause?: string;
}

/** A technique that did not end as the reference did. */
export interface ComparisonVerdict {
  readonly technique: TechniqueId;
  /** Says what is known when there is no divergence to show. */
  readonly sentence: string;
  readonly divergence?: ComparisonDivergence;
}

export interface ComparisonReport {
  readonly guest: string;
  /** The first one is the reference. */
  readonly techniques: readonly TechniqueId[];
  readonly rows: readonly ComparisonRow[];
  /** What led to a triple fault or a failed VM entry, in sentences. */
  readonly failures: readonly { readonly technique: TechniqueId; readonly causes: readonly string[] }[];
  /** Empty when every technique ended in the reference's state. */
  readonly verdicts: readonly ComparisonVerdict[];
}

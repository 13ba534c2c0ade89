/** Where the preprocessor reads from: a stack of files, macro bodies and repeated blocks. */
import type { Place, SourceLine } from '../token';
import type { Invocation } from './invocation';

/** A %if between its %if and %endif. */
export interface Conditional {
  readonly place: Place;
  readonly path: string;
  emitting: boolean;
  /** A branch has been taken, or the whole %if stands in text that is skipped. */
  decided: boolean;
  elseSeen: boolean;
}

export interface Frame {
  readonly kind: 'file' | 'macro' | 'repeat';
  readonly path: string;
  readonly lines: readonly SourceLine[];
  next: number;
  /** For a macro body. */
  readonly invocation?: Invocation;
  /** For a repeated block: how often it is still to come. */
  remaining?: number;
  readonly conditionals: Conditional[];
}

/** A block being read verbatim: the body of %macro or %rep. */
export interface Collection {
  readonly opener: 'macro' | 'rep';
  readonly closer: 'endmacro' | 'endrep';
  readonly lines: SourceLine[];
  readonly place: Place;
  readonly path: string;
  depth: number;
  readonly finish: (lines: readonly SourceLine[]) => void;
}

/** The macro whose parameters the current line may use; an included file sees none. */
export const innermostInvocation = (frames: readonly Frame[]): Invocation | undefined => {
  for (let n = frames.length - 1; n >= 0 && frames[n].kind !== 'file'; n--) if (frames[n].invocation) return frames[n].invocation;
  return undefined;
};

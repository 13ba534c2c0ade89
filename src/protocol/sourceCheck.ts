/** Assembling a source while somebody edits it: what an editor asks a worker for, and the answer. Paths are URIs. */
import type { SourceProblem } from './comparison';

export interface CheckRequest {
  readonly id: number;
  /** URI of the source. */
  readonly path: string;
  readonly text: string;
  /** Files that an earlier answer missed, by URI; null: there is none. */
  readonly files: Readonly<Record<string, Uint8Array | null>>;
  /** Folders that includes are sought in after that of the including file, as URIs that end in a slash. */
  readonly roots: readonly string[];
}

/** A line of the source that produced bytes. */
export interface CheckedLine {
  /** 1-based. */
  readonly line: number;
  readonly address: number;
  readonly length: number;
  /** The first bytes, hexadecimal. */
  readonly bytes: string;
  readonly code: boolean;
}

export interface CheckAnswer {
  readonly id: number;
  readonly path: string;
  /** URIs to ask again with; the rest of the answer is void then. */
  readonly missing: readonly string[];
  readonly problems: readonly (SourceProblem & { /** 1-based, exclusive. */ readonly endColumn: number })[];
  readonly lines: readonly CheckedLine[];
  /** URIs of all files that were read. */
  readonly files: readonly string[];
  /** In bytes. */
  readonly size: number;
}

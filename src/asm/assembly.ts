/** What assembling gives: bytes, positions, symbols and diagnostics. Errors are data, collected with positions, never thrown. */

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based; the first character of the offending token. */
  readonly column: number;
  /** 1-based, exclusive. */
  readonly endColumn: number;
}

/** One source line that produced bytes (an expanded macro belongs to the line that invoked it, and to its own line as `inner`). */
export interface LineEntry {
  /** Offset in `bytes`. */
  readonly offset: number;
  readonly length: number;
  /** Address of the first byte under the origin or section start in force (what `$` is), unsigned 32-bit. */
  readonly address: number;
  readonly path: string;
  readonly line: number;
  readonly bits: 16 | 32;
  /** True for an instruction, false for data and padding. */
  readonly code: boolean;
}

export interface AsmSymbol {
  /** Full name: a local label as `parent.local`. */
  readonly name: string;
  readonly value: number;
  readonly kind: 'label' | 'constant';
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** By file: 1-based lines that conditions left out. */
export type Skipped = ReadonlyMap<string, ReadonlySet<number>>;

export interface Assembly {
  readonly bytes: Uint8Array;
  /** From ORG; 0 without one. */
  readonly origin: number;
  readonly bits: 16 | 32;
  readonly lines: readonly LineEntry[];
  readonly symbols: readonly AsmSymbol[];
  readonly diagnostics: readonly Diagnostic[];
  readonly skipped?: Skipped;
  /** Every file read: the source, its includes and incbins. */
  readonly files: readonly string[];
}

export interface AssembleOptions {
  readonly path: string;
  /** Bytes of an included file, or undefined when there is none. `from` is the including file's path. */
  readonly readFile: (path: string, from: string) => { path: string; bytes: Uint8Array } | undefined;
  /** Macros defined before the first line, as with `-D`. */
  readonly define?: Readonly<Record<string, string>>;
  /** A flat binary unless told otherwise; `elf32` is an object file for a linker. */
  readonly format?: OutputFormat;
  /** Put line numbers for debuggers (DWARF) into an object file. */
  readonly debug?: boolean;
}

export const OUTPUT_FORMATS = ['bin', 'elf32'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Assemble NASM-syntax source; the lines of an object file have no places in its bytes. */
export type Assemble = (source: string, options: AssembleOptions) => Assembly;

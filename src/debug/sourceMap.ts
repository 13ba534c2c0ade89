/** Source lines and guest-linear addresses, both ways: of an assembly that the loader has placed, and of symbol files. */
import type { Assembly, LineEntry } from '../asm/assembly';
import { once } from '../base/once';
import type { UnwindRow } from '../symbols/dwarf/callFrames';
import type { SourceLocation } from '../protocol/requests';
import type { LineSpan, SymbolFile } from '../symbols/symbolFile';

export interface MappedLine extends SourceLocation {
  readonly linear: number;
  readonly length: number;
  /** Code size, where the source says it. */
  readonly bits?: 16 | 32;
  readonly code: boolean;
  /** One instruction, not many. */
  readonly exact: boolean;
  /** A line of an assembler: a jump back to it begins it anew. */
  readonly assembler: boolean;
  /** A statement begins here, rather than going on. */
  readonly statement: boolean;
}

/** One spelling of a path: forward slashes, lower-case drive letter. */
export const normalizePath = (path: string): string => path.replace(/\\/g, '/').replace(/^([A-Z]):/, (_, drive: string) => `${drive.toLowerCase()}:`);

const assembled =
  (loadAddress: number) =>
  (e: LineEntry): MappedLine => ({
    path: e.path,
    line: e.line,
    linear: (loadAddress + e.offset) >>> 0,
    length: e.length,
    bits: e.bits,
    code: e.code,
    exact: true,
    assembler: true,
    statement: true,
  });

const compiled = ({ path, line, linear, length, isStatement, assembler }: LineSpan): MappedLine => ({
  path,
  line,
  linear,
  length,
  code: true,
  exact: false,
  assembler,
  statement: isStatement,
});

export class SourceMap {
  /** Of the assembly, by linear address; entries do not overlap. */
  readonly #byAddress: MappedLine[] = [];
  readonly #byFile = new Map<string, Map<number, MappedLine[]>>();
  readonly #paths = new Map<string, string>();
  /** Lines that conditions of the assembly left out. */
  readonly #skipped: ReadonlyMap<string, ReadonlySet<number>>;
  /** Of symbol files, each read when somebody asks for it. */
  readonly #compiled = new Map<string, Map<number, MappedLine[]>>();

  constructor(
    assembly: Assembly | undefined,
    loadAddress = 0,
    readonly symbolFiles: readonly SymbolFile[] = [],
  ) {
    const entries = (assembly?.lines ?? []).filter((e) => e.length > 0).map(assembled(loadAddress));
    this.#skipped = new Map([...(assembly?.skipped ?? [])].map(([path, lines]) => [normalizePath(path), lines]));
    for (const file of assembly?.files ?? []) this.#paths.set(normalizePath(file), file);
    for (const entry of entries.sort((a, b) => a.linear - b.linear)) {
      this.#place(entry);
      const key = normalizePath(entry.path);
      if (!this.#paths.has(key)) this.#paths.set(key, entry.path);
      this.#byFile.set(key, indexed([entry], this.#byFile.get(key)));
    }
  }

  /** What two lines say of the same bytes, the first one has said. */
  #place(entry: MappedLine): void {
    const last = this.#byAddress[this.#byAddress.length - 1];
    if (!last || entry.linear >= last.linear + last.length) this.#byAddress.push(entry);
  }

  /** Spellings of the sources of symbol files. */
  readonly #sources = once((): ReadonlyMap<string, readonly string[]> => {
    const spellings = new Map<string, string[]>();
    for (const path of this.symbolFiles.flatMap(({ sources }) => sources)) {
      const key = normalizePath(path);
      const same = spellings.get(key) ?? [];
      spellings.set(key, same);
      if (!same.includes(path)) same.push(path);
    }
    return spellings;
  });

  /** By line, the entries of a file in the order of their addresses. */
  #linesOf(path: string): ReadonlyMap<number, readonly MappedLine[]> {
    const key = normalizePath(path);
    const spellings = this.#sources().get(key);
    if (!spellings) return this.#byFile.get(key) ?? new Map();
    const known = this.#compiled.get(key);
    if (known) return known;
    const entries = this.symbolFiles.flatMap((file) => spellings.flatMap((each) => file.linesOf(each).map(compiled))).sort((a, b) => a.linear - b.linear);
    const lines = indexed(entries, new Map([...(this.#byFile.get(key) ?? [])].map(([line, own]) => [line, [...own]])));
    this.#compiled.set(key, lines);
    return lines;
  }

  /** Source files, as the assembler or compiler spelled them. */
  get files(): string[] {
    const compiledOnes = [...this.#sources()].filter(([key]) => !this.#paths.has(key)).map(([, [path]]) => path);
    return [...this.#paths.values(), ...compiledOnes];
  }

  hasFile(path: string): boolean {
    const key = normalizePath(path);
    return this.#paths.has(key) || this.#sources().has(key);
  }

  /** The entry whose bytes hold `linear`. */
  at(linear: number): MappedLine | undefined {
    const own = this.#find(linear);
    if (own) return own;
    for (const file of this.symbolFiles) {
      const span = file.lineAt(linear);
      if (span) return compiled(span);
    }
    return undefined;
  }

  /** The address that symbols and lines have for what is at `linear` now. */
  linked(linear: number): number {
    for (const file of this.symbolFiles) {
      const linked = file.linked(linear);
      if (linked !== linear) return linked;
    }
    return linear;
  }

  /** Where the code was loaded that was linked for `linear`, if that is elsewhere. */
  loaded(linear: number): number | undefined {
    return this.symbolFiles.find((file) => file.holds(linear))?.loaded(linear);
  }

  /** Where the code that was linked for `linked` is to the code at `near`. */
  near(linked: number, near: number): number {
    return this.linked(near) === near ? linked : (this.loaded(linked) ?? linked);
  }

  #find(linear: number): MappedLine | undefined {
    let low = 0;
    let high = this.#byAddress.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const entry = this.#byAddress[middle];
      if (linear < entry.linear) high = middle - 1;
      else if (linear >= entry.linear + entry.length) low = middle + 1;
      else return entry;
    }
    return undefined;
  }

  location(linear: number): SourceLocation | undefined {
    const entry = this.at(linear);
    return entry && { path: entry.path, line: entry.line };
  }

  /** Lines of `path` from `first` to `last` that hold code, ascending. */
  codeLines(path: string, first: number, last: number): number[] {
    return [...this.#linesOf(path)]
      .filter(([line, entries]) => line >= first && line <= last && entries.some((e) => e.code && e.statement))
      .map(([line]) => line)
      .sort((a, b) => a - b);
  }

  /**
   * Where a breakpoint on `line` stops: the first line at or after it that holds code, and there the first address of each run
   * of bytes that an assembler made of it (a macro's instructions are one run; a line included twice has two), or that a
   * compiler made of it in each function (a loop's line has several runs, and is reached by the first).
   * Nowhere on a line that was left out: what comes behind the condition is something else.
   */
  breakpointAt(path: string, line: number): { line: number; linear: number[] } | undefined {
    const [actual] = this.codeLines(path, line, Number.MAX_SAFE_INTEGER);
    if (actual === undefined || (actual !== line && this.isSkipped(path, line))) return undefined;
    const entries = (this.#linesOf(path).get(actual) ?? []).filter((e) => e.code && e.statement);
    const runs = entries.filter((e, i) => e.assembler && (i === 0 || entries[i - 1].linear + entries[i - 1].length !== e.linear)).map((e) => e.linear);
    const compiledOnes = entries.filter((e) => !e.assembler).map((e) => e.linear);
    return { line: actual, linear: [...new Set([...runs, ...this.#oneAFunction(compiledOnes)])] };
  }

  /** A condition of the assembly left it out. */
  isSkipped(path: string, line: number): boolean {
    return this.#skipped.get(normalizePath(path))?.has(line) ?? false;
  }

  #oneAFunction(addresses: readonly number[]): number[] {
    const first = new Map<unknown, number>();
    for (const linear of addresses) {
      const file = this.fileAt(linear);
      const [innermost] = file?.functionsAt(linear) ?? [];
      const key = innermost?.die ?? linear;
      if (!first.has(key)) first.set(key, file?.behindPrologue(linear) ?? linear);
    }
    return [...first.values()];
  }

  /** The symbol file that tells about this address. */
  fileAt(linear: number): SymbolFile | undefined {
    return this.symbolFiles.find((file) => file.holds(linear));
  }

  /** How to find the caller of the code at `linear`; undefined where nobody says, or says it right. */
  unwindRow(linear: number): UnwindRow | undefined {
    return this.fileAt(linear)?.unwindRow(linear);
  }

  /** The code whose last byte is just before `linear`, or goes on behind it if it is many instructions. */
  before(linear: number): MappedLine | undefined {
    const entry = this.at(linear - 1);
    return entry?.code && (!entry.exact || entry.linear + entry.length === linear) ? entry : undefined;
  }
}

/** Put entries under their lines. */
function indexed(entries: readonly MappedLine[], lines = new Map<number, MappedLine[]>()): Map<number, MappedLine[]> {
  for (const entry of entries) {
    const same = lines.get(entry.line);
    if (same) same.push(entry);
    else lines.set(entry.line, [entry]);
  }
  return lines;
}

/** Source lines and guest-linear addresses, both ways. Lines come from the assembler; the loader says where byte 0 went. */
import type { Assembly, LineEntry } from '../asm/assembly';
import type { SourceLocation } from '../protocol/requests';

export interface MappedLine extends SourceLocation {
  readonly linear: number;
  readonly length: number;
  readonly bits: 16 | 32;
  readonly code: boolean;
}

/** One spelling of a path: forward slashes, lower-case drive letter. */
export const normalizePath = (path: string): string => path.replace(/\\/g, '/').replace(/^([A-Z]):/, (_, drive: string) => `${drive.toLowerCase()}:`);

export class SourceMap {
  /** By linear address; entries do not overlap. */
  readonly #byAddress: MappedLine[];
  readonly #byFile = new Map<string, Map<number, MappedLine[]>>();
  readonly #paths = new Map<string, string>();

  constructor(assembly: Assembly | undefined, loadAddress = 0) {
    const place = (e: LineEntry): MappedLine => ({ path: e.path, line: e.line, linear: (loadAddress + e.offset) >>> 0, length: e.length, bits: e.bits, code: e.code });
    this.#byAddress = (assembly?.lines ?? [])
      .filter((e) => e.length > 0)
      .map(place)
      .sort((a, b) => a.linear - b.linear);
    for (const file of assembly?.files ?? []) this.#paths.set(normalizePath(file), file);
    for (const entry of this.#byAddress) {
      const key = normalizePath(entry.path);
      if (!this.#paths.has(key)) this.#paths.set(key, entry.path);
      const lines = this.#byFile.get(key) ?? new Map<number, MappedLine[]>();
      this.#byFile.set(key, lines);
      lines.set(entry.line, [...(lines.get(entry.line) ?? []), entry]);
    }
  }

  /** Source files, as the assembler spelled them. */
  get files(): string[] {
    return [...this.#paths.values()];
  }

  hasFile(path: string): boolean {
    return this.#paths.has(normalizePath(path));
  }

  /** The entry whose bytes hold `linear`. */
  at(linear: number): MappedLine | undefined {
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
    const lines = this.#byFile.get(normalizePath(path)) ?? new Map<number, MappedLine[]>();
    return [...lines]
      .filter(([line, entries]) => line >= first && line <= last && entries.some((e) => e.code))
      .map(([line]) => line)
      .sort((a, b) => a - b);
  }

  /**
   * Where a breakpoint on `line` stops: the first line at or after it that holds code, and the first address of each
   * run of bytes that line produced (a macro's instructions are one run; a line included twice has two).
   */
  breakpointAt(path: string, line: number): { line: number; linear: number[] } | undefined {
    const [actual] = this.codeLines(path, line, Number.MAX_SAFE_INTEGER);
    if (actual === undefined) return undefined;
    const entries = (this.#byFile.get(normalizePath(path))?.get(actual) ?? []).filter((e) => e.code);
    const linear = entries.filter((e, i) => i === 0 || entries[i - 1].linear + entries[i - 1].length !== e.linear).map((e) => e.linear);
    return { line: actual, linear };
  }

  /** Starts of up to `count` instructions before `linear` that adjoin it without a gap, nearest first. */
  startsBefore(linear: number, count: number): number[] {
    const out: number[] = [];
    for (let at = linear; out.length < count; ) {
      const entry = this.at(at - 1);
      if (!entry?.code || entry.linear + entry.length !== at) break;
      out.push((at = entry.linear));
    }
    return out;
  }
}

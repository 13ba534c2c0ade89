/** Files the assembly reads, each once, whatever the number of passes. */
import type { AssembleOptions } from './assembly';
import { splitLines } from './lexer';
import type { SourceLine } from './token';

type Found = ReturnType<AssembleOptions['readFile']>;

export class Sources {
  private readonly found = new Map<string, Found>();
  private readonly lines = new Map<string, readonly SourceLine[]>();
  private readonly paths: Set<string>;

  constructor(private readonly options: AssembleOptions) {
    this.paths = new Set([options.path]);
  }

  get files(): readonly string[] {
    return [...this.paths];
  }

  read(path: string, from: string): Found {
    const key = `${from}\0${path}`;
    if (!this.found.has(key)) this.found.set(key, this.options.readFile(path, from));
    const file = this.found.get(key);
    if (file) this.paths.add(file.path);
    return file;
  }

  readText(path: string, from: string): { path: string; lines: readonly SourceLine[] } | undefined {
    const file = this.read(path, from);
    return file && { path: file.path, lines: this.split(file.path, () => new TextDecoder().decode(file.bytes)) };
  }

  split(path: string, text: () => string): readonly SourceLine[] {
    const known = this.lines.get(path);
    if (known) return known;
    const lines = splitLines(text(), path);
    this.lines.set(path, lines);
    return lines;
  }
}

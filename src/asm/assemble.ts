/**
 * Passes until no symbol moves, then a last one that writes bytes. In a pass a label ahead has the value of the pass
 * before, so jumps start short and grow; the preprocessor runs once, or in every pass where it asked for addresses.
 */
import type { Assemble, AssembleOptions, Assembly, Diagnostic, LineEntry, Skipped } from './assembly';
import { Diagnostics, SourceError } from './diagnostics';
import { Environment, type Shared } from './environment';
import { EncodedInstructions } from './encodedInstructions';
import { execute } from './execute';
import { type Layout, compose, layOut } from './layout';
import { type LineSource, freshLines } from './lineSource';
import { Sources } from './sources';
import { debugSections } from './object/debugLines';
import { type ObjectSymbol, writeObject } from './object/elfObject';
import { Section } from './section';
import type { Statement } from './statement';
import { type SymbolEntry, SymbolTable } from './symbols';

const MAX_PASSES = 60;

interface Pass {
  readonly environment: Environment;
  readonly statements: readonly Statement[];
  /** Mistakes of preprocessing and parsing. */
  readonly syntax: Diagnostics;
  /** Mistakes of executing; what they are worth shows in the last pass. */
  readonly diagnostics: Diagnostics;
  readonly repeatable: boolean;
  readonly skipped: Skipped;
  readonly stopped: boolean;
}

class Assembler {
  private readonly shared: Shared;
  private readonly sources: Sources;
  private readonly now = new Date();
  private passNumber = 0;

  constructor(
    private readonly source: string,
    private readonly options: AssembleOptions,
  ) {
    this.sources = new Sources(options);
    this.shared = {
      symbols: new SymbolTable(),
      sections: new Map(),
      files: this.sources,
      persistent: new Diagnostics(),
      externals: new Map(),
      globals: new Map(),
      encoded: new EncodedInstructions(),
    };
  }

  run(): Assembly {
    let pass = this.pass(undefined, undefined);
    if (pass.stopped) return this.finish(pass, new Map());
    do {
      if (this.passNumber >= MAX_PASSES) {
        pass.diagnostics.error(`labels still move after ${MAX_PASSES} passes: an expression depends on itself`, this.options.path, { line: 1, column: 1, endColumn: 2 });
        return this.finish(pass, this.layOut(pass) ?? new Map());
      }
      pass = this.pass(pass, undefined);
    } while (this.shared.symbols.changed);
    const layout = this.layOut(pass);
    return layout ? this.finish(this.pass(pass, layout), layout) : this.finish(pass, new Map());
  }

  private pass(previous: Pass | undefined, layout: Layout | undefined): Pass {
    this.passNumber++;
    this.shared.symbols.beginPass();
    const diagnostics = new Diagnostics();
    const environment = new Environment(this.shared, diagnostics, layout, this.options.path, this.options.format);
    const source: LineSource = previous?.repeatable
      ? { statements: previous.statements, diagnostics: previous.syntax, repeatable: true, skipped: previous.skipped, stopped: false }
      : freshLines(this.source, this.options, this.sources, environment, this.now);
    const statements: Statement[] = [];
    for (const statement of source.statements) {
      statements.push(statement);
      execute(statement, environment);
    }
    if (environment.structure) diagnostics.error(`STRUC \`${environment.structure.name}' without ENDSTRUC`, environment.path, environment.structure.place);
    return { environment, statements, syntax: source.diagnostics, diagnostics, repeatable: source.repeatable, skipped: source.skipped, stopped: source.stopped };
  }

  private layOut(pass: Pass): Layout | undefined {
    const sections = [...this.shared.sections.values()];
    // Every section of an object file starts at 0: a linker moves it.
    if (this.options.format === 'elf32') return new Map(sections.map((section) => [section, { start: 0n, vstart: 0n }]));
    return this.wholeFile(pass, () => layOut(sections, pass.environment.origin ?? 0n));
  }

  private wholeFile<T>(pass: Pass, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      pass.diagnostics.error(error.message, this.options.path, { line: 1, column: 1, endColumn: 2 });
      return undefined;
    }
  }

  private finish(pass: Pass, layout: Layout): Assembly {
    const origin = pass.environment.origin ?? 0n;
    const isObject = this.options.format === 'elf32';
    const bytes = this.wholeFile(pass, () => (isObject ? this.object(pass.environment) : compose(layout, origin))) ?? new Uint8Array(0);
    const lines = isObject ? [] : lineEntries(layout, origin, bytes.length);
    return {
      bytes,
      origin: Number(origin),
      bits: lines[0]?.bits ?? pass.environment.bits,
      lines,
      symbols: this.symbols(pass.environment),
      diagnostics: [...pass.syntax.all, ...this.shared.persistent.all, ...pass.diagnostics.all].sort(byPlace),
      skipped: pass.skipped,
      files: this.sources.files,
    };
  }

  private object(environment: Environment): Uint8Array {
    const { globals, externals } = this.shared;
    const sections = [...this.shared.sections.values()].filter(({ name, size }) => size > 0 || name === '.text');
    const symbols = [...this.shared.symbols.current()].flatMap((entry) => objectSymbol(entry, globals.get(entry.name)?.type));
    const defined = new Set(symbols.map(({ name }) => name));
    for (const [name, { path, place }] of globals)
      if (!defined.has(name) && !externals.has(name)) environment.diagnostics.error(`global symbol \`${name}' is not defined`, path, place);
    const debug = this.options.debug ? debugSections(this.options.path, 'Ringside', sections) : [];
    return writeObject({ source: this.options.path, sections, debug, symbols, externals: [...externals.values()] });
  }

  private symbols(environment: Environment): Assembly['symbols'] {
    return [...this.shared.symbols.current()].map(({ name, value, kind, path, place }) => ({
      name,
      value: Number(BigInt.asUintN(32, environment.format === 'bin' ? environment.resolve(value, place) : value.number)),
      kind,
      path,
      line: place.line,
      column: place.column,
    }));
  }
}

/** A label is an address in its section; of other values only plain numbers have a place in an object file. */
function objectSymbol({ name, value, kind }: SymbolEntry, type: ObjectSymbol['type'] | undefined): ObjectSymbol[] {
  const [section] = value.terms.keys();
  if (value.terms.size > 1 || (section && !(section instanceof Section)) || (!section && kind === 'label')) return [];
  return [{ name, value: Number(BigInt.asUintN(32, value.number)), size: 0, global: type !== undefined, type: type ?? 'none', section }];
}

const byPlace = (a: Diagnostic, b: Diagnostic): number => (a.path === b.path ? a.line - b.line || a.column - b.column : a.path < b.path ? -1 : 1);

function lineEntries(layout: Layout, origin: bigint, size: number): LineEntry[] {
  const entries = [...layout].flatMap(([section, { start, vstart }]) =>
    section.lines.map(({ offset, ...rest }) => ({ offset: Number(start - origin) + offset, ...rest, address: Number(BigInt.asUintN(32, vstart + BigInt(offset))) })),
  );
  return entries.filter((entry) => entry.offset + entry.length <= size).sort((a, b) => a.offset - b.offset);
}

export const assemble: Assemble = (source, options) => new Assembler(source, options).run();

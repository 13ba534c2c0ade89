/** What passes share and what a pass knows at a statement: sections, symbols, `$`, and where diagnostics go. */
import { ANY_CPU, type Cpu } from './cpu';
import { type Diagnostics, SourceError } from './diagnostics';
import { type Scope, evaluate } from './evaluate';
import type { Expression } from './expression';
import type { OutputFormat } from './assembly';
import { DEFAULT_ALIGNMENT, type Layout } from './layout';
import { standardSection } from './object/standardSections';
import { type External, type Field, type Relocation, relocate } from './object/relocation';
import { Section } from './section';
import type { SmartAlign } from './smartAlign';
import type { EncodedInstructions } from './encodedInstructions';
import type { SymbolTable } from './symbols';
import type { Place } from './token';
import { type Value, add, isPlain, plain, term } from './value';

export interface AbsoluteSegment {
  readonly base: Value;
  offset: number;
}

export interface FileReader {
  readonly read: (path: string, from: string) => { path: string; bytes: Uint8Array } | undefined;
}

/** State that survives from pass to pass. */
export interface Shared {
  readonly symbols: SymbolTable;
  readonly sections: Map<string, Section>;
  readonly files: FileReader;
  /** Mistakes that show in one pass only: a critical expression that looks ahead. */
  readonly persistent: Diagnostics;
  /** Symbols of other object files, by name. */
  readonly externals: Map<string, External>;
  /** Names that other object files may use, with the type of what they name and where that is said. */
  readonly globals: Map<string, { readonly type: 'none' | 'object' | 'function'; readonly path: string; readonly place: Place }>;
  readonly encoded: EncodedInstructions;
}

export class Environment implements Scope {
  bits: 16 | 32;
  cpu: Cpu = ANY_CPU;
  origin: bigint | undefined;
  section: Section;
  absolute: AbsoluteSegment | undefined;
  /** The last label that is not local. */
  localBase = '';
  path: string;
  place: Place = { line: 1, column: 1, endColumn: 2 };
  line = 1;
  here: Value;
  /** The structure between STRUC and ENDSTRUC, and what to return to. */
  structure: { name: string; start: bigint; absolute: AbsoluteSegment | undefined; localBase: string; place: Place } | undefined;
  /** The structure between ISTRUC and IEND, and where the instance starts. */
  instance: { name: string; start: Value } | undefined;
  /** What ALIGNMODE chose, where %use smartalign has been. */
  smartAlign: SmartAlign | undefined;
  /** What the linker completes in the bytes about to be emitted. */
  relocations: Relocation[] = [];

  constructor(
    readonly shared: Shared,
    readonly diagnostics: Diagnostics,
    /** Known in the last pass only. */
    readonly layout: Layout | undefined,
    path: string,
    readonly format: OutputFormat = 'bin',
  ) {
    this.path = path;
    this.bits = format === 'bin' ? 16 : 32;
    for (const section of shared.sections.values()) section.beginPass();
    this.section = this.openSection('.text');
    this.here = this.address;
  }

  get final(): boolean {
    return this.layout !== undefined;
  }

  openSection(name: string): Section {
    const section = this.shared.sections.get(name) ?? new Section(name);
    if (!this.shared.sections.has(name)) {
      section.beginPass();
      this.shared.sections.set(name, section);
    }
    return section;
  }

  /** Where the next byte goes. */
  get address(): Value {
    return this.absolute ? add(this.absolute.base, plain(BigInt(this.absolute.offset))) : term(this.section, BigInt(this.section.size));
  }

  /** Of the current section, in bytes. */
  get alignment(): number {
    const { attributes, name } = this.section;
    return attributes.align ?? (this.format === 'bin' ? DEFAULT_ALIGNMENT : (standardSection(name)?.align ?? 1));
  }

  get sectionStart(): Value {
    return this.absolute ? this.absolute.base : term(this.section);
  }

  symbol(name: string, { place }: Expression): Value {
    const entry = this.shared.symbols.get(this.fullName(name));
    if (entry) return this.shared.symbols.isCurrent(entry) ? entry.value : { ...entry.value, ahead: true };
    const external = this.shared.externals.get(name);
    if (external) return term(external);
    if (this.shared.symbols.isFirstPass()) return plain(0n, true);
    throw new SourceError(`symbol \`${this.fullName(name)}' not defined`, place);
  }

  fullName(name: string): string {
    return name.startsWith('.') && !name.startsWith('..') ? this.localBase + name : name;
  }

  /** A plain number that must be known as soon as it is read: how much space a line takes depends on it. */
  evaluateCritical(expression: Expression, what: string): bigint {
    const value = evaluate(expression, this);
    if (!isPlain(value)) throw new SourceError(`${what} must be a plain number, not an address`, expression.place);
    if (value.undetermined) this.shared.persistent.error(`${what} depends on a symbol that is not defined yet`, this.path, expression.place);
    return value.number;
  }

  evaluateCount(expression: Expression, what: string): number {
    const count = this.evaluateCritical(expression, what);
    if (count < 0n) throw new SourceError(`${what} ${count} is negative`, expression.place);
    return Number(count);
  }

  /** The number that goes into `field` of what is being emitted; an object file's addresses become relocations. */
  resolve(value: Value, place: Place, field?: Field): bigint {
    if (this.format === 'elf32') {
      const { addend, relocation } = relocate(value, field, this.section, place);
      if (relocation) this.relocations.push(relocation);
      return addend;
    }
    let number = value.number;
    for (const [unknown, count] of value.terms) {
      if (!(unknown instanceof Section)) throw new SourceError(`\`${unknown.name}' cannot stand here`, place);
      number += count * (this.layout?.get(unknown)?.vstart ?? 0n);
    }
    return number;
  }

  defineSymbol(name: string, value: Value, kind: 'label' | 'constant', place: Place): void {
    const defined = this.shared.symbols.define(name, value, kind, this.path, place);
    if (!defined) throw new SourceError(`\`${name}' is defined twice`, place);
  }

  warn(message: string, place: Place = this.place): void {
    this.diagnostics.warning(message, this.path, place);
  }
}

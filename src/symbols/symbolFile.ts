/**
 * What an ELF file says about code and data in the guest: symbols, source lines, functions. Addresses are guest-linear: the
 * file's plus `offset`; those that are asked for may be where its segments were loaded, as long as they are physical ones.
 */
import { UserError } from '../base/userError';
import { readCallFrames, type UnwindRow, unwindRowAt } from './dwarf/callFrames';
import { AT, LANG_ASSEMBLER, TAG } from './dwarf/constants';
import { DebugInfo } from './dwarf/debugInfo';
import { joinPath, type LineRow, type LineTable, readLineTable } from './dwarf/lineProgram';
import { covers } from './dwarf/ranges';
import { inlinedInstances, scopeChain } from './dwarf/scopes';
import { dwarfSections } from './dwarf/sections';
import { Types } from './dwarf/types';
import type { Die, Unit } from './dwarf/unit';
import { type ElfSection, type ElfSymbol, parseElf32 } from './elf32';
import { linkedOf, loadedOf, type LoadRange, loadRanges } from './loadRanges';

/** Bytes that one row of a line table describes. */
export interface LineSpan {
  readonly path: string;
  readonly line: number;
  readonly linear: number;
  /** 0 when another row takes its place at once: a breakpoint may still mean it. */
  readonly length: number;
  readonly isStatement: boolean;
  /** From an assembler: one row an instruction. */
  readonly assembler: boolean;
}

/** A function, or an instance of one that was inlined. */
export interface CodeFunction {
  readonly die: Die;
  readonly name: string;
  readonly inlined: boolean;
  /** Of an inlined one: where it is called. */
  readonly call?: { readonly path: string; readonly line: number };
}

export interface SymbolFileOptions {
  /** Its path, as the user gave it. */
  readonly path: string;
  /** Added to every address of the file. */
  readonly offset?: number;
  /** Added to the physical addresses that its segments are loaded at. */
  readonly loadOffset?: number;
  /** Whether a linear address is the physical one at present. */
  readonly isIdentity?: (linear: number) => boolean;
  /** Where a source file of this path really is. */
  readonly resolve?: (path: string) => string;
}

export class SymbolFile {
  readonly path: string;
  readonly name: string;
  readonly offset: number;
  /** What cannot be read, as sentences. */
  readonly problems: string[] = [];
  readonly symbols: readonly ElfSymbol[];
  readonly lines: readonly LineSpan[];
  readonly info: DebugInfo;
  readonly types: Types;
  readonly #sections: readonly ElfSection[];
  #frames: ReturnType<typeof readCallFrames> | undefined;
  readonly #tables = new Map<Unit, LineTable>();
  readonly #resolve: (path: string) => string;
  readonly #loads: readonly LoadRange[];
  readonly #isIdentity: (linear: number) => boolean;

  /** Throws UserError when the file is no ELF file of the 386, or damaged as one. What is wrong with debugging information is in `problems`. */
  constructor(bytes: Uint8Array, { path, offset = 0, loadOffset = 0, isIdentity = () => false, resolve = (p) => p }: SymbolFileOptions) {
    const elf = parseElf32(bytes);
    this.path = path;
    this.name = path.replace(/^.*[\\/]/, '');
    this.offset = offset;
    this.#sections = elf.sections.filter((s) => s.allocated && s.size > 0);
    this.#resolve = resolve;
    this.#isIdentity = isIdentity;
    this.#loads = loadRanges(elf.segments, offset, loadOffset);
    this.symbols = elf.symbols.map((symbol) => ({ ...symbol, value: this.linear(symbol.value) }));
    const sections = dwarfSections(elf, this.name);
    this.problems.push(...sections.problems);
    this.info = new DebugInfo(sections, (problem) => this.#complain(problem));
    this.types = new Types(this.info);
    this.lines = this.#readLines();
  }

  /** Guest-linear address of an address in the file; of one that belongs to what lies at `near`, where that is. */
  linear(address: number, near?: number): number {
    const linked = (address + this.offset) >>> 0;
    return near === undefined || this.linked(near) === near ? linked : (this.loaded(linked) ?? linked);
  }

  /** Address in the file. */
  address(linear: number): number {
    return (this.linked(linear) - this.offset) >>> 0;
  }

  /** Whether the program holds this address. */
  holds(linear: number): boolean {
    return this.#holds(this.linked(linear));
  }

  #holds(linked: number): boolean {
    const address = (linked - this.offset) >>> 0;
    return this.#sections.some((s) => address >= s.address && address < s.address + s.size);
  }

  /** The linear address that was linked for what is at `linear` now: another one only before paging, or where that changes nothing. */
  linked(linear: number): number {
    if (this.#loads.length === 0 || this.#holds(linear)) return linear;
    const linked = linkedOf(this.#loads, linear);
    return linked !== undefined && this.#isIdentity(linear) ? linked : linear;
  }

  /** Where what was linked for `linked` was loaded, if that is another address: physical, and linear as long as those are the same. */
  loaded(linked: number): number | undefined {
    return loadedOf(this.#loads, linked);
  }

  /** The first and last linear address of the program. */
  get extent(): { readonly first: number; readonly last: number } | undefined {
    if (this.#sections.length === 0) return undefined;
    return { first: this.linear(Math.min(...this.#sections.map((s) => s.address))), last: this.linear(Math.max(...this.#sections.map((s) => s.address + s.size - 1))) };
  }

  /** Where an entry is declared. */
  declaration(die: Die): { readonly path: string; readonly line: number } | undefined {
    const holder = this.info.holder(die, AT.declLine);
    const line = holder?.unit.constant(holder, AT.declLine);
    const fileHolder = this.info.holder(die, AT.declFile);
    const path = fileHolder && this.fileOf(fileHolder.unit, fileHolder.unit.constant(fileHolder, AT.declFile));
    return line === undefined || path === undefined ? undefined : { path, line };
  }

  /** The functions that `linear` is in: the one that was called last first, which inlined ones come before that which they are in. */
  functionsAt(linear: number): CodeFunction[] {
    const address = this.address(linear);
    const die = this.info.functionAt(address);
    // nasm describes a section as a function without a name.
    if (!die || this.info.nameOf(die) === undefined) return [];
    return scopeChain(die, address)
      .filter(({ tag }) => tag !== TAG.lexicalBlock)
      .reverse()
      .map((each) => this.#function(each));
  }

  #function(die: Die): CodeFunction {
    const { unit } = die;
    const name = this.info.nameOf(die) ?? '(unnamed)';
    const line = unit.constant(die, AT.callLine);
    const path = this.fileOf(unit, unit.constant(die, AT.callFile));
    return { die, name, inlined: die.tag === TAG.inlinedSubroutine, ...(line !== undefined && path !== undefined && { call: { path, line } }) };
  }

  /** Where a breakpoint on a function of this name stops: behind its prologue, and where it is inlined. */
  functionEntries(name: string): number[] {
    const entries = new Set<number>();
    const isIt = (die: Die) => this.info.nameOf(die) === name;
    for (const unit of this.info.units) {
      for (const f of this.info.functions(unit)) {
        if (isIt(f)) entries.add(this.behindPrologue(this.linear(lowest(f))));
        for (const instance of inlinedInstances(f, isIt)) if (unit.rangesOf(instance).length > 0) entries.add(this.linear(unit.address(instance, AT.entryPc) ?? lowest(instance)));
      }
    }
    return [...entries];
  }

  /** The start of the function's body, for the start of a function that a compiler made; any other address as it is. */
  behindPrologue(linear: number): number {
    const address = this.address(linear);
    const die = this.info.functionAt(address);
    if (!die || lowest(die) !== address || isAssembler(die.unit)) return linear;
    const ranges = die.unit.rangesOf(die);
    const rows = this.#rows(die.unit).filter((row) => !row.endSequence && covers(ranges, row.address) && row.address >= address);
    rows.sort((a, b) => a.address - b.address);
    // Of optimised code the compiler tells where variables are at every instruction: the first one will do.
    const second = isOptimised(this.info.functions(die.unit)) ? undefined : rows.find((row) => row.address > address && row.line !== 0);
    const end = rows.find((row) => row.prologueEnd) ?? second;
    return end ? this.linear(end.address, linear) : linear;
  }

  /** How to find the caller of the code at `linear`. Throws UserError for damaged information. */
  unwindRow(linear: number): UnwindRow | undefined {
    this.#frames ??= readCallFrames(this.info.sections, (problem) => this.#complain(problem));
    return unwindRowAt(this.#frames, this.address(linear));
  }

  /** Path of file `index` of a unit. */
  fileOf(unit: Unit, index: number | undefined): string | undefined {
    const path = index === undefined ? undefined : this.#tables.get(unit)?.files[index];
    return path === undefined ? undefined : this.#resolve(path);
  }

  #rows(unit: Unit): readonly LineRow[] {
    return this.#tables.get(unit)?.rows ?? [];
  }

  #readLines(): LineSpan[] {
    const spans: LineSpan[] = [];
    for (const unit of this.info.units) {
      try {
        const table = this.#readTable(unit);
        if (!table) continue;
        this.#tables.set(unit, table);
        for (const span of this.#spansOf(table, isAssembler(unit))) spans.push(span);
      } catch (problem) {
        this.#complain(problem);
      }
    }
    return spans;
  }

  #readTable(unit: Unit): LineTable | undefined {
    const offset = unit.constant(unit.root, AT.stmtList);
    if (offset === undefined) return undefined;
    const directory = unit.text(unit.root, AT.compDir) ?? '';
    return readLineTable(this.info.sections, offset, unit, directory, unit.text(unit.root, AT.name) ?? '');
  }

  /** Sequences of code that the linker dropped lie at address 0, outside of every section. */
  #spansOf({ files, rows }: LineTable, assembler: boolean): LineSpan[] {
    const paths = files.map((path) => this.#resolve(joinPath('', path)));
    const spans: LineSpan[] = [];
    let kept = false;
    rows.forEach((row, i) => {
      if (i === 0 || rows[i - 1].endSequence) kept = this.#sections.some((s) => s.code && row.address >= s.address && row.address < s.address + s.size);
      const path = paths[row.file];
      if (row.endSequence || !kept || row.line <= 0 || path === undefined) return;
      const length = Math.max(0, (rows[i + 1]?.address ?? row.address) - row.address);
      spans.push({ path, line: row.line, linear: this.linear(row.address), length, isStatement: row.isStatement, assembler });
    });
    return spans;
  }

  #complain(problem: unknown): void {
    if (typeof problem !== 'string' && !(problem instanceof UserError)) throw problem;
    const text = typeof problem === 'string' ? problem : problem.message;
    if (!this.problems.includes(text)) this.problems.push(text);
  }
}

const lowest = (die: Die): number => Math.min(...die.unit.rangesOf(die).map(({ low }) => low));

/** Some variable of these functions is in different places at different instructions. */
const isOptimised = (functions: readonly Die[]): boolean =>
  functions.some((f) => [...f.unit.children(f)].some(({ attributes }) => attributes.has(AT.location) && !(attributes.get(AT.location)?.value instanceof Uint8Array)));

const isAssembler = (unit: Unit): boolean => unit.constant(unit.root, AT.language) === LANG_ASSEMBLER;

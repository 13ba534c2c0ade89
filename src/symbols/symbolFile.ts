/**
 * What an ELF file says about code and data in the guest: symbols, source lines, functions. Addresses are guest-linear: the
 * file's plus `offset`; those that are asked for may be where its segments were loaded, as long as they are physical ones.
 */
import { once } from '../base/once';
import { UserError } from '../base/userError';
import type { FileBytes } from './byteReader';
import { readCallFrames, type UnwindRow, unwindRowAt } from './dwarf/callFrames';
import { AT, LANG_ASSEMBLER, TAG } from './dwarf/constants';
import { DebugInfo } from './dwarf/debugInfo';
import { CodeIndex } from './dwarf/codeIndex';
import { readLineFiles, readLineTable } from './dwarf/lineProgram';
import { joinPath } from './dwarf/paths';
import { type AddressRange, covers } from './dwarf/ranges';
import { scopeChain } from './dwarf/scopes';
import { type DwarfSections, dwarfSections } from './dwarf/sections';
import { Types } from './dwarf/types';
import type { Die, Unit } from './dwarf/unit';
import { type ElfSection, type ElfSymbol, parseElf32 } from './elf32';
import { type LineRun, UnitLines } from './unitLines';
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
  readonly info: DebugInfo;
  readonly types: Types;
  readonly #sections: readonly ElfSection[];
  #frames: ReturnType<typeof readCallFrames> | undefined;
  /** null: it has none. */
  readonly #lines = new Map<Unit, UnitLines | null>();
  #code: CodeIndex<Unit> | undefined;
  readonly #paths = new Map<string, string>();
  readonly #resolve: (path: string) => string;
  readonly #loads: readonly LoadRange[];
  readonly #isIdentity: (linear: number) => boolean;

  /** Throws UserError when the file is no ELF file of the 386, or damaged as one. What is wrong with debugging information is in `problems`. */
  constructor(content: Uint8Array | FileBytes, { path, offset = 0, loadOffset = 0, isIdentity = () => false, resolve = (p) => p }: SymbolFileOptions) {
    const elf = parseElf32(content);
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
    return this.#attempt([], () => {
      const address = this.address(linear);
      const die = this.info.functionAt(address);
      // nasm describes a section as a function without a name.
      if (!die || this.info.nameOf(die) === undefined) return [];
      return scopeChain(die, address)
        .filter(({ tag }) => tag !== TAG.lexicalBlock)
        .reverse()
        .map((each) => this.#function(each));
    });
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
    return this.#attempt([], () => {
      const { info } = this;
      const functions = info.named(name).filter((die) => die.tag === TAG.subprogram && die.unit.rangesOf(die).length > 0);
      const inlined = info.inlinedInstances(name).filter((die) => die.unit.rangesOf(die).length > 0);
      return [
        ...new Set([
          ...functions.map((die) => this.behindPrologue(this.linear(lowest(die)))),
          ...inlined.map((die) => this.linear(die.unit.address(die, AT.entryPc) ?? lowest(die))),
        ]),
      ];
    });
  }

  /** The start of the function's body, for the start of a function that a compiler made; any other address as it is. */
  behindPrologue(linear: number): number {
    return this.#attempt(linear, () => {
      const address = this.address(linear);
      const die = this.info.functionAt(address);
      if (!die || lowest(die) !== address || isAssembler(die.unit)) return linear;
      const ranges = die.unit.rangesOf(die);
      const runs = [...(this.#linesOf(die.unit)?.all() ?? [])].filter((run) => covers(ranges, run.address) && run.address >= address);
      runs.sort((x, y) => x.address - y.address);
      // Of optimised code the compiler tells where variables are at every instruction: the first one will do.
      const second = isOptimised(this.info.functions(die.unit)) ? undefined : runs.find((run) => run.address > address);
      const end = runs.find((run) => run.prologueEnd) ?? second;
      return end ? this.linear(end.address, linear) : linear;
    });
  }

  /** How to find the caller of the code at `linear`; undefined where nobody says, or says it right. */
  unwindRow(linear: number): UnwindRow | undefined {
    return this.#attempt(undefined, () => {
      this.#frames ??= readCallFrames(this.info.sections, (problem) => this.#complain(problem));
      return unwindRowAt(this.#frames, this.address(linear));
    });
  }

  /** Path of file `index` of a unit. */
  fileOf(unit: Unit, index: number | undefined): string | undefined {
    return index === undefined ? undefined : this.#linesOf(unit)?.paths[index];
  }

  /** There are lines of sources. */
  get hasLines(): boolean {
    return this.info.units.some(({ root }) => root.attributes.has(AT.stmtList));
  }

  /** The line whose bytes hold `linear`. */
  lineAt(linear: number): LineSpan | undefined {
    const address = this.address(linear);
    const unit = this.#unitAt(address);
    const run = unit && this.#linesOf(unit)?.at(address);
    return run && this.#span(unit, run, linear);
  }

  /** All lines of a source file that have code, unit by unit. */
  linesOf(path: string): LineSpan[] {
    const units = this.#sourceUnits().get(path) ?? [];
    return units.flatMap((unit) => [...(this.#linesOf(unit)?.of(path) ?? [])].map((run) => this.#span(unit, run)));
  }

  /** The source files, where they really are. */
  get sources(): string[] {
    return [...this.#sourceUnits().keys()];
  }

  /** All lines of all sources: of a large program, millions. */
  get lines(): LineSpan[] {
    return this.info.units.flatMap((unit) => [...(this.#linesOf(unit)?.all() ?? [])].map((run) => this.#span(unit, run)));
  }

  #span(unit: Unit, { address, prologueEnd: _, ...run }: LineRun, near?: number): LineSpan {
    return { ...run, linear: this.linear(address, near), assembler: isAssembler(unit) };
  }

  #unitAt(address: number): Unit | undefined {
    this.#code ??= new CodeIndex(this.info.units, (unit) => this.#codeOf(unit));
    return this.#code.at(address);
  }

  /** Of a unit that does not say where its code is: what its functions cover, or its lines. */
  #codeOf(unit: Unit): readonly AddressRange[] {
    const ranges = this.info.codeOf(unit);
    return ranges.length > 0 ? ranges : (this.#linesOf(unit)?.ranges ?? []);
  }

  /** The lines of a unit, read when they are first asked for. */
  #linesOf(unit: Unit): UnitLines | undefined {
    const known = this.#lines.get(unit);
    if (known !== undefined) return known ?? undefined;
    const lines = this.#attempt(undefined, () => {
      const table = this.#read(unit, readLineTable);
      return table && new UnitLines(table, table.files.map(this.#pathOf), (address) => this.#isCode(address));
    });
    this.#lines.set(unit, lines ?? null);
    return lines;
  }

  /** `read` for the line table of a unit that has one. */
  #read<T>(unit: Unit, read: (sections: DwarfSections, offset: number, unit: Unit, directory: string, name: string) => T): T | undefined {
    const offset = unit.constant(unit.root, AT.stmtList);
    if (offset === undefined) return undefined;
    return read(this.info.sections, offset, unit, unit.text(unit.root, AT.compDir) ?? '', unit.text(unit.root, AT.name) ?? '');
  }

  readonly #pathOf = (path: string): string => {
    let real = this.#paths.get(path);
    if (real === undefined) this.#paths.set(path, (real = this.#resolve(joinPath('', path))));
    return real;
  };

  readonly #isCode = (address: number): boolean => this.#sections.some((s) => s.code && address >= s.address && address < s.address + s.size);

  /** Which units tell about a source file. */
  readonly #sourceUnits = once((): ReadonlyMap<string, readonly Unit[]> => {
    const units = new Map<string, Unit[]>();
    for (const unit of this.info.units) {
      const files = this.#attempt(undefined, () => this.#read(unit, readLineFiles)) ?? [];
      for (const path of new Set(files.map(this.#pathOf))) {
        const same = units.get(path);
        if (same) same.push(unit);
        else units.set(path, [unit]);
      }
    }
    return units;
  });

  /** What `read` finds, or `otherwise` where the file is damaged. */
  #attempt<T>(otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (problem) {
      this.#complain(problem);
      return otherwise;
    }
  }

  #complain(problem: unknown): void {
    if (typeof problem !== 'string' && !(problem instanceof UserError)) throw problem;
    const text = typeof problem === 'string' ? problem : problem.message;
    if (this.problems.length < MOST_PROBLEMS && !this.problems.includes(text)) this.problems.push(text);
  }
}

const MOST_PROBLEMS = 100;

const lowest = (die: Die): number => Math.min(...die.unit.rangesOf(die).map(({ low }) => low));

/** Some variable of these functions is in different places at different instructions. */
const isOptimised = (functions: readonly Die[]): boolean =>
  functions.some((f) => [...f.unit.children(f)].some(({ attributes }) => attributes.has(AT.location) && !(attributes.get(AT.location)?.value instanceof Uint8Array)));

const isAssembler = (unit: Unit): boolean => unit.constant(unit.root, AT.language) === LANG_ASSEMBLER;

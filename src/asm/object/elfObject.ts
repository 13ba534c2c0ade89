/** An ELF relocatable object file of the Intel 386: section headers, symbols, relocations with their addends in place (TIS ELF 1.2). */
import type { Section } from '../section';
import { ByteWriter } from './byteWriter';
import type { External, Relocation } from './relocation';
import { isExecutable, standardSection } from './standardSections';

export interface ObjectSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly global: boolean;
  readonly type: 'none' | 'object' | 'function';
  /** Undefined for a constant. */
  readonly section: Section | undefined;
}

/** Bytes made here, for the debugger; `relocations` are 32-bit and absolute. */
export interface DebugSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly relocations: readonly { readonly offset: number; readonly target: Section | string }[];
}

export interface ObjectFile {
  readonly source: string;
  readonly sections: readonly Section[];
  readonly debug: readonly DebugSection[];
  /** In any order. */
  readonly symbols: readonly ObjectSymbol[];
  readonly externals: readonly External[];
}

const SHT = { progbits: 1, symtab: 2, strtab: 3, nobits: 8, rel: 9 } as const;
const SHF = { write: 1, alloc: 2, exec: 4 } as const;
const SHN = { undefined: 0, absolute: 0xfff1, common: 0xfff2 } as const;
const STB = { local: 0, global: 1 } as const;
const STT = { none: 0, object: 1, function: 2, section: 3, file: 4 } as const;
const HEADER_SIZE = 52;
const SECTION_HEADER_SIZE = 40;
const SYMBOL_SIZE = 16;
const REL_SIZE = 8;
/** R_386_*: 32, 16 and 8 bits, absolute and relative to the field. */
const RELOCATION_TYPES: Readonly<Record<Relocation['width'], readonly [absolute: number, relative: number]>> = { 4: [1, 2], 2: [20, 21], 1: [22, 23] };

interface Header {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly content: Uint8Array;
  /** Of a section without bytes in the file. */
  readonly size?: number;
  readonly link?: number;
  readonly info?: number;
  readonly align: number;
  readonly entrySize?: number;
}

class Strings {
  readonly writer = new ByteWriter().u8(0);
  private readonly at = new Map<string, number>([['', 0]]);

  add(text: string): number {
    const known = this.at.get(text);
    if (known !== undefined) return known;
    const offset = this.writer.length;
    this.writer.text(text);
    this.at.set(text, offset);
    return offset;
  }
}

/** Symbols: the null one, the file, the sections, local ones, global and external ones (the ABI wants locals first). */
class Symbols {
  readonly writer = new ByteWriter();
  readonly strings = new Strings();
  private readonly indexOf = new Map<Section | External | string, number>();
  private count = 0;
  locals = 0;

  add(key: Section | External | string | undefined, name: string, value: number, size: number, info: number, section: number): void {
    if (key !== undefined) this.indexOf.set(key, this.count);
    this.writer.u32(this.strings.add(name)).u32(value).u32(size).u8(info).u8(0).u16(section);
    this.count++;
    if (info >> 4 === STB.local) this.locals = this.count;
  }

  index(key: Section | External | string): number {
    return this.indexOf.get(key) ?? 0;
  }
}

export function writeObject(file: ObjectFile): Uint8Array {
  const numbers = new Map<Section | string, number>();
  for (const section of file.sections) numbers.set(section, numbers.size + 1);
  for (const { name } of file.debug) numbers.set(name, numbers.size + 1);
  const symbols = symbolTable(file, numbers);
  const headers: Header[] = [...file.sections.map(sectionHeader), ...file.debug.map(({ name, bytes }) => ({ name, type: SHT.progbits, flags: 0, content: bytes, align: 1 }))];
  const names = headers.length + 1;
  headers.push({ name: '.shstrtab', type: SHT.strtab, flags: 0, content: new Uint8Array(0), align: 1 });
  headers.push({ name: '.symtab', type: SHT.symtab, flags: 0, content: symbols.writer.toBytes(), link: names + 2, info: symbols.locals, align: 4, entrySize: SYMBOL_SIZE });
  headers.push({ name: '.strtab', type: SHT.strtab, flags: 0, content: symbols.strings.writer.toBytes(), align: 1 });
  const relocated = (name: string, number: number, content: Uint8Array) => {
    if (content.length > 0) headers.push({ name: `.rel${name}`, type: SHT.rel, flags: 0, content, link: names + 1, info: number, align: 4, entrySize: REL_SIZE });
  };
  for (const section of file.sections) relocated(section.name, numbers.get(section) ?? 0, relocations(section.relocations, symbols));
  for (const { name, relocations: entries } of file.debug) relocated(name, numbers.get(name) ?? 0, debugRelocations(entries, symbols));
  return compose(headers, names);
}

function symbolTable({ source, sections, debug, symbols, externals }: ObjectFile, numbers: ReadonlyMap<Section | string, number>): Symbols {
  const table = new Symbols();
  const info = (binding: number, type: number) => (binding << 4) | type;
  table.add(undefined, '', 0, 0, 0, SHN.undefined);
  table.add(undefined, source, 0, 0, info(STB.local, STT.file), SHN.absolute);
  for (const key of [...sections, ...debug.map(({ name }) => name)]) table.add(key, '', 0, 0, info(STB.local, STT.section), numbers.get(key) ?? 0);
  const add = (symbol: ObjectSymbol, binding: number) =>
    table.add(undefined, symbol.name, symbol.value, symbol.size, info(binding, STT[symbol.type]), symbol.section ? (numbers.get(symbol.section) ?? 0) : SHN.absolute);
  for (const symbol of symbols) if (!symbol.global) add(symbol, STB.local);
  for (const symbol of symbols) if (symbol.global) add(symbol, STB.global);
  for (const external of externals) {
    const { common } = external;
    table.add(external, external.name, common?.align ?? 0, common?.size ?? 0, info(STB.global, STT.none), common ? SHN.common : SHN.undefined);
  }
  return table;
}

function sectionHeader(section: Section): Header {
  const { attributes, name } = section;
  const standard = standardSection(name);
  const on = (chosen: boolean | undefined, usual: boolean | undefined, flag: number) => ((chosen ?? usual ?? false) ? flag : 0);
  const nobits = attributes.nobits ?? standard?.nobits ?? false;
  return {
    name,
    type: nobits ? SHT.nobits : SHT.progbits,
    flags: on(attributes.alloc, true, SHF.alloc) | (isExecutable(section) ? SHF.exec : 0) | on(attributes.write, standard?.write, SHF.write),
    content: nobits ? new Uint8Array(0) : section.bytes,
    size: section.size,
    align: attributes.align ?? standard?.align ?? 1,
  };
}

function relocations(entries: readonly Relocation[], symbols: Symbols): Uint8Array {
  const writer = new ByteWriter();
  for (const { offset, width, relative, target } of entries) writer.u32(offset).u32((symbols.index(target) << 8) | RELOCATION_TYPES[width][relative ? 1 : 0]);
  return writer.toBytes();
}

function debugRelocations(entries: DebugSection['relocations'], symbols: Symbols): Uint8Array {
  const writer = new ByteWriter();
  for (const { offset, target } of entries) writer.u32(offset).u32((symbols.index(target) << 8) | RELOCATION_TYPES[4][0]);
  return writer.toBytes();
}

/** Where the header names the place of the section headers. */
const SECTION_TABLE_OFFSET = 32;
const ET_REL = 1;
const EM_386 = 3;

/** The file header, the contents of the sections, and their headers, that of no section first. */
function compose(headers: readonly Header[], names: number): Uint8Array {
  const strings = new Strings();
  for (const { name } of headers) strings.add(name);
  const file = new ByteWriter().raw([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  file.u16(ET_REL).u16(EM_386).u32(1).u32(0).u32(0).u32(0).u32(0);
  file
    .u16(HEADER_SIZE)
    .u16(0)
    .u16(0)
    .u16(SECTION_HEADER_SIZE)
    .u16(headers.length + 1)
    .u16(names);
  const table = new ByteWriter().raw(new Uint8Array(SECTION_HEADER_SIZE));
  headers.forEach((header, n) => {
    const content = n + 1 === names ? strings.writer.toBytes() : header.content;
    file.align(Math.min(Math.max(header.align, 4), 16));
    table.u32(strings.add(header.name)).u32(header.type).u32(header.flags).u32(0).u32(file.length);
    table
      .u32(header.size ?? content.length)
      .u32(header.link ?? 0)
      .u32(header.info ?? 0)
      .u32(header.align)
      .u32(header.entrySize ?? 0);
    file.raw(content);
  });
  file.align(4);
  file.patch32(SECTION_TABLE_OFFSET, file.length);
  return file.raw(table.toBytes()).toBytes();
}

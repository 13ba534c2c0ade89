/**
 * Parser for 32-bit little-endian ELF files of the Intel 386. Source: Tool Interface Standard (TIS) ELF specification 1.2.
 * Everything in the file is a claim: offsets and sizes are checked against the bytes there are.
 */
import { hexh } from '../base/bits';
import { UserError } from '../base/userError';

export interface ElfSegment {
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  /** Initialized part; memory behind it up to `memorySize` is zero. */
  readonly bytes: Uint8Array;
  readonly memorySize: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly kind: 'function' | 'object' | 'other';
}

/** A section as the linker left it; one without bytes in the file (.bss) has none here. */
export interface ElfSection {
  readonly name: string;
  /** SHF_ALLOC: part of the program's memory. */
  readonly allocated: boolean;
  /** SHF_EXECINSTR. */
  readonly code: boolean;
  readonly compressed: boolean;
  readonly address: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface Elf32 {
  readonly entry: number;
  /** PT_LOAD segments in file order; left out are empty ones and those with nothing but the file's headers. */
  readonly segments: readonly ElfSegment[];
  readonly symbols: readonly ElfSymbol[];
  readonly sections: readonly ElfSection[];
}

const HEADER_SIZE = 52;
const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;
const SYMBOL_SIZE = 16;
const CLASS_32 = 1;
const LITTLE_ENDIAN = 1;
const TYPE_EXECUTABLE = 2;
const TYPE_DYNAMIC = 3;
const MACHINE_386 = 3;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHF_ALLOC = 0x2;
const SHF_EXECINSTR = 0x4;
const SHF_COMPRESSED = 0x800;
const SHN_UNDEFINED = 0;
/** STT_* we keep; sections and files are not symbols of the program. */
const SYMBOL_KINDS: Readonly<Record<number, ElfSymbol['kind']>> = { 0: 'other', 1: 'object', 2: 'function' };
const MAX_NAME = 1024;

export const isElf = (bytes: Uint8Array): boolean => bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

const bad = (what: string): never => {
  throw new UserError('load.elf', `the ELF file is damaged: ${what}`);
};

const wrongKind = (what: string): never => {
  throw new UserError('load.elfKind', `the ELF file ${what}; expected a 32-bit Intel 386 executable (gcc -m32)`);
};

/** A table of `count` entries that lies inside the file. */
const checkTable = (view: DataView, what: string, offset: number, count: number, entrySize: number, minimum: number): void => {
  if (count && entrySize < minimum) bad(`entries of the ${what} have ${entrySize} bytes, at least ${minimum} expected`);
  if (offset + count * entrySize > view.byteLength) bad(`the ${what} (${count} entries at ${hexh(offset)}) lies beyond the end of the file (${view.byteLength} bytes)`);
};

const readSegments = (bytes: Uint8Array, view: DataView): ElfSegment[] => {
  const [offset, entrySize, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  checkTable(view, 'program header table', offset, count, entrySize, PROGRAM_HEADER_SIZE);
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = (field: number) => view.getUint32(offset + i * entrySize + field, true);
    const [fileOffset, fileSize, memorySize] = [at(4), at(16), at(20)];
    if (at(0) !== PT_LOAD || memorySize === 0) continue;
    // Linkers map the file's own headers below the first section; a program on bare hardware has no use for them.
    if (fileOffset === 0 && memorySize <= offset + count * entrySize) continue;
    if (fileSize > memorySize) bad(`segment ${i} has ${fileSize} bytes in the file but ${memorySize} in memory`);
    if (fileOffset + fileSize > bytes.length) bad(`segment ${i} (${fileSize} bytes at ${hexh(fileOffset)}) lies beyond the end of the file (${bytes.length} bytes)`);
    segments.push({ virtualAddress: at(8), physicalAddress: at(12), bytes: bytes.subarray(fileOffset, fileOffset + fileSize), memorySize });
  }
  return segments;
};

interface Section {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

const readSections = (view: DataView): Section[] => {
  const [offset, entrySize, count] = [view.getUint32(32, true), view.getUint16(46, true), view.getUint16(48, true)];
  checkTable(view, 'section header table', offset, count, entrySize, SECTION_HEADER_SIZE);
  return Array.from({ length: count }, (_, i) => {
    const at = (field: number) => view.getUint32(offset + i * entrySize + field, true);
    return { name: at(0), type: at(4), flags: at(8), address: at(12), offset: at(16), size: at(20), link: at(24) };
  });
};

const readString = (bytes: Uint8Array, table: Section, index: number): string => {
  const start = table.offset + index;
  const limit = Math.min(table.offset + table.size, bytes.length, start + MAX_NAME);
  let end = start;
  while (end < limit && bytes[end]) end++;
  return start < limit ? new TextDecoder().decode(bytes.subarray(start, end)) : '';
};

/** Sections with their names. What is cut off at the end of the file is an error of whoever reads the section. */
const namedSections = (bytes: Uint8Array, view: DataView, sections: readonly Section[]): ElfSection[] => {
  const names = sections[view.getUint16(50, true)];
  return sections.map(({ name, type, flags, address, offset, size }) => ({
    name: names ? readString(bytes, names, name) : '',
    allocated: (flags & SHF_ALLOC) !== 0,
    code: (flags & SHF_EXECINSTR) !== 0,
    compressed: (flags & SHF_COMPRESSED) !== 0,
    address,
    size,
    bytes: type === SHT_NOBITS ? new Uint8Array() : bytes.subarray(offset, offset + size),
  }));
};

const readSymbols = (bytes: Uint8Array, view: DataView, sections: readonly Section[]): ElfSymbol[] => {
  const symbols: ElfSymbol[] = [];
  for (const section of sections.filter((s) => s.type === SHT_SYMTAB)) {
    checkTable(view, 'symbol table', section.offset, Math.floor(section.size / SYMBOL_SIZE), SYMBOL_SIZE, SYMBOL_SIZE);
    const names = sections[section.link];
    if (!names) bad(`the symbol table names section ${section.link} for its strings, of ${sections.length}`);
    for (let offset = section.offset; offset + SYMBOL_SIZE <= section.offset + section.size; offset += SYMBOL_SIZE) {
      const kind = SYMBOL_KINDS[view.getUint8(offset + 12) & 15];
      const name = readString(bytes, names, view.getUint32(offset, true));
      if (!kind || !name || view.getUint16(offset + 14, true) === SHN_UNDEFINED) continue;
      symbols.push({ name, value: view.getUint32(offset + 4, true), size: view.getUint32(offset + 8, true), kind });
    }
  }
  return symbols;
};

export const parseElf32 = (bytes: Uint8Array): Elf32 => {
  if (!isElf(bytes)) wrongKind('does not begin with 7F 45 4C 46');
  if (bytes.length < HEADER_SIZE) bad(`it has ${bytes.length} bytes, its header alone has ${HEADER_SIZE}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[4] !== CLASS_32) wrongKind('is 64-bit');
  if (bytes[5] !== LITTLE_ENDIAN) wrongKind('is big-endian');
  const [type, machine] = [view.getUint16(16, true), view.getUint16(18, true)];
  if (machine !== MACHINE_386) wrongKind(`is for machine ${machine}`);
  if (type !== TYPE_EXECUTABLE && type !== TYPE_DYNAMIC) wrongKind(`has type ${type} (an object file has to be linked first)`);
  const sections = readSections(view);
  return {
    entry: view.getUint32(24, true),
    segments: readSegments(bytes, view),
    symbols: readSymbols(bytes, view, sections),
    sections: namedSections(bytes, view, sections),
  };
};

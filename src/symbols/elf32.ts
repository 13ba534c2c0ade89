/**
 * Parser for 32-bit little-endian ELF files of the Intel 386. Source: Tool Interface Standard (TIS) ELF specification 1.2.
 * Everything in the file is a claim: offsets and sizes are checked against the bytes there are.
 */
import { hexh } from '../base/bits';
import { once } from '../base/once';
import { UserError } from '../base/userError';
import { type FileBytes, fileBytes } from './byteReader';

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
  /** How many there are in the file: fewer than `size` where it is cut off, none for .bss. */
  readonly bytesInFile: number;
  /** All of them, read when they are first asked for. */
  readonly bytes: Uint8Array;
  /** Some of them, read anew each time. */
  read(offset: number, length: number): Uint8Array;
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

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The bytes of a table of `count` entries, which has to lie inside the file. */
const readTable = (file: FileBytes, what: string, offset: number, count: number, entrySize: number, minimum: number): DataView => {
  if (count && entrySize < minimum) bad(`entries of the ${what} have ${entrySize} bytes, at least ${minimum} expected`);
  if (offset + count * entrySize > file.size) bad(`the ${what} (${count} entries at ${hexh(offset)}) lies beyond the end of the file (${file.size} bytes)`);
  return viewOf(file.read(offset, count * entrySize));
};

const readSegments = (file: FileBytes, header: DataView): ElfSegment[] => {
  const [offset, entrySize, count] = [header.getUint32(28, true), header.getUint16(42, true), header.getUint16(44, true)];
  const table = readTable(file, 'program header table', offset, count, entrySize, PROGRAM_HEADER_SIZE);
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = (field: number) => table.getUint32(i * entrySize + field, true);
    const [fileOffset, fileSize, memorySize] = [at(4), at(16), at(20)];
    if (at(0) !== PT_LOAD || memorySize === 0) continue;
    // Linkers map the file's own headers below the first section; a program on bare hardware has no use for them.
    if (fileOffset === 0 && memorySize <= offset + count * entrySize) continue;
    if (fileSize > memorySize) bad(`segment ${i} has ${fileSize} bytes in the file but ${memorySize} in memory`);
    if (fileOffset + fileSize > file.size) bad(`segment ${i} (${fileSize} bytes at ${hexh(fileOffset)}) lies beyond the end of the file (${file.size} bytes)`);
    const bytes = once(() => file.read(fileOffset, fileSize));
    segments.push({
      virtualAddress: at(8),
      physicalAddress: at(12),
      memorySize,
      get bytes() {
        return bytes();
      },
    });
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

const readSections = (file: FileBytes, header: DataView): Section[] => {
  const [offset, entrySize, count] = [header.getUint32(32, true), header.getUint16(46, true), header.getUint16(48, true)];
  const table = readTable(file, 'section header table', offset, count, entrySize, SECTION_HEADER_SIZE);
  return Array.from({ length: count }, (_, i) => {
    const at = (field: number) => table.getUint32(i * entrySize + field, true);
    return { name: at(0), type: at(4), flags: at(8), address: at(12), offset: at(16), size: at(20), link: at(24) };
  });
};

const UTF8 = new TextDecoder();

/** The text at `start` of a section of texts. */
const readString = (texts: Uint8Array, start: number): string => {
  const limit = Math.min(texts.length, start + MAX_NAME);
  let end = start;
  while (end < limit && texts[end]) end++;
  return start < limit ? UTF8.decode(texts.subarray(start, end)) : '';
};

/** Sections with their names. What is cut off at the end of the file is an error of whoever reads the section. */
const namedSections = (file: FileBytes, header: DataView, sections: readonly Section[]): ElfSection[] => {
  const names = sections[header.getUint16(50, true)];
  const texts = names ? readClaimed(file, names.offset, names.size) : new Uint8Array();
  return sections.map(({ name, type, flags, address, offset, size }) => {
    const bytesInFile = type === SHT_NOBITS ? 0 : Math.max(0, Math.min(size, file.size - offset));
    const read = (from: number, length: number) => file.read(offset + from, Math.max(0, Math.min(length, bytesInFile - from)));
    const bytes = once(() => read(0, bytesInFile));
    return {
      name: readString(texts, name),
      allocated: (flags & SHF_ALLOC) !== 0,
      code: (flags & SHF_EXECINSTR) !== 0,
      compressed: (flags & SHF_COMPRESSED) !== 0,
      address,
      size,
      bytesInFile,
      read,
      get bytes() {
        return bytes();
      },
    };
  });
};

/** As much of what is said to be there as there is. */
const readClaimed = (file: FileBytes, offset: number, size: number): Uint8Array => file.read(offset, Math.max(0, Math.min(size, file.size - offset)));

const readSymbols = (file: FileBytes, sections: readonly Section[]): ElfSymbol[] => {
  const symbols: ElfSymbol[] = [];
  for (const section of sections.filter((s) => s.type === SHT_SYMTAB)) {
    const count = Math.floor(section.size / SYMBOL_SIZE);
    const table = readTable(file, 'symbol table', section.offset, count, SYMBOL_SIZE, SYMBOL_SIZE);
    const names = sections[section.link];
    if (!names) bad(`the symbol table names section ${section.link} for its strings, of ${sections.length}`);
    const texts = readClaimed(file, names.offset, names.size);
    for (let offset = 0; offset < count * SYMBOL_SIZE; offset += SYMBOL_SIZE) {
      const kind = SYMBOL_KINDS[table.getUint8(offset + 12) & 15];
      if (!kind || table.getUint16(offset + 14, true) === SHN_UNDEFINED) continue;
      const name = readString(texts, table.getUint32(offset, true));
      if (name) symbols.push({ name, value: table.getUint32(offset + 4, true), size: table.getUint32(offset + 8, true), kind });
    }
  }
  return symbols;
};

/** Throws UserError. */
export const parseElf32 = (content: Uint8Array | FileBytes): Elf32 => {
  const file = content instanceof Uint8Array ? fileBytes(content) : content;
  const bytes = file.read(0, Math.min(HEADER_SIZE, file.size));
  if (!isElf(bytes)) wrongKind('does not begin with 7F 45 4C 46');
  if (bytes.length < HEADER_SIZE) bad(`it has ${bytes.length} bytes, its header alone has ${HEADER_SIZE}`);
  const header = viewOf(bytes);
  if (bytes[4] !== CLASS_32) wrongKind('is 64-bit');
  if (bytes[5] !== LITTLE_ENDIAN) wrongKind('is big-endian');
  const [type, machine] = [header.getUint16(16, true), header.getUint16(18, true)];
  if (machine !== MACHINE_386) wrongKind(`is for machine ${machine}`);
  if (type !== TYPE_EXECUTABLE && type !== TYPE_DYNAMIC) wrongKind(`has type ${type} (an object file has to be linked first)`);
  const sections = readSections(file, header);
  return {
    entry: header.getUint32(24, true),
    segments: readSegments(file, header),
    symbols: readSymbols(file, sections),
    sections: namedSections(file, header, sections),
  };
};

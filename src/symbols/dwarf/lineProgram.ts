/** Line number programs (DWARF 5, 6.2; older versions: the same sections): the rows of a unit's line table. */
import { ByteReader } from '../byteReader';
import { type AttributeValue, type Encoding, readAttribute } from './attribute';
import { FORM } from './constants';
import type { PathCache } from './paths';
import type { DwarfSections } from './sections';
import { readLength, type Unit } from './unit';

/** What a row says beside address, file and line. */
export const ROW = {
  statement: 1,
  prologueEnd: 2,
  /** The first address behind a run of code: no row of its own. */
  endSequence: 4,
} as const;

/** Rows as columns: a large program has millions of them. */
export class LineRows {
  length = 0;
  address: Uint32Array;
  /** Index in the table's `files`. */
  file: Uint32Array;
  /** 0: no line. */
  line: Uint32Array;
  /** Of ROW. */
  flags: Uint8Array;

  /** `bytes`: of the program that makes them. */
  constructor(bytes: number) {
    const expected = 16 + (bytes >> 1);
    this.address = new Uint32Array(expected);
    this.file = new Uint32Array(expected);
    this.line = new Uint32Array(expected);
    this.flags = new Uint8Array(expected);
  }

  push(address: number, file: number, line: number, flags: number): void {
    if (this.length === this.flags.length) this.#resize(2 * this.length);
    const i = this.length++;
    this.address[i] = address;
    this.file[i] = file;
    this.line[i] = line;
    this.flags[i] = flags;
  }

  /** As long as what it holds. */
  trim(): this {
    this.#resize(this.length);
    return this;
  }

  #resize(length: number): void {
    this.address = resized(this.address, length);
    this.file = resized(this.file, length);
    this.line = resized(this.line, length);
    this.flags = resized(this.flags, length);
  }
}

function resized<T extends Uint32Array | Uint8Array>(column: T, length: number): T {
  const copy = new (column.constructor as new (length: number) => T)(length);
  copy.set(column.subarray(0, length));
  return copy;
}

export interface LineTable {
  /** By the numbers that rows and DW_AT_decl_file use; in DWARF 2 to 4 number 0 is the unit's own file. Absolute if the compiler said so. */
  readonly files: readonly string[];
  readonly rows: LineRows;
}

const CONTENT = { path: 1, directory: 2 } as const;
const STANDARD = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  basicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  prologueEnd: 10,
  epilogueBegin: 11,
  setIsa: 12,
} as const; // prettier-ignore
const EXTENDED = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

interface Header extends Encoding {
  readonly minimumLength: number;
  readonly maximumOperations: number;
  readonly isStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly operandCounts: readonly number[];
  readonly files: string[];
  readonly program: ByteReader;
}

/** The table at `offset` of .debug_line, of this unit. */
export function readLineTable(sections: DwarfSections, offset: number, unit: Unit, directory: string, name: string): LineTable {
  const header = readHeader(sections, offset, unit, directory, name);
  return { files: header.files, rows: run(header, sections.paths) };
}

/** The files that it names, without the rows. */
export const readLineFiles = (sections: DwarfSections, offset: number, unit: Unit, directory: string, name: string): readonly string[] =>
  readHeader(sections, offset, unit, directory, name).files;

function readHeader(sections: DwarfSections, offset: number, unit: Unit, directory: string, name: string): Header {
  const { offsetSize, body } = readLength(new ByteReader(sections.line, offset));
  const version = body.u16();
  if (version < 2 || version > 5) body.fail(`line table of version ${version}; versions 2 to 5 can be read`, offset);
  const addressSize = version >= 5 ? body.u8() : unit.addressSize;
  if (version >= 5) body.u8(); // size of segment selectors: none on a PC
  const start = body.unsigned(offsetSize);
  const program = new ByteReader(sections.line, body.at + start, body.end);
  const minimumLength = body.u8();
  const maximumOperations = version >= 4 ? body.u8() : 1;
  const isStatement = body.u8() !== 0;
  const lineBase = body.i8();
  const lineRange = body.u8();
  if (lineRange === 0 || maximumOperations === 0) body.fail('a line range or operations per instruction of 0', offset);
  const operandCounts = [0, ...body.take(Math.max(0, body.u8() - 1))];
  const encoding = { version, addressSize, offsetSize };
  const files = version >= 5 ? newFiles(body, encoding, unit, directory) : oldFiles(body, sections.paths, directory, name);
  return { ...encoding, minimumLength, maximumOperations, isStatement, lineBase, lineRange, operandCounts, files, program };
}

function oldFiles(reader: ByteReader, paths: PathCache, directory: string, name: string): string[] {
  const directories = [directory];
  for (let text = reader.cstring(); text; text = reader.cstring()) directories.push(paths.join(directory, text));
  const files = [paths.join(directory, name)];
  for (let text = reader.cstring(); text; text = reader.cstring()) files.push(fileEntry(reader, paths, text, directories));
  return files;
}

function fileEntry(reader: ByteReader, paths: PathCache, name: string, directories: readonly string[]): string {
  const path = paths.join(directories[reader.uleb()] ?? directories[0], name);
  reader.uleb(); // time
  reader.uleb(); // length
  return path;
}

/** Directory 0 is that of the compilation, as the unit says it too. */
function newFiles(reader: ByteReader, encoding: Encoding, unit: Unit, directory: string): string[] {
  const { paths } = unit.sections;
  const directories: string[] = [];
  readEntries(reader, encoding, unit, (path) => void directories.push(path));
  const base = directories.length === 0 || directories[0] === directory ? directory : paths.join(directory, directories[0]);
  const absolute = directories.map((path, i) => (i === 0 ? base : paths.join(base, path)));
  const files: string[] = [];
  readEntries(reader, encoding, unit, (path, index) => void files.push(paths.join(absolute[index] ?? base, path)));
  return files;
}

/** A table that says itself which columns it has (6.2.4.1). */
function readEntries(reader: ByteReader, encoding: Encoding, unit: Unit, found: (path: string, directory: number) => void): void {
  const columns = Array.from({ length: reader.u8() }, () => ({ content: reader.uleb(), form: reader.uleb() }));
  const count = reader.uleb();
  if (count > reader.end - reader.at || (count > 0 && columns.length === 0)) reader.fail(`a table of ${count} entries`);
  for (let n = 0; n < count; n++) {
    let [path, directory] = ['', 0];
    for (const { content, form } of columns) {
      const value = readAttribute(reader, form, 0, encoding);
      if (content === CONTENT.path) path = textOf(unit, value);
      else if (content === CONTENT.directory) directory = Number(value.value);
    }
    found(path, directory);
  }
}

const textOf = (unit: Unit, value: AttributeValue): string => {
  const read = () => unit.textOf(value) ?? '';
  return value.form === FORM.lineStrp ? unit.sections.paths.text(Number(value.value), read) : read();
};

/** The state machine of 6.2.2. Every opcode takes a byte at least, so there are no more rows than bytes. */
function run(header: Header, paths: PathCache): LineRows {
  const { program, minimumLength, maximumOperations, lineBase, lineRange, operandCounts } = header;
  const opcodeBase = operandCounts.length;
  const rows = new LineRows(program.end - program.at);
  const startFlags = header.isStatement ? ROW.statement : 0;
  // Registers of the machine in variables: this runs once for each byte of a large section.
  let [address, index, file, line, flags] = [0, 0, 1, 1, startFlags];
  const advance = (operations: number) => {
    if (maximumOperations === 1) address += minimumLength * operations;
    else {
      address += minimumLength * Math.floor((index + operations) / maximumOperations);
      index = (index + operations) % maximumOperations;
    }
  };
  const row = () => {
    rows.push(address, file, Math.max(0, line), flags);
    flags &= ~ROW.prologueEnd;
  };
  while (!program.done) {
    const opcode = program.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      const operations = Math.floor(adjusted / lineRange);
      advance(operations);
      line += lineBase + adjusted - operations * lineRange;
      row();
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = program.uleb();
        const end = program.at + length;
        const part = program.part(length);
        const extended = part.u8();
        if (extended === EXTENDED.endSequence) {
          flags |= ROW.endSequence;
          row();
          [address, index, file, line, flags] = [0, 0, 1, 1, startFlags];
        } else if (extended === EXTENDED.setAddress) {
          address = part.unsigned(end - part.at);
          index = 0;
        } else if (extended === EXTENDED.defineFile) header.files.push(fileEntry(part, paths, part.cstring(), ['']));
        break;
      }
      case STANDARD.copy:
        row();
        break;
      case STANDARD.advancePc:
        advance(program.uleb());
        break;
      case STANDARD.advanceLine:
        line += program.sleb();
        break;
      case STANDARD.setFile:
        file = program.uleb();
        break;
      case STANDARD.setColumn:
        program.ulebBig();
        break;
      case STANDARD.negateStatement:
        flags ^= ROW.statement;
        break;
      case STANDARD.constAddPc:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case STANDARD.fixedAdvancePc:
        address += program.u16();
        index = 0;
        break;
      case STANDARD.prologueEnd:
        flags |= ROW.prologueEnd;
        break;
      default:
        for (let n = operandCounts[opcode]; n > 0; n--) program.ulebBig();
    }
  }
  return rows.trim();
}

/** Line number programs (DWARF 5, 6.2; older versions: the same sections): the rows of a unit's line table. */
import { ByteReader } from '../byteReader';
import { type Encoding, readAttribute } from './attribute';
import type { DwarfSections } from './sections';
import { readLength, type Unit } from './unit';

export interface LineRow {
  readonly address: number;
  /** Index in the table's `files`. */
  readonly file: number;
  /** 0: no line. */
  readonly line: number;
  readonly isStatement: boolean;
  readonly prologueEnd: boolean;
  /** The first address behind a run of code: no row of its own. */
  readonly endSequence: boolean;
}

export interface LineTable {
  /** By the numbers that rows and DW_AT_decl_file use; in DWARF 2 to 4 number 0 is the unit's own file. Absolute if the compiler said so. */
  readonly files: readonly string[];
  readonly rows: readonly LineRow[];
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

const isAbsolute = (path: string): boolean => /^([/\\]|[A-Za-z]:[/\\])/.test(path);

/** `name` in `directory`, without `.` and `..`. */
export function joinPath(directory: string, name: string): string {
  const path = isAbsolute(name) || !directory ? name : `${directory.replace(/[/\\]$/, '')}/${name}`;
  const parts: string[] = [];
  for (const part of path.split(/[/\\]/)) {
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..' && parts[parts.length - 1] !== '') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

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
  return { files: header.files, rows: run(header) };
}

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
  const files = version >= 5 ? newFiles(body, encoding, unit, directory) : oldFiles(body, directory, name);
  return { ...encoding, minimumLength, maximumOperations, isStatement, lineBase, lineRange, operandCounts, files, program };
}

function oldFiles(reader: ByteReader, directory: string, name: string): string[] {
  const directories = [directory];
  for (let text = reader.cstring(); text; text = reader.cstring()) directories.push(joinPath(directory, text));
  const files = [joinPath(directory, name)];
  for (let text = reader.cstring(); text; text = reader.cstring()) files.push(fileEntry(reader, text, directories));
  return files;
}

function fileEntry(reader: ByteReader, name: string, directories: readonly string[]): string {
  const path = joinPath(directories[reader.uleb()] ?? directories[0], name);
  reader.uleb(); // time
  reader.uleb(); // length
  return path;
}

function newFiles(reader: ByteReader, encoding: Encoding, unit: Unit, directory: string): string[] {
  const directories = entries(reader, encoding, unit).map(({ path }) => path);
  const base = joinPath(directory, directories[0] ?? '');
  const absolute = directories.map((path) => joinPath(base, path));
  return entries(reader, encoding, unit).map(({ path, directory: index }) => joinPath(absolute[index] ?? base, path));
}

/** A table that says itself which columns it has (6.2.4.1). */
function entries(reader: ByteReader, encoding: Encoding, unit: Unit): { path: string; directory: number }[] {
  const columns = Array.from({ length: reader.u8() }, () => ({ content: reader.uleb(), form: reader.uleb() }));
  const count = reader.uleb();
  if (count > reader.end - reader.at || (count > 0 && columns.length === 0)) reader.fail(`a table of ${count} entries`);
  return Array.from({ length: count }, () => {
    const entry = { path: '', directory: 0 };
    for (const { content, form } of columns) {
      const value = readAttribute(reader, form, 0, encoding);
      if (content === CONTENT.path) entry.path = unit.textOf(value) ?? '';
      else if (content === CONTENT.directory) entry.directory = Number(value.value);
    }
    return entry;
  });
}

/** The state machine of 6.2.2. Every opcode takes a byte at least, so there are no more rows than bytes. */
function run(header: Header): LineRow[] {
  const { program, minimumLength, maximumOperations, lineBase, lineRange, operandCounts } = header;
  const opcodeBase = operandCounts.length;
  const rows: LineRow[] = [];
  let state = initial(header);
  const advance = (operations: number) => {
    const index = state.index + operations;
    state.address += minimumLength * Math.floor(index / maximumOperations);
    state.index = index % maximumOperations;
  };
  const row = (endSequence = false) => {
    const { address, file, line, isStatement, prologueEnd } = state;
    rows.push({ address: address >>> 0, file, line, isStatement, prologueEnd, endSequence });
    state.prologueEnd = false;
  };
  while (!program.done) {
    const opcode = program.u8();
    if (opcode >= opcodeBase) {
      advance(Math.floor((opcode - opcodeBase) / lineRange));
      state.line += lineBase + ((opcode - opcodeBase) % lineRange);
      row();
      continue;
    }
    switch (opcode) {
      case 0: {
        const part = program.part(program.uleb());
        const extended = part.u8();
        if (extended === EXTENDED.endSequence) {
          row(true);
          state = initial(header);
        } else if (extended === EXTENDED.setAddress) {
          state.address = part.unsigned(part.end - part.at);
          state.index = 0;
        } else if (extended === EXTENDED.defineFile) header.files.push(fileEntry(part, part.cstring(), ['']));
        break;
      }
      case STANDARD.copy:
        row();
        break;
      case STANDARD.advancePc:
        advance(program.uleb());
        break;
      case STANDARD.advanceLine:
        state.line += program.sleb();
        break;
      case STANDARD.setFile:
        state.file = program.uleb();
        break;
      case STANDARD.negateStatement:
        state.isStatement = !state.isStatement;
        break;
      case STANDARD.constAddPc:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case STANDARD.fixedAdvancePc:
        state.address += program.u16();
        state.index = 0;
        break;
      case STANDARD.prologueEnd:
        state.prologueEnd = true;
        break;
      default:
        for (let n = operandCounts[opcode]; n > 0; n--) program.ulebBig();
    }
  }
  return rows;
}

const initial = ({ isStatement }: Header) => ({ address: 0, index: 0, file: 1, line: 1, isStatement, prologueEnd: false });

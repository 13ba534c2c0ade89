/** DWARF for an assembled file: one compilation unit, its code ranges and its lines (DWARF 3, 2.17, 3.1 and 6.2). */
import type { Section, SectionLine } from '../section';
import { ByteWriter } from './byteWriter';
import type { DebugSection } from './elfObject';
import { isExecutable } from './standardSections';

const VERSION = 3;
const ADDRESS_SIZE = 4;
/** Standard opcodes (figure 37), with the numbers of their operands. */
const OPERAND_COUNTS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
const DW_LNS = { copy: 1, advancePc: 2, advanceLine: 3, setFile: 4 } as const;
const DW_LNE = { endSequence: 1, setAddress: 2 } as const;
const LINE_RANGE = 14;
const LINE_BASE = -5;
const DW_TAG_COMPILE_UNIT = 0x11;
const DW_LANG_MIPS_ASSEMBLER = 0x8001;

/** Attributes of the unit with their forms (7.5.4), in the order of `unit`. */
const ATTRIBUTES = [
  [0x10, 0x06], // stmt_list: data4
  [0x55, 0x06], // ranges: data4
  [0x11, 0x01], // low_pc: addr
  [0x03, 0x08], // name: string
  [0x25, 0x08], // producer: string
  [0x13, 0x05], // language: data2
] as const;

type Target = DebugSection['relocations'][number];

/** Sections with code come with their lines; `sections` without any give none. */
export function debugSections(source: string, producer: string, sections: readonly Section[]): DebugSection[] {
  const code = sections.filter((section) => isExecutable(section) && section.lines.some((line) => line.code));
  if (code.length === 0) return [];
  return [lineProgram(code), unit(source, producer), abbreviations(), ranges(code)];
}

function lineProgram(code: readonly Section[]): DebugSection {
  const writer = new ByteWriter().u32(0).u16(VERSION).u32(0);
  const headerStart = writer.length;
  writer
    .u8(1)
    .u8(1)
    .u8(LINE_BASE)
    .u8(LINE_RANGE)
    .u8(OPERAND_COUNTS.length + 1)
    .raw(OPERAND_COUNTS);
  writer.u8(0); // no include directories: names are as the source gives them
  const files = [...new Set(code.flatMap(({ lines }) => lines.map(({ path }) => path)))];
  for (const file of files) writer.text(file).uleb(0).uleb(0).uleb(0);
  writer.u8(0);
  writer.patch32(headerStart - 4, writer.length - headerStart);
  const relocations = code.map((section) => sequence(writer, section, files));
  writer.patch32(0, writer.length - 4);
  return { name: '.debug_line', bytes: writer.toBytes(), relocations };
}

/** The rows of one section; gives the place of its address. */
function sequence(writer: ByteWriter, section: Section, files: readonly string[]): Target {
  writer
    .u8(0)
    .uleb(1 + ADDRESS_SIZE)
    .u8(DW_LNE.setAddress);
  const relocation = { offset: writer.length, target: section };
  writer.u32(0);
  const rows = section.lines.filter(({ code }) => code);
  let state = { offset: 0, line: 1, path: files[0] };
  for (const row of rows) {
    advance(writer, state, row, files);
    state = row;
  }
  writer.u8(DW_LNS.advancePc).uleb(section.size - state.offset);
  writer.u8(0).uleb(1).u8(DW_LNE.endSequence);
  return relocation;
}

/** A row of the line table: a special opcode where both steps are small (6.2.5.1). */
function advance(writer: ByteWriter, from: { offset: number; line: number; path: string }, to: SectionLine, files: readonly string[]): void {
  if (from.path !== to.path) writer.u8(DW_LNS.setFile).uleb(files.indexOf(to.path) + 1);
  const lines = to.line - from.line;
  const bytes = to.offset - from.offset;
  const special = lines - LINE_BASE + LINE_RANGE * bytes + OPERAND_COUNTS.length + 1;
  if (lines >= LINE_BASE && lines < LINE_BASE + LINE_RANGE && special <= 255) {
    writer.u8(special);
    return;
  }
  if (bytes) writer.u8(DW_LNS.advancePc).uleb(bytes);
  if (lines) writer.u8(DW_LNS.advanceLine).sleb(lines);
  writer.u8(DW_LNS.copy);
}

function unit(source: string, producer: string): DebugSection {
  const writer = new ByteWriter().u32(0).u16(VERSION).u32(0).u8(ADDRESS_SIZE);
  const at = (name: string, offset: number): Target => ({ offset, target: name });
  const relocations = [at('.debug_abbrev', 6)];
  writer.uleb(1);
  relocations.push(at('.debug_line', writer.length));
  writer.u32(0);
  relocations.push(at('.debug_ranges', writer.length));
  writer.u32(0).u32(0).text(source).text(producer).u16(DW_LANG_MIPS_ASSEMBLER);
  writer.patch32(0, writer.length - 4);
  return { name: '.debug_info', bytes: writer.toBytes(), relocations };
}

function abbreviations(): DebugSection {
  const writer = new ByteWriter().uleb(1).uleb(DW_TAG_COMPILE_UNIT).u8(0);
  for (const [attribute, form] of ATTRIBUTES) writer.uleb(attribute).uleb(form);
  return { name: '.debug_abbrev', bytes: writer.u16(0).u8(0).toBytes(), relocations: [] };
}

function ranges(code: readonly Section[]): DebugSection {
  const writer = new ByteWriter();
  const relocations = code.flatMap((section): Target[] => {
    const start = writer.length;
    writer.u32(0).u32(section.size);
    return [
      { offset: start, target: section },
      { offset: start + ADDRESS_SIZE, target: section },
    ];
  });
  return { name: '.debug_ranges', bytes: writer.u32(0).u32(0).toBytes(), relocations };
}

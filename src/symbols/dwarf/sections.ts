/** The sections of a file that hold debugging information. One that the file has not is empty. */
import { hexh } from '../../base/bits';
import { inflate } from '../../base/inflate';
import type { NamedBytes } from '../byteReader';
import type { Elf32, ElfSection } from '../elf32';

// biome-ignore format: a table
const NAMES = {
  info: '.debug_info', abbrev: '.debug_abbrev', line: '.debug_line', str: '.debug_str', lineStr: '.debug_line_str', strOffsets: '.debug_str_offsets',
  addr: '.debug_addr', ranges: '.debug_ranges', rnglists: '.debug_rnglists', loc: '.debug_loc', loclists: '.debug_loclists',
  frame: '.debug_frame', ehFrame: '.eh_frame',
} as const;

export interface DwarfSections extends Readonly<Record<keyof typeof NAMES, NamedBytes>> {
  /** Where `.eh_frame` lies in memory: its pointers may be relative to that. */
  readonly ehFrameAddress: number;
  /** What cannot be read, as sentences. */
  readonly problems: readonly string[];
}

const ZLIB = 1;
const HEADER_SIZE = 12;
/** Deflated data holds at most so many bytes in one: what claims more is damaged. */
const BEST_RATIO = 1032;

/** Behind a header with the kind, the size and the alignment of what is packed (Elf32_Chdr of the System V gABI). */
function decompressed({ bytes }: ElfSection, what: string, problems: string[]): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [kind, size] = bytes.length < HEADER_SIZE ? [0, 0] : [view.getUint32(0, true), view.getUint32(4, true)];
  try {
    if (kind === ZLIB && size <= bytes.length * BEST_RATIO) return inflate(bytes.subarray(HEADER_SIZE), size);
    problems.push(`${what} is compressed in a way that cannot be read: link with -gz=zlib or -gz=none`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(`${what} is compressed and damaged: ${error.message}`);
  }
  return new Uint8Array();
}

export function dwarfSections({ sections }: Elf32, file: string): DwarfSections {
  const problems: string[] = [];
  const find = (name: string): NamedBytes => {
    const what = `${name} of ${file}`;
    const section = sections.find((s) => s.name === name);
    if (section?.compressed) return { what, bytes: decompressed(section, what, problems) };
    if (section && section.bytes.length < section.size) problems.push(`${what} is cut off: it has ${hexh(section.bytes.length)} of ${hexh(section.size)} bytes`);
    return { what, bytes: section ? section.bytes : new Uint8Array() };
  };
  const found = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, find(name)])) as Record<keyof typeof NAMES, NamedBytes>;
  return { ...found, ehFrameAddress: sections.find((s) => s.name === NAMES.ehFrame)?.address ?? 0, problems };
}

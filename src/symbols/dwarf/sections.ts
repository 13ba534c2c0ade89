/** The sections of a file that hold debugging information. One that the file has not is empty. */
import { hexh } from '../../base/bits';
import type { NamedBytes } from '../byteReader';
import type { Elf32 } from '../elf32';

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

export function dwarfSections({ sections }: Elf32, file: string): DwarfSections {
  const problems: string[] = [];
  const find = (name: string): NamedBytes => {
    const what = `${name} of ${file}`;
    const section = sections.find((s) => s.name === name);
    if (section?.compressed) problems.push(`${what} is compressed: link with -gz=none, so that it can be read`);
    else if (section && section.bytes.length < section.size) problems.push(`${what} is cut off: it has ${hexh(section.bytes.length)} of ${hexh(section.size)} bytes`);
    return { what, bytes: section && !section.compressed ? section.bytes : new Uint8Array() };
  };
  const found = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, find(name)])) as Record<keyof typeof NAMES, NamedBytes>;
  return { ...found, ehFrameAddress: sections.find((s) => s.name === NAMES.ehFrame)?.address ?? 0, problems };
}

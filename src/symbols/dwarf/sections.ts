/** The sections of a file that hold debugging information. One that the file has not is empty. */
import { hexh } from '../../base/bits';
import { inflate } from '../../base/inflate';
import { once } from '../../base/once';
import { type FileBytes, fileBytes, type NamedBytes } from '../byteReader';
import type { Elf32, ElfSection } from '../elf32';
import { PathCache } from './paths';

// biome-ignore format: a table
const NAMES = {
  abbrev: '.debug_abbrev', line: '.debug_line', str: '.debug_str', lineStr: '.debug_line_str', strOffsets: '.debug_str_offsets',
  addr: '.debug_addr', ranges: '.debug_ranges', rnglists: '.debug_rnglists', loc: '.debug_loc', loclists: '.debug_loclists',
  frame: '.debug_frame', ehFrame: '.eh_frame',
} as const;

const INFO = '.debug_info';

/** A section of which one unit after the other is read, and which may be too large to keep. */
export interface UnitSection extends FileBytes {
  readonly what: string;
}

/** Each read when it is first asked for. */
export interface DwarfSections extends Readonly<Record<keyof typeof NAMES, NamedBytes>> {
  readonly info: UnitSection;
  readonly paths: PathCache;
  /** Where `.eh_frame` lies in memory: its pointers may be relative to that. */
  readonly ehFrameAddress: number;
  /** What cannot be read, as sentences. */
  readonly problems: readonly string[];
}

const ZLIB = 1;
const HEADER_SIZE = 12;
/** Deflated data holds at most so many bytes in one: what claims more is damaged. */
const BEST_RATIO = 1032;

/**
 * Bytes that the compressed sections of a file may come to together. DWARF points from anywhere to anywhere and deflated data
 * has one beginning, so a section is unpacked as a whole and kept; one that is not compressed is read where it is needed.
 */
const MOST_UNPACKED = 256 << 20;
const MEBI = 1 << 20;

const tooLarge = (what: string, size: number, most: number): string =>
  `${what} is ${Math.ceil(size / MEBI)} MiB when it is unpacked, and there is room for ${Math.floor(most / MEBI)}: objcopy --decompress-debug-sections makes a file that is read where it is needed`;

/** Behind a header with the kind, the size and the alignment of what is packed (Elf32_Chdr of the System V gABI). */
function decompressed({ bytes }: ElfSection, what: string, problems: string[], most: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [kind, size] = bytes.length < HEADER_SIZE ? [0, 0] : [view.getUint32(0, true), view.getUint32(4, true)];
  try {
    const possible = kind === ZLIB && size <= bytes.length * BEST_RATIO;
    if (possible && size <= most) return inflate(bytes.subarray(HEADER_SIZE), size);
    problems.push(possible ? tooLarge(what, size, most) : `${what} is compressed in a way that cannot be read: link with -gz=zlib or -gz=none`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(`${what} is compressed and damaged: ${error.message}`);
  }
  return new Uint8Array();
}

export function dwarfSections({ sections }: Elf32, file: string, most = MOST_UNPACKED): DwarfSections {
  const problems: string[] = [];
  let unpacked = 0;
  const unpack = (section: ElfSection, what: string): Uint8Array => {
    const bytes = decompressed(section, what, problems, most - unpacked);
    unpacked += bytes.length;
    return bytes;
  };
  const find = (name: string): ElfSection | undefined => sections.find((s) => s.name === name);
  const named = (name: string): NamedBytes => {
    const what = `${name} of ${file}`;
    const section = find(name);
    const bytes = once(() => (section?.compressed ? unpack(section, what) : (section?.bytes ?? new Uint8Array())));
    if (section?.compressed) bytes();
    else if (section && section.bytesInFile < section.size) problems.push(`${what} is cut off: it has ${hexh(section.bytesInFile)} of ${hexh(section.size)} bytes`);
    return {
      what,
      get bytes() {
        return bytes();
      },
    };
  };
  const units = named(INFO);
  const infoSection = find(INFO);
  const info =
    infoSection && !infoSection.compressed ? { what: units.what, size: infoSection.bytesInFile, read: infoSection.read } : { what: units.what, ...fileBytes(units.bytes) };
  const found = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, named(name)])) as Record<keyof typeof NAMES, NamedBytes>;
  return { ...found, info, paths: new PathCache(), ehFrameAddress: find(NAMES.ehFrame)?.address ?? 0, problems };
}

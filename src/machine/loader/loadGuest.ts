/** From the bytes of a program to a guest ready to start: what kind it is, where it goes, with which registers. */
import { hexh } from '../../base/bits';
import { UserError } from '../../base/userError';
import { FLOPPY_FORMATS, floppyFormat, SECTOR_SIZE } from '../../devices/diskImage';
import { isElf } from './elf32';
import { flatState, oneSegmentState, realState } from './flatMode';
import type { GuestKind, InitialState, LoadedGuest, LoadOptions, MemoryWrite } from './guest';
import { checkPieces, elfPieces, findHeader, hasAddressFields, loadMultiboot, toWrites } from './multiboot';

const BOOT_ADDRESS = 0x7c00;
const SIGNATURE_OFFSET = 510;
const FLOPPY_DRIVE = 0x00;
const HARD_DISK_DRIVE = 0x80;
/** Below it are vectors and BIOS data: a program whose labels count from there gets a segment of its own. */
const LOW_MEMORY_END = 0x600;
const PROGRAM_SEGMENT = 0x1000;
/** CS:IP reaches this far in real mode. */
const REAL_MODE_END = 0x10fff0;
const MIB = 1024 * 1024;

const hasSignature = (bytes: Uint8Array): boolean => bytes.length >= SECTOR_SIZE && bytes[SIGNATURE_OFFSET] === 0x55 && bytes[SIGNATURE_OFFSET + 1] === 0xaa;

const endsInSignature = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[bytes.length - 2] === 0x55 && bytes[bytes.length - 1] === 0xaa;

/** What the content says: ELF or a Multiboot header, a boot signature, else a flat binary. */
export const detectKind = (bytes: Uint8Array): GuestKind => {
  if (isElf(bytes)) return findHeader(bytes) ? 'multiboot' : 'flat';
  if (hasSignature(bytes)) return bytes.length === SECTOR_SIZE ? 'bootSector' : 'disk';
  if (hasAddressFields(bytes)) return 'multiboot';
  // Almost a boot sector: better a message about 55 AA than a puzzle.
  if (bytes.length === SECTOR_SIZE || (bytes.length < SECTOR_SIZE && endsInSignature(bytes))) return 'bootSector';
  if (FLOPPY_FORMATS.some((f) => f.kib * 1024 === bytes.length)) return 'disk';
  return 'flat';
};

const hexByte = (byte: number | undefined) => (byte === undefined ? '--' : byte.toString(16).toUpperCase().padStart(2, '0'));

const checkBootSector = (bytes: Uint8Array, name: string): void => {
  const expected = `a boot sector has exactly ${SECTOR_SIZE} bytes and ends in 55 AA (offset ${SIGNATURE_OFFSET}); for code without it set "kind": "flat"`;
  if (bytes.length !== SECTOR_SIZE) throw new UserError('load.bootSector', `${name} has ${bytes.length} bytes: ${expected}`);
  if (!hasSignature(bytes))
    throw new UserError(
      'load.bootSector',
      `${name} has ${SECTOR_SIZE} bytes but ${hexByte(bytes[SIGNATURE_OFFSET])} ${hexByte(bytes[SIGNATURE_OFFSET + 1])} at offset ${SIGNATURE_OFFSET}: ${expected}`,
    );
};

/** The first sector at 7C00h, the whole as the medium it came from. */
const bootFrom = (kind: GuestKind, bytes: Uint8Array, medium: 'floppy' | 'hardDisk', notes: string[]): LoadedGuest => {
  const drive = medium === 'floppy' ? FLOPPY_DRIVE : HARD_DISK_DRIVE;
  return {
    kind,
    writes: [{ address: BOOT_ADDRESS, bytes: bytes.slice(0, SECTOR_SIZE) }],
    initial: realState(0, BOOT_ADDRESS, drive),
    symbols: [],
    loadAddress: BOOT_ADDRESS,
    medium: { drive, kind: medium, bytes },
    notes,
  };
};

const loadBootSector = (bytes: Uint8Array, name: string): LoadedGuest => {
  checkBootSector(bytes, name);
  return bootFrom('bootSector', bytes, 'floppy', []);
};

const loadDisk = (bytes: Uint8Array, name: string, strict: boolean): LoadedGuest => {
  if (bytes.length < SECTOR_SIZE || (strict && bytes.length % SECTOR_SIZE))
    throw new UserError('load.disk', `${name} has ${bytes.length} bytes: a disk image is a multiple of ${SECTOR_SIZE} bytes`);
  if (!hasSignature(bytes))
    throw new UserError(
      'load.disk',
      `${name} cannot boot: its first sector has ${hexByte(bytes[SIGNATURE_OFFSET])} ${hexByte(bytes[SIGNATURE_OFFSET + 1])} at offset ${SIGNATURE_OFFSET}, expected 55 AA`,
    );
  const rest = bytes.length % SECTOR_SIZE;
  const notes = rest ? [`${name} has ${bytes.length} bytes: the last sector is filled with zeros`] : [];
  const padded = new Uint8Array(bytes.length + (rest ? SECTOR_SIZE - rest : 0));
  padded.set(bytes);
  return bootFrom('disk', padded, floppyFormat(padded.length) ? 'floppy' : 'hardDisk', notes);
};

/** ELF without a Multiboot header: its segments, flat protected mode, nothing in the registers. */
const loadElf = (bytes: Uint8Array, options: LoadOptions): LoadedGuest => {
  const program = elfPieces(bytes);
  checkPieces(program.pieces, options.memory);
  const { initial, gdt } = flatState(options.entry ?? program.entry, { esp: BOOT_ADDRESS });
  return {
    kind: 'flat',
    writes: [gdt, ...toWrites(program.pieces)],
    initial,
    symbols: program.symbols,
    notes: ['no Multiboot header: started in flat protected mode without boot information'],
  };
};

interface FlatStart {
  readonly address: number;
  readonly initial: InitialState;
  readonly gdt?: MemoryWrite;
}

/** Where a flat binary goes and how it starts, so that its labels are right. */
const flatStart = (options: LoadOptions): FlatStart => {
  const { loadAddress, origin = BOOT_ADDRESS, bits = 16 } = options;
  const address = loadAddress ?? origin;
  const entry = options.entry ?? address;
  if (bits === 32 || entry >= REAL_MODE_END) return { address, ...flatState(entry, { esp: BOOT_ADDRESS }) };
  if (loadAddress === undefined && origin < LOW_MEMORY_END && entry <= 0xffff) return { address: PROGRAM_SEGMENT * 16 + origin, initial: oneSegmentState(PROGRAM_SEGMENT, entry) };
  const cs = entry <= 0xffff ? 0 : Math.min(entry >>> 4, 0xffff);
  return { address, initial: realState(cs, entry - cs * 16, FLOPPY_DRIVE) };
};

const loadFlat = (bytes: Uint8Array, name: string, options: LoadOptions): LoadedGuest => {
  if (isElf(bytes)) return loadElf(bytes, options);
  if (bytes.length === 0) throw new UserError('load.empty', `${name} is empty: there is nothing to run`);
  const { address, initial, gdt } = flatStart(options);
  checkPieces([{ what: `loadAddress of ${name}`, address, bytes, size: bytes.length }], options.memory);
  const entry = options.entry ?? 0;
  if (entry >= options.memory) throw new UserError('load.entry', `entry is ${hexh(entry)}: beyond the ${options.memory / MIB} MiB of RAM`);
  return { kind: 'flat', writes: [...(gdt ? [gdt] : []), { address, bytes }], initial, symbols: [], loadAddress: address, notes: [] };
};

/** Throws UserError, naming what is wrong with the program. */
export const loadGuest = (kind: GuestKind | 'auto', bytes: Uint8Array, options: LoadOptions): LoadedGuest => {
  const name = options.name ?? 'the program';
  switch (kind === 'auto' ? detectKind(bytes) : kind) {
    case 'bootSector':
      return loadBootSector(bytes, name);
    case 'disk':
      return loadDisk(bytes, name, kind === 'disk');
    case 'multiboot':
      return loadMultiboot(bytes, options);
    default:
      return loadFlat(bytes, name, options);
  }
};

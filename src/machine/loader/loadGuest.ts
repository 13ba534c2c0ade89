/** From the bytes of a program to a guest ready to start: what kind it is, where it goes, with which registers. */
import { hexh } from '../../base/bits';
import { UserError } from '../../base/userError';
import { arrayStorage, DiskImage, FLOPPY_FORMATS, floppyFormat, SECTOR_SIZE, type Storage } from '../../devices/diskImage';
import { isElf } from '../../symbols/elf32';
import { EBDA, EMULATED_CD } from '../memoryMap';
import { findBootImage, isIso } from './elTorito';
import { flatState, oneSegmentState, realState } from './flatMode';
import type { GuestKind, InitialState, LoadedGuest, LoadOptions, MemoryWrite } from './guest';
import { isLinux, loadLinux } from './linux';
import { checkPieces, elfPieces, findHeader, hasAddressFields, loadMultiboot, toWrites } from './multiboot';

const BOOT_ADDRESS = 0x7c00;
const SIGNATURE_OFFSET = 510;
const FLOPPY_DRIVE = 0x00;
const HARD_DISK_DRIVE = 0x80;
const CD_DRIVE = 0xe0;
/** Where a Multiboot header and a boot signature lie. */
const HEAD = 8192;
/** Below it are vectors and BIOS data: a program whose labels count from there gets a segment of its own. */
const LOW_MEMORY_END = 0x600;
const PROGRAM_SEGMENT = 0x1000;
/** CS:IP reaches this far in real mode. */
const REAL_MODE_END = 0x10fff0;
const MIB = 1024 * 1024;
/** From 7C00h to the extended BIOS data area. */
const MAX_FLAT_GUESS = EBDA - BOOT_ADDRESS;

const hasSignature = (bytes: Uint8Array): boolean => bytes.length >= SECTOR_SIZE && bytes[SIGNATURE_OFFSET] === 0x55 && bytes[SIGNATURE_OFFSET + 1] === 0xaa;

const endsInSignature = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[bytes.length - 2] === 0x55 && bytes[bytes.length - 1] === 0xaa;

const head = (storage: Storage): Uint8Array => storage.read(0, Math.min(HEAD, storage.size));
/** More than any guest's memory. */
const MAX_PROGRAM = 1024 * MIB;
const whole = (storage: Storage): Uint8Array => {
  if (storage.size > MAX_PROGRAM) throw new UserError('load.size', `the program has ${storage.size} bytes: only disk and CD images may be larger than ${MAX_PROGRAM}`);
  return storage.read(0, storage.size);
};

/** What the content says: a CD, a Linux kernel, ELF or a Multiboot header, a boot signature, else a flat binary. Reads no more of a file than it must. */
export const detectKind = (program: Uint8Array | Storage): GuestKind => {
  const storage = program instanceof Uint8Array ? arrayStorage(program) : program;
  const { size } = storage;
  const bytes = head(storage);
  if (isElf(bytes)) return findHeader(whole(storage)) ? 'multiboot' : 'flat';
  if (isIso((offset, length) => storage.read(offset, length), size)) return 'cdrom';
  if (isLinux(bytes)) return 'linux'; // begins as a boot sector
  if (hasSignature(bytes)) return size === SECTOR_SIZE ? 'bootSector' : 'disk';
  if (hasAddressFields(bytes)) return 'multiboot';
  // Almost a boot sector: better a message about 55 AA than a puzzle.
  if (size === SECTOR_SIZE || (size < SECTOR_SIZE && endsInSignature(bytes))) return 'bootSector';
  if (FLOPPY_FORMATS.some((f) => f.kib * 1024 === size)) return 'disk';
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
const bootFrom = (kind: GuestKind, storage: Storage, medium: 'floppy' | 'hardDisk', notes: string[]): LoadedGuest => {
  const drive = medium === 'floppy' ? FLOPPY_DRIVE : HARD_DISK_DRIVE;
  return {
    kind,
    writes: [{ address: BOOT_ADDRESS, bytes: storage.read(0, SECTOR_SIZE).slice() }],
    initial: realState(0, BOOT_ADDRESS, drive),
    symbols: [],
    loadAddress: BOOT_ADDRESS,
    medium: { drive, kind: medium, storage },
    notes,
  };
};

const loadBootSector = (bytes: Uint8Array, name: string): LoadedGuest => {
  checkBootSector(bytes, name);
  return bootFrom('bootSector', arrayStorage(bytes), 'floppy', []);
};

/** Whole sectors: zeros behind the end. */
const padded = (storage: Storage): Storage => {
  const size = Math.ceil(storage.size / SECTOR_SIZE) * SECTOR_SIZE;
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes.set(storage.read(offset, Math.max(0, Math.min(length, storage.size - offset))));
    return bytes;
  };
  return size === storage.size ? storage : { ...storage, size, read };
};

const loadDisk = (storage: Storage, name: string, strict: boolean): LoadedGuest => {
  const { size } = storage;
  if (size < SECTOR_SIZE || (strict && size % SECTOR_SIZE)) throw new UserError('load.disk', `${name} has ${size} bytes: a disk image is a multiple of ${SECTOR_SIZE} bytes`);
  const sector = storage.read(0, SECTOR_SIZE);
  if (!hasSignature(sector))
    throw new UserError(
      'load.disk',
      `${name} cannot boot: its first sector has ${hexByte(sector[SIGNATURE_OFFSET])} ${hexByte(sector[SIGNATURE_OFFSET + 1])} at offset ${SIGNATURE_OFFSET}, expected 55 AA`,
    );
  const disk = padded(storage);
  const notes = disk === storage ? [] : [`${name} has ${size} bytes: the last sector is filled with zeros`];
  return bootFrom('disk', disk, floppyFormat(disk.size) ? 'floppy' : 'hardDisk', notes);
};

/** The image that the CD's boot catalog names, as the BIOS loads it. */
const loadCdrom = (storage: Storage, name: string): LoadedGuest => {
  const image = findBootImage(new DiskImage(storage, 'cdrom', name));
  if (typeof image === 'string') throw new UserError('load.cdrom', `${name} cannot boot: ${image}`);
  return {
    kind: 'cdrom',
    writes: [{ address: image.segment * 16, bytes: image.bytes }, ...(image.emulation ? [{ address: EMULATED_CD, bytes: Uint8Array.of(CD_DRIVE) }] : [])],
    initial: realState(image.segment === BOOT_ADDRESS / 16 ? 0 : image.segment, image.segment === BOOT_ADDRESS / 16 ? BOOT_ADDRESS : 0, image.emulation?.drive ?? CD_DRIVE),
    symbols: [],
    loadAddress: image.segment * 16,
    medium: { drive: CD_DRIVE, kind: 'cdrom', storage },
    notes: [],
  };
};

/** The program as the medium of a machine whose BIOS boots it, or finds that it cannot; undefined for a program that is none. */
export const loadMedium = (kind: GuestKind | 'auto', program: Uint8Array | Storage, name: string): LoadedGuest | undefined => {
  const storage = program instanceof Uint8Array ? arrayStorage(program) : program;
  const actual = kind === 'auto' ? detectKind(storage) : kind;
  const guest = { kind: actual, writes: [], initial: realState(0, 0, FLOPPY_DRIVE), symbols: [], notes: [] };
  if (actual === 'cdrom') return { ...guest, medium: { drive: CD_DRIVE, kind: 'cdrom', storage } };
  if (actual === 'bootSector') checkBootSector(whole(storage), name);
  else if (actual !== 'disk') return undefined;
  const disk = padded(storage);
  const floppy = floppyFormat(disk.size) !== undefined;
  return { ...guest, medium: { drive: floppy ? FLOPPY_DRIVE : HARD_DISK_DRIVE, kind: floppy ? 'floppy' : 'hardDisk', storage: disk } };
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

/** A file that no content says to be more than a flat binary, though its name or size does. */
const checkGuess = (storage: Storage, name: string): void => {
  const flat = 'for a flat binary set "kind": "flat"';
  if (/\.iso$/i.test(name)) throw new UserError('load.cdrom', `${name} has ${storage.size} bytes and no ISO 9660 volume descriptor in sector 16: it is no CD image; ${flat}`);
  const bytes = head(storage);
  if (storage.size > MAX_FLAT_GUESS && !isElf(bytes))
    throw new UserError(
      'load.kind',
      `${name} has ${storage.size} bytes, and ${hexByte(bytes[SIGNATURE_OFFSET])} ${hexByte(bytes[SIGNATURE_OFFSET + 1])} at offset ${SIGNATURE_OFFSET}: no boot signature (55 AA), no CD image, Linux or Multiboot kernel, and too large for a flat binary at 7C00h; ${flat} and a "loadAddress"`,
    );
};

/** Throws UserError, naming what is wrong with the program. */
export const loadGuest = (kind: GuestKind | 'auto', program: Uint8Array | Storage, options: LoadOptions): LoadedGuest => {
  const name = options.name ?? 'the program';
  const storage = program instanceof Uint8Array ? arrayStorage(program) : program;
  const actual = kind === 'auto' ? detectKind(storage) : kind;
  if (options.initrd && actual !== 'linux') throw new UserError('load.initrd', `initrd is for Linux kernels, and ${name} is none (kind: ${actual})`);
  if (options.modules?.length && actual !== 'multiboot') throw new UserError('load.modules', `modules are for Multiboot kernels, and ${name} is none (kind: ${actual})`);
  switch (actual) {
    case 'bootSector':
      return loadBootSector(whole(storage), name);
    case 'disk':
      return loadDisk(storage, name, kind === 'disk');
    case 'cdrom':
      return loadCdrom(storage, name);
    case 'multiboot':
      return loadMultiboot(whole(storage), options);
    case 'linux':
      return loadLinux(whole(storage), options);
    default:
      if (kind === 'auto' && options.loadAddress === undefined && options.origin === undefined) checkGuess(storage, name);
      return loadFlat(whole(storage), name, options);
  }
};

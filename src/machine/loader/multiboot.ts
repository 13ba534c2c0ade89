/**
 * Multiboot 1 kernels: ELF32, or any file whose header carries the address fields.
 * Source: Multiboot Specification 0.6.96, §3.1 (header), §3.2 (machine state), §3.3 (boot information).
 */
import { hexh } from '../../base/bits';
import { UserError } from '../../base/userError';
import { BASE_MEMORY_KIB, EBDA, HIGH_MEMORY, memoryMap } from '../memoryMap';
import { isElf, parseElf32, type ElfSymbol } from '../../symbols/elf32';
import { flatState } from './flatMode';
import type { LoadedGuest, LoadOptions, MemoryWrite } from './guest';

const HEADER_MAGIC = 0x1badb002;
const LOADER_MAGIC = 0x2badb002;
const SEARCH_LIMIT = 8192;
const FLAG_VIDEO = 0x4;
const FLAG_ADDRESSES = 0x10000;
/** Bits 0..15 are requirements: page-aligned modules, memory information, video mode. */
const KNOWN_REQUIREMENTS = 0x7;

const INFO_MEMORY = 0x01;
const INFO_BOOT_DEVICE = 0x02;
const INFO_COMMAND_LINE = 0x04;
const INFO_MODULES = 0x08;
const INFO_MEMORY_MAP = 0x40;
const INFO_LOADER_NAME = 0x200;
const INFO_SIZE = 116;
const LOADER_NAME = 'Ringside';
const PAGE = 0x1000;

interface Header {
  readonly offset: number;
  readonly flags: number;
  readonly view: DataView;
}

/** A piece of the kernel; bytes between the end of `bytes` and `size` are zero. */
interface Piece {
  readonly what: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

export const findHeader = (bytes: Uint8Array): Header | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + 12 <= Math.min(bytes.length, SEARCH_LIMIT); offset += 4) {
    if (view.getUint32(offset, true) !== HEADER_MAGIC) continue;
    const flags = view.getUint32(offset + 4, true);
    if ((HEADER_MAGIC + flags + view.getUint32(offset + 8, true)) >>> 0 === 0) return { offset, flags, view };
  }
  return undefined;
};

/** True for a file that says itself where it goes, without being ELF. */
export const hasAddressFields = (bytes: Uint8Array): boolean => ((findHeader(bytes)?.flags ?? 0) & FLAG_ADDRESSES) !== 0;

const MIB = 1024 * 1024;

/** Only RAM that the memory map calls usable will do. */
const checkRange = ({ what, address, size }: Pick<Piece, 'what' | 'address' | 'size'>, ram: number): void => {
  const end = address + size;
  if (end > ram)
    throw new UserError(
      'load.address',
      `${what} is ${hexh(address)} with ${size} bytes: beyond the ${ram / MIB} MiB of RAM (end ${hexh(ram)}); set "memory" higher or link the program lower`,
    );
  const reserved = address < HIGH_MEMORY && end > EBDA;
  if (reserved)
    throw new UserError(
      'load.address',
      `${what} is ${hexh(address)} with ${size} bytes: overlaps the reserved memory ${hexh(EBDA)}..${hexh(HIGH_MEMORY - 1)} (video memory and BIOS); link it at 100000h or higher, with ld -n so that no file headers come before it`,
    );
};

export const checkPieces = (pieces: readonly Piece[], ram: number): void => {
  for (const piece of pieces) checkRange(piece, ram);
  const sorted = pieces.toSorted((a, b) => a.address - b.address);
  for (const [i, piece] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && piece.address < before.address + before.size)
      throw new UserError('load.overlap', `${piece.what} is ${hexh(piece.address)}: overlaps ${before.what}, ${hexh(before.address)} with ${before.size} bytes`);
  }
};

export const toWrites = (pieces: readonly Piece[]): MemoryWrite[] =>
  pieces.map(({ address, bytes, size }) => {
    if (bytes.length === size) return { address, bytes };
    const padded = new Uint8Array(size);
    padded.set(bytes);
    return { address, bytes: padded };
  });

/** The address fields of §3.1.3: which part of the file goes where. */
const addressedPieces = (bytes: Uint8Array, header: Header, ram: number): { pieces: Piece[]; entry: number } => {
  if (header.offset + 32 > bytes.length) throw new UserError('load.multiboot', 'the Multiboot header is cut off: it promises address fields that are not in the file');
  const field = (n: number) => header.view.getUint32(header.offset + n, true);
  const [headerAddress, loadAddress, loadEnd, bssEnd, entry] = [field(12), field(16), field(20), field(24), field(28)];
  const fail = (name: string, value: number, why: string): never => {
    throw new UserError('load.multiboot', `Multiboot header field ${name} is ${hexh(value)}: ${why} (RAM: ${ram / MIB} MiB)`);
  };
  const fileOffset = header.offset - (headerAddress - loadAddress);
  if (headerAddress < loadAddress) fail('header_addr', headerAddress, `below load_addr ${hexh(loadAddress)}`);
  if (fileOffset < 0) fail('load_addr', loadAddress, `lies ${headerAddress - loadAddress} bytes before the header, which is only ${header.offset} bytes into the file`);
  if (loadEnd !== 0 && loadEnd < loadAddress) fail('load_end_addr', loadEnd, `below load_addr ${hexh(loadAddress)}`);
  const length = loadEnd ? loadEnd - loadAddress : bytes.length - fileOffset;
  if (fileOffset + length > bytes.length) fail('load_end_addr', loadEnd, `asks for ${length} bytes, the file has ${bytes.length - fileOffset} from there`);
  if (bssEnd !== 0 && bssEnd < loadAddress + length) fail('bss_end_addr', bssEnd, `below the end of the loaded part, ${hexh(loadAddress + length)}`);
  const size = bssEnd ? bssEnd - loadAddress : length;
  if (loadAddress + size > ram)
    fail(bssEnd && loadAddress + length <= ram ? 'bss_end_addr' : 'load_addr', bssEnd && loadAddress + length <= ram ? bssEnd : loadAddress, 'beyond the end of RAM');
  if (entry < loadAddress || entry >= loadAddress + size) fail('entry_addr', entry, `outside the loaded program ${hexh(loadAddress)}..${hexh(loadAddress + size)}`);
  return { pieces: [{ what: 'load_addr', address: loadAddress, bytes: bytes.subarray(fileOffset, fileOffset + length), size }], entry };
};

/**
 * Segments at their physical addresses. The entry point is physical if a segment holds it there, else it is
 * translated from the virtual address.
 */
export const elfPieces = (bytes: Uint8Array): { pieces: Piece[]; entry: number; symbols: readonly ElfSymbol[] } => {
  const elf = parseElf32(bytes);
  if (!elf.segments.length) throw new UserError('load.elf', 'the ELF file has nothing to load: no segment of type LOAD');
  const holds = (start: number, size: number) => elf.entry >= start && elf.entry < start + size;
  const physical = elf.segments.some((s) => holds(s.physicalAddress, s.memorySize));
  const home = elf.segments.find((s) => holds(s.virtualAddress, s.memorySize));
  if (!physical && !home) throw new UserError('load.elf', `the entry point ${hexh(elf.entry)} is in no segment of the ELF file`);
  const entry = physical || !home ? elf.entry : elf.entry - home.virtualAddress + home.physicalAddress;
  const pieces = elf.segments.map((s, i) => ({ what: `the physical address of ELF segment ${i}`, address: s.physicalAddress, bytes: s.bytes, size: s.memorySize }));
  return { pieces, entry, symbols: elf.symbols };
};

/** Lays bytes out one behind the other and remembers their addresses. */
class Arena {
  readonly writes: MemoryWrite[] = [];
  constructor(private next: number) {}

  place(bytes: Uint8Array, alignment = 16): number {
    const address = Math.ceil(this.next / alignment) * alignment;
    this.writes.push({ address, bytes });
    this.next = address + bytes.length;
    return address;
  }

  get end(): number {
    return this.next;
  }
}

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

const dwords = (values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
};

/** mmap entries: size (20), base, length, type; §3.3. */
const mapEntries = (ram: number): Uint8Array => dwords(memoryMap(ram).flatMap(({ base, length, type }) => [20, base, 0, length, 0, type === 'usable' ? 1 : 2]));

/** Modules go behind the kernel on page boundaries, above 1 MiB. */
const placeModules = (modules: NonNullable<LoadOptions['modules']>, kernelEnd: number, ram: number) => {
  const arena = new Arena(Math.max(kernelEnd, HIGH_MEMORY));
  const placed = modules.map(({ bytes, commandLine }) => ({ start: arena.place(bytes, PAGE), length: bytes.length, commandLine }));
  if (arena.end > ram) throw new UserError('load.modules', `the modules end at ${hexh(arena.end)}, beyond the ${ram / MIB} MiB of RAM`);
  return { placed, writes: arena.writes };
};

/** The information structure and what it points to, below the first megabyte where the kernel leaves room. */
const bootInformation = (pieces: readonly Piece[], options: LoadOptions): { address: number; writes: MemoryWrite[] } => {
  const name = options.name ?? 'kernel';
  const kernelEnd = Math.max(...pieces.map((p) => p.address + p.size));
  const modules = placeModules(options.modules ?? [], kernelEnd, options.memory);
  const commandLine = cString(options.append ? `${name} ${options.append}` : name);
  const low = pieces.filter((p) => p.address < EBDA).map((p) => p.address + p.size);
  const base = Math.max(PAGE, ...low);
  const arena = new Arena(base);
  const strings = modules.placed.map((m) => arena.place(cString(m.commandLine)));
  const line = arena.place(commandLine);
  const loader = arena.place(cString(LOADER_NAME));
  const map = mapEntries(options.memory);
  const mapAddress = arena.place(map);
  const list = arena.place(dwords(modules.placed.flatMap((m, i) => [m.start, m.start + m.length, strings[i], 0])));
  const info = new Array<number>(INFO_SIZE / 4).fill(0);
  info[0] = INFO_MEMORY | INFO_BOOT_DEVICE | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME;
  info[1] = BASE_MEMORY_KIB;
  info[2] = Math.max(0, (options.memory - HIGH_MEMORY) >>> 10);
  info[3] = 0x8000ffff; // first hard disk, first partition
  info[4] = line;
  info[5] = modules.placed.length;
  info[6] = list;
  info[11] = map.length;
  info[12] = mapAddress;
  info[16] = loader;
  const address = arena.place(dwords(info));
  if (arena.end > EBDA) throw new UserError('load.multiboot', `no room below ${hexh(EBDA)} for the boot information and a command line of ${commandLine.length} bytes`);
  return { address, writes: [...arena.writes, ...modules.writes] };
};

export const loadMultiboot = (bytes: Uint8Array, options: LoadOptions): LoadedGuest => {
  const header = findHeader(bytes);
  if (!header) throw new UserError('load.multiboot', `no Multiboot header (1BADB002h with a valid checksum, on a 4-byte boundary) in the first ${SEARCH_LIMIT} bytes`);
  const unknown = header.flags & 0xffff & ~KNOWN_REQUIREMENTS;
  if (unknown) throw new UserError('load.multiboot', `Multiboot header field flags is ${hexh(header.flags)}: requirement bits ${hexh(unknown)} are unknown`);
  const addressed = (header.flags & FLAG_ADDRESSES) !== 0;
  if (!addressed && !isElf(bytes))
    throw new UserError('load.multiboot', `Multiboot header field flags is ${hexh(header.flags)}: without bit 16 (address fields) the file has to be ELF`);
  const program = addressed ? { ...addressedPieces(bytes, header, options.memory), symbols: isElf(bytes) ? parseElf32(bytes).symbols : [] } : elfPieces(bytes);
  checkPieces(program.pieces, options.memory);
  const information = bootInformation(program.pieces, options);
  const { initial, gdt } = flatState(program.entry, { eax: LOADER_MAGIC, ebx: information.address });
  return {
    kind: 'multiboot',
    writes: [gdt, ...toWrites(program.pieces), ...information.writes],
    initial,
    symbols: program.symbols,
    notes: header.flags & FLAG_VIDEO ? ['the kernel asks for a video mode; it gets 80 x 25 text'] : [],
  };
};

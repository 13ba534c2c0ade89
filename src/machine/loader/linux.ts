/**
 * Linux kernels: a bzImage, its initial RAM disk and its command line. The kernel's own 16-bit setup code runs first, in
 * real mode, and asks the BIOS for memory, video and disks.
 * Source: The Linux/x86 Boot Protocol (Documentation/arch/x86/boot.rst), "The Real-Mode Kernel Header" and after.
 */
import { hexh } from '../../base/bits';
import { UserError } from '../../base/userError';
import { EBDA, HIGH_MEMORY } from '../memoryMap';
import type { InitialState, LoadedGuest, LoadOptions, MemoryWrite, NamedFile } from './guest';

/** Offsets in the real-mode kernel header. */
const HEADER = {
  setupSectors: 0x1f1,
  systemSize: 0x1f4,
  videoMode: 0x1fa,
  bootFlag: 0x1fe,
  magic: 0x202,
  version: 0x206,
  loader: 0x210,
  loadFlags: 0x211,
  setupMoveSize: 0x212,
  start32: 0x214,
  ramdiskAddress: 0x218,
  ramdiskSize: 0x21c,
  heapEnd: 0x224,
  commandLine: 0x228,
  ramdiskMaximum: 0x22c,
  commandLineSize: 0x238,
  preferredAddress: 0x258,
  initSize: 0x260,
  end: 0x264,
} as const;

const BOOT_FLAG = 0xaa55;
const MAGIC = 0x53726448; // HdrS
const LOADED_HIGH = 0x01;
const CAN_USE_HEAP = 0x80;
/** A boot loader without an assigned number. */
const UNKNOWN_LOADER = 0xff;
const SECTOR = 512;
const PAGE = 0x1000;
const MIB = 1024 * 1024;

/** The real-mode part has a segment to itself: code, heap, a stack that grows down from here, and the command line above. */
const STACK_TOP = 0xe000;
const STACK_AND_HEAP = 0x1000;
const COMMAND_LINE_OFFSET = STACK_TOP;
/** Before protocol 2.02 the real-mode part is at 90000h; since then it may be anywhere. */
const OLD_SEGMENT = 0x9000;
const SEGMENT = 0x1000;
const OLD_COMMAND_LINE_MAXIMUM = 255;
const OLD_RAMDISK_MAXIMUM = 0x37ffffff;
/** Where the command line of protocol 2.00 and 2.01 is told: a magic number and an offset. */
const OLD_COMMAND_LINE = { magic: 0x20, offset: 0x22, value: 0xa33f } as const;

const VIDEO_MODES: Readonly<Record<string, number>> = { normal: 0xffff, ext: 0xfffe, ask: 0xfffd };

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A boot sector whose kernel header follows: HdrS. */
export const isLinux = (bytes: Uint8Array): boolean => {
  const view = viewOf(bytes);
  return bytes.length >= HEADER.end && view.getUint16(HEADER.bootFlag, true) === BOOT_FLAG && view.getUint32(HEADER.magic, true) === MAGIC;
};

interface Kernel {
  readonly name: string;
  /** As in the header: 020Fh is 2.15. */
  readonly version: number;
  /** The real-mode part: boot sector and setup code. A copy, to be filled in. */
  readonly setup: Uint8Array;
  /** The protected-mode part, for 100000h. */
  readonly system: Uint8Array;
  /** First address behind what the kernel needs while it starts. */
  readonly end: number;
}

const fail = (message: string): never => {
  throw new UserError('load.linux', message);
};

const parseKernel = (bytes: Uint8Array, name: string, ram: number): Kernel => {
  if (!isLinux(bytes)) fail(`${name} is no Linux kernel: expected 55 AA at offset 1FEh and HdrS at offset 202h (a bzImage)`);
  const view = viewOf(bytes);
  const version = view.getUint16(HEADER.version, true);
  if (version < 0x200) fail(`${name} speaks boot protocol ${hexh(version, 4)}: expected 2.00 (200h) or later`);
  if (!(view.getUint8(HEADER.loadFlags) & LOADED_HIGH)) fail(`${name} is a zImage, to be loaded low (loadflags bit 0 is 0): expected a bzImage`);
  const setupSize = ((view.getUint8(HEADER.setupSectors) || 4) + 1) * SECTOR;
  if (setupSize > STACK_TOP - STACK_AND_HEAP)
    fail(`${name} has ${setupSize} bytes of setup code (setup_sects ${view.getUint8(HEADER.setupSectors)}): expected at most ${STACK_TOP - STACK_AND_HEAP}`);
  // Protocol 2.03 and before: only the low half of syssize is to be trusted.
  const promised = (version >= 0x204 ? view.getUint32(HEADER.systemSize, true) : view.getUint16(HEADER.systemSize, true)) * 16;
  const present = bytes.length - setupSize;
  if (present <= 0) fail(`${name} is cut off: it has ${bytes.length} bytes, its setup code alone ${setupSize}`);
  if (promised - present >= 16) fail(`${name} is cut off: its protected-mode part has ${present} bytes, syssize promises ${promised}`);
  const loaded = HIGH_MEMORY + present;
  const start = Math.max(HIGH_MEMORY, view.getUint32(HEADER.preferredAddress, true) + view.getUint32(HEADER.preferredAddress + 4, true) * 2 ** 32);
  const end = version >= 0x20a ? Math.max(loaded, start + view.getUint32(HEADER.initSize, true)) : loaded;
  if (end > ram) fail(`${name} needs memory up to ${hexh(end)} to start, and there are ${ram / MIB} MiB of RAM: set "memory" to ${Math.ceil(end / MIB)} or more`);
  return { name, version, setup: bytes.slice(0, setupSize), system: bytes.subarray(setupSize), end };
};

/** The RAM disk goes as high as the kernel allows, on a page boundary. */
const placeRamdisk = (kernel: Kernel, { name, bytes }: NamedFile, ram: number): MemoryWrite => {
  const maximum = kernel.version >= 0x203 ? viewOf(kernel.setup).getUint32(HEADER.ramdiskMaximum, true) : OLD_RAMDISK_MAXIMUM;
  const address = Math.floor((Math.min(ram, maximum + 1) - bytes.length) / PAGE) * PAGE;
  if (bytes.length === 0) fail(`initrd ${name} is empty`);
  if (address < kernel.end) {
    const needed = Math.ceil((kernel.end + bytes.length + PAGE) / MIB);
    const advice = kernel.end + bytes.length + PAGE <= maximum + 1 ? `set "memory" to ${needed} or more` : `the kernel takes it only below ${hexh(maximum + 1)}`;
    fail(`initrd ${name} has ${bytes.length} bytes: no room between the kernel, which ends at ${hexh(kernel.end)}, and the end of ${ram / MIB} MiB of RAM; ${advice}`);
  }
  return { address, bytes };
};

const commandLineBytes = ({ name, version, setup }: Kernel, text: string): Uint8Array => {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const room = EBDA - (OLD_SEGMENT * 16 + COMMAND_LINE_OFFSET) - 1;
  const maximum = Math.min(room, version >= 0x206 ? viewOf(setup).getUint32(HEADER.commandLineSize, true) : OLD_COMMAND_LINE_MAXIMUM);
  if (bytes.length - 1 > maximum) fail(`append has ${bytes.length - 1} bytes: ${name} takes a command line of at most ${maximum}`);
  return bytes;
};

/** `vga=` is for the boot loader: the video mode the setup code is to set. */
const videoMode = (commandLine: string): number | undefined => {
  const text = /(?:^|\s)vga=(\S+)/.exec(commandLine)?.[1];
  if (text === undefined) return undefined;
  const mode = VIDEO_MODES[text] ?? Number(text);
  return Number.isInteger(mode) && mode >= 0 && mode <= 0xffff ? mode : fail(`append has vga=${text}: expected normal, ext, ask or a number up to 0xFFFF`);
};

/** What the boot loader writes into the header. */
const fillHeader = ({ setup, version }: Kernel, segment: number, ramdisk: MemoryWrite | undefined, mode: number | undefined): void => {
  const view = viewOf(setup);
  view.setUint8(HEADER.loader, UNKNOWN_LOADER);
  view.setUint8(HEADER.loadFlags, view.getUint8(HEADER.loadFlags) | (version >= 0x201 ? CAN_USE_HEAP : 0));
  view.setUint32(HEADER.start32, HIGH_MEMORY, true);
  view.setUint32(HEADER.ramdiskAddress, ramdisk?.address ?? 0, true);
  view.setUint32(HEADER.ramdiskSize, ramdisk?.bytes.length ?? 0, true);
  if (mode !== undefined) view.setUint16(HEADER.videoMode, mode, true);
  if (version >= 0x201) view.setUint16(HEADER.heapEnd, STACK_TOP - 0x200, true);
  if (version >= 0x202) return view.setUint32(HEADER.commandLine, segment * 16 + COMMAND_LINE_OFFSET, true);
  view.setUint16(OLD_COMMAND_LINE.magic, OLD_COMMAND_LINE.value, true);
  view.setUint16(OLD_COMMAND_LINE.offset, COMMAND_LINE_OFFSET, true);
  view.setUint16(HEADER.setupMoveSize, setup.length, true);
};

/** "Running the Kernel": at offset 200h of the real-mode part, every other segment register at its beginning, interrupts off. */
const setupState = (segment: number): InitialState => ({
  mode: 'real',
  registers: { cs: segment + 0x20, eip: 0, eflags: 0x02, ds: segment, es: segment, ss: segment, fs: segment, gs: segment, esp: STACK_TOP },
});

export const loadLinux = (bytes: Uint8Array, options: LoadOptions): LoadedGuest => {
  const { memory, name = 'the program', append = '', initrd } = options;
  const kernel = parseKernel(bytes, name, memory);
  const segment = kernel.version >= 0x202 ? SEGMENT : OLD_SEGMENT;
  const ramdisk = initrd && placeRamdisk(kernel, initrd, memory);
  const commandLine = commandLineBytes(kernel, append);
  fillHeader(kernel, segment, ramdisk, videoMode(append));
  return {
    kind: 'linux',
    writes: [
      { address: segment * 16, bytes: kernel.setup },
      { address: segment * 16 + COMMAND_LINE_OFFSET, bytes: commandLine },
      { address: HIGH_MEMORY, bytes: kernel.system },
      ...(ramdisk ? [ramdisk] : []),
    ],
    initial: setupState(segment),
    symbols: [],
    notes: [],
  };
};

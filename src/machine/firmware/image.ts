/**
 * A BIOS image that takes the built-in BIOS's place, and what it is told about the machine through fw_cfg.
 * Sources: PCI Firmware Specification 3.0, §5.2 (option ROMs); SeaBIOS, docs/Runtime_config.md (the files' names).
 */
import { UserError } from '../../base/userError';
import type { FirmwareFile } from '../../devices/fwCfg';
import { isRomOf } from '../../devices/pci/expansionRom';
import { BOCHS_DISPLAY } from '../../devices/pci/identities';
import type { Configuration } from '../configuration';

export interface BiosImage {
  /** It ends at 4 GiB, and its last 128 KiB at 1 MiB. */
  readonly rom: Uint8Array;
  /** On the display's card. */
  readonly displayRom?: Uint8Array;
  readonly files: readonly FirmwareFile[];
}

interface Reader {
  readFile(path: string): Uint8Array;
}

const KIB = 1024;
const SIZES = [64, 128, 256];
const RESET_VECTOR_BYTES = 16;
const MAX_OPTION_ROM = 0xff * 512;
const SERIAL_PORT = 0x3f8;

const readRom = (path: string, files: Reader): Uint8Array => {
  const rom = files.readFile(path);
  if (!SIZES.includes(rom.length / KIB)) throw new UserError('bios.size', `bios: ${path} has ${rom.length} bytes: expected an image of ${SIZES.join(', ')} KiB`);
  const reset = rom.subarray(-RESET_VECTOR_BYTES);
  if (reset.every((byte) => byte === reset[0])) throw new UserError('bios.reset', `bios: ${path} has no code in its last 16 bytes, where the CPU starts: expected a BIOS image`);
  return rom;
};

const hex = (byte: number | undefined): string => (byte === undefined ? '--' : byte.toString(16).toUpperCase().padStart(2, '0'));

/** 55 AA, the size in units of 512 bytes, and bytes whose sum is 0. */
const readOptionRom = (attribute: string, path: string, files: Reader): Uint8Array => {
  const rom = files.readFile(path);
  const refuse = (why: string): never => {
    throw new UserError('bios.optionRom', `${attribute}: ${path} is no option ROM: ${why}`);
  };
  if (rom[0] !== 0x55 || rom[1] !== 0xaa) refuse(`it begins with ${hex(rom[0])} ${hex(rom[1])}, expected 55 AA`);
  const size = (rom[2] ?? 0) * 512;
  if (size === 0 || size > rom.length || rom.length > MAX_OPTION_ROM) refuse(`its header says ${size} bytes, the file has ${rom.length}`);
  if (rom.subarray(0, size).reduce((sum, byte) => (sum + byte) & 0xff, 0)) refuse('the sum of its bytes is not 0');
  return rom;
};

const baseName = (path: string): string => path.split(/[\\/]/).pop() || path;

/** A name in fw_cfg has at most 55 characters. */
const romFile = (directory: string, n: number, path: string, bytes: Uint8Array): FirmwareFile => ({
  name: `${directory}/${n}-${baseName(path)
    .replace(/[^\x21-\x7e]/g, '_')
    .slice(-40)}`,
  bytes,
});

const integerFile = (name: string, value: number): FirmwareFile => ({ name, bytes: Uint8Array.of(value & 0xff, value >> 8) });

/** The image that the configuration names, and its option ROMs; undefined for the built-in BIOS. Throws UserError. */
export const readBios = ({ bios, vgaBios, optionRoms = [] }: Configuration, files: Reader): BiosImage | undefined => {
  if (bios === undefined) {
    if (vgaBios !== undefined || optionRoms.length > 0)
      throw new UserError('bios.optionRom', `${vgaBios === undefined ? 'optionRoms' : 'vgaBios'} needs "bios": the built-in BIOS runs no option ROMs`);
    return undefined;
  }
  const video = vgaBios === undefined ? undefined : readOptionRom('vgaBios', vgaBios, files);
  // A ROM of another card, or of none, is started as it is; that of ours asks it where its frame buffer is.
  const onCard = video !== undefined && isRomOf(video, BOCHS_DISPLAY);
  const first = video === undefined || vgaBios === undefined ? [integerFile('etc/sercon-port', SERIAL_PORT)] : onCard ? [] : [romFile('vgaroms', 0, vgaBios, video)];
  const others = optionRoms.map((path, n) => romFile('genroms', n, path, readOptionRom('optionRoms', path, files)));
  return { rom: readRom(bios, files), files: [...first, ...others], ...(onCard ? { displayRom: video } : {}) };
};

/** From a configuration to a guest and its disks: read the files it names, assemble a source, load the result. */
import type { Assemble, Assembly, Diagnostic } from '../asm/assembly';
import { inFile, UserError } from '../base/userError';
import { arrayStorage, DiskImage, type MediumKind, type Storage } from '../devices/diskImage';
import { MAX_IDE_DRIVES } from './board';
import type { BootDevice, Configuration } from './configuration';
import { type BiosImage, readBios } from './firmware/image';
import { FIRST_CD, FIRST_HARD_DISK } from './firmware/service';
import { cutOff } from './loader/cutOff';
import type { LoadedGuest, LoadOptions } from './loader/guest';
import { loadGuest, loadMedium } from './loader/loadGuest';
import { openSymbolFiles, type Symbols } from './symbolFiles';

/** The files of whoever runs us: Node's, an editor's, a browser's. */
export interface FileAccess {
  /** Throws UserError for a file that cannot be read. */
  readFile(path: string): Uint8Array;
  /** For files that need not be read whole. Throws UserError. Whoever cannot do it leaves it out. */
  openFile?(path: string): Storage;
  /** An included file, sought from the file that includes it; undefined when there is none. */
  readInclude(path: string, from: string): { path: string; bytes: Uint8Array } | undefined;
}

export interface Program {
  readonly guest: LoadedGuest;
  /** Present when the program was assembled from source. */
  readonly assembly?: Assembly;
  readonly symbols: Symbols;
  /** Sentences for the user about the program and its images. */
  readonly notes: readonly string[];
  /** In the order in which the BIOS tries to boot them. */
  readonly drives: readonly ProgramDrive[];
  /** The BIOS chooses what boots, instead of the program's own boot sector. */
  readonly bootFromBios: boolean;
  /** The BIOS that is to start the machine; the built-in one without it. */
  readonly bios?: BiosImage;
}

export interface ProgramDrive {
  /** BIOS drive number. */
  readonly number: number;
  readonly image: DiskImage;
  /** The guest's writes may go into its file. */
  readonly persistent: boolean;
}

/** A source with errors; `diagnostics` has all of them. */
export class AssemblyError extends UserError {
  constructor(
    path: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    const errors = diagnostics.filter((d) => d.severity === 'error').length;
    super('load.assembly', `${path} has ${errors === 1 ? 'an error' : `${errors} errors`}`);
  }
}

const SOURCE = /\.(asm|nasm|s|inc|a86)$/i;
const MIB = 1024 * 1024;

export const isSource = (path: string): boolean => SOURCE.test(path);

const baseName = (path: string): string => path.split(/[\\/]/).pop() || path;

const assembleProgram = (config: Configuration, files: FileAccess, assemble: Assemble): Assembly => {
  const source = new TextDecoder().decode(files.readFile(config.program));
  const assembly = assemble(source, { path: config.program, readFile: (path, from) => files.readInclude(path, from), define: config.define });
  if (assembly.diagnostics.some((d) => d.severity === 'error')) throw new AssemblyError(config.program, assembly.diagnostics);
  return assembly;
};

const openFile = (files: FileAccess, path: string): Storage => files.openFile?.(path) ?? arrayStorage(files.readFile(path));

// biome-ignore format: a table
const DRIVES: readonly { readonly attribute: BootDevice; readonly first: number; readonly count: number; readonly kind: MediumKind; readonly what: string }[] = [
  { attribute: 'floppy', first: 0,               count: 2, kind: 'floppy',   what: 'floppies' },
  { attribute: 'disk',   first: FIRST_HARD_DISK, count: 4, kind: 'hardDisk', what: 'hard disks' },
  { attribute: 'cdrom',  first: FIRST_CD,        count: 2, kind: 'cdrom',    what: 'CDs' },
];

const deviceOf = (number: number): BootDevice => (number >= FIRST_CD ? 'cdrom' : number >= FIRST_HARD_DISK ? 'disk' : 'floppy');

/** The program's own medium takes the first drive of its kind; those that the configuration names take the drives behind it. */
const openDrives = (config: Configuration, guest: LoadedGuest, fromFile: boolean, files: FileAccess): ProgramDrive[] => {
  const drives: ProgramDrive[] = [];
  const { medium } = guest;
  if (medium) drives.push({ number: medium.drive, image: new DiskImage(medium.storage, medium.kind, config.program), persistent: fromFile });
  for (const { attribute, first, count, kind, what } of DRIVES) {
    const paths = config[attribute] ?? [];
    for (const path of typeof paths === 'string' ? [paths] : paths) {
      // A boot sector alone is no medium worth keeping when an image is given for its drive.
      if (guest.kind === 'bootSector' && drives[0]?.number === first && drives[0].image.what === config.program) drives.shift();
      const number = first + drives.filter((d) => deviceOf(d.number) === attribute).length;
      if (number >= first + count) throw new UserError('disk.count', `"${attribute}": ${path} is one too many, there is room for ${count} ${what}`);
      drives.push({ number, image: new DiskImage(openFile(files, path), kind, path), persistent: true });
    }
  }
  const firstIde = config.virtio?.includes('block') ? FIRST_CD : FIRST_HARD_DISK;
  const ide = drives.filter((d) => d.number >= firstIde);
  if (ide.length > MAX_IDE_DRIVES)
    throw new UserError('disk.count', `${ide[MAX_IDE_DRIVES].image.what} is one too many: hard disks and CDs together have room for ${MAX_IDE_DRIVES}`);
  return drives;
};

/** Drives of the kinds that `boot` names first; without it the program's own comes first. */
const inBootOrder = (drives: readonly ProgramDrive[], boot: Configuration['boot']): ProgramDrive[] => {
  if (!boot) return [...drives];
  const rank = ({ number }: ProgramDrive): number => (boot.includes(deviceOf(number)) ? boot.indexOf(deviceOf(number)) : boot.length);
  return [...drives].sort((a, b) => rank(a) - rank(b) || a.number - b.number);
};

/** `PATH` or `PATH -- ARGUMENTS`; a module's command line begins with its name, as the kernel's does. */
const readModule = (text: string, files: FileAccess): { bytes: Uint8Array; commandLine: string } => {
  const [, path, words] = /^(.*?)(?: -- (.*))?$/s.exec(text)!;
  return { bytes: files.readFile(path), commandLine: words === undefined ? baseName(path) : `${baseName(path)} ${words}` };
};

/** Throws UserError, AssemblyError among them. */
export const prepareProgram = (config: Configuration, files: FileAccess, assemble: Assemble): Program => {
  const assembly = isSource(config.program) ? assembleProgram(config, files, assemble) : undefined;
  const options: LoadOptions = {
    memory: config.memory * MIB,
    name: baseName(config.program),
    loadAddress: config.loadAddress,
    entry: config.entry,
    origin: assembly?.origin,
    bits: config.bits ?? assembly?.lines.find((line) => line.code)?.bits,
    append: config.append,
    ...(config.initrd === undefined ? {} : { initrd: { name: config.initrd, bytes: files.readFile(config.initrd) } }),
    modules: config.modules?.map((text) => readModule(text, files)),
  };
  const symbols = openSymbolFiles(config, files);
  const bios = readBios(config, files);
  const bytes = assembly?.bytes ?? openFile(files, config.program);
  const name = baseName(config.program);
  const guest = inFile(name, () => (bios ? loadMedium(config.kind, bytes, name) : loadGuest(config.kind, bytes, options)));
  if (!guest) throw new UserError('bios.program', `${config.program} is no medium: a BIOS image boots from a boot sector, a floppy, disk or CD image`);
  const drives = openDrives(config, guest, !assembly, files);
  const bootFromBios = (bios !== undefined || config.boot !== undefined) && guest.medium !== undefined;
  const notes = [...guest.notes, ...drives.flatMap(({ image }) => cutOff(image) ?? [])];
  return { guest, assembly, symbols, notes, drives: inBootOrder(drives, config.boot), bootFromBios, ...(bios ? { bios } : {}) };
};

/** From a configuration to a guest and its disks: read the files it names, assemble a source, load the result. */
import type { Assemble, Assembly, Diagnostic } from '../asm/assembly';
import { UserError } from '../base/userError';
import { DiskImage } from '../devices/diskImage';
import type { Configuration } from './configuration';
import type { LoadedGuest, LoadOptions } from './loader/guest';
import { loadGuest } from './loader/loadGuest';

/** The files of whoever runs us: Node's, an editor's, a browser's. */
export interface FileAccess {
  /** Throws UserError for a file that cannot be read. */
  readFile(path: string): Uint8Array;
  /** An included file, sought from the file that includes it; undefined when there is none. */
  readInclude(path: string, from: string): { path: string; bytes: Uint8Array } | undefined;
}

export interface Program {
  readonly guest: LoadedGuest;
  /** Present when the program was assembled from source. */
  readonly assembly?: Assembly;
  /** By BIOS drive number. */
  readonly drives: readonly { readonly number: number; readonly image: DiskImage }[];
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

const DRIVES = [
  { attribute: 'floppy', number: 0x00, kind: 'floppy' },
  { attribute: 'disk', number: 0x80, kind: 'hardDisk' },
] as const;

/** The disk that boots comes first; a disk that the configuration names takes the drive the program did not. */
const openDrives = (config: Configuration, guest: LoadedGuest, files: FileAccess): Program['drives'] => {
  const drives: { number: number; image: DiskImage }[] = [];
  if (guest.medium) drives.push({ number: guest.medium.drive, image: new DiskImage(guest.medium.bytes, guest.medium.kind, config.program) });
  for (const { attribute, number, kind } of DRIVES) {
    const path = config[attribute];
    if (path === undefined) continue;
    // A boot sector alone is no medium worth keeping when an image is given for its drive.
    if (guest.kind === 'bootSector' && drives[0]?.number === number) drives.shift();
    const taken = drives.some((d) => d.number === number);
    drives.push({ number: taken ? number + 1 : number, image: new DiskImage(files.readFile(path), kind, path) });
  }
  return drives;
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
  };
  const guest = loadGuest(config.kind, assembly?.bytes ?? files.readFile(config.program), options);
  return { guest, assembly, drives: openDrives(config, guest, files) };
};

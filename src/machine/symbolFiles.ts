/** The files that tell about the guest's code: the program itself, if it is ELF, and those that the configuration names. */
import { inFile, UserError } from '../base/userError';
import type { Storage } from '../devices/diskImage';
import type { FileBytes } from '../symbols/byteReader';
import { isElf } from '../symbols/elf32';
import { SymbolFile } from '../symbols/symbolFile';
import type { Configuration } from './configuration';
import type { FileAccess } from './program';

/** `kernel.elf`, or `kernel.elf@0x100000` when it does not run where it was linked. */
const PLACED = /^(.*)@(-?)(0x[0-9a-f]{1,8}|\d{1,10})$/is;
/** Folders above a symbol file where a source may be sought that is named without one. */
const ABOVE = ['', '../', '../../'];

function placed(text: string, offset: number): { path: string; offset: number } {
  const match = PLACED.exec(text);
  return match ? { path: match[1], offset: (match[2] ? -Number(match[3]) : Number(match[3])) >>> 0 } : { path: text, offset };
}

/** Where a source file is that the compiler knew as `path`. */
function sourceFinder(config: Configuration, files: FileAccess, symbolFile: string): (path: string) => string {
  const known = new Map<string, string>();
  const moved = Object.entries(config.sourceFileMap ?? {}).sort(([a], [b]) => b.length - a.length);
  const find = (path: string): string => {
    const prefix = moved.find(([from]) => path === from || path.startsWith(from.replace(/[/\\]?$/, '/')));
    if (prefix) return prefix[1].replace(/[/\\]$/, '') + path.slice(prefix[0].replace(/[/\\]$/, '').length);
    if (/^([/\\]|[A-Za-z]:)/.test(path)) return path;
    for (const above of ABOVE) {
      const found = files.readInclude(above + path, symbolFile);
      if (found) return found.path;
    }
    return path;
  };
  return (path) => {
    const found = known.get(path) ?? find(path);
    known.set(path, found);
    return found;
  };
}

/** What tells about the guest's code. */
export interface Symbols {
  /** `isIdentity`: whether a linear address is the physical one at present. Throws UserError for a damaged file. */
  read(isIdentity: (linear: number) => boolean): SymbolFile[];
  /** Nothing more will be read. */
  close(): void;
}

interface Placed {
  readonly path: string;
  readonly offset: number;
  readonly loadOffset: number;
  readonly content: Uint8Array | FileBytes;
}

/** Larger files are not read as a whole: those with all about a kernel have hundreds of megabytes. */
const LARGE = 64 << 20;
const MAGIC = 4;

/** Those that `symbols` names are opened at once, so that a wrong name is an error of the launch. Throws UserError. */
export function openSymbolFiles(config: Configuration, files: FileAccess): Symbols {
  const { symbolOffset = 0 } = config;
  const opened: LargeFile[] = [];
  const named = (config.symbols ?? []).map((text): Placed => {
    const { path, offset } = placed(text, symbolOffset);
    const content = open(files, path, opened);
    if (!isElf(content instanceof Uint8Array ? content : content.read(0, MAGIC)))
      throw new UserError('symbols.kind', `symbols: ${path} is no ELF file; name the file that the linker made, before objcopy`);
    return { path, offset, loadOffset: offset, content };
  });
  return {
    read(isIdentity) {
      const own = named.some(({ path }) => path === config.program) ? [] : ownSymbols(config, files, opened);
      return [...own, ...named].map(({ content, ...options }) =>
        inFile(options.path, () => new SymbolFile(content, { ...options, isIdentity, resolve: sourceFinder(config, files, options.path) })),
      );
    },
    close() {
      for (const file of opened) file.close();
    },
  };
}

/** A file that may be closed while somebody still reads: there is nothing in it then. */
class LargeFile implements FileBytes {
  #storage: Storage | undefined;
  readonly size: number;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.size = storage.size;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#storage?.read(offset, Math.max(0, Math.min(length, this.size - offset))) ?? new Uint8Array();
  }

  close(): void {
    this.#storage?.close?.();
    this.#storage = undefined;
  }
}

function open(files: FileAccess, path: string, opened: LargeFile[]): Uint8Array | FileBytes {
  const storage = files.openFile?.(path);
  if (storage && storage.size > LARGE) {
    const file = new LargeFile(storage);
    opened.push(file);
    return file;
  }
  storage?.close?.();
  return files.readFile(path);
}

/** The loader puts it where it says itself; `symbolOffset` is about where it goes from there. */
function ownSymbols({ program, symbolOffset = 0 }: Configuration, files: FileAccess, opened: LargeFile[]): Placed[] {
  const beginning = files.openFile?.(program);
  const head = beginning?.read(0, Math.min(MAGIC, beginning.size));
  beginning?.close?.();
  if (head && !isElf(head)) return [];
  const content = open(files, program, opened);
  return head || isElf(content as Uint8Array) ? [{ path: program, offset: symbolOffset, loadOffset: 0, content }] : [];
}

/** The files that tell about the guest's code: the program itself, if it is ELF, and those that the configuration names. */
import { UserError } from '../base/userError';
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

/** Those that `symbols` names are read at once, so that a wrong name is an error of the launch. Throws UserError. */
export function readSymbolFiles(config: Configuration, files: FileAccess): (isIdentity: (linear: number) => boolean) => SymbolFile[] {
  const { symbolOffset = 0 } = config;
  const named = (config.symbols ?? []).map((text) => {
    const { path, offset } = placed(text, symbolOffset);
    const bytes = files.readFile(path);
    if (!isElf(bytes)) throw new UserError('symbols.kind', `symbols: ${path} is no ELF file; name the file that the linker made, before objcopy`);
    return { path, offset, loadOffset: offset, bytes };
  });
  return (isIdentity) => {
    const own = named.some(({ path }) => path === config.program) ? [] : ownSymbols(config, files);
    return [...own, ...named].map(({ bytes, ...placed }) => new SymbolFile(bytes, { ...placed, isIdentity, resolve: sourceFinder(config, files, placed.path) }));
  };
}

const MAGIC = 4;

/** The loader puts it where it says itself; `symbolOffset` is about where it goes from there. */
function ownSymbols({ program, symbolOffset = 0 }: Configuration, files: FileAccess): { path: string; offset: number; loadOffset: number; bytes: Uint8Array }[] {
  const opened = files.openFile?.(program);
  const head = opened?.read(0, MAGIC);
  opened?.close?.();
  if (head && !isElf(head)) return [];
  const bytes = files.readFile(program);
  return isElf(bytes) ? [{ path: program, offset: symbolOffset, loadOffset: 0, bytes }] : [];
}

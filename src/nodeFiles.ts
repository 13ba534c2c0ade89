/** Files in Node, for the machine and the command line. What the user can mend becomes a UserError that names the file. */
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from './base/userError';
import type { FileAccess } from './machine/program';

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a folder; expected a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GB',
};

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UserError(`file.${code || 'error'}`, `${file}: ${PROBLEMS[code] ?? message}`);
  }
}

export const readFile = (file: string): Uint8Array => attempt(file, () => fs.readFileSync(file));

export const writeFile = (file: string, content: Uint8Array | string): void => attempt(file, () => fs.writeFileSync(file, content));

/** Beside the file that includes it, then in the working directory, as nasm does. */
function readInclude(name: string, from: string): { path: string; bytes: Uint8Array } | undefined {
  const places = path.isAbsolute(name) ? [name] : [path.join(path.dirname(from), name), name];
  const found = places.find((place) => fs.statSync(place, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : { path: found, bytes: readFile(found) };
}

export const nodeFiles: FileAccess = { readFile, readInclude };

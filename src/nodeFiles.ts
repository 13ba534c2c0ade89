/** Files in Node, for the machine and the command line. What the user can mend becomes a UserError that names the file. */
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from './base/userError';
import type { Change, Storage } from './devices/diskImage';
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

/** What tells whether a file is still the one we know. */
type Identity = Pick<fs.Stats, 'size' | 'mtimeMs' | 'ino'>;

const identity = (file: string): Identity => fs.statSync(file);

/** Change a file as a whole or not at all: a changed copy takes its place. */
function replaceFile(file: string, changes: readonly Change[], known: Identity): Identity {
  const real = attempt(file, () => fs.realpathSync(file));
  const now = attempt(file, () => identity(real));
  if (now.size !== known.size || now.mtimeMs !== known.mtimeMs || now.ino !== known.ino)
    throw new UserError('file.changed', `${file} was changed by another program meanwhile: what the guest wrote was not put into it`);
  attempt(file, () => fs.accessSync(real, fs.constants.W_OK));
  const copy = `${real}.ringside-${process.pid}`;
  try {
    return attempt(file, () => {
      fs.copyFileSync(real, copy, fs.constants.COPYFILE_FICLONE);
      const fd = fs.openSync(copy, 'r+');
      try {
        for (const { offset, bytes } of changes) fs.writeSync(fd, bytes, 0, bytes.length, offset);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(copy, real);
      return identity(real);
    });
  } catch (error) {
    fs.rmSync(copy, { force: true });
    throw error;
  }
}

/** A file that is read where it is needed. */
function openFile(file: string): Storage {
  const fd = attempt(file, () => fs.openSync(file, 'r'));
  const opened = attempt(file, () => fs.fstatSync(fd));
  if (!opened.isFile()) {
    fs.closeSync(fd);
    throw new UserError('file.EISDIR', `${file}: ${opened.isDirectory() ? PROBLEMS.EISDIR : 'is a device; expected a file'}`);
  }
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const n = attempt(file, () => fs.readSync(fd, bytes, done, length - done, offset + done));
      if (n === 0) break; // the file was cut off behind our back: the rest reads as zeros
      done += n;
    }
    return bytes;
  };
  let known: Identity = opened;
  const update = (changes: readonly Change[]): void => {
    known = replaceFile(file, changes, known);
  };
  return { size: opened.size, read, update, close: () => fs.closeSync(fd) };
}

export const nodeFiles: FileAccess = { readFile, readInclude, openFile };

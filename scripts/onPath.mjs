import fs from 'node:fs';
import path from 'node:path';

const ENDINGS = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];

/** First of the program names that a folder on PATH has. */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return names.find((name) => folders.some((folder) => ENDINGS.some((ending) => fs.existsSync(path.join(folder, name + ending)))));
}

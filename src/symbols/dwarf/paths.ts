/** Paths as compilers write them: relative to a directory, and the same ones in the tables of all units. */

const isAbsolute = (path: string): boolean => /^([/\\]|[A-Za-z]:[/\\])/.test(path);

/** `name` in `directory`, without `.` and `..`. */
export function joinPath(directory: string, name: string): string {
  const path = isAbsolute(name) || !directory ? name : `${directory.replace(/[/\\]$/, '')}/${name}`;
  const parts: string[] = [];
  for (const part of path.split(/[/\\]/)) {
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..' && parts[parts.length - 1] !== '') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Texts and paths that the tables of many units repeat, each made once. */
export class PathCache {
  readonly #texts = new Map<number, string>();
  readonly #joined = new Map<string, Map<string, string>>();

  text(offset: number, read: () => string): string {
    const known = this.#texts.get(offset);
    if (known !== undefined) return known;
    const text = read();
    this.#texts.set(offset, text);
    return text;
  }

  join(directory: string, name: string): string {
    let inDirectory = this.#joined.get(directory);
    if (!inDirectory) this.#joined.set(directory, (inDirectory = new Map()));
    let path = inDirectory.get(name);
    if (path === undefined) inDirectory.set(name, (path = joinPath(directory, name)));
    return path;
  }
}

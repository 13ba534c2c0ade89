/** Node's `path` and `os`, as far as the extension uses them, where paths have slashes and nobody has a home. */

export const sep = '/';

export const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const dirname = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/';
export const extname = (path: string): string => /[^/](\.[^./]*)$/.exec(path)?.[1] ?? '';
export const parse = (path: string): { name: string } => ({ name: basename(path).slice(0, basename(path).length - extname(path).length) });
export const join = (...parts: string[]): string => parts.join('/').replace(/\/+/g, '/');

export function relative(from: string, to: string): string {
  const [a, b] = [from, to].map((path) => path.split('/').filter(Boolean));
  let common = 0;
  while (common < a.length && a[common] === b[common]) common++;
  return [...a.slice(common).map(() => '..'), ...b.slice(common)].join('/');
}

export const homedir = (): string => '/';

export default { sep, basename, dirname, extname, parse, join, relative, homedir };

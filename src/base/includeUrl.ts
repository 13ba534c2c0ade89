/** Where an included file may be, for paths that are URIs, or paths with slashes. */

const SCHEME = /^[a-z][\w+.-]+:/i;

/** `name` as seen from the file or folder (with a slash at its end) `base`; undefined when that is nowhere, as an unsaved document is. */
export function resolveUrl(name: string, base: string): string | undefined {
  try {
    if (SCHEME.test(base) || SCHEME.test(name)) return new URL(name, base).href;
    return decodeURI(new URL(encodeURI(name), `file://${encodeURI(base)}`).pathname);
  } catch {
    return undefined;
  }
}

/** Beside the file that includes it, then in the roots (which end in a slash). */
export const includePlaces = (name: string, from: string, roots: readonly string[] = []): string[] =>
  [from, ...roots].flatMap((base) => {
    const place = resolveUrl(name, base);
    return place === undefined ? [] : [place];
  });

/** What stands between braces: words with commas, or the numbers of `0..7`. */
function choices(text) {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (!range) return text.split(',');
  return Array.from({ length: range[2] - range[1] + 1 }, (_, i) => String(Number(range[1]) + i));
}

/** The words that a pattern with alternatives in braces stands for: `k{and,or}{b,w}` is kandb, kandw, korb, korw. */
export function braces(pattern) {
  const found = /\{([^{}]*)\}/.exec(pattern);
  if (!found) return [pattern];
  const [before, after] = [pattern.slice(0, found.index), pattern.slice(found.index + found[0].length)];
  return choices(found[1]).flatMap((word) => braces(`${before}${word}${after}`));
}

/** All words of a text of such patterns. */
export const expand = (text) => text.trim().split(/\s+/).flatMap(braces);

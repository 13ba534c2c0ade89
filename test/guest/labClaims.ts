/**
 * What the text of a lab promises, marked behind the words that promise it:
 *   **6 places**<!-- stops -->              so many stops are marked in the guest
 *   **63 traps**<!-- count trap trap -->    so many events of this kind under this technique
 *   **9 times**<!-- hits sum bt -->         the block that begins at this label has run so often
 *   `cli`<!-- line trap trap -->            an event of this kind at a line of the guest that begins so
 *   `ring: 0`<!-- prints bare -->           it is printed; of several in a row, each
 *   <!-- ends trap halted -->               how the run ends
 *   <!-- cost bt > trap -->                 modelled cycles of two runs
 * A technique may be followed by `+optimised` (translation) or `+vandal` (ROLE=1).
 */
export type Claim =
  | { readonly kind: 'stops'; readonly count: number }
  | { readonly kind: 'count'; readonly event: string; readonly run: string; readonly count: number }
  | { readonly kind: 'hits'; readonly label: string; readonly run: string; readonly count: number }
  | { readonly kind: 'line'; readonly event: string; readonly run: string; readonly code: string }
  | { readonly kind: 'prints'; readonly run: string; readonly texts: readonly string[] }
  | { readonly kind: 'ends'; readonly run: string; readonly ending: string }
  | { readonly kind: 'cost'; readonly dearer: string; readonly cheaper: string };

const BEFORE_NUMBER = /\*\*(\d+)[^*]*\*\*$/;
const BEFORE_CODE = /(?:`([^`]+)`[^`<]{1,5})?`([^`]+)`$/;

function claim(before: string, text: string): Claim {
  const [kind, ...words] = text.split(' ');
  const count = Number(BEFORE_NUMBER.exec(before)?.[1]);
  const [, other, code] = BEFORE_CODE.exec(before) ?? [];
  if (kind === 'stops' && !Number.isNaN(count)) return { kind, count };
  if (kind === 'count' && !Number.isNaN(count)) return { kind, event: words[0], run: words[1], count };
  if (kind === 'hits' && !Number.isNaN(count)) return { kind, label: words[0], run: words[1], count };
  if (kind === 'line' && code) return { kind, event: words[0], run: words[1], code };
  if (kind === 'prints' && code) return { kind, run: words[0], texts: other ? [other, code] : [code] };
  if (kind === 'ends') return { kind, run: words[0], ending: words.slice(1).join(' ') };
  if (kind === 'cost' && words[1] === '>') return { kind, dearer: words[0], cheaper: words[2] };
  throw new Error(`<!-- ${text} --> behind "${before.slice(-40)}" means nothing`);
}

export const claimsOf = (text: string): Claim[] => [...text.matchAll(/<!-- (.+?) -->/g)].map((match) => claim(text.slice(0, match.index).split('\n').at(-1)!, match[1]));

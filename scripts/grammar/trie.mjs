/** A regular expression for a list of words that tries each character once: two thousand words as alternatives would be tried one by one. */
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function insert(node, word) {
  let at = node;
  for (const letter of word) {
    at.next[letter] ??= { next: {}, end: false };
    at = at.next[letter];
  }
  at.end = true;
}

/** Letters that lead to the same rest share it: `[bw]s?`. */
function alternatives(node) {
  const lettersOf = new Map();
  for (const letter of Object.keys(node.next).sort()) {
    const rest = pattern(node.next[letter]);
    lettersOf.set(rest, [...(lettersOf.get(rest) ?? []), letter]);
  }
  return [...lettersOf].map(([rest, letters]) => `${letters.length > 1 ? `[${letters.join('')}]` : literal(letters[0])}${rest}`);
}

function pattern(node) {
  const list = alternatives(node);
  if (list.length === 0) return '';
  const one = list.length === 1 && (!node.end || list[0].length === 1) ? list[0] : `(?:${list.join('|')})`;
  return node.end ? `${one}?` : one;
}

/** Pattern of exactly these words; as a part of another it needs no group around it. A word is letters, digits and `.`, `?`, `!`, `-`, `_`. */
export function any(words) {
  const root = { next: {}, end: false };
  for (const word of words) insert(root, word);
  return pattern(root);
}

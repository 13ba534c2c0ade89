/**
 * The grammar of listings (`ringside asm --listing`, nasm -l): line number, address, bytes, then source. The source is NASM's
 * grammar with the beginning of a line moved behind those columns (`\G`: where the enclosing rule's beginning has ended).
 */

const moved = (pattern) => pattern.replace(/^(\(\?i\))?\^/, '$1\\G');

function moveLineStart(value) {
  if (Array.isArray(value)) return value.map(moveLineStart);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, (key === 'match' || key === 'begin') && typeof inner === 'string' ? moved(inner) : moveLineStart(inner)]),
  );
}

const BYTES = '(?:<\\w+ [\\dA-Fa-f]+h?>|[\\dA-Fa-f\\[\\]()?]+(?:<[\\w ]+>)?-?)';

export function listingGrammar(nasm) {
  const { patterns, repository } = moveLineStart(nasm);
  return {
    ...nasm,
    name: 'Assembler listing (Ringside)',
    scopeName: 'source.ringside-listing',
    patterns: [
      {
        begin: `^(\\s*\\d+)(?: (?:([\\dA-F]{8}) (${BYTES})|\\s{9})\\s*(<\\d+>)?)? ?`,
        beginCaptures: {
          1: { name: 'constant.numeric.line-number.listing' },
          2: { name: 'constant.other.address.listing' },
          3: { name: 'comment.block.bytes.listing' },
          4: { name: 'punctuation.definition.macro-depth.listing' },
        },
        end: '$',
        patterns,
      },
      { name: 'invalid.illegal.listing', match: '^\\s*\\d*\\s*\\*{5,}.*$' },
    ],
    repository,
  };
}

/** Source text to logical lines of tokens (NASM manual, 3.1 and 3.4). */
import { type Place, type SourceLine, type Token, type TokenKind, spell } from './token';

interface Pattern {
  readonly kind: TokenKind | 'space' | 'comment';
  readonly regex: RegExp;
}

/** Longest punctuation first. */
const PUNCTUATION = /<=>|>>>|<<<|<<|>>|<=|>=|==|<>|!=|&&|\|\||\^\^|\/\/|%%|[-+*/%&|^~!<>=()[\],:?{}]/y;

/** In order: the first that matches at a position wins. */
const PATTERNS: readonly Pattern[] = [
  { kind: 'space', regex: /[ \t\f\v\r\u00a0]+/y },
  { kind: 'comment', regex: /;.*/y },
  { kind: 'string', regex: /'[^']*'|"[^"]*"|`(?:\\.|[^`\\])*`/y },
  { kind: 'percent', regex: /%(?:\{[^}]*\}|\[|\+\+?(?=\d)\d+|-\d+|\+|%[A-Za-z_.?@][\w.$#@~?]*|\$+[A-Za-z_.?@0-9][\w.$#@~?]*|![A-Za-z_]\w*|!'[^']*'|\d+|,|\*?\?\??|[A-Za-z_]\w*)/y },
  // A decimal float may have a signed exponent after E, one in another radix after P: 1e+5, 0x1p+5, but 0x1e + 5.
  { kind: 'number', regex: /(?:(?:0[dDtT])?\d[\d_]*(?:\.[\d_]*)?[eE][-+]\d[\d_]*|(?:0[xXhHoOqQbByY]|\$)[\da-fA-F_]*(?:\.[\da-fA-F_]*)?[pP][-+]\d[\d_]*|\$?\d[\w.]*)/y },
  { kind: 'word', regex: /\$?[A-Za-z_.?@][\w.$#@~?]*|\$\$?/y },
  { kind: 'punctuation', regex: PUNCTUATION },
  { kind: 'unknown', regex: /['"`].*|./suy },
];

export const isUnterminated = (token: Token): boolean => token.kind === 'unknown' && /^['"`]/.test(token.text);

/** Tokens of one physical line. */
export function tokenize(text: string, line: number, firstColumn = 1): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    const { kind, match } = matchAt(text, at);
    if (kind === 'space' || kind === 'comment') spaced = true;
    else {
      tokens.push({ kind, text: match, spaced, line, column: firstColumn + at, endColumn: firstColumn + at + match.length });
      spaced = false;
    }
    at += match.length;
  }
  return tokens;
}

function matchAt(text: string, at: number): { kind: Pattern['kind']; match: string } {
  for (const { kind, regex } of PATTERNS) {
    regex.lastIndex = at;
    const match = regex.exec(text)?.[0];
    if (match) return { kind, match };
  }
  return { kind: 'unknown', match: text[at] };
}

/** Tokens of text a macro made, all at one place. */
export const tokenizeAt = (text: string, place: Place): Token[] =>
  tokenize(text, place.line).map((token) => ({ ...token, line: place.line, column: place.column, endColumn: place.endColumn }));

/** What `value` is written as. */
export function numberTokens(value: bigint, { line, column, endColumn }: Place): Token[] {
  const token = (kind: TokenKind, text: string): Token => ({ kind, text, spaced: false, line, column, endColumn });
  return value < 0n ? [token('punctuation', '-'), token('number', String(-value))] : [token('number', String(value))];
}

/** Glue two tokens into what their joined text spells. */
export const paste = (left: Token, right: Token): Token[] => tokenizeAt(left.text + right.text, left).map((token, n) => (n === 0 ? { ...token, spaced: left.spaced } : token));

/** Text of a file to logical lines; a backslash at the end of a line continues it. */
export function splitLines(source: string, path: string): SourceLine[] {
  const lines: SourceLine[] = [];
  const physical = source.split(/\r\n|\n|\r/);
  for (let n = 0; n < physical.length; n++) {
    const line = n + 1;
    let text = physical[n];
    if (text.includes('\u001a')) text = text.slice(0, text.indexOf('\u001a'));
    const tokens: Token[] = [];
    while (text.endsWith('\\') && n + 1 < physical.length) {
      tokens.push(...tokenize(text.slice(0, -1), n + 1));
      text = physical[++n];
    }
    const rest = tokenize(text, n + 1);
    if (tokens.length > 0 && rest.length > 0) rest[0] = { ...rest[0], spaced: true };
    tokens.push(...rest);
    if (tokens.length > 0) lines.push({ path, line, tokens });
  }
  return lines;
}

export const spellLine = (line: SourceLine): string => spell(line.tokens);

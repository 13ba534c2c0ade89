/** A token of NASM source, with the place it came from. Text produced by a macro carries the place of its invocation. */

export type TokenKind =
  /** Identifier, keyword, mnemonic, register; also `$` and `$$`. */
  | 'word'
  | 'number'
  | 'string'
  | 'punctuation'
  /** Anything the preprocessor owns: `%define`, `%1`, `%%local`, `%$context`, `%+`, `%{...}`, `%[...]`. */
  | 'percent'
  | 'unknown';

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

export interface Token extends Place {
  readonly kind: TokenKind;
  readonly text: string;
  /** White space stood before it. */
  readonly spaced: boolean;
}

/** One logical line: continuation lines joined, comment gone. */
export interface SourceLine {
  readonly path: string;
  readonly line: number;
  readonly tokens: readonly Token[];
}

export const restamp = (token: Token, place: Place): Token => ({
  ...token,
  line: place.line,
  column: place.column,
  endColumn: place.endColumn,
});

export const isWord = (token: Token | undefined, text: string): boolean => token?.kind === 'word' && token.text.toLowerCase() === text;

export const isPunctuation = (token: Token | undefined, text: string): boolean => token?.kind === 'punctuation' && token.text === text;

/** The smallest place that covers `tokens` from number `from` on, as far as they stand on one line. */
export function span(tokens: readonly Token[], from = 0): Place {
  const first: Place = tokens[from] ?? { line: 1, column: 1, endColumn: 2 };
  let last = first;
  for (let n = tokens.length - 1; n > from && last === first; n--) if (tokens[n].line === first.line && tokens[n].endColumn >= first.endColumn) last = tokens[n];
  return { line: first.line, column: first.column, endColumn: last.endColumn };
}

/** Source text again, one blank where white space stood. */
export const spell = (tokens: readonly Token[]): string => tokens.map((token, n) => (n > 0 && token.spaced ? ' ' : '') + token.text).join('');

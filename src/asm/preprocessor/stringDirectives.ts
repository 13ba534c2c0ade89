/** %strlen, %strcat, %substr, %defstr, %deftok: strings as macros (NASM manual, 4.2). Lengths and indices count bytes. */
import { SourceError } from '../diagnostics';
import { tokenizeAt } from '../lexer';
import { quote, quoteText, stringBytes, stringText } from '../strings';
import { type Token, isPunctuation, spell } from '../token';
import { type DirectiveLine, type Run, defineIn, nameAndRest } from './directiveLine';

/** Define the directive's name as what `make` finds in the expanded rest of the line. */
const defining =
  (make: (rest: readonly Token[], directive: DirectiveLine, name: Token) => string): Run =>
  (directive) => {
    const { name, rest } = nameAndRest(directive);
    const body = tokenizeAt(make(directive.preprocessor.expander.expand(rest), directive, name), name);
    defineIn(directive, name, { parameters: undefined, body });
  };

function stringToken(token: Token | undefined, { name, place }: DirectiveLine): Token {
  if (token?.kind !== 'string') throw new SourceError(`%${name} expects a string`, token ?? place);
  return token;
}

const strlen = defining(([text], directive) => String(stringBytes(stringToken(text, directive).text).length));

const strcat = defining((rest, directive) => {
  const strings = rest.filter((token) => !isPunctuation(token, ',')).map((token) => stringBytes(stringToken(token, directive).text));
  return quote(Uint8Array.from(strings.flatMap((bytes) => [...bytes])));
});

/** `start[,count]`: one-based; a count of -1 is up to the end, -2 up to the last but one. */
const substr = defining(([text, ...range], directive, name) => {
  const bytes = stringBytes(stringToken(text, directive).text);
  const arguments_ = isPunctuation(range[0], ',') ? range.slice(1) : range;
  const at = arguments_.findIndex((token) => isPunctuation(token, ','));
  const evaluate = (tokens: readonly Token[]) => Number(directive.preprocessor.evaluate(tokens, name));
  const start = evaluate(at < 0 ? arguments_ : arguments_.slice(0, at));
  return quote(substring(bytes, start, at < 0 ? 1 : evaluate(arguments_.slice(at + 1))));
});

export function substring(bytes: Uint8Array, start: number, count: number): Uint8Array {
  const from = Math.max(start - 1, 0);
  const end = count < 0 ? bytes.length + count + 1 : start - 1 + count;
  return bytes.slice(from, Math.max(from, end));
}

const defstr = defining((rest) => quoteText(spell(rest)));

const deftok = defining(([text], directive) => stringText(stringToken(text, directive).text));

export const STRING_RUNS: readonly (readonly [string, Run])[] = [
  ['strlen', strlen],
  ['istrlen', strlen],
  ['strcat', strcat],
  ['istrcat', strcat],
  ['substr', substr],
  ['isubstr', substr],
  ['defstr', defstr],
  ['idefstr', defstr],
  ['deftok', deftok],
  ['ideftok', deftok],
];

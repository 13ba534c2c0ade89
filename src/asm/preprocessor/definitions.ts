/** The syntax of %define and %macro lines. */
import { SourceError } from '../diagnostics';
import { type Place, type Token, isPunctuation } from '../token';
import { splitMacroArguments } from './invocation';
import type { MultiMacro, Parameter, SingleMacro } from './macroTable';

/** `name body` or `name(a, b) body`; the parenthesis must touch the name. */
export function parseDefine(tokens: readonly Token[], place: Place): { name: Token; macro: Pick<SingleMacro, 'parameters' | 'body'> } {
  const [name, open] = tokens;
  if (!isMacroName(name)) throw new SourceError('macro name expected', name ?? place);
  if (!isPunctuation(open, '(') || open.spaced) return { name, macro: { parameters: undefined, body: tokens.slice(1) } };
  const close = tokens.findIndex((token) => isPunctuation(token, ')'));
  if (close < 0) throw new SourceError("expected `)' after macro parameters", open);
  const parameters = splitMacroArguments(tokens.slice(2, close)).map(parseParameter);
  return { name, macro: { parameters, body: tokens.slice(close + 1) } };
}

export const isMacroName = (token: Token | undefined): token is Token => token?.kind === 'word' || (token?.kind === 'percent' && token.text.startsWith('%$'));

function parseParameter(tokens: readonly Token[]): Parameter {
  const evaluated = isPunctuation(tokens[0], '=');
  const greedy = isPunctuation(tokens[tokens.length - 1], '+');
  const name = tokens.find((token) => token.kind === 'word')?.text ?? '';
  return { name, evaluated, greedy };
}

interface ParameterCount {
  readonly minimum: number;
  readonly maximum: number;
  readonly greedy: boolean;
}

/** `2`, `1-3`, `1-*`, `2+`, any of them with `.nolist`. */
export function parseParameterCount(tokens: readonly Token[], place: Place): ParameterCount {
  const text = tokens.map((token) => token.text).join('');
  const match = /^(\d+)(?:-(\d+|\*))?(\+?)(?:\.nolist)?$/.exec(text);
  if (!match) throw new SourceError('the number of macro parameters must be like 2, 1-3, 0-* or 2+', tokens[0] ?? place);
  const minimum = Number(match[1]);
  const maximum = match[2] === '*' ? Number.POSITIVE_INFINITY : match[2] ? Number(match[2]) : minimum;
  if (maximum < minimum) throw new SourceError('minimum parameter count exceeds maximum', tokens[0]);
  return { minimum, maximum, greedy: match[3] === '+' };
}

/** `name count defaults...`, as after %macro. The body is still to come. */
export function parseMacro(tokens: readonly Token[], place: Place): Omit<MultiMacro, 'body' | 'caseSensitive' | 'recursive'> {
  const [name, ...rest] = tokens;
  if (!name || name.kind === 'punctuation') throw new SourceError('macro name expected', place);
  // The count ends at the first blank: `1-2+ default`.
  const end = rest.findIndex((token, n) => n > 0 && token.spaced && !/^[-+*]$/.test(token.text) && rest[n - 1].text !== '-');
  const count = end < 0 ? rest : rest.slice(0, end);
  const defaults = end < 0 ? [] : splitMacroArguments(rest.slice(end));
  return { name: name.text, ...parseParameterCount(count, place), defaults };
}

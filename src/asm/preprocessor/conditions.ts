/** %if and its kin (NASM manual, 4.4). */
import { SourceError } from '../diagnostics';
import { isFloat } from '../floats';
import { ALIGN_FILL, DIRECTIVES } from '../keywords';
import { parseInteger } from '../numbers';
import { stringText } from '../strings';
import { type Place, type Token, isPunctuation } from '../token';
import { parseParameterCount } from './definitions';
import type { Preprocessor } from './preprocessor';

export interface ConditionName {
  readonly part: 'if' | 'elif' | 'else' | 'endif';
  readonly test: string;
  readonly negated: boolean;
}

type Test = (tokens: readonly Token[], place: Place, preprocessor: Preprocessor) => boolean;

export function parseConditionName(directive: string): ConditionName | undefined {
  if (directive === 'else' || directive === 'endif') return { part: directive, test: '', negated: false };
  const match = /^(if|elif)(n?)(.*)$/.exec(directive);
  if (!match) return undefined;
  const part = match[1] as 'if' | 'elif';
  // %ifnum is not the negation of a test named `um`.
  if (TESTS.has(match[2] + match[3])) return { part, test: match[2] + match[3], negated: false };
  return TESTS.has(match[3]) ? { part, test: match[3], negated: true } : undefined;
}

export function holds({ test, negated }: ConditionName, tokens: readonly Token[], place: Place, preprocessor: Preprocessor): boolean {
  const run = TESTS.get(test);
  if (!run) throw new SourceError(`unknown condition \`${test}'`, place);
  return run(tokens, place, preprocessor) !== negated;
}

const expanded =
  (test: (tokens: readonly Token[]) => boolean): Test =>
  (tokens, _, { expander }) =>
    test(expander.expand(tokens));

const isNumber = ([first, second]: readonly Token[]): boolean => {
  const number = isPunctuation(first, '-') || isPunctuation(first, '+') ? second : first;
  return number?.kind === 'number' && (isFloat(number.text) || parseInteger(number.text) !== undefined);
};

const isDefined: Test = (tokens, _, preprocessor) => tokens.some((token) => preprocessor.expander.lookup(token).length > 0);

/** What nasm defines as macros before the first line; the question minds their case. */
const isStandardMacro = (name: string): boolean => DIRECTIVES.has(name) || ALIGN_FILL.has(name);

const isMacro: Test = ([name, ...count], place, preprocessor) => {
  if (!name) throw new SourceError('macro name expected', place);
  if (isStandardMacro(name.text)) return true;
  const wanted = count.length > 0 ? parseParameterCount(count, place) : undefined;
  const most = (count: { maximum: number; greedy: boolean }) => (count.greedy ? Number.POSITIVE_INFINITY : count.maximum);
  return preprocessor.multiMacros.named(name.text).some((macro) => !wanted || (macro.minimum <= most(wanted) && wanted.minimum <= most(macro)));
};

const identical =
  (fold: (text: string) => string): Test =>
  (tokens, place, { expander }) => {
    const expandedTokens = expander.expand(tokens);
    const at = expandedTokens.findIndex((token) => isPunctuation(token, ','));
    if (at < 0) throw new SourceError("expected `,' between the two texts", place);
    const spell = (token: Token) => fold(token.kind === 'string' ? `"${stringText(token.text)}` : token.text);
    const [left, right] = [expandedTokens.slice(0, at), expandedTokens.slice(at + 1)].map((side) => side.map(spell));
    // White space before the comma belongs to the left text, and nothing on the right can match it.
    return !expandedTokens[at].spaced && left.length === right.length && left.every((text, n) => text === right[n]);
  };

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['', (tokens, place, preprocessor) => preprocessor.evaluate(preprocessor.expander.expand(tokens), place) !== 0n],
  ['def', isDefined],
  ['defalias', (tokens, _, { macros }) => tokens.some(({ text }) => macros.isAlias(text))],
  ['macro', isMacro],
  ['ctx', (tokens, _, { contexts }) => tokens.some((token) => contexts[contexts.length - 1]?.name === token.text)],
  ['idn', identical((text) => text)],
  ['idni', identical((text) => text.toLowerCase())],
  ['id', expanded(([first]) => first?.kind === 'word' && !/^\$\$?$/.test(first.text))],
  ['num', expanded(isNumber)],
  ['str', expanded(([first]) => first?.kind === 'string')],
  ['token', expanded((tokens) => tokens.length === 1)],
  ['empty', expanded((tokens) => tokens.length === 0)],
  ['env', () => false],
]);

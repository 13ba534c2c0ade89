/** Preprocessor functions (NASM manual, 4.4): %eval(...) and its kin, replaced wherever they stand in a line. */
import { SourceError } from '../diagnostics';
import { quote, quoteText, stringBytes, stringText } from '../strings';
import { type Place, type Token, spell } from '../token';
import { holds, parseConditionName } from './conditions';
import { comma } from './expander';
import type { Preprocessor } from './preprocessor';
import { substring } from './stringDirectives';

/** What the function's text is to be read as, or its tokens. */
type Result = string | readonly Token[];
type Run = (given: Given) => Result;

class Given {
  constructor(
    /** As written, split at commas. */
    readonly raw: readonly (readonly Token[])[],
    readonly preprocessor: Preprocessor,
    readonly place: Place,
  ) {}

  get count(): number {
    return this.raw.length === 1 && this.raw[0].length === 0 ? 0 : this.raw.length;
  }

  tokens(n: number): readonly Token[] {
    return this.preprocessor.expander.expandMore(this.raw[n] ?? []);
  }

  number(n: number, otherwise?: bigint): bigint {
    const tokens = this.tokens(n);
    if (tokens.length === 0 && otherwise !== undefined) return otherwise;
    return this.preprocessor.evaluate(tokens, this.place);
  }

  bytes(n: number): Uint8Array {
    const [text] = this.tokens(n);
    if (text?.kind !== 'string') throw new SourceError('a string is expected', text ?? this.place);
    return stringBytes(text.text);
  }

  /** Arguments `from` on, commas and all. */
  rest(from: number): readonly Token[] {
    return this.raw.slice(from).flatMap((tokens, n) => (n === 0 ? tokens : [comma(tokens[0]), ...tokens]));
  }
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_';

/** `width` digits, the leading ones cut off; a negative width is the least one. */
function digits(value: bigint, width: number, base: bigint, place: Place): string {
  if (base < 2n || base > 64n) throw new SourceError(`base ${base} is not between 2 and 64`, place);
  let text = '';
  for (let rest = BigInt.asUintN(64, value); rest > 0n || text === ''; rest /= base) text = DIGITS[Number(rest % base)] + text;
  const padded = text.padStart(Math.min(Math.abs(width), 255), '0');
  return width > 0 ? padded.slice(-width) : padded;
}

const FUNCTIONS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['abs', (given) => String(((value) => (value < 0n ? -value : value))(given.number(0)))],
  ['cond', (given) => given.tokens(given.number(0) !== 0n ? 1 : 2)],
  ['count', (given) => String(given.count)],
  ['eval', (given) => given.raw.map((_, n) => String(given.number(n))).join(',')],
  ['num', (given) => `'${digits(given.number(0), Number(given.number(1, -1n)), given.number(2, 10n), given.place)}'`],
  ['sel', select],
  ['str', (given) => quoteText(spell(given.preprocessor.expander.expandMore(given.rest(0))))],
  ['strcat', (given) => quote(Uint8Array.from(given.raw.flatMap((_, n) => [...given.bytes(n)])))],
  ['strlen', (given) => String(given.bytes(0).length)],
  ['substr', (given) => quote(substring(given.bytes(0), Number(given.number(1)), Number(given.number(2, -1n))))],
  ['tok', (given) => stringText(quote(given.bytes(0)))],
]);

/** The nth of the arguments behind the first; from the end where it is negative. */
function select(given: Given): Result {
  const n = Number(given.number(0));
  const at = n < 0 ? given.raw.length + n : n;
  return n === 0 || at < 1 || at >= given.raw.length ? [] : given.tokens(at);
}

/** %isdef(name) is what %ifdef asks. */
function condition(name: string): Run | undefined {
  const asked = name.startsWith('is') ? parseConditionName(`if${name.slice(2)}`) : undefined;
  return asked && ((given) => (holds(asked, given.rest(0), given.place, given.preprocessor) ? '1' : '0'));
}

export const findFunction = (token: Token): Run | undefined => {
  const name = token.text.slice(1).toLowerCase();
  return FUNCTIONS.get(name) ?? condition(name);
};

export const callFunction = (run: Run, raw: readonly (readonly Token[])[], preprocessor: Preprocessor, place: Place): Result => run(new Given(raw, preprocessor, place));

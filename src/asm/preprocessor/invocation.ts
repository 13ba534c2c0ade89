/** One use of a multi-line macro: its arguments and how they enter the lines of the body (NASM manual, 4.3). */
import { CONDITIONS } from '../../x86/conditions';
import { SourceError } from '../diagnostics';
import { paste, tokenizeAt } from '../lexer';
import { type Place, type SourceLine, type Token, isPunctuation, restamp } from '../token';
import { comma, gluable, joinExponents } from './expander';
import type { MultiMacro } from './macroTable';

export class Invocation {
  private rotation = 0;
  /** `%00` appeared: the label before the call belongs to the body. */
  constructor(
    readonly macro: MultiMacro,
    readonly name: Token,
    readonly arguments_: readonly (readonly Token[])[],
    readonly id: number,
    readonly label: Token | undefined,
    readonly at: { readonly path: string; readonly line: number; readonly place: Place },
  ) {}

  rotate(by: number): void {
    const count = this.arguments_.length;
    if (count > 0) this.rotation = (((this.rotation + by) % count) + count) % count;
  }

  /** A line of the body with the parameters in place, as if it stood where the macro was called. */
  substitute(line: SourceLine): SourceLine {
    const out: Token[] = [];
    let glue = false;
    for (const token of line.tokens) {
      const replacement = token.kind === 'percent' ? this.replace(token) : lineNumber(token);
      if (!replacement && !glue) {
        out.push(restamp(token, this.at.place));
        continue;
      }
      const tokens = replacement ?? [restamp(token, this.at.place)];
      tokens.forEach((each, n) => {
        const spaced = n === 0 ? token.spaced : each.spaced;
        const left = out[out.length - 1];
        const joins = n === 0 && (glue || replacement !== undefined) && !spaced && gluable(left) && gluable(each);
        if (joins) out.push(...paste(out.pop() as Token, each));
        else out.push({ ...each, spaced });
      });
      glue = replacement !== undefined;
    }
    return { path: this.at.path, line: this.at.line, tokens: joinExponents(out) };
  }

  private replace(token: Token): readonly Token[] | undefined {
    if (/^%\d+$/.test(token.text) && token.text !== '%0' && token.text !== '%00') return this.argument(Number(token.text.slice(1)));
    const text = token.text.startsWith('%{') ? `%${token.text.slice(2, -1)}` : token.text;
    const make = (spelling: string) => tokenizeAt(spelling, this.at.place);
    if (/^%%[A-Za-z_.?@]/.test(text)) return make(`..@${this.id}.${text.slice(2)}`);
    if (text === '%0') return make(String(this.arguments_.length));
    if (text === '%00') return this.label ? [this.label] : [];
    if (text === '%?') return [{ ...this.name, text: this.name.text }];
    if (text === '%??') return make(this.macro.name);
    const range = /^%(-?\d+):(-?\d+)$/.exec(text);
    if (range) return this.range(Number(range[1]), Number(range[2]), token);
    const single = /^%([-+]?)(\d+)$/.exec(text);
    if (!single) return undefined;
    const argument = this.argument(Number(single[2]));
    return single[1] ? this.condition(argument, single[1] === '-', token) : argument;
  }

  private argument(n: number): readonly Token[] {
    const count = this.arguments_.length;
    return n > count || count === 0 ? [] : this.arguments_[(n - 1 + this.rotation) % count];
  }

  private condition(argument: readonly Token[], inverted: boolean, token: Token): readonly Token[] {
    const code = argument[0]?.text.toLowerCase() ?? '';
    const at = CONDITIONS.findIndex(({ name, aliases }) => name === code || aliases.includes(code));
    if (at < 0) throw new SourceError(`macro parameter ${token.text} is not a condition code`, this.at.place);
    return inverted ? tokenizeAt(CONDITIONS[at ^ 1].name, this.at.place) : argument;
  }

  private range(from: number, to: number, token: Token): readonly Token[] {
    const count = this.arguments_.length;
    const [first, last] = [from, to].map((n) => (n < 0 ? n + count + 1 : n));
    if (first < 1 || last < 1 || first > count || last > count) throw new SourceError(`macro parameters ${token.text} out of range`, this.at.place);
    const step = first <= last ? 1 : -1;
    const out: Token[] = [];
    for (let n = first; n !== last + step; n += step) out.push(...(n === first ? [] : [comma(token)]), ...this.argument(n));
    return out;
  }
}

/** In a macro body __LINE__ is the line of the body, not of the call. */
const lineNumber = (token: Token): readonly Token[] | undefined =>
  token.text.startsWith('__') && (token.text === '__LINE__' || token.text === '__?LINE?__') ? tokenizeAt(String(token.line), token) : undefined;

/** The arguments after a macro's name: commas part them, braces keep them together. */
export function splitMacroArguments(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return [];
  const all: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isPunctuation(token, '{')) depth++;
    if (isPunctuation(token, '}')) depth--;
    if (depth === 0 && isPunctuation(token, ',')) all.push([]);
    else all[all.length - 1].push(token);
  }
  return all;
}

const unbrace = (tokens: readonly Token[]): readonly Token[] => (isPunctuation(tokens[0], '{') && isPunctuation(tokens[tokens.length - 1], '}') ? tokens.slice(1, -1) : tokens);

/** Arguments for `macro`, defaults filled in and the greedy rest joined; undefined when the count does not fit. */
export function fitMacroArguments(macro: MultiMacro, all: readonly Token[][]): (readonly Token[])[] | undefined {
  const trailing = all.length > macro.minimum && all.length > 1 && all[all.length - 1].length === 0;
  const given = trailing ? all.slice(0, -1) : all;
  if (given.length < macro.minimum || (given.length > macro.maximum && !macro.greedy)) return undefined;
  const fitted: (readonly Token[])[] = [...given];
  if (macro.greedy && given.length > macro.maximum) {
    const last = Math.max(macro.maximum - 1, 0);
    const rest = given.slice(last).flatMap((argument, n) => (n === 0 ? argument : [comma(argument[0]), ...argument]));
    fitted.splice(last, given.length, rest);
  }
  const wanted = Number.isFinite(macro.maximum) ? macro.maximum : macro.minimum + macro.defaults.length;
  for (let n = fitted.length; n < wanted && n - macro.minimum < macro.defaults.length; n++) fitted.push(macro.defaults[n - macro.minimum]);
  return fitted.map(unbrace);
}

/** Replaces single-line macros, context-local names, %[...] and %+ in a line (NASM manual, 4.1). */
import { SourceError } from '../diagnostics';
import { paste, tokenizeAt } from '../lexer';
import { type Place, type Token, isPunctuation, restamp } from '../token';
import type { Context, Parameter, SingleMacro, SingleMacros } from './macroTable';

const MAX_TOKENS = 200_000;
const MAX_DEPTH = 200;

export interface ExpanderHost {
  readonly macros: SingleMacros;
  readonly contexts: readonly Context[];
  /** A number from tokens, for `=` parameters. */
  evaluate(tokens: readonly Token[], place: Place): bigint;
  /** What `%name(...)` stands for, given its arguments as written; undefined when there is no such function. */
  function(name: Token): ((given: readonly (readonly Token[])[]) => readonly Token[]) | undefined;
}

export class Expander {
  private budget = MAX_TOKENS;
  private depth = 0;
  private shielded: ReadonlySet<string> = new Set();

  constructor(private readonly host: ExpanderHost) {}

  expand(tokens: readonly Token[]): Token[] {
    this.budget = MAX_TOKENS;
    this.depth = 0;
    return this.scan(tokens, new Set());
  }

  /** For %xdefine: parameters of the macro to be are not what macros of their names say. */
  expandBody(tokens: readonly Token[], parameters: readonly Parameter[] | undefined): Token[] {
    this.shielded = new Set(parameters?.map(({ name }) => name));
    try {
      return this.expand(tokens);
    } finally {
      this.shielded = new Set();
    }
  }

  /** Part of the line that is being expanded. */
  expandMore(tokens: readonly Token[]): Token[] {
    return this.scan(tokens, new Set());
  }

  private scan(tokens: readonly Token[], active: ReadonlySet<SingleMacro>): Token[] {
    if (++this.depth > MAX_DEPTH) throw new SourceError('macros are nested too deeply', tokens[0]);
    const expanded: Token[] = [];
    for (let at = 0; at < tokens.length; ) {
      if (--this.budget < 0) throw new SourceError('macro expansion does not end', tokens[at]);
      at = this.step(tokens, at, active, expanded);
    }
    this.depth--;
    return this.joinPasted(expanded.some(isConditionalComma) ? settleCommas(expanded) : expanded, active);
  }

  /** Expand what starts at `at` into `out`; the index after it. */
  private step(tokens: readonly Token[], at: number, active: ReadonlySet<SingleMacro>, out: Token[]): number {
    const token = tokens[at];
    if (token.kind !== 'word' && token.kind !== 'percent') {
      out.push(token);
      return at + 1;
    }
    if (token.kind === 'percent' && token.text.startsWith('%{')) {
      const inner = tokenizeAt(`%${token.text.slice(2, -1)}`, token).map((t, n) => (n === 0 ? { ...t, spaced: token.spaced } : t));
      if (inner.length === 1 && inner[0].text !== token.text) return this.step([inner[0], ...tokens.slice(at + 1)], 0, active, out) + at;
    }
    if (token.text === '%[') return this.indirect(tokens, at, active, out);
    const called = token.kind === 'percent' && isPunctuation(tokens[at + 1], '(') ? this.host.function(token) : undefined;
    if (called) return this.callFunction(called, tokens, at, out);
    const call = this.findCall(tokens, at, active);
    if (call) {
      const inside = new Set(active).add(call.macro);
      const body = this.scan(this.substitute(call.macro, call.arguments, token, active), inside);
      this.budget -= body.length;
      const local = token.kind === 'percent';
      for (const [n, each] of body.entries()) pushGlued(out, n === 0 ? { ...each, spaced: token.spaced } : each, local && n === 0);
      return local ? this.glueNext(tokens, call.end, out) : call.end;
    }
    if (token.kind !== 'percent' || !token.text.startsWith('%$')) {
      out.push(token);
      return at + 1;
    }
    pushGlued(out, this.contextLabel(token), true);
    return this.glueNext(tokens, at + 1, out);
  }

  private indirect(tokens: readonly Token[], at: number, active: ReadonlySet<SingleMacro>, out: Token[]): number {
    let depth = 1;
    let end = at + 1;
    for (; end < tokens.length; end++) {
      if (tokens[end].text === '%[' || isPunctuation(tokens[end], '[')) depth++;
      if (isPunctuation(tokens[end], ']') && --depth === 0) break;
    }
    if (depth > 0) throw new SourceError('unterminated %[', tokens[at]);
    const inner = this.scan(tokens.slice(at + 1, end), active).map((t, n) => (n === 0 ? { ...t, spaced: tokens[at].spaced } : t));
    for (const t of inner) pushGlued(out, t, t === inner[0]);
    return inner.length === 0 ? end + 1 : this.glueNext(tokens, end + 1, out);
  }

  /** What touches a replaced token behind it becomes part of it; the index of what comes then. */
  private glueNext(tokens: readonly Token[], at: number, out: Token[]): number {
    const next = tokens[at];
    if (!next || next.spaced || !gluable(next) || !gluable(out[out.length - 1])) return at;
    out.push(...paste(out.pop() as Token, next));
    return at + 1;
  }

  private callFunction(run: (given: readonly (readonly Token[])[]) => readonly Token[], tokens: readonly Token[], at: number, out: Token[]): number {
    const { all, end } = splitArguments(tokens, at + 1);
    if (end === 0) throw new SourceError(`expected \`)' after the arguments of ${tokens[at].text}`, tokens[at]);
    for (const [n, each] of run(all).entries()) out.push(n === 0 ? { ...each, spaced: tokens[at].spaced } : each);
    return end;
  }

  private findCall(tokens: readonly Token[], at: number, active: ReadonlySet<SingleMacro>): { macro: SingleMacro; arguments: Token[][]; end: number } | undefined {
    const candidates = this.lookup(tokens[at]).filter((macro) => !active.has(macro));
    if (candidates.length === 0) return undefined;
    if (candidates.some((macro) => macro.parameters) && isPunctuation(tokens[at + 1], '(')) {
      const { all, end } = splitArguments(tokens, at + 1);
      if (end > 0) {
        for (const macro of candidates) {
          const fitted = macro.parameters && fitArguments(macro.parameters, all);
          if (fitted) return { macro, arguments: fitted, end };
        }
      }
    }
    const plain = candidates.find((macro) => !macro.parameters);
    return plain && { macro: plain, arguments: [], end: at + 1 };
  }

  /** Macros a token may name, the context's own for `%$name`. */
  lookup(token: Token): readonly SingleMacro[] {
    if (token.kind === 'word') return this.shielded.has(token.text) ? [] : this.host.macros.named(token.text);
    if (!token.text.startsWith('%$')) return [];
    const { context, name } = this.contextName(token);
    return context.macros.named(name);
  }

  contextName(token: Token): { context: Context; name: string } {
    const level = token.text.lastIndexOf('$');
    const { contexts } = this.host;
    const context = contexts[contexts.length - level];
    if (!context) throw new SourceError(`\`${token.text}': the context stack is not that deep`, token);
    return { context, name: token.text.slice(level + 1) };
  }

  /** `%$name%$index` is one name, which ends in what `%$index` stands for. */
  joinNames(tokens: readonly Token[]): readonly Token[] {
    const at = tokens.findIndex((token, n) => isLocal(token) && isLocal(tokens[n + 1]) && !tokens[n + 1].spaced);
    if (at < 0) return tokens;
    const [name, index] = tokens.slice(at, at + 2);
    const [value, ...more] = this.scan([index], new Set());
    const joined = more.length === 0 && gluable(value) ? [{ ...name, text: name.text + value.text }] : [name, ...this.joinNames([{ ...index, spaced: true }])];
    return this.joinNames([...tokens.slice(0, at), ...joined, ...tokens.slice(at + 2)]);
  }

  private contextLabel(token: Token): Token {
    const { context, name } = this.contextName(token);
    return { ...token, kind: 'word', text: `..@${context.id}.${name}` };
  }

  private substitute(macro: SingleMacro, given: readonly Token[][], call: Token, active: ReadonlySet<SingleMacro>): readonly Token[] {
    if (macro.compute) return macro.compute(call);
    const parameters = macro.parameters ?? [];
    const naming = (token: Token): Token =>
      token.text === '%?' || token.text === '%??' ? { ...restamp(token, call), kind: 'word', text: token.text === '%?' ? call.text : macro.name } : token;
    const expanded = given
      .map((argument) => argument.map(naming))
      .map((argument, n) => (parameters[n].evaluated ? tokenizeAt(`${this.host.evaluate(this.scan(argument, active), call)}`, call) : this.scan(argument, active)));
    return macro.body.map(naming).flatMap((token) => {
      const at = token.kind === 'word' ? parameters.findIndex((parameter) => parameter.name === token.text) : -1;
      if (at < 0) return [restamp(token, call)];
      return expanded[at].map((t, n) => (n === 0 ? { ...t, spaced: token.spaced } : t));
    });
  }

  /** `a %+ b` becomes one token, which may name a macro in turn. */
  private joinPasted(tokens: Token[], active: ReadonlySet<SingleMacro>): Token[] {
    if (!tokens.some((token) => token.text === '%+' && token.kind === 'percent')) return tokens;
    const joined: Token[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      const next = tokens[at + 1];
      const left = joined[joined.length - 1];
      if (token.text !== '%+' || token.kind !== 'percent') joined.push(token);
      else if (left && next && next.text !== '%+') {
        joined.pop();
        joined.push(...paste(left, next));
        at++;
      }
    }
    return this.scan(joinExponents(joined), active);
  }
}

const isLocal = (token: Token | undefined): token is Token => token?.kind === 'percent' && token.text.startsWith('%$');

const isConditionalComma = (token: Token | undefined): boolean => token?.kind === 'percent' && token.text === '%,';

/** `%,` is a comma if something follows. */
const isIdleComma = (token: Token, next: Token | undefined): boolean =>
  isConditionalComma(token) && (!next || isConditionalComma(next) || isPunctuation(next, ',') || isPunctuation(next, ')'));
const settleCommas = (tokens: readonly Token[]): Token[] =>
  tokens.filter((token, n) => !isIdleComma(token, tokens[n + 1])).map((token) => (isConditionalComma(token) ? { ...token, kind: 'punctuation', text: ',' } : token));

/** `%1e+%2` is one number: the exponent of a float belongs to it once its digits are there. */
export function joinExponents(tokens: readonly Token[]): readonly Token[] {
  const at = tokens.findIndex((token, n) => isMantissa(token) && isSign(tokens[n + 1]) && tokens[n + 2]?.kind === 'number' && !tokens[n + 2].spaced);
  if (at < 0) return tokens;
  const [mantissa, sign, exponent, ...rest] = tokens.slice(at);
  return [...tokens.slice(0, at), { ...mantissa, text: mantissa.text + sign.text + exponent.text }, ...joinExponents(rest)];
}

const isMantissa = (token: Token): boolean => token.kind === 'number' && /^\d[\d_]*(?:\.[\d_]*)?e$/i.test(token.text);
const isSign = (token: Token | undefined): boolean => token !== undefined && !token.spaced && (isPunctuation(token, '+') || isPunctuation(token, '-'));

export const gluable = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'number';

/** Append a token, merged with the one before where `glue` and nothing stands between them. */
export function pushGlued(out: Token[], token: Token, glue: boolean): void {
  const left = out[out.length - 1];
  if (!glue || !left || token.spaced || !gluable(left) || !gluable(token)) out.push(token);
  else out.push(...paste(out.pop() as Token, token));
}

const OPENING = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** Arguments of a call whose parenthesis opens at `at`; `end` is 0 when it does not close. */
function splitArguments(tokens: readonly Token[], at: number): { all: Token[][]; end: number } {
  const all: Token[][] = [[]];
  const closers: string[] = [')'];
  for (let n = at + 1; n < tokens.length; n++) {
    const token = tokens[n];
    const closing = token.kind === 'punctuation' ? OPENING.get(token.text) : undefined;
    if (closing) closers.push(closing);
    else if (token.kind === 'percent' && token.text === '%[') closers.push(']');
    else if (isPunctuation(token, closers[closers.length - 1])) closers.pop();
    if (closers.length === 0) return { all: all.map(unbrace), end: n + 1 };
    if (closers.length === 1 && isPunctuation(token, ',')) all.push([]);
    else all[all.length - 1].push(token);
  }
  return { all, end: 0 };
}

const unbrace = (tokens: Token[]): Token[] => (isPunctuation(tokens[0], '{') && isPunctuation(tokens[tokens.length - 1], '}') ? tokens.slice(1, -1) : tokens);

function fitArguments(parameters: readonly Parameter[], given: Token[][]): Token[][] | undefined {
  if (parameters.length === 0) return given.length === 1 && given[0].length === 0 ? [] : undefined;
  if (given.length === parameters.length) return given;
  const last = parameters.length - 1;
  if (!parameters[last].greedy || given.length < last) return undefined;
  const rest = given.slice(last).flatMap((argument, n) => (n === 0 ? argument : [comma(argument[0] ?? given[0][0]), ...argument]));
  return [...given.slice(0, last), rest];
}

export const comma = (at: Token | undefined): Token => ({
  kind: 'punctuation',
  text: ',',
  spaced: false,
  line: at?.line ?? 1,
  column: at?.column ?? 1,
  endColumn: at?.endColumn ?? 2,
});

/** Expression syntax: tokens to a tree (NASM manual, 3.5). */
import { SourceError } from './diagnostics';
import { isFloat } from './floats';
import { OPERATORS } from './operators';
import { isDecimal, parseInteger } from './numbers';
import { REGISTERS, type Register } from './registerNames';
import { bytesValue, stringBytes } from './strings';
import { type Place, type Token, isPunctuation, isWord } from './token';

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint; readonly place: Place }
  | { readonly kind: 'string'; readonly text: string; readonly place: Place }
  | { readonly kind: 'float'; readonly text: string; readonly place: Place }
  | { readonly kind: 'symbol'; readonly name: string; readonly place: Place }
  | { readonly kind: 'register'; readonly register: Register; readonly place: Place }
  | { readonly kind: 'here' | 'sectionStart'; readonly place: Place }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression; readonly place: Place }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression; readonly place: Place }
  | { readonly kind: 'conditional'; readonly test: Expression; readonly whenTrue: Expression; readonly whenFalse: Expression; readonly place: Place };

/** Binary operators, loosest first; all associate to the left. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['^^'],
  ['&&'],
  ['=', '==', '<>', '!=', '<', '<=', '>', '>=', '<=>'],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>', '<<<', '>>>'],
  ['+', '-'],
  ['*', '/', '//', '%', '%%'],
];
const LEVEL_OF: ReadonlyMap<string, number> = new Map(LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)));
const UNARY = new Set(['-', '+', '~', '!']);
const MAX_DEPTH = 200;

/** Reads tokens of one statement from left to right. */
export class TokenReader {
  private at = 0;
  private depth = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly end: Place,
  ) {}

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  next(): Token | undefined {
    return this.tokens[this.at++];
  }

  get position(): number {
    return this.at;
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  /** The place to blame: the next token, or the end of the statement. */
  get place(): Place {
    return this.peek() ?? this.end;
  }

  rest(): readonly Token[] {
    const rest = this.tokens.slice(this.at);
    this.at = this.tokens.length;
    return rest;
  }

  skip(punctuation: string): boolean {
    if (!isPunctuation(this.peek(), punctuation)) return false;
    this.at++;
    return true;
  }

  skipWord(word: string): boolean {
    if (!isWord(this.peek(), word)) return false;
    this.at++;
    return true;
  }

  expect(punctuation: string): void {
    if (!this.skip(punctuation)) throw new SourceError(`expected \`${punctuation}'${this.found()}`, this.place);
  }

  found(): string {
    const token = this.peek();
    return token ? `, got \`${token.text}'` : ' before end of line';
  }

  expression(): Expression {
    return this.nested(() => this.conditional());
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new SourceError('expression is nested too deeply', this.place);
    const result = read();
    this.depth--;
    return result;
  }

  private conditional(): Expression {
    const test = this.binary(0);
    if (!isPunctuation(this.peek(), '?') && !isWord(this.peek(), '?')) return test;
    const place = this.place;
    this.next();
    const whenTrue = this.expression();
    this.expect(':');
    return { kind: 'conditional', test, whenTrue, whenFalse: this.expression(), place };
  }

  private binary(level: number): Expression {
    let left = this.unary();
    for (let token = this.peek(); token?.kind === 'punctuation'; token = this.peek()) {
      const found = LEVEL_OF.get(token.text);
      if (found === undefined || found < level) break;
      this.next();
      const right = this.nested(() => this.binary(found + 1));
      left = { kind: 'binary', operator: token.text, left, right, place: token };
    }
    return left;
  }

  private unary(): Expression {
    const token = this.peek();
    const operator = token?.kind === 'punctuation' && UNARY.has(token.text) ? token.text : isWord(token, 'seg') ? 'seg' : undefined;
    if (!token || !operator) return this.primary();
    this.next();
    return { kind: 'unary', operator, operand: this.nested(() => this.unary()), place: token };
  }

  private primary(): Expression {
    const token = this.next();
    if (!token) throw new SourceError('expression expected before end of line', this.end);
    if (token.kind === 'number') return numberExpression(token);
    if (token.kind === 'string') return { kind: 'string', text: token.text, place: token };
    if (token.kind === 'word') return this.call(token) ?? wordExpression(token);
    if (isPunctuation(token, '(')) {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    throw new SourceError(`expression syntax error at \`${token.text}'`, token);
  }

  /** `__float32__(1.5)`, `__utf16__('text')`, `__ilog2e__(n)`: operators that look like calls. */
  private call(token: Token): Expression | undefined {
    const operator = OPERATORS.get(token.text.toLowerCase());
    if (!operator || this.done) return undefined;
    if (operator.takes === 'expression') return { kind: 'unary', operator: operator.name, operand: this.nested(() => this.unary()), place: token };
    const open = this.skip('(');
    const negative = operator.takes === 'float' && this.skip('-');
    if (operator.takes === 'float' && !negative) this.skip('+');
    const argument = this.next();
    if (open) this.expect(')');
    return operator.apply(argument, negative, token);
  }
}

function numberExpression(token: Token): Expression {
  if (!isDecimal(token.text) && isFloat(token.text)) return { kind: 'float', text: token.text, place: token };
  const value = parseInteger(token.text);
  if (value === undefined) throw new SourceError(`\`${token.text}' is not a number`, token);
  return { kind: 'number', value, place: token };
}

function wordExpression(token: Token): Expression {
  if (token.text === '$') return { kind: 'here', place: token };
  if (token.text === '$$') return { kind: 'sectionStart', place: token };
  const register = REGISTERS.get(token.text.toLowerCase());
  if (register) return { kind: 'register', register, place: token };
  if (isFloat(token.text)) return { kind: 'float', text: token.text, place: token };
  return { kind: 'symbol', name: token.text.startsWith('$') ? token.text.slice(1) : token.text, place: token };
}

/** A string as a number, where an expression wants one. */
export const stringValue = (text: string): bigint => bytesValue(stringBytes(text));

/** Can its value change from pass to pass? */
export function mayMove(expression: Expression): boolean {
  switch (expression.kind) {
    case 'symbol':
    case 'here':
    case 'sectionStart':
      return true;
    case 'unary':
      return mayMove(expression.operand);
    case 'binary':
      return mayMove(expression.left) || mayMove(expression.right);
    case 'conditional':
      return mayMove(expression.test) || mayMove(expression.whenTrue) || mayMove(expression.whenFalse);
    default:
      return false;
  }
}

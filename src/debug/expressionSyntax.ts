/** Debugger expressions: NASM's operators, numbers and effective addresses, parsed to a tree. Errors name the place and what was expected. */
import { parseInteger } from '../asm/numbers';
import { OperatorParser, type OperatorToken, expressionError } from './operatorParser';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'far'; readonly segment: Expression; readonly offset: Expression }
  | { readonly kind: 'physical'; readonly address: Expression }
  | { readonly kind: 'memory'; readonly size: 1 | 2 | 4 | undefined; readonly address: Expression }
  | { readonly kind: 'sized'; readonly size: 1 | 2 | 4; readonly operand: Expression };

interface Token extends OperatorToken {
  readonly kind: 'number' | 'name' | 'operator' | 'end';
  readonly value: number;
}

const SIZES: Readonly<Record<string, 1 | 2 | 4>> = { byte: 1, word: 2, dword: 4 };

/** Binary operators by precedence, loosest first. */
const PRECEDENCE: readonly (readonly string[])[] = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!=', '<>', '=', '<', '<=', '>', '>='], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

const TOKEN = /\s*(?:(\$?\d[\w$]*)|([A-Za-z_.?@$][\w.?@$#~]*)|('(?:[^'\\]|\\.)*'|"[^"]*")|(\|\||&&|==|!=|<>|<=|>=|<<|>>|[-+*/%&|^~!()[\]:<>=])|(\S))/y;

/** A number of at most 32 bits in any NASM notation: 0x1F, 1Fh, $1F, 31, 0b11111, 37q. */
export function parseNumber(text: string): number | undefined {
  const value = /^\$?\d/.test(text) ? parseInteger(text) : undefined;
  return value !== undefined && value >= 0n && value <= 0xffffffffn ? Number(value) : undefined;
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) break;
    const [whole, number, name, quoted, operator, stray] = match;
    const at = match.index + whole.search(/\S/);
    if (stray) throw expressionError(`Unexpected ${stray} at column ${at + 1} of "${text}".`);
    if (number) {
      const value = parseNumber(number);
      if (value === undefined) throw expressionError(`${number} is not a number of 32 bits: write 0x1F, 1Fh, 31, 0b11111 or 37q.`);
      out.push({ kind: 'number', text: number, value, at });
    } else if (quoted) out.push({ kind: 'number', text: quoted, value: [...quoted.slice(1, -1)].reduceRight((v, c) => ((v << 8) | (c.charCodeAt(0) & 0xff)) >>> 0, 0), at });
    else if (name) out.push({ kind: 'name', text: name, value: 0, at });
    else out.push({ kind: 'operator', text: operator, value: 0, at });
  }
  out.push({ kind: 'end', text: 'the end', value: 0, at: text.length });
  return out;
}

class Parser extends OperatorParser<Expression, Token> {
  constructor(text: string) {
    super(text, tokens(text), PRECEDENCE);
  }

  join(operator: string, left: Expression, right: Expression): Expression {
    return { kind: 'binary', operator, left, right };
  }

  whole(): Expression {
    const expression = this.far();
    if (this.token.kind !== 'end') throw expressionError(`Unexpected ${this.token.text} at column ${this.token.at + 1} of "${this.text}".`);
    return expression;
  }

  /** `segment:offset`, `phys:address`, or a plain expression. */
  far(): Expression {
    if (this.token.kind === 'name' && this.token.text.toLowerCase() === 'phys' && this.tokens[this.next + 1].text === ':') {
      this.next += 2;
      return { kind: 'physical', address: this.binary() };
    }
    const left = this.binary();
    return this.accept(':') ? { kind: 'far', segment: left, offset: this.binary() } : left;
  }

  operand(): Expression {
    const operator = this.accept('-', '+', '~', '!');
    return operator ? { kind: 'unary', operator, operand: this.unary() } : this.primary();
  }

  primary(): Expression {
    const { kind, text, value } = this.token;
    if (this.accept('(')) {
      const inner = this.far();
      this.expect(')');
      return inner;
    }
    if (this.accept('[')) return this.memory(undefined);
    if (kind === 'number') {
      this.next++;
      return { kind: 'number', value };
    }
    if (kind === 'name') {
      this.next++;
      const size = SIZES[text.toLowerCase()];
      if (!size) return { kind: 'name', name: text };
      if (this.accept('[')) return this.memory(size);
      return { kind: 'sized', size, operand: this.token.kind === 'name' && this.token.text.toLowerCase() === 'phys' ? this.far() : this.unary() };
    }
    return this.unexpected('a register, symbol, number or [address]');
  }

  memory(size: 1 | 2 | 4 | undefined): Expression {
    const address = this.far();
    this.expect(']');
    return { kind: 'memory', size, address };
  }
}

export function parseExpression(text: string): Expression {
  if (!text.trim()) throw expressionError('The expression is empty.');
  return new Parser(text).whole();
}

/** `place = value` split at the assignment sign; undefined when the text is no assignment. */
export function splitAssignment(text: string): { place: string; value: string } | undefined {
  const match = /^([^=<>!]*[^=<>!\s])\s*=(?!=)(.*)$/s.exec(text);
  return match ? { place: match[1], value: match[2] } : undefined;
}

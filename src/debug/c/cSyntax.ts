/** C expressions over variables, parsed to a tree: no calls, no assignments inside (C11, 6.5). Type names are what the program knows. */
import { OperatorParser, type OperatorToken, expressionError } from '../operatorParser';

/** `struct`, a keyword type or a typedef, and how many stars. */
export interface CTypeName {
  readonly words: readonly string[];
  readonly pointers: number;
}

export type CNode =
  | { readonly kind: 'integer'; readonly value: bigint; readonly unsigned: boolean; readonly long: boolean }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'character'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: CNode }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: CNode; readonly right: CNode }
  | { readonly kind: 'member'; readonly object: CNode; readonly name: string; readonly through: boolean }
  | { readonly kind: 'index'; readonly object: CNode; readonly index: CNode }
  | { readonly kind: 'cast'; readonly type: CTypeName; readonly operand: CNode }
  | { readonly kind: 'sizeofType'; readonly type: CTypeName };

interface Token extends OperatorToken {
  readonly kind: 'number' | 'name' | 'character' | 'operator' | 'end';
}

const TOKEN =
  /\s*(?:(0[xX][\da-fA-F]+[uUlL]*|\d+\.\d*(?:[eE][-+]?\d+)?[fFlL]?|\d+(?:[eE][-+]?\d+)[fFlL]?|\d+[uUlL]*)(?![\w.])|([A-Za-z_$][\w$]*)|('(?:[^'\\]|\\[^xX0-7]|\\[xX][\da-fA-F]{1,2}|\\[0-7]{1,3})')|(->|\|\||&&|==|!=|<=|>=|<<|>>|[-+*/%&|^~!().[\]<>])|(\S))/y;
const PRECEDENCE: readonly (readonly string[])[] = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<', '<=', '>', '>='], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];
const TYPE_WORDS = new Set([
  'void',
  'char',
  'short',
  'int',
  'long',
  'float',
  'double',
  'signed',
  'unsigned',
  '_Bool',
  'bool',
  'const',
  'volatile',
  'struct',
  'union',
  'enum',
  'class',
]);
const TAGGED = new Set(['struct', 'union', 'enum', 'class']);

const ESCAPED: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 };

function characterOf(text: string): number {
  const inner = text.slice(1, -1);
  if (inner[0] !== '\\') return inner.charCodeAt(0) & 0xff;
  if (/[xX]/.test(inner[1])) return Number.parseInt(inner.slice(2), 16);
  return /[0-7]/.test(inner[1]) ? Number.parseInt(inner.slice(1), 8) & 0xff : (ESCAPED[inner[1]] ?? inner.charCodeAt(1));
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) break;
    const [whole, number, name, character, operator, stray] = match;
    const at = match.index + whole.search(/\S/);
    if (stray !== undefined) throw expressionError(`Unexpected ${stray} at column ${at + 1} of "${text}".`);
    const found = number ?? name ?? character ?? operator;
    out.push({ kind: number ? 'number' : name ? 'name' : character ? 'character' : 'operator', text: found, at });
  }
  out.push({ kind: 'end', text: 'the end', at: text.length });
  return out;
}

/** Throws UserError, with the column. `isType`: whether the program has a typedef of this name. */
export function parseC(text: string, isType: (name: string) => boolean): CNode {
  return new Parser(text, isType).whole();
}

class Parser extends OperatorParser<CNode, Token> {
  constructor(
    text: string,
    readonly isType: (name: string) => boolean,
  ) {
    super(text, tokens(text), PRECEDENCE);
  }

  join(operator: string, left: CNode, right: CNode): CNode {
    return { kind: 'binary', operator, left, right };
  }

  whole(): CNode {
    const node = this.binary();
    if (this.token.kind !== 'end') this.unexpected('an operator');
    return node;
  }

  operand(): CNode {
    const operator = this.accept('*', '&', '-', '+', '~', '!');
    if (operator) return { kind: 'unary', operator, operand: this.unary() };
    if (this.token.kind === 'name' && this.token.text === 'sizeof') {
      this.next++;
      const type = this.#parenthesisedType();
      return type ? { kind: 'sizeofType', type } : { kind: 'unary', operator: 'sizeof', operand: this.unary() };
    }
    const type = this.#parenthesisedType();
    return type ? { kind: 'cast', type, operand: this.unary() } : this.#postfix();
  }

  /** `(struct task *)`; nothing is taken when it is no type. */
  #parenthesisedType(): CTypeName | undefined {
    const after = this.tokens[this.next + 1];
    const isTypeName = after?.kind === 'name' && (TYPE_WORDS.has(after.text) || this.isType(after.text));
    if (this.token.text !== '(' || !isTypeName) return undefined;
    this.next++;
    const words: string[] = [];
    for (let { kind, text } = this.token; kind === 'name' && this.#goesOn(words, text); { kind, text } = this.token) {
      words.push(text);
      this.next++;
    }
    let pointers = 0;
    while (this.accept('*')) pointers++;
    this.expect(')');
    return { words: words.filter((w) => w !== 'const' && w !== 'volatile'), pointers };
  }

  /** Whether `text` is a further word of a type name: a typedef comes alone, but for its qualifiers. */
  #goesOn(words: readonly string[], text: string): boolean {
    if (TYPE_WORDS.has(text) || TAGGED.has(words[words.length - 1])) return true;
    return words.every((word) => word === 'const' || word === 'volatile') && this.isType(text);
  }

  #postfix(): CNode {
    let node = this.#primary();
    for (;;) {
      const operator = this.accept('.', '->', '[');
      if (!operator) return node;
      if (operator === '[') {
        node = { kind: 'index', object: node, index: this.binary() };
        this.expect(']');
        continue;
      }
      if (this.token.kind !== 'name') this.unexpected('the name of a member');
      node = { kind: 'member', object: node, name: this.token.text, through: operator === '->' };
      this.next++;
    }
  }

  #primary(): CNode {
    const { kind, text } = this.token;
    if (this.accept('(')) {
      const node = this.binary();
      this.expect(')');
      return node;
    }
    if (kind === 'end' || kind === 'operator') this.unexpected('a variable or a number');
    this.next++;
    if (kind === 'name') return { kind: 'name', name: text };
    if (kind === 'character') return { kind: 'character', value: characterOf(text) };
    if (/^0[xX]/.test(text) || /^\d+[uUlL]*$/.test(text)) return integer(text);
    return { kind: 'float', value: Number.parseFloat(text) };
  }
}

function integer(text: string): CNode {
  const digits = text.replace(/[uUlL]+$/, '');
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.replace(/[89]/g, '7')}` : digits);
  return { kind: 'integer', value: BigInt.asUintN(64, value), unsigned: /[uU]/.test(text.slice(digits.length)), long: /[lL]{2}/.test(text) };
}

/** Every name that the expression uses as a variable. */
export function namesIn(node: CNode): string[] {
  switch (node.kind) {
    case 'name':
      return [node.name];
    case 'unary':
    case 'cast':
      return namesIn(node.operand);
    case 'binary':
      return [...namesIn(node.left), ...namesIn(node.right)];
    case 'member':
      return namesIn(node.object);
    case 'index':
      return [...namesIn(node.object), ...namesIn(node.index)];
    default:
      return [];
  }
}

/** What the debugger's two expression languages, NASM's and C's, have in common: a row of tokens, binary operators by precedence, limits. */
import { UserError } from '../base/userError';

export interface OperatorToken {
  readonly kind: string;
  readonly text: string;
  /** Offset in the expression. */
  readonly at: number;
}

/** Far beyond what anybody writes, and far below what the stack of calls takes. */
const MOST_TOKENS = 1000;
const MOST_NESTED = 100;

export const expressionError = (message: string): UserError => new UserError('expression', message);

/** Reads a node of the language at a time. The last token is of kind `end`. */
export abstract class OperatorParser<Node, Token extends OperatorToken> {
  protected next = 0;
  #nested = 0;

  /** `precedence`: the binary operators, loosest first. */
  constructor(
    readonly text: string,
    protected readonly tokens: readonly Token[],
    readonly precedence: readonly (readonly string[])[],
  ) {
    if (tokens.length > MOST_TOKENS) throw expressionError(`The expression is too long: ${tokens.length} numbers, names and operators; at most ${MOST_TOKENS}.`);
  }

  protected abstract operand(): Node;
  protected abstract join(operator: string, left: Node, right: Node): Node;

  protected get token(): Token {
    return this.tokens[this.next];
  }

  protected accept(...texts: readonly string[]): string | undefined {
    const { kind, text } = this.token;
    if (kind !== 'operator' || !texts.includes(text)) return undefined;
    this.next++;
    return text;
  }

  protected expect(text: string): void {
    if (!this.accept(text)) this.unexpected(text);
  }

  protected unexpected(wanted: string): never {
    throw expressionError(`Expected ${wanted} but found ${this.token.text} at column ${this.token.at + 1} of "${this.text}".`);
  }

  protected binary(level = 0): Node {
    if (level === this.precedence.length) return this.unary();
    let left = this.binary(level + 1);
    for (let operator = this.accept(...this.precedence[level]); operator; operator = this.accept(...this.precedence[level]))
      left = this.join(operator, left, this.binary(level + 1));
    return left;
  }

  protected unary(): Node {
    if (++this.#nested > MOST_NESTED) throw expressionError(`The expression is nested too deeply: more than ${MOST_NESTED} parentheses, brackets and signs.`);
    const node = this.operand();
    this.#nested--;
    return node;
  }
}

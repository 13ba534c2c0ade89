/** What a breakpoint asks besides being reached: a condition, a hit count, or a message to log instead of stopping. */
import { UserError } from '../base/userError';
import { type EvaluationContext, evaluate, formatValue } from './expressions';
import { truthOf } from './c/cValue';
import { parseC } from './c/cSyntax';
import { parseExpression, parseNumber } from './expressionSyntax';
import { expressionError } from './operatorParser';

export interface BreakpointRequest {
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

const HIT_TESTS: Readonly<Record<string, (hits: number, n: number) => boolean>> = {
  '>': (hits, n) => hits > n,
  '>=': (hits, n) => hits >= n,
  '<': (hits, n) => hits < n,
  '<=': (hits, n) => hits <= n,
  '=': (hits, n) => hits === n,
  '==': (hits, n) => hits === n,
  '!=': (hits, n) => hits !== n,
  '%': (hits, n) => n > 0 && hits % n === 0,
};

/** `5` and `==5` the fifth hit, `>5` from the sixth on, `%2` every second one. */
export function parseHitCondition(text: string): (hits: number) => boolean {
  const match = /^\s*(>=|<=|==|!=|=|>|<|%)?\s*(\w+)\s*$/.exec(text);
  const count = match ? parseNumber(match[2]) : undefined;
  if (!match || count === undefined) throw new UserError('breakpoint.hitCondition', `"${text}" is not a hit count: write 5, >5, >=5, <5, ==5 or %5.`);
  const test = HIT_TESTS[match[1] ?? '=='];
  return (hits) => test(hits, count);
}

export type Verdict = { readonly stop: boolean; readonly log?: string };

export class BreakpointCondition {
  readonly #condition: string | undefined;
  readonly #enough: ((hits: number) => boolean) | undefined;
  #hits = 0;

  /** Throws UserError when a part cannot be understood. */
  constructor(readonly request: BreakpointRequest) {
    this.#condition = request.condition?.trim() ? checked(request.condition) : undefined;
    this.#enough = request.hitCondition?.trim() ? parseHitCondition(request.hitCondition) : undefined;
  }

  /** Reached: counts a hit when the condition holds. A condition that cannot be evaluated stops, and says why. */
  reached(context: EvaluationContext): Verdict {
    if (this.#condition) {
      try {
        if (!holds(this.#condition, context)) return { stop: false };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { stop: true, log: `Breakpoint condition "${this.request.condition}": ${error.message}` };
      }
    }
    this.#hits++;
    if (this.#enough && !this.#enough(this.#hits)) return { stop: false };
    const { logMessage } = this.request;
    return logMessage ? { stop: false, log: interpolate(logMessage, context) } : { stop: true };
  }
}

/** A condition that could be understood in some frame. Throws UserError for one that is wrong in any case. */
function checked(text: string): string {
  try {
    parseExpression(text);
  } catch (error) {
    try {
      parseC(text, () => true);
    } catch {
      throw error;
    }
  }
  return text;
}

function holds(text: string, context: EvaluationContext): boolean {
  const value = evaluate(text, context);
  const truth = value.c ? truthOf(value.c) : value.value !== 0;
  if (truth === undefined) throw expressionError(`${text} has no value here: it is optimised away, or its memory cannot be read.`);
  return truth;
}

/** `AX is {ax}`: each {expression} by its value; \{ is a brace. */
export function interpolate(message: string, context: EvaluationContext): string {
  return message.replace(/\\([{}])|\{([^{}]*)\}/g, (_, brace: string | undefined, expression: string) => {
    if (brace) return brace;
    try {
      return formatValue(evaluate(expression, context));
    } catch (error) {
      if (error instanceof UserError) return `{${error.message}}`;
      throw error;
    }
  });
}

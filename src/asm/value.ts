/**
 * What an expression is worth while sections have no address yet: a number plus multiples of unknowns, the bases of
 * sections and the registers of an effective address. Sums cancel them ($-$$ is a plain number); every other operator
 * wants plain numbers. 64-bit two's complement throughout.
 */
import { toInt64 } from './numbers';

/** A register in an effective address, the base of a section, or a symbol of another file; compared by identity. */
export interface Unknown {
  readonly name: string;
  readonly type: 'register' | 'section' | 'external';
  /** Itself once, for values that have no other unknown. */
  readonly once?: ReadonlyMap<Unknown, bigint>;
}

export interface Value {
  readonly number: bigint;
  readonly terms: ReadonlyMap<Unknown, bigint>;
  /** Depends on a label whose place is not known in this pass. */
  readonly undetermined: boolean;
  /** Rests on a label further on, whose place is that of the pass before. */
  readonly ahead?: true;
}

const NO_TERMS: ReadonlyMap<Unknown, bigint> = new Map();

export const plain = (number: bigint, undetermined = false): Value => ({ number: toInt64(number), terms: NO_TERMS, undetermined });

export const term = (unknown: Unknown, number = 0n): Value => ({ number, terms: unknown.once ?? new Map([[unknown, 1n]]), undetermined: false });

export const isPlain = (value: Value): boolean => value.terms.size === 0;

export function add(left: Value, right: Value, factor = 1n): Value {
  const number = toInt64(left.number + factor * right.number);
  const undetermined = left.undetermined || right.undetermined;
  const ahead = left.ahead ?? right.ahead;
  if (right.terms.size === 0) return { number, terms: left.terms, undetermined, ahead };
  if (left.terms === right.terms && factor === -1n) return { number, terms: NO_TERMS, undetermined, ahead };
  const terms = new Map(left.terms);
  for (const [unknown, count] of right.terms) {
    const sum = (terms.get(unknown) ?? 0n) + factor * count;
    if (sum === 0n) terms.delete(unknown);
    else terms.set(unknown, sum);
  }
  return { number, terms, undetermined, ahead };
}

export const subtract = (left: Value, right: Value): Value => add(left, right, -1n);

export function scale(value: Value, factor: bigint): Value {
  const terms = factor === 0n ? [] : [...value.terms].map(([unknown, count]) => [unknown, count * factor] as const);
  return { number: toInt64(value.number * factor), terms: new Map(terms), undetermined: value.undetermined };
}

/** Expression trees to values (NASM manual, 3.5): / and % are unsigned, // and %% signed, comparisons signed. */
import { SourceError } from './diagnostics';
import { type Expression, stringValue } from './expression';
import { integerLogarithm } from './operators';
import type { Register } from './registerNames';
import { CHARACTERS, stringBytes } from './strings';
import type { Place } from './token';
import { type Unknown, type Value, add, isPlain, plain, scale, subtract, term } from './value';

/** Which register of an effective address was written first, and whether it was multiplied: NASM's choice of base and index. */
export interface AddressHint {
  first?: Register;
  multiplied?: boolean;
  /** Written as the index and nothing else. */
  index?: Register;
}

export interface Scope {
  /** The value of a symbol; throws a SourceError when there is none. */
  symbol(name: string, expression: Expression): Value;
  readonly here: Value;
  readonly sectionStart: Value;
  warn?(message: string, place: Place): void;
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
const truth = (condition: boolean): bigint => (condition ? 1n : 0n);
const three = (left: bigint, right: bigint): bigint => (left < right ? -1n : truth(left > right));

/** Operators on plain numbers. */
const BINARY: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '||': (l, r) => truth(l !== 0n || r !== 0n),
  '^^': (l, r) => truth((l !== 0n) !== (r !== 0n)),
  '&&': (l, r) => truth(l !== 0n && r !== 0n),
  '|': (l, r) => l | r,
  '^': (l, r) => l ^ r,
  '&': (l, r) => l & r,
  '<<': (l, r) => shift(r, () => l << r),
  '<<<': (l, r) => shift(r, () => l << r),
  '>>': (l, r) => shift(r, () => unsigned(l) >> r),
  '>>>': (l, r) => (unsigned(r) > 63n ? l >> 63n : l >> r),
  '/': (l, r) => unsigned(l) / unsigned(r),
  '//': (l, r) => l / r,
  '%': (l, r) => unsigned(l) % unsigned(r),
  '%%': (l, r) => l % r,
};

/** Comparisons also compare labels of one section. */
const COMPARISONS: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '=': (l, r) => truth(l === r),
  '==': (l, r) => truth(l === r),
  '<>': (l, r) => truth(l !== r),
  '!=': (l, r) => truth(l !== r),
  '<': (l, r) => truth(l < r),
  '<=': (l, r) => truth(l <= r),
  '>': (l, r) => truth(l > r),
  '>=': (l, r) => truth(l >= r),
  '<=>': three,
};
const EQUALITY = new Set(['=', '==', '<>', '!=']);

const shift = (count: bigint, result: () => bigint): bigint => (unsigned(count) > 63n ? 0n : result());

export function evaluate(expression: Expression, scope: Scope, hint: AddressHint = {}): Value {
  switch (expression.kind) {
    case 'number':
      return plain(expression.value);
    case 'string':
      if (stringBytes(expression.text).length > CHARACTERS) scope.warn?.('character constant too long', expression.place);
      return plain(stringValue(expression.text));
    case 'float':
      throw new SourceError('a floating-point constant can only stand alone, in db, dw, dd, dq, dt and do, or in __float32__() and its kin', expression.place);
    case 'here':
      return scope.here;
    case 'sectionStart':
      return scope.sectionStart;
    case 'symbol':
      return scope.symbol(expression.name, expression);
    case 'register':
      hint.first ??= expression.register;
      return term(expression.register);
    case 'unary':
      return unary(expression, scope, hint);
    case 'binary':
      return binary(expression, scope, hint);
    case 'conditional': {
      const test = wantPlain(evaluate(expression.test, scope), expression, '?');
      const chosen = evaluate(test.number !== 0n ? expression.whenTrue : expression.whenFalse, scope, hint);
      return test.undetermined ? { ...chosen, undetermined: true } : chosen;
    }
  }
}

function unary(expression: Expression & { kind: 'unary' }, scope: Scope, hint: AddressHint): Value {
  const operand = evaluate(expression.operand, scope, hint);
  if (expression.operator === '+') return operand;
  if (expression.operator === '-') return scale(operand, -1n);
  if (expression.operator === 'seg') throw new SourceError('SEG has no meaning in a flat binary: there are no segment bases', expression.place);
  const { number, undetermined } = wantPlain(operand, expression, expression.operator);
  if (expression.operator.startsWith('ilog2')) return plain(undetermined ? 0n : integerLogarithm(expression.operator, number, expression.place), undetermined);
  return plain(expression.operator === '~' ? ~number : truth(number === 0n), undetermined);
}

function binary(expression: Expression & { kind: 'binary' }, scope: Scope, hint: AddressHint): Value {
  const left = evaluate(expression.left, scope, hint);
  const right = evaluate(expression.right, scope, hint);
  const { operator } = expression;
  if (operator === '+') return add(left, right);
  if (operator === '-') return subtract(left, right);
  if (operator === '*') return multiply(left, right, expression, hint);
  const undetermined = left.undetermined || right.undetermined;
  if (operator in COMPARISONS) return plain(compare(left, right, expression), undetermined);
  const l = wantPlain(left, expression, operator).number;
  const r = wantPlain(right, expression, operator).number;
  if (r === 0n && /[/%]/.test(operator)) {
    if (undetermined) return plain(0n, true);
    throw new SourceError('division by zero', expression.place);
  }
  return plain(BINARY[operator](l, r), undetermined);
}

function compare(left: Value, right: Value, expression: Expression & { kind: 'binary' }): bigint {
  const difference = subtract(left, right);
  if (isPlain(left) && isPlain(right)) return COMPARISONS[expression.operator](left.number, right.number);
  if (isPlain(difference)) return COMPARISONS[expression.operator](difference.number, 0n);
  if (EQUALITY.has(expression.operator)) return COMPARISONS[expression.operator](0n, 1n);
  throw new SourceError(`\`${expression.operator}' cannot compare addresses of different sections`, expression.place);
}

function multiply(left: Value, right: Value, expression: Expression & { kind: 'binary' }, hint: AddressHint): Value {
  const [vector, scalar] = isPlain(right) ? [left, right] : [right, left];
  if (!isPlain(scalar)) throw new SourceError('cannot multiply two addresses', expression.place);
  if (hint.first && vector.terms.size === 1 && vector.terms.has(hint.first)) hint.multiplied = true;
  const product = scale(vector, scalar.number);
  return { ...product, undetermined: left.undetermined || right.undetermined };
}

function wantPlain(value: Value, expression: Expression, operator: string): Value {
  if (isPlain(value)) return value;
  throw new SourceError(`\`${operator}' may only be applied to plain numbers, not to ${describe([...value.terms.keys()][0])}`, expression.place);
}

export const describe = (unknown: Unknown): string => DESCRIPTIONS[unknown.type].replace('_', unknown.name);
const DESCRIPTIONS = { register: "register `_'", section: "an address in section `_'", external: "external symbol `_'" } as const;

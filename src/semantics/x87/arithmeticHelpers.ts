/** Helpers of the basic arithmetic, comparison and unary instructions (SDM Vol. 2, FADD to FXTRACT). */
import { EFLAGS_CF, EFLAGS_PF, EFLAGS_ZF } from '../../x86/flags';
import type { ExecutionContext } from '../system/context';
import { add, compare, divide, multiply, squareRoot } from './arithmetic';
import { FINITE, type Float80, INFINITY, QUIET_NAN, SIGNALING_NAN, UNSUPPORTED, ZERO } from './float80';
import { roundToInteger } from './integers';
import { extract, remainder, scale } from './remainder';
import type { Result } from './result';
import { C0, C2, C3 } from './status';
import * as functions from './transcendental';
import type { X87 } from './unit';

const CODES = C0 | C2 | C3;

type Binary = (r: Result, a: Float80, b: Float80) => void;
/** By number; the names are those of the instructions. */
export const ARITHMETIC = ['add', 'mul', 'sub', 'subr', 'div', 'divr'] as const;
const OPERATIONS: readonly Binary[] = [(r, a, b) => add(r, a, b, 0), multiply, (r, a, b) => add(r, a, b, 1), (r, a, b) => add(r, b, a, 1), divide, (r, a, b) => divide(r, b, a)];

/** ST(destination) = ST(destination) op ST(source). */
export function x87Arithmetic({ x87 }: ExecutionContext, operation: number, destination: number, source: number, pops: number): void {
  x87.begin();
  if (x87.isEmpty(destination) || x87.isEmpty(source)) x87.stackUnderflow();
  else {
    x87.load(x87.a, destination);
    x87.load(x87.b, source);
    OPERATIONS[operation](x87.result, x87.a, x87.b);
  }
  x87.complete(destination, pops);
}

/** ST(0) = ST(0) op the operand in `x87.b`. */
function withOperand(x87: X87, operation: number): void {
  x87.begin();
  if (x87.isEmpty(0)) x87.stackUnderflow();
  else {
    x87.load(x87.a, 0);
    OPERATIONS[operation](x87.result, x87.a, x87.b);
  }
  x87.complete(0);
}

export function x87ArithmeticSingle({ x87 }: ExecutionContext, operation: number, bits: number): void {
  x87.b.unpackSingle(bits);
  withOperand(x87, operation);
}
export function x87ArithmeticDouble({ x87 }: ExecutionContext, operation: number, low: number, high: number): void {
  x87.b.unpackDouble(low, high);
  withOperand(x87, operation);
}
export function x87ArithmeticInteger({ x87 }: ExecutionContext, operation: number, value: number): void {
  x87.b.unpackInteger(value);
  withOperand(x87, operation);
}

/** Condition codes of ST(0) against `x87.b`; an empty register is unordered. */
function compared(x87: X87, empty: boolean, unordered: boolean): number {
  if (empty) {
    x87.stackUnderflow();
    return CODES;
  }
  x87.load(x87.a, 0);
  return compare(x87.result, x87.a, x87.b, unordered);
}

function completeComparison(x87: X87, codes: number, pops: number): void {
  const { permitted } = x87;
  if (permitted && pops > 0) x87.pop(pops);
  x87.settle(codes, CODES);
}

/** FCOM, FUCOM and their popping kin. */
export function x87Compare({ x87 }: ExecutionContext, source: number, unordered: number, pops: number): void {
  x87.begin();
  const empty = x87.isEmpty(0) || x87.isEmpty(source);
  x87.load(x87.b, source);
  completeComparison(x87, compared(x87, empty, unordered !== 0), pops);
}

function compareOperand(x87: X87, pops: number): void {
  x87.begin();
  completeComparison(x87, compared(x87, x87.isEmpty(0), false), pops);
}

export function x87CompareSingle({ x87 }: ExecutionContext, bits: number, pops: number): void {
  x87.b.unpackSingle(bits);
  compareOperand(x87, pops);
}
export function x87CompareDouble({ x87 }: ExecutionContext, low: number, high: number, pops: number): void {
  x87.b.unpackDouble(low, high);
  compareOperand(x87, pops);
}
export function x87CompareInteger({ x87 }: ExecutionContext, value: number, pops: number): void {
  x87.b.unpackInteger(value);
  compareOperand(x87, pops);
}

/** FCOMI, FUCOMI and their popping kin: the codes go to ZF, PF and CF; the other status flags are cleared. */
export function x87CompareFlags({ x87, cpu }: ExecutionContext, source: number, unordered: number, pops: number): void {
  x87.begin();
  const empty = x87.isEmpty(0) || x87.isEmpty(source);
  x87.load(x87.b, source);
  const codes = compared(x87, empty, unordered !== 0);
  cpu.statusFlags = (codes & C3 ? EFLAGS_ZF : 0) | (codes & C2 ? EFLAGS_PF : 0) | (codes & C0 ? EFLAGS_CF : 0);
  if (x87.permitted && pops > 0) x87.pop(pops);
  x87.settleKeepingC1();
}

/** FTST. */
export function x87Test({ x87 }: ExecutionContext): void {
  x87.b.unpackInteger(0);
  compareOperand(x87, 0);
}

/** Class of ST(0) in C3, C2, C0; its sign in C1 (SDM Vol. 2, FXAM). */
const CLASSES: Readonly<Record<number, number>> = {
  [UNSUPPORTED]: 0,
  [QUIET_NAN]: C0,
  [SIGNALING_NAN]: C0,
  [FINITE]: C2,
  [INFINITY]: C2 | C0,
  [ZERO]: C3,
};

export function x87Examine({ x87 }: ExecutionContext): void {
  x87.begin();
  const { a } = x87;
  x87.load(a, 0);
  const kind = x87.isEmpty(0) ? C3 | C0 : a.denormal ? ((x87.signExponent(0) & 0x7fff) === 0 ? C3 | C2 : C2) : CLASSES[a.kind];
  x87.result.roundedUp = a.sign === 1;
  x87.settle(kind, CODES);
}

/** FCHS, FABS: the sign alone, whatever the operand is. */
export function x87SetSign({ x87 }: ExecutionContext, absolute: number): void {
  x87.begin();
  if (x87.isEmpty(0)) {
    x87.stackUnderflow();
    x87.complete(0);
    return;
  }
  const before = x87.signExponent(0);
  x87.write(0, absolute ? before & 0x7fff : before ^ 0x8000, x87.high(0), x87.low(0));
  x87.settle();
}

type Unary = (r: Result, a: Float80) => void;
export const UNARY = ['sqrt', 'rndint', '2xm1', 'sin', 'cos'] as const;
const sine: Unary = (r, a) => {
  if (!functions.settleAngle(r, a, 0) && r.denormalOperands(a, a)) functions.roundSine(r, a, functions.evaluateAngle(a));
};
const cosine: Unary = (r, a) => {
  if (!functions.settleAngle(r, a, 1) && r.denormalOperands(a, a)) functions.roundCosine(r, functions.evaluateAngle(a));
};
const UNARY_OPERATIONS: readonly Unary[] = [squareRoot, roundToInteger, functions.powerOfTwoMinusOne, sine, cosine];

/** ST(0) = f(ST(0)). An angle of 2^63 or more is left alone, with C2. */
export function x87Unary({ x87 }: ExecutionContext, operation: number): void {
  x87.begin();
  const trigonometric = operation >= 3;
  if (trigonometric && isTooLarge(x87)) return;
  if (x87.isEmpty(0)) x87.stackUnderflow();
  else {
    x87.load(x87.a, 0);
    UNARY_OPERATIONS[operation](x87.result, x87.a);
  }
  x87.complete(0);
  if (trigonometric) x87.status &= ~C2;
}

function isTooLarge(x87: X87): boolean {
  x87.load(x87.a, 0);
  if (x87.isEmpty(0) || x87.a.kind !== FINITE || x87.a.exponent < functions.ANGLE_LIMIT) return false;
  x87.settle(C2, C2);
  return true;
}

/** FSINCOS, FPTAN: two results, the second pushed: the cosine, or one. */
export function x87UnaryPush({ x87 }: ExecutionContext, tangent: number): void {
  x87.begin();
  if (!x87.isEmpty(0) && x87.isEmpty(7) && isTooLarge(x87)) return;
  const { a, result, second } = x87;
  if (faultsPushing(x87)) {
    x87.status &= ~C2;
    return;
  }
  x87.load(a, 0);
  second.begin(x87.control);
  if (functions.settleAngle(result, a, 0)) {
    functions.settleAngle(second, a, 1);
  } else if (result.denormalOperands(a, a)) {
    const angle = functions.evaluateAngle(a);
    if (tangent) {
      functions.roundTangent(result, a, angle);
      second.round(0, 0, 0x80000000, 0, 0, second.format);
    } else {
      functions.roundSine(result, a, angle);
      functions.roundCosine(second, angle);
    }
  }
  result.raised |= second.raised;
  completeTwo(x87);
  x87.status &= ~C2;
}

/** ST(0) is empty, or ST(7) is not: both results are indefinite. */
function faultsPushing(x87: X87): boolean {
  const empty = x87.isEmpty(0);
  if (!empty && x87.isEmpty(7)) return false;
  if (empty) x87.stackUnderflow();
  else x87.stackOverflow();
  x87.second.indefinite();
  completeTwo(x87);
  return true;
}

function completeTwo(x87: X87): void {
  if (x87.permitted) {
    x87.writeResult(0, x87.result);
    x87.top -= 1;
    x87.writeResult(0, x87.second);
  }
  x87.settle();
}

/** FXTRACT: the exponent in ST(1), the significand pushed. */
export function x87Extract({ x87 }: ExecutionContext): void {
  x87.begin();
  if (faultsPushing(x87)) return;
  const { a, result, second } = x87;
  x87.load(a, 0);
  extract(result, second, a);
  if (x87.permitted) {
    x87.writeResult(0, second);
    x87.top -= 1;
    x87.writeResult(0, result);
  }
  x87.settle();
}

/** FPREM, FPREM1. Without a quotient C0 and C3 stay. */
export function x87Remainder({ x87 }: ExecutionContext, nearest: number): void {
  x87.begin();
  let codes: number | undefined;
  if (x87.isEmpty(0) || x87.isEmpty(1)) x87.stackUnderflow();
  else {
    x87.load(x87.a, 0);
    x87.load(x87.b, 1);
    codes = remainder(x87.result, x87.a, x87.b, nearest !== 0);
  }
  x87.complete(0);
  x87.status = codes === undefined ? x87.status & ~C2 : (x87.status & ~CODES) | codes;
}

/** FSCALE. */
export function x87Scale({ x87 }: ExecutionContext): void {
  x87.begin();
  if (x87.isEmpty(0) || x87.isEmpty(1)) x87.stackUnderflow();
  else {
    x87.load(x87.a, 0);
    x87.load(x87.b, 1);
    scale(x87.result, x87.a, x87.b);
  }
  x87.complete(0);
}

export const POPPING = ['yl2x', 'yl2xp1', 'patan'] as const;
const POPPING_OPERATIONS: readonly Binary[] = [functions.yLog2X, functions.yLog2XPlus1, functions.partialArctangent];

/** ST(1) = f(ST(0), ST(1)), then pop. */
export function x87Popping({ x87 }: ExecutionContext, operation: number): void {
  x87.begin();
  if (x87.isEmpty(0) || x87.isEmpty(1)) x87.stackUnderflow();
  else {
    x87.load(x87.a, 0);
    x87.load(x87.b, 1);
    POPPING_OPERATIONS[operation](x87.result, x87.a, x87.b);
  }
  x87.complete(1, 1);
}

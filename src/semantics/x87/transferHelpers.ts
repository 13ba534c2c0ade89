/** Helpers of loads, stores, constants, moves and the register stack (SDM Vol. 2, FLD, FST, FILD, FIST, FBLD, FBSTP, FXCH, FCMOVcc). */
import { CPU } from '../../x86/cpuState';
import type { ExecutionContext } from '../system/context';
import { readWide, writeWide } from '../system/wideOperand';
import { DOUBLE, DOUBLE_EXTENDED, type Format, SINGLE } from './result';
import { FINITE, INFINITY, QUIET_BIT, SIGNALING_NAN, UNSUPPORTED, ZERO } from './float80';
import { fromBcd, toBcd, toInteger } from './integers';
import { C1, IE, PE, SF } from './status';
import type { X87 } from './unit';

/** Push the operand in `x87.b`. */
function pushOperand(x87: X87): void {
  x87.begin();
  const { b, result } = x87;
  if (!x87.isEmpty(7)) x87.stackOverflow();
  else if (!result.settleNan(b, b)) {
    if (b.kind === ZERO) result.zero(b.sign);
    else if (b.kind === INFINITY) result.infinity(b.sign);
    else if (result.denormalOperands(b, b)) result.exact(b);
  }
  x87.completePush();
}

export function x87LoadSingle({ x87 }: ExecutionContext, bits: number): void {
  x87.b.unpackSingle(bits);
  pushOperand(x87);
}
export function x87LoadDouble({ x87 }: ExecutionContext, low: number, high: number): void {
  x87.b.unpackDouble(low, high);
  pushOperand(x87);
}
export function x87LoadInteger({ x87 }: ExecutionContext, low: number, high: number): void {
  x87.b.unpackInteger64(low, high);
  pushOperand(x87);
}
export function x87LoadBcd(context: ExecutionContext, segment: number, offset: number): void {
  const bytes = new Uint8Array(10);
  readWide(context, segment, offset, bytes);
  fromBcd(context.x87.b, bytes);
  pushOperand(context.x87);
}

/** The bits as they are: no conversion, no exception but the stack's. */
function pushRaw(x87: X87, signExponent: number, high: number, low: number): void {
  x87.begin();
  if (!x87.isEmpty(7)) x87.stackOverflow();
  else {
    x87.result.signExponent = signExponent;
    x87.result.high = high;
    x87.result.low = low;
  }
  x87.completePush();
}

export function x87LoadExtended({ x87 }: ExecutionContext, low: number, high: number, signExponent: number): void {
  pushRaw(x87, signExponent, high, low);
}

export function x87LoadRegister({ x87 }: ExecutionContext, n: number): void {
  if (!x87.isEmpty(n)) return pushRaw(x87, x87.signExponent(n), x87.high(n), x87.low(n));
  x87.begin();
  if (x87.isEmpty(7)) x87.stackUnderflow();
  else x87.stackOverflow();
  x87.completePush();
}

/** Exponent and 96 bits of the constants of FLD1 to FLDZ, to be rounded by rounding control (SDM Vol. 1, 8.3.4). */
export const CONSTANTS = ['1', 'l2t', 'l2e', 'pi', 'lg2', 'ln2', 'z'] as const;
export const CONSTANT_VALUES: readonly (readonly [exponent: number, high: number, low: number, rest: number])[] = [
  [0, 0x80000000, 0, 0],
  [1, 0xd49a784b, 0xcd1b8afe, 0x492bf6ff],
  [0, 0xb8aa3b29, 0x5c17f0bb, 0xbe87fed0],
  [1, 0xc90fdaa2, 0x2168c234, 0xc4c6628b],
  [-2, 0x9a209a84, 0xfbcff798, 0x8f8959ac],
  [-1, 0xb17217f7, 0xd1cf79ab, 0xc9e3b398],
];

export function x87LoadConstant({ x87 }: ExecutionContext, which: number): void {
  x87.begin();
  const { result } = x87;
  if (!x87.isEmpty(7)) x87.stackOverflow();
  else if (which === CONSTANT_VALUES.length) result.zero(0);
  else {
    const [exponent, high, low, rest] = CONSTANT_VALUES[which];
    result.round(0, exponent, high, low, rest, DOUBLE_EXTENDED);
    // The precision exception of a constant is not reported.
    result.raised = 0;
    result.roundedUp = false;
  }
  x87.completePush();
}

/**
 * Stores go in three steps: a helper leaves what ST(0) becomes in the X87_STORED cells and says whether it may be stored (an unmasked
 * exception but #P forbids it), micro-ops store it and may fault, and this one pops and reports.
 */
export function x87CompleteStore({ x87 }: ExecutionContext, pops: number): void {
  if (x87.quiet) {
    if (pops > 0) x87.pop();
  } else {
    // What was not stored was not rounded.
    x87.result.raised &= ~PE;
    x87.result.roundedUp = false;
  }
  x87.settle();
}

function stored(x87: X87, low: number, high = 0): number {
  x87.cpu.set(CPU.X87_STORED, low);
  x87.cpu.set(CPU.X87_STORED + 4, high);
  return x87.quiet ? 1 : 0;
}

/** ST(0) rounded to a format without an explicit integer bit, in parts. */
function narrow(x87: X87, format: Format, bias: number, special: number): void {
  const { a, result, narrowed } = x87;
  x87.load(a, 0);
  narrowed.sign = a.sign;
  narrowed.exponent = special;
  narrowed.high = narrowed.low = 0;
  if (x87.isEmpty(0) || a.kind === UNSUPPORTED) {
    result.raise(x87.isEmpty(0) ? IE | SF : IE);
    narrowed.sign = 1;
    narrowed.high = QUIET_BIT;
  } else if (a.kind === ZERO) narrowed.exponent = 0;
  else if (a.kind === FINITE) {
    const exponent = result.roundTo(a.sign, a.exponent, a.high, a.low, 0, format);
    if (exponent === Infinity) return;
    narrowed.exponent = result.high >>> 31 === 0 ? 0 : exponent + bias;
    narrowed.high = result.high;
    narrowed.low = result.low;
  } else if (a.kind !== INFINITY) {
    if (a.kind === SIGNALING_NAN) result.raise(IE);
    narrowed.high = a.high | QUIET_BIT;
    narrowed.low = a.low;
  }
}

export function x87ConvertSingle({ x87 }: ExecutionContext): number {
  x87.begin();
  narrow(x87, SINGLE, 127, 0xff);
  const { sign, exponent, high } = x87.narrowed;
  return stored(x87, (sign << 31) | (exponent << 23) | ((high & 0x7fffffff) >>> 8));
}

export function x87ConvertDouble({ x87 }: ExecutionContext): number {
  x87.begin();
  narrow(x87, DOUBLE, 1023, 0x7ff);
  const { sign, exponent, high, low } = x87.narrowed;
  return stored(x87, (high << 21) | (low >>> 11), (sign << 31) | (exponent << 20) | ((high & 0x7fffffff) >>> 11));
}

/** The bits as they are. */
export function x87ConvertExtended({ x87 }: ExecutionContext): number {
  x87.begin();
  const empty = x87.isEmpty(0);
  if (empty) x87.stackUnderflow();
  x87.cpu.set(CPU.X87_STORED + 8, empty ? x87.result.signExponent : x87.signExponent(0));
  return empty ? stored(x87, x87.result.low, x87.result.high) : stored(x87, x87.low(0), x87.high(0));
}

export function x87ConvertInteger({ x87 }: ExecutionContext, size: number): number {
  x87.begin();
  const { a, result } = x87;
  x87.load(a, 0);
  if (x87.isEmpty(0)) {
    result.raise(IE | SF);
    a.kind = UNSUPPORTED;
  }
  toInteger(result, a, (8 * size) as 16 | 32 | 64);
  return stored(x87, result.low, result.high);
}

export function x87StoreBcd(context: ExecutionContext, segment: number, offset: number): void {
  const { x87 } = context;
  x87.begin();
  const { a, result } = x87;
  x87.load(a, 0);
  if (x87.isEmpty(0)) {
    result.raise(IE | SF);
    a.kind = UNSUPPORTED;
  }
  const bytes = new Uint8Array(10);
  toBcd(result, a, bytes);
  if (x87.quiet) writeWide(context, segment, offset, bytes);
  x87CompleteStore(context, 1);
}

/** FST ST(i), FSTP ST(i). */
export function x87StoreRegister({ x87 }: ExecutionContext, n: number, pops: number): void {
  x87.begin();
  if (x87.isEmpty(0)) x87.stackUnderflow();
  else {
    x87.result.signExponent = x87.signExponent(0);
    x87.result.high = x87.high(0);
    x87.result.low = x87.low(0);
  }
  x87.complete(n, pops);
}

/** An empty register holds the indefinite, if that is masked. */
export function x87Exchange({ x87 }: ExecutionContext, n: number): void {
  x87.begin();
  const empty = [0, n].filter((register) => x87.isEmpty(register));
  if (empty.length > 0) x87.stackUnderflow();
  if (x87.permitted) {
    for (const register of empty) x87.writeIndefinite(register);
    x87.exchange(n);
  }
  x87.settle();
}

/** FCMOVcc: the registers must not be empty, whether or not the condition holds. */
export function x87MoveOnCondition(context: ExecutionContext, condition: number, n: number): void {
  const { x87 } = context;
  x87.begin();
  if (x87.isEmpty(0) || x87.isEmpty(n)) {
    x87.stackUnderflow();
    x87.complete(0);
    return;
  }
  if (condition) x87.write(0, x87.signExponent(n), x87.high(n), x87.low(n));
}

/** D9 D8+i: FSTP that takes an empty ST(0) without an exception and then stores nothing. */
export function x87StoreUnchecked({ x87 }: ExecutionContext, n: number): void {
  x87.status &= ~C1;
  if (!x87.isEmpty(0)) x87.write(n, x87.signExponent(0), x87.high(0), x87.low(0));
  x87.pop();
}

/** Helpers of loads, stores, constants, moves and the register stack (SDM Vol. 2, FLD, FST, FILD, FIST, FBLD, FBSTP, FXCH, FCMOVcc). */
import type { ExecutionContext } from '../system/context';
import { readWide, writeWide } from '../system/wideOperand';
import { DOUBLE, DOUBLE_EXTENDED, type Format, SINGLE } from './result';
import { FINITE, INFINITY, INTEGER_BIT, QUIET_BIT, SIGNALING_NAN, SPECIAL, UNSUPPORTED, ZERO } from './float80';
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
  const bytes = new DataView(x87.bytes(n).buffer);
  if (!x87.isEmpty(n)) return pushRaw(x87, bytes.getUint16(8, true), bytes.getInt32(4, true), bytes.getInt32(0, true));
  x87.begin();
  if (x87.isEmpty(7)) x87.stackUnderflow();
  else x87.stackOverflow();
  x87.completePush();
}

/** Exponent and 96 bits of the constants of FLD1 to FLDZ, to be rounded by rounding control (SDM Vol. 1, 8.3.4). */
export const CONSTANTS = ['1', 'l2t', 'l2e', 'pi', 'lg2', 'ln2', 'z'] as const;
const CONSTANT_VALUES: readonly (readonly [exponent: number, high: number, low: number, rest: number])[] = [
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

/** Store what `convert` makes of ST(0) in the low bytes of `words`; then pop. Unmasked exceptions but #P leave memory and stack alone. */
function store(context: ExecutionContext, segment: number, offset: number, length: number, pops: number, convert: (view: DataView) => void): void {
  const { x87 } = context;
  x87.begin();
  const view = new DataView(new ArrayBuffer(16));
  convert(view);
  if (x87.quiet) {
    writeWide(context, segment, offset, new Uint8Array(view.buffer, 0, length));
    if (pops > 0) x87.pop();
  } else {
    // What was not stored was not rounded.
    x87.result.raised &= ~PE;
    x87.result.roundedUp = false;
  }
  x87.settle();
}

/** ST(0) rounded to a format without an explicit integer bit: sign, exponent and fraction with bit 62 the fraction's highest. */
function narrow(x87: X87, format: Format, bias: number, special: number, put: (sign: number, exponent: number, high: number, low: number) => void): void {
  const { a, result } = x87;
  if (x87.isEmpty(0)) {
    x87.stackUnderflow();
    return put(1, special, QUIET_BIT, 0);
  }
  x87.load(a, 0);
  switch (a.kind) {
    case UNSUPPORTED:
      result.raise(IE);
      return put(1, special, QUIET_BIT, 0);
    case ZERO:
      return put(a.sign, 0, 0, 0);
    case INFINITY:
      return put(a.sign, special, 0, 0);
    case FINITE: {
      const exponent = result.roundTo(a.sign, a.exponent, a.high, a.low, 0, format);
      if (exponent === Infinity) put(a.sign, special, 0, 0);
      else put(a.sign, result.high >>> 31 === 0 ? 0 : exponent + bias, result.high, result.low);
      return;
    }
    default:
      if (a.kind === SIGNALING_NAN) result.raise(IE);
      put(a.sign, special, a.high | QUIET_BIT, a.low);
  }
}

export function x87StoreSingle(context: ExecutionContext, segment: number, offset: number, pops: number): void {
  store(context, segment, offset, 4, pops, (view) =>
    narrow(context.x87, SINGLE, 127, 0xff, (sign, exponent, high) => view.setUint32(0, (sign << 31) | (exponent << 23) | ((high & 0x7fffffff) >>> 8), true)),
  );
}

export function x87StoreDouble(context: ExecutionContext, segment: number, offset: number, pops: number): void {
  store(context, segment, offset, 8, pops, (view) =>
    narrow(context.x87, DOUBLE, 1023, 0x7ff, (sign, exponent, high, low) => {
      view.setUint32(4, (sign << 31) | (exponent << 20) | ((high & 0x7fffffff) >>> 11), true);
      view.setUint32(0, (high << 21) | (low >>> 11), true);
    }),
  );
}

export function x87StoreExtended(context: ExecutionContext, segment: number, offset: number): void {
  const { x87 } = context;
  store(context, segment, offset, 10, 1, (view) => {
    if (!x87.isEmpty(0)) return new Uint8Array(view.buffer).set(x87.bytes(0));
    x87.stackUnderflow();
    view.setUint32(4, INTEGER_BIT | QUIET_BIT, true);
    view.setUint16(8, 0x8000 | SPECIAL, true);
  });
}

export function x87StoreInteger(context: ExecutionContext, segment: number, offset: number, size: number, pops: number): void {
  const { x87 } = context;
  store(context, segment, offset, size, pops, (view) => {
    const { a, result } = x87;
    if (x87.isEmpty(0)) {
      result.raise(IE | SF);
      a.unpackInteger64(0, 0);
      a.kind = UNSUPPORTED;
    } else x87.load(a, 0);
    toInteger(result, a, (8 * size) as 16 | 32 | 64);
    view.setUint32(0, result.low, true);
    view.setUint32(4, result.high, true);
  });
}

export function x87StoreBcd(context: ExecutionContext, segment: number, offset: number): void {
  const { x87 } = context;
  store(context, segment, offset, 10, 1, (view) => {
    const { a, result } = x87;
    x87.load(a, 0);
    if (x87.isEmpty(0)) {
      result.raise(IE | SF);
      a.kind = UNSUPPORTED;
    }
    toBcd(result, a, new Uint8Array(view.buffer, 0, 10));
  });
}

/** FST ST(i), FSTP ST(i). */
export function x87StoreRegister({ x87 }: ExecutionContext, n: number, pops: number): void {
  x87.begin();
  if (x87.isEmpty(0)) x87.stackUnderflow();
  else {
    const bytes = new DataView(x87.bytes(0).buffer);
    x87.result.signExponent = bytes.getUint16(8, true);
    x87.result.high = bytes.getUint32(4, true);
    x87.result.low = bytes.getUint32(0, true);
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
  if (condition) {
    const bytes = new DataView(x87.bytes(n).buffer);
    x87.write(0, bytes.getUint16(8, true), bytes.getInt32(4, true), bytes.getInt32(0, true));
  }
}

/** FFREE, and FFREEP which also pops. */
export function x87Free({ x87 }: ExecutionContext, n: number, pops: number): void {
  x87.setEmpty(n);
  x87.status &= ~C1;
  if (pops) x87.top += 1;
}

/** FINCSTP, FDECSTP: the top alone. */
export function x87MoveTop({ x87 }: ExecutionContext, by: number): void {
  x87.top += by;
  x87.status &= ~C1;
}

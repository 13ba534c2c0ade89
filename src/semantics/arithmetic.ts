/** Binary and decimal arithmetic, logic. SDM Vol. 2. */
import type { Builder, Size } from '../ir/builder';
import {
  CONDITION_C,
  type Expr,
  ONE,
  STATUS,
  ZERO,
  type WideOp,
  add,
  and,
  binary,
  condition,
  constant,
  equal,
  extendSigned,
  isZero,
  or,
  register,
  select,
  shl,
  shrU,
  sub,
  truncate,
  unary,
} from '../ir/microOp';
import { DE } from '../x86/exceptions';
import { EFLAGS_AF } from '../x86/flags';
import { BR } from '../x86/exceptions';
import { EAX, EDX } from '../x86/registers';
import type { Lift } from './lift';

type Flags = 'add' | 'sub' | 'logic';

/** dest := dest op src, and flags. `carryIn`: ADC, SBB. `store`: not for CMP, TEST. */
const binaryOperation =
  (op: 'add' | 'sub' | 'and' | 'or' | 'xor', flags: Flags, { store = true, carryIn = false } = {}): Lift =>
  (b) => {
    const size = b.sizeOf(0);
    const left = store ? b.readForUpdate(0) : b.let(b.read(0));
    const right = b.let(b.read(1));
    const carry = carryIn ? b.let(condition(CONDITION_C)) : undefined;
    const partial = binary(op, left, right);
    const result = b.let(carry ? binary(op, partial, carry) : partial);
    if (store) b.write(0, result);
    if (flags === 'logic') b.resultFlags(size, result);
    else b.arithmeticFlags(flags, size, left, right, result);
  };

export const addition = binaryOperation('add', 'add');
export const additionWithCarry = binaryOperation('add', 'add', { carryIn: true });
export const subtraction = binaryOperation('sub', 'sub');
export const subtractionWithBorrow = binaryOperation('sub', 'sub', { carryIn: true });
export const comparison = binaryOperation('sub', 'sub', { store: false });
export const conjunction = binaryOperation('and', 'logic');
export const disjunction = binaryOperation('or', 'logic');
export const exclusiveOr = binaryOperation('xor', 'logic');
export const test = binaryOperation('and', 'logic', { store: false });

const byOne =
  (op: 'add' | 'sub'): Lift =>
  (b) => {
    const value = b.readForUpdate(0);
    const result = b.let(binary(op, value, ONE));
    b.write(0, result);
    b.arithmeticFlags(op, b.sizeOf(0), value, ONE, result, true);
  };

export const increment = byOne('add');
export const decrement = byOne('sub');

export const negation: Lift = (b) => {
  const value = b.readForUpdate(0);
  const result = b.let(sub(ZERO, value));
  b.write(0, result);
  b.arithmeticFlags('sub', b.sizeOf(0), ZERO, value, result);
};

export const complement: Lift = (b) => b.write(0, binary('xor', b.readForUpdate(0), constant(-1)));

/** `XADD`: dest and src exchange, then dest := sum. */
export const exchangeAdd: Lift = (b) => {
  const destination = b.readForUpdate(0);
  const source = b.let(b.read(1));
  const sum = b.let(add(destination, source));
  if (b.inMemory(0)) {
    b.write(0, sum);
    b.write(1, destination);
  } else {
    b.write(1, destination);
    b.write(0, sum);
  }
  b.arithmeticFlags('add', b.sizeOf(0), destination, source, sum);
};

/** Put a double-width product: AX, DX:AX or EDX:EAX. */
const setProduct = (b: Builder, size: Size, low: Expr, high: Expr): void => {
  if (size === 1) b.setRegister(EAX, 2, low);
  else {
    b.setRegister(EAX, size, low);
    b.setRegister(EDX, size, high);
  }
};

/** `MUL`: CF and OF say that the upper half is not zero. */
export const multiplyUnsigned: Lift = (b) => {
  const size = b.sizeOf(0);
  const left = b.let(b.read(0));
  const right = b.let(register(EAX, size));
  const low = b.let(binary('mul', left, right));
  const high = b.let(size === 4 ? binary('mulHighUnsigned', left, right) : shrU(low, constant(8 * size)));
  setProduct(b, size, low, high);
  const significant = b.let(isZero(isZero(high)));
  b.carryFlags(significant, significant);
};

/** Signed product and whether it fits `size` bytes. */
const signedProduct = (b: Builder, size: Size, left: Expr, right: Expr): { low: Expr; high: Expr; overflow: Expr } => {
  const x = b.let(extendSigned(left, size));
  const y = b.let(extendSigned(right, size));
  const low = b.let(binary('mul', x, y));
  const high = b.let(size === 4 ? binary('mulHighSigned', x, y) : binary('shrS', low, constant(8 * size)));
  const sign = size === 4 ? binary('shrS', low, constant(31)) : low;
  const overflow = b.let(binary('notEqual', size === 4 ? high : extendSigned(low, size), sign));
  return { low, high, overflow };
};

export const multiplySignedWide: Lift = (b) => {
  const size = b.sizeOf(0);
  const { low, high, overflow } = signedProduct(b, size, b.read(0), register(EAX, size));
  setProduct(b, size, low, high);
  b.carryFlags(overflow, overflow);
};

/** `IMUL reg, r/m` and `IMUL reg, r/m, imm`. */
export const multiplySigned: Lift = (b) => {
  const three = b.form.spec.operands.length === 3;
  const { low, overflow } = signedProduct(b, b.size, b.read(three ? 1 : 0), b.read(three ? 2 : 1));
  b.write(0, low);
  b.carryFlags(overflow, overflow);
};

/** `DIV`, `IDIV`: a zero divisor or a quotient that does not fit is #DE. */
const division =
  (signed: boolean): Lift =>
  (b) => {
    const size = b.sizeOf(0);
    const operand = b.let(b.read(0));
    b.if(isZero(operand), () => b.fault(DE));
    const divisor = b.let(signed ? extendSigned(operand, size) : operand);
    const low = b.let(size === 1 ? register(EAX, 2) : size === 2 ? or(shl(register(EDX, 2), constant(16)), register(EAX, 2)) : register(EAX, 4));
    const dividend = b.let(size === 1 && signed ? extendSigned(low, 2) : low);
    const high = b.let(size === 4 ? register(EDX, 4) : signed ? binary('shrS', dividend, constant(31)) : ZERO);
    const wide = (op: WideOp): Expr => ({ k: 'wide', op, high, low: dividend, divisor });
    b.if(isZero(wide(signed ? 'fitsS' : 'fitsU')), () => b.fault(DE));
    const quotient = b.let(wide(signed ? 'divS' : 'divU'));
    if (size < 4) b.if(binary('notEqual', quotient, signed ? extendSigned(quotient, size) : truncate(quotient, size)), () => b.fault(DE));
    const remainder = b.let(wide(signed ? 'remS' : 'remU'));
    if (size === 1) b.setRegister(EAX, 2, or(truncate(quotient, 1), shl(remainder, constant(8))));
    else {
      b.setRegister(EAX, size, quotient);
      b.setRegister(EDX, size, remainder);
    }
  };

export const divideUnsigned = division(false);
export const divideSigned = division(true);

const lowNibbleAdjust = (b: Builder, al: Expr): Expr => b.let(or(binary('lessU', constant(9), and(al, constant(15))), and(isZero(isZero(and(STATUS, constant(EFLAGS_AF)))), ONE)));

/** `DAA`, `DAS`. */
const decimalAdjust =
  (op: 'add' | 'sub'): Lift =>
  (b) => {
    const al = b.let(register(EAX, 1));
    const low = lowNibbleAdjust(b, al);
    const high = b.let(or(binary('lessU', constant(0x99), al), condition(CONDITION_C)));
    const correction = add(select(low, constant(6), ZERO), select(high, constant(0x60), ZERO));
    const result = b.let(truncate(binary(op, al, correction), 1));
    const carry = op === 'add' ? high : b.let(or(high, and(low, binary('lessU', al, constant(6)))));
    b.setRegister(EAX, 1, result);
    b.resultFlags(1, result, carry, ZERO, low);
  };

export const decimalAdjustAdd = decimalAdjust('add');
export const decimalAdjustSubtract = decimalAdjust('sub');

/** `AAA`, `AAS`: AX +/- 106h when the low nibble is no digit. */
const asciiAdjust =
  (op: 'add' | 'sub'): Lift =>
  (b) => {
    const al = b.let(register(EAX, 1));
    const adjust = lowNibbleAdjust(b, al);
    const ax = b.let(binary(op, register(EAX, 2), select(adjust, constant(0x106), ZERO)));
    b.setRegister(EAX, 2, and(ax, constant(0xff0f)));
    b.resultFlags(1, b.let(and(ax, constant(0x0f))), adjust, ZERO, adjust);
  };

export const asciiAdjustAdd = asciiAdjust('add');
export const asciiAdjustSubtract = asciiAdjust('sub');

export const asciiAdjustMultiply: Lift = (b) => {
  const base = b.let(b.read(0));
  b.if(isZero(base), () => b.fault(DE));
  const al = b.let(register(EAX, 1));
  const remainder = b.let(binary('remU', al, base));
  b.setRegister(EAX, 2, or(shl(binary('divU', al, base), constant(8)), remainder));
  b.resultFlags(1, remainder);
};

export const asciiAdjustDivide: Lift = (b) => {
  const base = b.let(b.read(0));
  const al = b.let(register(EAX, 1));
  const scaled = b.let(binary('mul', register(4, 1), base));
  const result = b.let(truncate(add(al, scaled), 1));
  b.setRegister(EAX, 2, result);
  b.arithmeticFlags('add', 1, al, scaled, result);
};

/** `BOUND`: #BR when the signed index lies outside [lower, upper]. */
export const checkBounds: Lift = (b) => {
  const index = b.let(extendSigned(b.read(0), b.size));
  const lower = b.let(extendSigned(b.load('operand', b.address(), b.size), b.size));
  const upper = b.let(extendSigned(b.load('operand', b.addressPlus(b.size), b.size), b.size));
  b.if(or(binary('lessS', index, lower), binary('lessS', upper, index)), () => b.fault(BR));
};

export const clearCarry: Lift = (b) => b.carryFlags(ZERO);
export const setCarry: Lift = (b) => b.carryFlags(ONE);
export const complementCarry: Lift = (b) => b.carryFlags(isZero(condition(CONDITION_C)));

/** `BSF`, `BSR`: a zero source sets ZF and leaves the destination. */
const bitScan =
  (op: 'countTrailingZeros' | 'countLeadingZeros'): Lift =>
  (b) => {
    const source = b.let(b.read(1));
    const position = op === 'countTrailingZeros' ? unary(op, source) : sub(constant(31), unary(op, source));
    b.write(0, select(equal(source, ZERO), b.read(0), position));
    b.resultFlags(b.size, source);
  };

export const bitScanForward = bitScan('countTrailingZeros');
export const bitScanReverse = bitScan('countLeadingZeros');

/** Shifts, rotates, double shifts, bit tests. SDM Vol. 2. Counts are taken modulo 32; a count of zero changes no flag. */
import type { Builder, Size } from '../ir/builder';
import { CONDITION_C, type Expr, ONE, ZERO, add, and, binary, condition, constant, extendSigned, or, shl, shrU, sub, truncate, xor } from '../ir/microOp';
import { type Lift, signBit, widthOf } from './lift';

interface Shifted {
  readonly result: Expr;
  readonly carry: Expr;
  /** Written also where the manual leaves it undefined (counts above 1). */
  readonly overflow: Expr;
}

/** One operation on `value`, `count` in 1..31. */
type Shifter = (b: Builder, value: Expr, count: Expr, size: Size) => Shifted;

const lowBit = (x: Expr): Expr => and(x, ONE);

const operation =
  (shifter: Shifter, flags: 'all' | 'carry', reduce: (count: Expr, size: Size) => Expr = (count) => count): Lift =>
  (b) => {
    const size = b.sizeOf(0);
    const value = b.readForUpdate(0);
    const count = b.let(and(b.read(1), constant(31)));
    b.if(count, () => {
      const steps = b.let(reduce(count, size));
      const { result, carry, overflow } = shifter(b, value, steps, size);
      const carryOut = b.let(carry);
      const shifted = b.let(result);
      const overflowOut = b.let(overflow);
      b.write(0, shifted);
      if (flags === 'all') b.resultFlags(size, shifted, carryOut, overflowOut);
      else b.carryFlags(carryOut, overflowOut);
    });
  };

export const shiftLeft = operation((b, value, count, size) => {
  const result = b.let(shl(value, count));
  const carry = b.let(lowBit(size === 4 ? shrU(value, sub(constant(32), count)) : shrU(result, constant(widthOf(size)))));
  return { result, carry, overflow: xor(carry, signBit(result, size)) };
}, 'all');

export const shiftRight = operation((b, value, count, size) => {
  const result = b.let(shrU(value, count));
  return { result, carry: lowBit(shrU(value, sub(count, ONE))), overflow: signBit(xor(result, shl(result, ONE)), size) };
}, 'all');

export const shiftRightArithmetic = operation((b, value, count, size) => {
  const signed = b.let(extendSigned(value, size));
  return { result: binary('shrS', signed, count), carry: lowBit(binary('shrS', signed, sub(count, ONE))), overflow: ZERO };
}, 'all');

const topTwoDiffer = (x: Expr, size: Size): Expr => signBit(xor(x, shl(x, ONE)), size);

export const rotateLeft = operation((b, value, count, size) => {
  const width = widthOf(size);
  const result = b.let(size === 4 ? binary('rotl', value, count) : rotateNarrow(b, value, and(count, constant(width - 1)), width));
  return { result, carry: lowBit(result), overflow: xor(lowBit(result), signBit(result, size)) };
}, 'carry');

export const rotateRight = operation((b, value, count, size) => {
  const width = widthOf(size);
  const left = b.let(and(sub(constant(width), count), constant(width - 1)));
  const result = b.let(size === 4 ? binary('rotl', value, left) : rotateNarrow(b, value, left, width));
  return { result, carry: signBit(result, size), overflow: topTwoDiffer(result, size) };
}, 'carry');

const rotateNarrow = (b: Builder, value: Expr, left: Expr, width: number): Expr => {
  const count = b.let(left);
  return truncate(or(shl(value, count), shrU(value, sub(constant(width), count))), width / 8);
};

/** Rotates through carry turn width + 1 bits: the count is taken modulo 9 or 17 for the narrow sizes. */
const throughCarry = (shifter: Shifter): Lift => {
  const reduce = (count: Expr, size: Size): Expr => (size === 4 ? count : binary('remU', count, constant(widthOf(size) + 1)));
  return (b) => {
    const size = b.sizeOf(0);
    const value = b.readForUpdate(0);
    const count = b.let(reduce(and(b.read(1), constant(31)), size));
    b.if(count, () => {
      const { result, carry, overflow } = shifter(b, value, count, size);
      const carryOut = b.let(carry);
      const rotated = b.let(result);
      const overflowOut = b.let(overflow);
      b.write(0, rotated);
      b.carryFlags(carryOut, overflowOut);
    });
  };
};

export const rotateLeftThroughCarry = throughCarry((b, value, count, size) => {
  const width = constant(widthOf(size));
  const carryIn = b.let(condition(CONDITION_C));
  const result = b.let(or(or(shl(value, count), shl(carryIn, sub(count, ONE))), shrU(shrU(value, ONE), sub(width, count))));
  const carry = b.let(lowBit(shrU(value, sub(width, count))));
  return { result, carry, overflow: xor(carry, signBit(result, size)) };
});

export const rotateRightThroughCarry = throughCarry((b, value, count, size) => {
  const width = constant(widthOf(size));
  const carryIn = b.let(condition(CONDITION_C));
  const result = b.let(or(or(shrU(value, count), shl(carryIn, sub(width, count))), shl(shl(value, ONE), sub(width, count))));
  return { result, carry: lowBit(shrU(value, sub(count, ONE))), overflow: topTwoDiffer(result, size) };
});

/** `SHLD`, `SHRD`: the third operand counts; bits come from the second. */
const doubleShift =
  (direction: 'left' | 'right'): Lift =>
  (b) => {
    const size = b.size;
    const destination = b.readForUpdate(0);
    const source = b.let(b.read(1));
    const count = b.let(and(b.read(2), constant(31)));
    b.if(count, () => {
      const { result, carry } = direction === 'left' ? doubleLeft(b, destination, source, count) : doubleRight(b, destination, source, count);
      const carryOut = b.let(carry);
      const shifted = b.let(result);
      b.write(0, shifted);
      b.resultFlags(size, shifted, carryOut, signBit(xor(shifted, destination), size));
    });
  };

/** With 16-bit operands the bits come round again after the source: destination, source, destination. */
const doubleLeft = (b: Builder, destination: Expr, source: Expr, count: Expr): { result: Expr; carry: Expr } => {
  const back = b.let(sub(constant(32), count));
  if (b.size === 4) return { result: or(shl(destination, count), shrU(source, back)), carry: lowBit(shrU(destination, back)) };
  const pair = b.let(or(shl(destination, constant(16)), source));
  return { result: shrU(or(shl(pair, count), shrU(shl(destination, constant(16)), back)), constant(16)), carry: shrU(shl(pair, sub(count, ONE)), constant(31)) };
};

const doubleRight = (b: Builder, destination: Expr, source: Expr, count: Expr): { result: Expr; carry: Expr } => {
  const back = b.let(sub(constant(32), count));
  if (b.size === 4) return { result: or(shrU(destination, count), shl(source, back)), carry: lowBit(shrU(destination, sub(count, ONE))) };
  const pair = b.let(or(shl(source, constant(16)), destination));
  return { result: truncate(or(shrU(pair, count), shl(destination, back)), 2), carry: lowBit(shrU(pair, sub(count, ONE))) };
};

export const shiftLeftDouble = doubleShift('left');
export const shiftRightDouble = doubleShift('right');

/** `BT BTS BTR BTC`: a register bit offset reaches beyond the operand in memory, in either direction. */
const bitTest =
  (change: ((value: Expr, mask: Expr) => Expr) | undefined): Lift =>
  (b) => {
    const size = b.size;
    const width = widthOf(size);
    const offset = b.let(extendSigned(b.read(1), size));
    const bit = b.let(and(offset, constant(width - 1)));
    const far = b.inMemory(0) && b.form.spec.operands[1] !== 'Ib';
    const unit = binary('shrS', offset, constant(size === 2 ? 4 : 5));
    const at = far ? b.let(truncate(add(b.address(), shl(unit, constant(size === 2 ? 1 : 2))), b.form.addressSize)) : undefined;
    const value = at ? b.load('operand', at, size, change !== undefined) : change ? b.readForUpdate(0) : b.let(b.read(0));
    const carry = b.let(lowBit(shrU(value, bit)));
    if (change) {
      const result = b.let(change(value, shl(ONE, bit)));
      if (at) b.store('operand', at, size, result);
      else b.write(0, result);
    }
    b.carryFlags(carry);
  };

export const testBit = bitTest(undefined);
export const testBitAndSet = bitTest(or);
export const testBitAndReset = bitTest((value, mask) => and(value, xor(mask, constant(-1))));
export const testBitAndComplement = bitTest(xor);

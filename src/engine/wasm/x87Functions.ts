/**
 * The ordinary course of x87 arithmetic, defined in every generated module: operands that are zeros or normal numbers, results in the range of
 * normal numbers, any rounding and precision control, and only #P, masked (SDM Vol. 1, 4.8.4 and 8.3.5). Operands and results are registers in
 * memory by address (significand in 64 bits, sign and exponent in 16). A function gives the bits to set in the status word (PE, C1, condition
 * codes), or NOT_ORDINARY, and has stored nothing then.
 */
import { C1_SHIFT, DOWN, PE, ROUNDING_SHIFT, TO_NEAREST, UP } from '../../semantics/x87/status';
import { CPU } from '../../x86/cpuState';
import { type DefinedFunction, I32, I64, OP } from './encoder';
import { type Fail, FunctionWriter, type Local, type Operand, type Value, call, load, value as v } from './functionWriter';
import { belowQuotient, dividend, isNearlyTwo, plainQuotient, plainRoot, quotientOfDoubles, root } from './plainDivision';
import { DOUBLE, type Format, SINGLE, plainInteger, plainNarrowed, plainWidened } from './plainConversions';
import { plainSum } from './plainSum';
import {
  BIAS,
  comparisonCodes,
  extend,
  type Extended,
  highWord,
  INTEGER_BIT,
  LARGEST,
  LOW_WORD,
  lowWord,
  packed,
  plainComparison,
  plainProduct,
  product,
  type Rounded,
} from './plainX87';

const NOT_ORDINARY = -1;

const control: Value = load('i32.load', 0, CPU.X87_CONTROL);
const roundingControl: Value = v('i32.and', v('i32.shr_u', control, ROUNDING_SHIFT), 3);
const isNegative = (x: Operand): Value => v('i64.lt_s', x, 0n);
const both = (x: Operand, y: Operand): Value => v('i32.and', x, y);
const either = (x: Operand, y: Operand): Value => v('i32.or', x, y);
const not = (x: Operand): Value => v('i32.eqz', x);
const choose = (condition: Operand, x: Operand, y: Operand): Value => v('select', x, y, condition);

/** A register taken apart; the exponent is the biased one, of zero as well. */
interface Parts extends Extended {
  readonly significand: Local;
  readonly sign: Local;
  readonly exponent: Local;
}

function parts(f: FunctionWriter, address: Operand, flip: Operand = 0): Parts {
  const significand = f.wide(load('i64.load', address));
  const signExponent = f.word(v('i32.xor', load('i32.load16_u', address, 8), flip));
  return { significand, sign: f.word(both(signExponent, 0x8000)), exponent: f.word(both(signExponent, 0x7fff)) };
}

/** Normal: neither a zero nor a denormal, an infinity, a NaN or unsupported. */
const isNormal = ({ significand, exponent }: Parts): Value => both(v('i32.lt_u', v('i32.sub', exponent, 1), LARGEST), isNegative(significand));
const isZero = ({ significand, exponent }: Parts): Value => both(not(exponent), v('i64.eqz', significand));

const storeRegister = (f: FunctionWriter, to: Operand, signExponent: Operand, significand: Operand): void => {
  f.store(OP.i64Store, to, significand);
  f.store(OP.store16, to, signExponent, 8);
};

/** Whether to round the magnitude up: `rest` is what is below the kept bits, its top bit one half. */
const roundsUp = (sign: Operand, rest: Operand, odd: Operand): Value =>
  choose(
    v('i32.eq', roundingControl, TO_NEAREST),
    both(isNegative(rest), either(v('i64.ne', v('i64.shl', rest, 1n), 0n), odd)),
    both(v('i32.eq', roundingControl, choose(sign, DOWN, UP)), v('i64.ne', rest, 0n)),
  );

const inexact = (up: Operand): Value => either(PE, v('i32.shl', up, C1_SHIFT));
/** What a plain result sets. */
const plainFlags = ({ rest, up }: Pick<Rounded, 'rest' | 'up'>): Value => choose(v('i64.ne', rest, 0n), inexact(v('i32.wrap_i64', up)), 0);
/** #P is not masked, and this is inexact. */
const isPrecisionException = (rest: Operand): Value => both(v('i64.ne', rest, 0n), not(both(control, PE)));

/** (to, sign, exponent, high, low): high:low, normalized, rounded as the control word says. */
function round(): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32, I64, I64]);
  const [to, sign, exponent, high, low] = [0, 1, 2, 3, 4].map((n) => f.parameter(n));
  const precision = f.word(both(v('i32.shr_u', control, 8), 3));
  // Bits of the significand that precision control takes away.
  const taken = f.wide(extend(choose(v('i32.eq', precision, 0), 40, choose(v('i32.eq', precision, 2), 11, 0))));
  const rest = f.wide(low);
  f.if(v('i64.ne', taken, 0n), () => f.set(rest, v('i64.or', v('i64.shl', high, v('i64.sub', 64n, taken)), extend(v('i64.ne', low, 0n)))));
  const kept = f.wide(v('i64.shl', v('i64.shr_u', high, taken), taken));
  const unit = f.wide(v('i64.shl', 1n, taken));
  f.if(isPrecisionException(rest), () => f.return(NOT_ORDINARY));
  const up = f.word(roundsUp(sign, rest, v('i64.ne', v('i64.and', kept, unit), 0n)));
  f.set(kept, v('i64.add', kept, choose(up, unit, 0n)));
  const carried = f.word(v('i64.eqz', kept));
  const result = f.word(v('i32.add', exponent, carried));
  f.if(v('i32.ge_u', v('i32.sub', result, 1), LARGEST), () => f.return(NOT_ORDINARY));
  storeRegister(f, to, either(sign, result), choose(carried, INTEGER_BIT, kept));
  return f.done(choose(v('i64.ne', rest, 0n), inexact(up), 0));
}

const PLAIN_BITS = 0xf20;
const PLAIN = 0x320;
/** To nearest, to 64 bits, #P masked. */
export const isPlainControl = (word: number): boolean => (word & PLAIN_BITS) === PLAIN;
export const isUnusual: Value = v('i32.ne', both(control, PLAIN_BITS), PLAIN);

/** The plain course for the usual control word: store what it comes to. */
function plainly(f: FunctionWriter, to: Operand, compute: (fail: Fail) => Rounded): void {
  f.attempt((fail) => {
    fail(isUnusual);
    const result = compute(fail);
    storeRegister(f, to, packed(result), result.significand);
    f.return(plainFlags(result));
  });
}

const differenceSign: Value = v('i32.shl', v('i32.eq', roundingControl, DOWN), 15);

/** (to, x, y, flip): x + y, or x - y with `flip` 8000h. */
function add(rounding: number): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32, I32]);
  const to = f.parameter(0);
  const x = parts(f, f.parameter(1));
  const y = parts(f, f.parameter(2), f.parameter(3));
  const low = f.wide();
  f.if(not(both(isNormal(x), isNormal(y))), () => {
    f.if(both(isZero(x), isZero(y)), () => {
      storeRegister(f, to, choose(v('i32.eq', x.sign, y.sign), x.sign, differenceSign), 0n);
      f.return(0);
    });
    f.if(both(isNormal(x), isZero(y)), () => f.return(call(rounding, to, x.sign, x.exponent, x.significand, 0n)));
    f.if(both(isZero(x), isNormal(y)), () => f.return(call(rounding, to, y.sign, y.exponent, y.significand, 0n)));
    f.return(NOT_ORDINARY);
  });
  plainly(f, to, (fail) => plainSum(f, x, y, 0, fail));
  const swaps = f.word(either(v('i32.lt_u', x.exponent, y.exponent), both(v('i32.eq', x.exponent, y.exponent), v('i64.lt_u', x.significand, y.significand))));
  const sign = f.word(choose(swaps, y.sign, x.sign));
  const high = f.wide(choose(swaps, y.significand, x.significand));
  const small = f.wide(choose(swaps, x.significand, y.significand));
  const exponent = f.word(choose(swaps, y.exponent, x.exponent));
  const distance = f.word(v('i32.sub', exponent, choose(swaps, x.exponent, y.exponent)));
  // small:low is the smaller, aligned; what is lost stays in the lowest bit.
  const far = (shift: Value, beyond: bigint): Value => v('i64.shl', v('i64.shl', small, 1n), v('i64.sub', beyond, shift));
  const shift = f.wide(extend(distance));
  f.if(
    v('i32.lt_u', distance, 64),
    () => {
      f.set(low, far(shift, 63n));
      f.set(small, v('i64.shr_u', small, shift));
    },
    () => {
      f.set(low, choose(v('i32.lt_u', distance, 128), v('i64.or', v('i64.shr_u', small, v('i64.sub', shift, 64n)), extend(v('i64.ne', far(shift, 127n), 0n))), 1n));
      f.set(small, 0n);
    },
  );
  // Without branches on data, which are not foreseen: a difference adds the two's complement.
  const differs = f.word(v('i32.ne', x.sign, y.sign));
  const mask = f.wide(v('i64.sub', 0n, extend(differs)));
  f.set(small, v('i64.add', v('i64.xor', small, mask), extend(both(differs, v('i64.eqz', low)))));
  f.set(low, v('i64.sub', v('i64.xor', low, mask), mask));
  f.set(high, v('i64.add', high, small));
  f.if(v('i64.eqz', high), () => {
    // A difference of at most a unit: or nothing, if no sum that has carried out everything.
    f.if(both(differs, v('i64.eqz', low)), () => {
      storeRegister(f, to, differenceSign, 0n);
      f.return(0);
    });
    f.if(differs, () => {
      f.set(high, low);
      f.set(low, 0n);
      f.set(exponent, v('i32.sub', exponent, 64));
    });
  });
  // A sum that carries out moves one to the right, a difference to the left.
  const carries = f.wide(extend(both(not(differs), v('i64.lt_u', high, small))));
  f.set(low, v('i64.or', v('i64.or', v('i64.shr_u', low, carries), v('i64.and', low, carries)), v('i64.shl', v('i64.and', high, carries), 63n)));
  f.set(high, v('i64.or', v('i64.shr_u', high, carries), v('i64.shl', carries, 63n)));
  f.set(shift, v('i64.clz', high));
  f.set(high, v('i64.or', v('i64.shl', high, shift), v('i64.shr_u', v('i64.shr_u', low, 1n), v('i64.sub', 63n, shift))));
  f.set(low, v('i64.shl', low, shift));
  f.set(exponent, v('i32.add', exponent, v('i32.wrap_i64', v('i64.sub', carries, shift))));
  return f.done(call(rounding, to, sign, exponent, high, low));
}

/** A function (to, x, y), and the sign of a product or quotient. */
function factors(): { readonly f: FunctionWriter; readonly to: Value; readonly x: Parts; readonly y: Parts; readonly sign: Local } {
  const f = new FunctionWriter([I32, I32, I32]);
  const to = f.parameter(0);
  const [x, y] = [parts(f, f.parameter(1)), parts(f, f.parameter(2))];
  return { f, to, x, y, sign: f.word(v('i32.xor', x.sign, y.sign)) };
}

/** (to, x, y) */
function multiply(rounding: number): DefinedFunction {
  const { f, to, x, y, sign } = factors();
  f.if(not(both(isNormal(x), isNormal(y))), () => {
    const zeros = either(both(isZero(x), either(isZero(y), isNormal(y))), both(isNormal(x), isZero(y)));
    f.if(not(zeros), () => f.return(NOT_ORDINARY));
    storeRegister(f, to, sign, 0n);
    f.return(0);
  });
  plainly(f, to, (fail) => plainProduct(f, x, y, fail));
  const { high, low } = product(f, x.significand, y.significand);
  const exponent = f.word(v('i32.sub', v('i32.add', x.exponent, y.exponent), BIAS - 1));
  const shift = f.wide(extend(v('i64.ge_s', high, 0n)));
  f.set(high, v('i64.or', v('i64.shl', high, shift), v('i64.and', v('i64.shr_u', low, 63n), shift)));
  f.set(low, v('i64.shl', low, shift));
  f.set(exponent, v('i32.sub', exponent, v('i32.wrap_i64', shift)));
  return f.done(call(rounding, to, sign, exponent, high, low));
}

/** One 32-bit digit of a quotient (Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D): `rest` becomes rest * 2^32 + next - digit * divisor. */
function quotientDigit(f: FunctionWriter, rest: Local, next: Operand, divisor: Operand): Local {
  const top = highWord(divisor);
  const digit = f.wide(v('i64.div_u', rest, top));
  const left = f.wide(v('i64.sub', rest, v('i64.mul', digit, top)));
  for (let corrections = 0; corrections < 2; corrections++) {
    const tooLarge = either(
      v('i64.gt_u', digit, LOW_WORD),
      both(v('i64.le_u', left, LOW_WORD), v('i64.gt_u', v('i64.mul', digit, lowWord(divisor)), v('i64.or', v('i64.shl', left, 32n), next))),
    );
    f.if(tooLarge, () => {
      f.set(digit, v('i64.sub', digit, 1n));
      f.set(left, v('i64.add', left, top));
    });
  }
  f.set(rest, v('i64.sub', v('i64.or', v('i64.shl', rest, 32n), next), v('i64.mul', digit, divisor)));
  return digit;
}

/** (to, x, y): x / y */
function divide(rounding: number): DefinedFunction {
  const { f, to, x, y, sign } = factors();
  f.if(not(both(isNormal(x), isNormal(y))), () => {
    f.if(not(both(isZero(x), isNormal(y))), () => f.return(NOT_ORDINARY));
    storeRegister(f, to, sign, 0n);
    f.return(0);
  });
  plainly(f, to, (fail) => plainQuotient(f, x, y, fail));
  const { rest, below, exponent } = dividend(f, x, y);
  const finish = (quotient: Operand): void => {
    const high = f.wide(quotient);
    const low = f.wide(belowQuotient(f, rest, y.significand));
    f.return(call(rounding, to, sign, exponent, high, low));
  };
  f.attempt((fail) => {
    fail(isNearlyTwo(y.significand));
    finish(quotientOfDoubles(f, rest, below, y.significand));
  });
  const upper = quotientDigit(f, rest, highWord(below), y.significand);
  const lower = quotientDigit(f, rest, lowWord(below), y.significand);
  finish(v('i64.or', v('i64.shl', upper, 32n), lower));
  f.code.op(OP.unreachable);
  return f.done(0);
}

/** (to, x) */
function squareRoot(rounding: number): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const to = f.parameter(0);
  const x = parts(f, f.parameter(1));
  f.if(isZero(x), () => {
    storeRegister(f, to, x.sign, 0n);
    f.return(0);
  });
  f.if(either(x.sign, not(isNormal(x))), () => f.return(NOT_ORDINARY));
  plainly(f, to, (fail) => plainRoot(f, x, fail));
  const { significand, below, exponent } = root(f, x);
  return f.done(call(rounding, to, 0, exponent, significand, below));
}

/** (x, y): condition codes. */
function compare(): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [x, y] = [parts(f, f.parameter(0)), parts(f, f.parameter(1))];
  const isNumber = (p: Parts): Value => either(isNormal(p), isZero(p));
  f.if(not(both(isNumber(x), isNumber(y))), () => f.return(NOT_ORDINARY));
  return f.done(comparisonCodes(plainComparison(f, x, y)));
}

/** (to, bits): a number of a format that is normal or zero. */
function widen(format: Format, type: typeof I32 | typeof I64): DefinedFunction {
  const f = new FunctionWriter([I32, type]);
  const to = f.parameter(0);
  const bits = f.wide(type === I32 ? extend(f.parameter(1)) : f.parameter(1));
  f.attempt((fail) => {
    const widened = plainWidened(f, bits, format, fail);
    storeRegister(f, to, packed(widened), widened.significand);
    f.return(0);
  });
  return f.done(NOT_ORDINARY);
}

/** (to, value): every integer of 64 bits is a number. */
function fromInteger(): DefinedFunction {
  const f = new FunctionWriter([I32, I64]);
  const number = plainInteger(f, f.parameter(1));
  storeRegister(f, f.parameter(0), packed(number), number.significand);
  return f.done(0);
}

/** (x): the number rounded to a format, into X87_STORED. */
function narrow(format: Format): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const fractionBits = BigInt(format.fraction);
  const bias = (1 << (format.exponent - 1)) - 1;
  const x = parts(f, f.parameter(0));
  f.attempt((fail) => {
    fail(either(isUnusual, not(isNormal(x))));
    const narrowed = plainNarrowed(f, x, format, fail);
    f.store(OP.i64Store, 0, narrowed.bits, CPU.X87_STORED);
    f.return(plainFlags(narrowed));
  });
  const put = (magnitude: Operand): void =>
    f.store(OP.i64Store, 0, v('i64.or', magnitude, v('i64.shl', extend(x.sign), fractionBits + BigInt(format.exponent - 15))), CPU.X87_STORED);
  f.if(isZero(x), () => {
    put(0n);
    f.return(0);
  });
  f.if(not(isNormal(x)), () => f.return(NOT_ORDINARY));
  const exponent = f.word(v('i32.sub', x.exponent, BIAS - bias));
  // A carry may still make it larger by one.
  f.if(v('i32.ge_u', v('i32.sub', exponent, 1), 2 * bias - 1), () => f.return(NOT_ORDINARY));
  const rest = f.wide(v('i64.shl', x.significand, fractionBits + 1n));
  f.if(isPrecisionException(rest), () => f.return(NOT_ORDINARY));
  const kept = f.wide(v('i64.shr_u', x.significand, 63n - fractionBits));
  const up = f.word(roundsUp(x.sign, rest, v('i32.wrap_i64', v('i64.and', kept, 1n))));
  // The hidden bit, and a carry, count the exponent up.
  put(v('i64.add', v('i64.add', kept, extend(up)), v('i64.shl', extend(v('i32.sub', exponent, 1)), fractionBits)));
  return f.done(choose(v('i64.ne', rest, 0n), inexact(up), 0));
}

/** (x, bits): a signed integer of so many bits, into X87_STORED. */
function toInteger(): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const x = parts(f, f.parameter(0));
  f.if(isZero(x), () => {
    f.store(OP.i64Store, 0, 0n, CPU.X87_STORED);
    f.return(0);
  });
  const exponent = f.word(v('i32.sub', x.exponent, BIAS));
  f.if(either(not(isNormal(x)), v('i32.ge_s', exponent, 63)), () => f.return(NOT_ORDINARY));
  const shift = f.wide(extend(exponent));
  const integer = f.wide(0n);
  const rest = f.wide(1n);
  f.if(
    v('i32.ge_s', exponent, 0),
    () => {
      f.set(integer, v('i64.shr_u', x.significand, v('i64.sub', 63n, shift)));
      f.set(rest, v('i64.shl', v('i64.shl', x.significand, 1n), shift));
    },
    () => f.if(v('i32.eq', exponent, -1), () => f.set(rest, x.significand)),
  );
  f.if(isPrecisionException(rest), () => f.return(NOT_ORDINARY));
  const up = f.word(roundsUp(x.sign, rest, v('i32.wrap_i64', v('i64.and', integer, 1n))));
  f.set(integer, v('i64.add', integer, extend(up)));
  f.set(integer, choose(x.sign, v('i64.sub', 0n, integer), integer));
  const unused = f.wide(v('i64.sub', 64n, extend(f.parameter(1))));
  const wraps = v('i64.ne', v('i64.shr_s', v('i64.shl', integer, unused), unused), integer);
  const changedSign = both(v('i64.ne', integer, 0n), v('i32.ne', isNegative(integer), v('i32.ne', x.sign, 0)));
  f.if(either(wraps, changedSign), () => f.return(NOT_ORDINARY));
  f.store(OP.i64Store, 0, integer, CPU.X87_STORED);
  return f.done(choose(v('i64.ne', rest, 0n), inexact(up), 0));
}

/** In the order of SHARED_FUNCTIONS; `first` is the index of the first of them in the module. */
export const x87Functions = (first: number): readonly DefinedFunction[] => [
  round(),
  add(first),
  multiply(first),
  divide(first),
  squareRoot(first),
  compare(),
  widen(DOUBLE, I64),
  widen(SINGLE, I32),
  fromInteger(),
  narrow(DOUBLE),
  narrow(SINGLE),
  toInteger(),
];

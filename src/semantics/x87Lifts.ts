/**
 * x87 instructions: whether they may run at all, their operands, the operation as a helper, the last instruction's pointers.
 * SDM Vol. 2; Vol. 1, 8.1.8 (pointers) and 8.7 (exceptions); Vol. 3, 2.5 (CR0).
 */
import type { Builder, Size } from '../ir/builder';
import {
  type Expr,
  ONE,
  type SharedFunction,
  ZERO,
  and,
  binary,
  cell,
  condition,
  constant,
  constant64,
  equal,
  extendSigned,
  invariant,
  isZero,
  lane,
  or,
  select,
  shrU,
  typed,
} from '../ir/microOp';
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { NM } from '../x86/exceptions';
import { CR0_EM, CR0_MP, CR0_TS, EFLAGS_VM } from '../x86/flags';
import { CS, EAX } from '../x86/registers';
import type { Lift } from './lift';
import { ARITHMETIC, POPPING, UNARY } from './x87/arithmeticHelpers';
import { BIAS } from './x87/float80';
import { C0, C1, C2, C3, CONTROL_BITS, CONTROL_FIXED, ES, EXCEPTIONS, ROUNDING_SHIFT } from './x87/status';
import { CONSTANTS, CONSTANT_VALUES } from './x87/transferHelpers';

/** In sign and exponent. */
const SIGN = 0x8000;
const STACK_REGISTER: Expr = { k: 'field', field: 'rmNumber' };
const SEGMENT_NUMBER: Expr = { k: 'field', field: 'segment' };

/** #NM while CR0.EM or CR0.TS is set. */
const requireDevice = (b: Builder): void => b.rarely(invariant(and(cell(CPU.CR0), constant(CR0_EM | CR0_TS))), () => b.fault(NM));
/** An unmasked exception of an earlier instruction is reported now. Translated code raises none. */
const reportPending = (b: Builder): void => b.rarely(invariant(and(cell(CPU.X87_STATUS), constant(ES))), () => void b.helper('x87Pending'));

/**
 * Selectors count where addresses are made of them. In protected mode they are zero, as on the processors that deprecate FPU CS and DS
 * (CPUID.7:EBX bit 13, SDM Vol. 1, 8.1.8): ring deprivileging would show in their RPL.
 */
const realSelector = (selector: Expr): Expr => invariant(select(and(cell(CPU.CR0), isZero(and(cell(CPU.EFLAGS), constant(EFLAGS_VM)))), ZERO, selector));

/** An instruction that is not control: it waits, and leaves where it and its memory operand are. The decoder puts ModRM in the immediate. */
const numeric =
  (operation: Lift): Lift =>
  (b) => {
    requireDevice(b);
    reportPending(b);
    operation(b);
    b.setCell(CPU.X87_OPCODE, or(constant((b.form.spec.opcode & 7) << 8), and({ k: 'field', field: 'immediate' }, constant(0xff))));
    b.setCell(CPU.X87_EIP, { k: 'field', field: 'eip' });
    b.setCell(CPU.X87_CS, realSelector(cell(CPU.SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT.SELECTOR)));
    if (!b.form.memory) return;
    b.setCell(CPU.X87_DATA, b.address());
    b.setCell(CPU.X87_DS, realSelector({ k: 'segmentCell', segment: SEGMENT_NUMBER, offset: SEGMENT.SELECTOR }));
  };

const control =
  (operation: Lift, waits: boolean): Lift =>
  (b) => {
    requireDevice(b);
    if (waits) reportPending(b);
    operation(b);
  };

const call =
  (helper: string, ...args: number[]): Lift =>
  (b) =>
    void b.helper(helper, ...args.map(constant));

/** A memory operand that the helper reads or writes itself. */
const callWithAddress =
  (helper: string, ...args: number[]): Lift =>
  (b) =>
    void b.helper(helper, SEGMENT_NUMBER, b.address(), ...args.map(constant));

const loadWord = (b: Builder): Expr => b.load('operand', b.address(), 2);
const loadDoubleword = (b: Builder): Expr => b.load('operand', b.address(), 4);
const signOf = (x: Expr): Expr => ({ k: 'binary', op: 'shrS', x, y: constant(31) });

const operandOf = (b: Builder): string => b.form.spec.operands[0];
const loadInteger = (b: Builder): Expr => (operandOf(b) === 'Mw' ? b.let(extendSigned(loadWord(b), 2)) : loadDoubleword(b));

/** Of the status word of an instruction without condition codes. */
const ordinarily = (b: Builder, flags: Expr, pops = 0): void => {
  b.emit({ k: 'statusWord', replaced: C1, value: flags });
  for (let n = 0; n < pops; n++) pop(b);
};

const pop = (b: Builder): void => {
  b.emit({ k: 'tag', n: ZERO, empty: true });
  b.emit({ k: 'moveTop', by: 1 });
};

const st = (n: Expr): Expr => ({ k: 'stAddress', n });
const isEmpty = (n: Expr): Expr => ({ k: 'stEmpty', n });
const fill = (b: Builder, n: Expr): void => b.emit({ k: 'tag', n, empty: false });
/** ST(7) is empty, as a push wants it; then it is ST(0). */
const requireRoom = (b: Builder): void => b.giveUp(isZero(isEmpty(constant(7))));
const push = (b: Builder): void => {
  fill(b, constant(7));
  b.emit({ k: 'moveTop', by: -1 });
  ordinarily(b, ZERO);
};

/** What an ordinary function gives; without it, give up. */
function answer(b: Builder, name: SharedFunction, ...args: Expr[]): Expr {
  const flags = b.call(name, ...args);
  b.giveUp(binary('lessS', flags, ZERO));
  return flags;
}

const OPERAND = constant(CPU.VECTOR);
const wideOf = (x: Expr): Expr => typed('i64.extend_i32_s', x);

/** A number in memory, read once: how it becomes a register at an address, and its words for a helper. */
interface MemoryOperand {
  readonly widen: (b: Builder, to: Expr) => void;
  readonly words: readonly Expr[];
}

function realOperand(b: Builder): MemoryOperand {
  if (operandOf(b) === 'Md') {
    const bits = loadDoubleword(b);
    return { widen: (b, to) => void answer(b, 'x87FromSingle', to, bits), words: [bits] };
  }
  const bits = b.loadVector(8, b.address(), false);
  const word = (n: number): Expr => lane('i32x4.extract_lane', n, bits);
  return { widen: (b, to) => void answer(b, 'x87FromDouble', to, lane('i64x2.extract_lane', 0, bits)), words: [word(0), word(1)] };
}

function integerOperand(b: Builder): MemoryOperand {
  if (operandOf(b) === 'Mq') {
    const bits = b.loadVector(8, b.address(), false);
    const word = (n: number): Expr => lane('i32x4.extract_lane', n, bits);
    return { widen: (b, to) => void answer(b, 'x87FromInteger', to, lane('i64x2.extract_lane', 0, bits)), words: [word(0), word(1)] };
  }
  const value = loadInteger(b);
  return { widen: (b, to) => void answer(b, 'x87FromInteger', to, wideOf(value)), words: [value] };
}

/** In the order of ARITHMETIC: `to` = `x` op `y`. */
const OPERATIONS: readonly ((b: Builder, to: Expr, x: Expr, y: Expr) => Expr)[] = [
  (b, to, x, y) => answer(b, 'x87Add', to, x, y, ZERO),
  (b, to, x, y) => answer(b, 'x87Multiply', to, x, y),
  (b, to, x, y) => answer(b, 'x87Add', to, x, y, constant(SIGN)),
  (b, to, x, y) => answer(b, 'x87Add', to, y, x, constant(SIGN)),
  (b, to, x, y) => answer(b, 'x87Divide', to, x, y),
  (b, to, x, y) => answer(b, 'x87Divide', to, y, x),
];

/** ST(0) = ST(0) op a number in memory. */
const arithmeticWith = (b: Builder, operation: number, operand: MemoryOperand, helper: string): void =>
  b.attempt(
    () => {
      b.giveUp(isEmpty(ZERO));
      operand.widen(b, OPERAND);
      const to = b.let(st(ZERO));
      const flags = OPERATIONS[operation](b, to, to, OPERAND);
      fill(b, ZERO);
      ordinarily(b, flags);
    },
    () => void b.helper(helper, constant(operation), ...operand.words),
  );

/** ST(destination) = ST(destination) op ST(source). */
const arithmeticBetween = (b: Builder, operation: number, destination: Expr, source: Expr, pops: number): void =>
  b.attempt(
    () => {
      b.giveUp(or(isEmpty(destination), isEmpty(source)));
      const to = b.let(st(destination));
      const flags = OPERATIONS[operation](b, to, to, st(source));
      fill(b, destination);
      ordinarily(b, flags, pops);
    },
    () => void b.helper('x87Arithmetic', constant(operation), destination, source, constant(pops)),
  );

/** Arithmetic with ST(i) or a real in memory. */
const arithmetic = (operation: number, pops: number): Lift =>
  numeric((b) => {
    const operand = operandOf(b);
    if (operand === 'Md') arithmeticWith(b, operation, realOperand(b), 'x87ArithmeticSingle');
    else if (operand === 'Mq') arithmeticWith(b, operation, realOperand(b), 'x87ArithmeticDouble');
    else if (operand === 'ST') arithmeticBetween(b, operation, ZERO, STACK_REGISTER, pops);
    else arithmeticBetween(b, operation, STACK_REGISTER, ZERO, pops);
  });

const integerArithmetic = (operation: number): Lift => numeric((b) => arithmeticWith(b, operation, integerOperand(b), 'x87ArithmeticInteger'));

const CODES = C0 | C2 | C3;
const setCodes = (b: Builder, codes: Expr, pops: number): void => {
  b.emit({ k: 'statusWord', replaced: CODES | C1, value: codes });
  for (let n = 0; n < pops; n++) pop(b);
};

/** ST(0) against a number in memory. */
const compareWith = (b: Builder, operand: MemoryOperand, pops: number, helper: string): void =>
  b.attempt(
    () => {
      b.giveUp(isEmpty(ZERO));
      operand.widen(b, OPERAND);
      setCodes(b, answer(b, 'x87Compare', st(ZERO), OPERAND), pops);
    },
    () => void b.helper(helper, ...operand.words, constant(pops)),
  );

/** ST(0) against ST(n): the condition codes. */
const comparison = (b: Builder, n: Expr): Expr => {
  b.giveUp(or(isEmpty(ZERO), isEmpty(n)));
  return answer(b, 'x87Compare', st(ZERO), st(n));
};

const compareRegister = (b: Builder, n: Expr, unordered: number, pops: number): void =>
  b.attempt(
    () => setCodes(b, comparison(b, n), pops),
    () => void b.helper('x87Compare', n, constant(unordered), constant(pops)),
  );

const compare = (pops: number, unordered = 0): Lift =>
  numeric((b) => {
    const operand = operandOf(b);
    if (operand === 'Md') compareWith(b, realOperand(b), pops, 'x87CompareSingle');
    else if (operand === 'Mq') compareWith(b, realOperand(b), pops, 'x87CompareDouble');
    else compareRegister(b, STACK_REGISTER, unordered, pops);
  });
const comparePair = (unordered: number): Lift => numeric((b) => compareRegister(b, ONE, unordered, 2));
const compareInteger = (pops: number): Lift => numeric((b) => compareWith(b, integerOperand(b), pops, 'x87CompareInteger'));
/** FTST: against zero. */
const test: Lift = numeric((b) =>
  b.attempt(
    () => {
      b.giveUp(isEmpty(ZERO));
      answer(b, 'x87FromInteger', OPERAND, constant64(0n));
      setCodes(b, answer(b, 'x87Compare', st(ZERO), OPERAND), 0);
    },
    () => void b.helper('x87Test'),
  ),
);
const bit = (x: Expr, flag: number): Expr => and(shrU(x, constant(Math.log2(flag))), ONE);
const compareFlags = (unordered: number, pops: number): Lift =>
  numeric((b) =>
    b.attempt(
      () => {
        const codes = comparison(b, STACK_REGISTER);
        b.emit({ k: 'comparisonFlags', carry: b.let(bit(codes, C0)), zero: b.let(bit(codes, C3)), parity: ZERO });
        for (let n = 0; n < pops; n++) pop(b);
      },
      () => void b.helper('x87CompareFlags', STACK_REGISTER, constant(unordered), constant(pops)),
    ),
  );

const copy = (b: Builder, to: Expr, from: Expr): void => {
  b.emit({ k: 'setSignificand', address: to, value: { k: 'significand', address: from } });
  b.emit({ k: 'setSignExponent', address: to, value: { k: 'signExponent', address: from } });
};

/** A number of known bits onto the stack. */
const pushBits = (b: Builder, significand: Expr, signExponent: Expr): void => {
  const to = b.let(st(constant(7)));
  b.emit({ k: 'setSignificand', address: to, value: significand });
  b.emit({ k: 'setSignExponent', address: to, value: signExponent });
  push(b);
};

const pushOperand = (b: Builder, operand: MemoryOperand, helper: string, words = operand.words): void =>
  b.attempt(
    () => {
      requireRoom(b);
      operand.widen(b, st(constant(7)));
      push(b);
    },
    () => void b.helper(helper, ...words),
  );

const load: Lift = (b) => {
  const operand = operandOf(b);
  if (operand === 'Md') pushOperand(b, realOperand(b), 'x87LoadSingle');
  else if (operand === 'Mq') pushOperand(b, realOperand(b), 'x87LoadDouble');
  else if (operand === 'Mt') loadExtended(b);
  else
    b.attempt(
      () => {
        b.giveUp(isEmpty(STACK_REGISTER));
        requireRoom(b);
        const from = b.let(st(STACK_REGISTER));
        pushBits(b, { k: 'significand', address: from }, { k: 'signExponent', address: from });
      },
      () => void b.helper('x87LoadRegister', STACK_REGISTER),
    );
};

/** The bits as they are. */
const loadExtended: Lift = (b) => {
  const low = b.loadVector(8, b.address(), false);
  const signExponent = b.load('operand', b.addressPlus(8), 2);
  const word = (n: number): Expr => lane('i32x4.extract_lane', n, low);
  b.attempt(
    () => {
      requireRoom(b);
      pushBits(b, lane('i64x2.extract_lane', 0, low), signExponent);
    },
    () => void b.helper('x87LoadExtended', word(0), word(1), signExponent),
  );
};

const loadIntegerOperand: Lift = (b) => {
  const operand = integerOperand(b);
  const [low, high = signOf(low)] = operand.words;
  pushOperand(b, operand, 'x87LoadInteger', [low, high]);
};

/** FLD1 and its kin: rounded to nearest; FLDZ has no exponent. */
const loadConstant = (which: number): Lift =>
  numeric((b) =>
    b.attempt(
      () => {
        requireRoom(b);
        const value = CONSTANT_VALUES[which];
        if (!value) return pushBits(b, constant64(0n), ZERO);
        const [exponent, high, low, rest] = value;
        if (rest !== 0) b.giveUp(and(cell(CPU.X87_CONTROL), constant(3 << ROUNDING_SHIFT)));
        const significand = ((BigInt(high) << 32n) | BigInt(low)) + BigInt(rest >>> 31);
        pushBits(b, constant64(BigInt.asIntN(64, significand)), constant(exponent + BIAS));
      },
      () => void b.helper('x87LoadConstant', constant(which)),
    ),
  );

/** Store the first `length` bytes of the X87_STORED cells, all or none: that the last may be written is known before any is. */
function storeResult(b: Builder, length: number): void {
  const part = (at: number): Size => Math.min(4, length - at) as Size;
  const last = length - part(length <= 4 ? 0 : length <= 8 ? 4 : 8);
  if (last > 0) b.load('operand', b.addressPlus(last), part(last), true);
  for (let at = 0; at < length; at += 4) b.store('operand', at === 0 ? b.address() : b.addressPlus(at), part(at), cell(CPU.X87_STORED + at));
}

const CONVERSIONS: Readonly<Record<string, readonly [helper: string, length: 4 | 8 | 10, ordinary?: SharedFunction]>> = {
  Md: ['x87ConvertSingle', 4, 'x87ToSingle'],
  Mq: ['x87ConvertDouble', 8, 'x87ToDouble'],
  Mt: ['x87ConvertExtended', 10],
};

const asVector = (x: Expr): Expr => typed('i64x2.splat', x);

/** ST(0) as a function rounds it. */
function storeOrdinary(b: Builder, length: 2 | 4 | 8, pops: number, convert: () => Expr): void {
  b.giveUp(isEmpty(ZERO));
  const flags = convert();
  if (length === 8) b.storeVector(8, b.address(), false, asVector({ k: 'significand', address: constant(CPU.X87_STORED) }));
  else b.store('operand', b.address(), length, cell(CPU.X87_STORED));
  ordinarily(b, flags, pops);
}

/** ST(0) as it is. */
function storeExtended(b: Builder, pops: number): void {
  b.giveUp(isEmpty(ZERO));
  const from = b.let(st(ZERO));
  const end = b.addressPlus(8);
  b.load('operand', end, 2, true);
  b.storeVector(8, b.address(), false, asVector({ k: 'significand', address: from }));
  b.store('operand', end, 2, { k: 'signExponent', address: from });
  ordinarily(b, ZERO, pops);
}

function convertAndStore(b: Builder, helper: string, length: number, pops: number, ...args: Expr[]): void {
  b.if(b.helper(helper, ...args), () => storeResult(b, length));
  b.helper('x87CompleteStore', constant(pops));
}

const storeRegister = (b: Builder, pops: number): void =>
  b.attempt(
    () => {
      b.giveUp(isEmpty(ZERO));
      copy(b, b.let(st(STACK_REGISTER)), b.let(st(ZERO)));
      fill(b, STACK_REGISTER);
      ordinarily(b, ZERO, pops);
    },
    () => void b.helper('x87StoreRegister', STACK_REGISTER, constant(pops)),
  );

const store = (pops: number): Lift =>
  numeric((b) => {
    const conversion = CONVERSIONS[operandOf(b)];
    if (!conversion) return storeRegister(b, pops);
    const [helper, length, ordinary] = conversion;
    b.address();
    b.attempt(
      () => {
        if (ordinary && length !== 10) storeOrdinary(b, length, pops, () => answer(b, ordinary, st(ZERO)));
        else storeExtended(b, pops);
      },
      () => convertAndStore(b, helper, length, pops),
    );
  });
const INTEGER_SIZES: Readonly<Record<string, 2 | 4 | 8>> = { Mw: 2, Md: 4, Mq: 8 };
const storeInteger = (pops: number): Lift =>
  numeric((b) => {
    const size = INTEGER_SIZES[operandOf(b)];
    b.address();
    b.attempt(
      () => storeOrdinary(b, size, pops, () => answer(b, 'x87ToInteger', st(ZERO), constant(8 * size))),
      () => convertAndStore(b, 'x87ConvertInteger', size, pops, constant(size)),
    );
  });

const exchange: Lift = (b) =>
  b.attempt(
    () => {
      b.giveUp(or(isEmpty(ZERO), isEmpty(STACK_REGISTER)));
      const [x, y] = [b.let(st(ZERO)), b.let(st(STACK_REGISTER))];
      const significand = b.let({ k: 'significand', address: x });
      const signExponent = b.let({ k: 'signExponent', address: x });
      copy(b, x, y);
      b.emit({ k: 'setSignificand', address: y, value: significand });
      b.emit({ k: 'setSignExponent', address: y, value: signExponent });
      ordinarily(b, ZERO);
    },
    () => void b.helper('x87Exchange', STACK_REGISTER),
  );

/** FCHS, FABS. */
const setSign = (helper: number, change: (signExponent: Expr) => Expr): Lift =>
  numeric((b) =>
    b.attempt(
      () => {
        b.giveUp(isEmpty(ZERO));
        const at = b.let(st(ZERO));
        b.emit({ k: 'setSignExponent', address: at, value: change({ k: 'signExponent', address: at }) });
        fill(b, ZERO);
        ordinarily(b, ZERO);
      },
      () => void b.helper('x87SetSign', constant(helper)),
    ),
  );

const squareRoot: Lift = numeric((b) =>
  b.attempt(
    () => {
      b.giveUp(isEmpty(ZERO));
      const at = b.let(st(ZERO));
      const flags = answer(b, 'x87SquareRoot', at, at);
      fill(b, ZERO);
      ordinarily(b, flags);
    },
    () => void b.helper('x87Unary', constant(UNARY.indexOf('sqrt'))),
  ),
);

const free = (pops: number): Lift =>
  numeric((b) => {
    b.emit({ k: 'tag', n: STACK_REGISTER, empty: true });
    ordinarily(b, ZERO, pops);
  });

const turn = (by: 1 | -1): Lift =>
  numeric((b) => {
    b.emit({ k: 'moveTop', by });
    ordinarily(b, ZERO);
  });

/** FLDCW: masks that uncover an exception make it pending. */
const loadControl: Lift = (b) => {
  const value = loadWord(b);
  const uncovered = and(and(cell(CPU.X87_STATUS), constant(EXCEPTIONS)), binary('xor', value, constant(-1)));
  b.attempt(
    () => {
      b.giveUp(or(uncovered, and(cell(CPU.X87_STATUS), constant(ES))));
      b.setCell(CPU.X87_CONTROL, or(and(value, constant(CONTROL_BITS)), constant(CONTROL_FIXED)));
    },
    () => void b.helper('x87LoadControl', value),
  );
};

/** Condition of FCMOVcc: two bits of the opcode and its lowest of the escape. */
const MOVE_CONDITIONS = [2, 4, 6, 10] as const;
const moveOnCondition: Lift = (b) => {
  const { opcode, extension = 0 } = b.form.spec;
  const holds = b.let(condition(MOVE_CONDITIONS[extension] | (opcode & 1)));
  b.attempt(
    () => {
      b.giveUp(or(isEmpty(ZERO), isEmpty(STACK_REGISTER)));
      const [to, from] = [b.let(st(ZERO)), b.let(st(STACK_REGISTER))];
      b.if(holds, () => {
        copy(b, to, from);
        fill(b, ZERO);
      });
    },
    () => void b.helper('x87MoveOnCondition', holds, STACK_REGISTER),
  );
};

const storeStatus: Lift = (b) => (operandOf(b) === 'AX' ? b.setRegister(EAX, 2, cell(CPU.X87_STATUS)) : b.write(0, cell(CPU.X87_STATUS)));
const byOperandSize =
  (helper: string): Lift =>
  (b) =>
    callWithAddress(helper, b.size)(b);

/** WAIT: #NM only while both CR0.MP and CR0.TS are set. */
export const wait: Lift = (b) => {
  b.if(equal(and(cell(CPU.CR0), constant(CR0_MP | CR0_TS)), constant(CR0_MP | CR0_TS)), () => b.fault(NM));
  reportPending(b);
};

const named = (names: readonly string[], prefix: string, lift: (n: number) => Lift): Record<string, Lift> => Object.fromEntries(names.map((name, n) => [prefix + name, lift(n)]));

export const X87_LIFTS: Readonly<Record<string, Lift>> = {
  ...named(ARITHMETIC, 'f', (n) => arithmetic(n, 0)),
  ...Object.fromEntries(ARITHMETIC.map((name, n) => [`f${name}p`, arithmetic(n, 1)])),
  ...named(ARITHMETIC, 'fi', integerArithmetic),
  ...named(UNARY, 'f', (n) => numeric(call('x87Unary', n))),
  ...named(POPPING, 'f', (n) => numeric(call('x87Popping', n))),
  fsqrt: squareRoot,
  ...named(CONSTANTS, 'fld', loadConstant),
  fcom: compare(0),
  fcomp: compare(1),
  fcompp: comparePair(0),
  fucom: compare(0, 1),
  fucomp: compare(1, 1),
  fucompp: comparePair(1),
  ficom: compareInteger(0),
  ficomp: compareInteger(1),
  fcomi: compareFlags(0, 0),
  fcomip: compareFlags(0, 1),
  fucomi: compareFlags(1, 0),
  fucomip: compareFlags(1, 1),
  ftst: test,
  fxam: numeric(call('x87Examine')),
  fchs: setSign(0, (x) => binary('xor', x, constant(SIGN))),
  fabs: setSign(1, (x) => and(x, constant(SIGN - 1))),
  fsincos: numeric(call('x87UnaryPush', 0)),
  fptan: numeric(call('x87UnaryPush', 1)),
  fxtract: numeric(call('x87Extract')),
  fprem: numeric(call('x87Remainder', 0)),
  fprem1: numeric(call('x87Remainder', 1)),
  fscale: numeric(call('x87Scale')),
  fld: numeric(load),
  fild: numeric(loadIntegerOperand),
  fbld: numeric(callWithAddress('x87LoadBcd')),
  fst: store(0),
  fstp: store(1),
  fstpUnchecked: numeric((b) => void b.helper('x87StoreUnchecked', STACK_REGISTER)),
  fist: storeInteger(0),
  fistp: storeInteger(1),
  fbstp: numeric(callWithAddress('x87StoreBcd')),
  fxch: numeric(exchange),
  fcmovcc: numeric(moveOnCondition),
  ffree: free(0),
  ffreep: free(1),
  fincstp: turn(1),
  fdecstp: turn(-1),
  fnop: numeric(() => {}),
  fldcw: control(loadControl, true),
  fldenv: control(byOperandSize('x87LoadEnvironment'), true),
  frstor: control(byOperandSize('x87Restore'), true),
  fnstcw: control((b) => b.write(0, cell(CPU.X87_CONTROL)), false),
  fnstsw: control(storeStatus, false),
  fnstenv: control(byOperandSize('x87StoreEnvironment'), false),
  fnsave: control(byOperandSize('x87Save'), false),
  fninit: control(call('x87Initialize'), false),
  fnclex: control(call('x87ClearExceptions'), false),
  // The 8087's interrupt mask and the 287's protected mode: no effect since the 387.
  fneni: control(() => {}, false),
  fndisi: control(() => {}, false),
  fsetpm: control(() => {}, false),
};

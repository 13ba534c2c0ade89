/**
 * x87 instructions: whether they may run at all, their operands, the operation as a helper, the last instruction's pointers.
 * SDM Vol. 2; Vol. 1, 8.1.8 (pointers) and 8.7 (exceptions); Vol. 3, 2.5 (CR0).
 */
import type { Builder, Size } from '../ir/builder';
import { type Expr, and, cell, condition, constant, equal, extendSigned, isZero, or, select, ZERO } from '../ir/microOp';
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { NM } from '../x86/exceptions';
import { CR0_EM, CR0_MP, CR0_TS, EFLAGS_VM } from '../x86/flags';
import { CS, EAX } from '../x86/registers';
import type { Lift } from './lift';
import { ARITHMETIC, POPPING, UNARY } from './x87/arithmeticHelpers';
import { ES } from './x87/status';
import { CONSTANTS } from './x87/transferHelpers';

const STACK_REGISTER: Expr = { k: 'field', field: 'rmNumber' };
const SEGMENT_NUMBER: Expr = { k: 'field', field: 'segment' };

/** #NM while CR0.EM or CR0.TS is set. */
const requireDevice = (b: Builder): void => b.if(and(cell(CPU.CR0), constant(CR0_EM | CR0_TS)), () => b.fault(NM));
/** An unmasked exception of an earlier instruction is reported now. */
const reportPending = (b: Builder): void => b.if(and(cell(CPU.X87_STATUS), constant(ES)), () => void b.helper('x87Pending'));

/**
 * Selectors count where addresses are made of them. In protected mode they are zero, as on the processors that deprecate FPU CS and DS
 * (CPUID.7:EBX bit 13, SDM Vol. 1, 8.1.8): ring deprivileging would show in their RPL.
 */
const realSelector = (selector: Expr): Expr => select(and(cell(CPU.CR0), isZero(and(cell(CPU.EFLAGS), constant(EFLAGS_VM)))), ZERO, selector);

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
const loadQuadword = (b: Builder): [low: Expr, high: Expr] => [loadDoubleword(b), b.load('operand', b.addressPlus(4), 4)];
const signOf = (x: Expr): Expr => ({ k: 'binary', op: 'shrS', x, y: constant(31) });

const operandOf = (b: Builder): string => b.form.spec.operands[0];
const loadInteger = (b: Builder): Expr => (operandOf(b) === 'Mw' ? b.let(extendSigned(loadWord(b), 2)) : loadDoubleword(b));

/** Arithmetic with ST(i) or a real in memory. */
const arithmetic = (operation: number, pops: number): Lift =>
  numeric((b) => {
    const op = constant(operation);
    const operand = operandOf(b);
    if (operand === 'Md') b.helper('x87ArithmeticSingle', op, loadDoubleword(b));
    else if (operand === 'Mq') b.helper('x87ArithmeticDouble', op, ...loadQuadword(b));
    else if (operand === 'ST') b.helper('x87Arithmetic', op, ZERO, STACK_REGISTER, constant(pops));
    else b.helper('x87Arithmetic', op, STACK_REGISTER, ZERO, constant(pops));
  });

const integerArithmetic = (operation: number): Lift => numeric((b) => void b.helper('x87ArithmeticInteger', constant(operation), loadInteger(b)));

const compare = (pops: number, unordered = 0): Lift =>
  numeric((b) => {
    const operand = operandOf(b);
    if (operand === 'Md') b.helper('x87CompareSingle', loadDoubleword(b), constant(pops));
    else if (operand === 'Mq') b.helper('x87CompareDouble', ...loadQuadword(b), constant(pops));
    else b.helper('x87Compare', STACK_REGISTER, constant(unordered), constant(pops));
  });
const comparePair = (unordered: number): Lift => numeric(call('x87Compare', 1, unordered, 2));
const compareInteger = (pops: number): Lift => numeric((b) => void b.helper('x87CompareInteger', loadInteger(b), constant(pops)));
const compareFlags = (unordered: number, pops: number): Lift => numeric((b) => void b.helper('x87CompareFlags', STACK_REGISTER, constant(unordered), constant(pops)));

const load: Lift = (b) => {
  const operand = operandOf(b);
  if (operand === 'Md') b.helper('x87LoadSingle', loadDoubleword(b));
  else if (operand === 'Mq') b.helper('x87LoadDouble', ...loadQuadword(b));
  else if (operand === 'Mt') b.helper('x87LoadExtended', ...loadQuadword(b), b.load('operand', b.addressPlus(8), 2));
  else b.helper('x87LoadRegister', STACK_REGISTER);
};

const loadIntegerOperand: Lift = (b) => {
  if (operandOf(b) === 'Mq') b.helper('x87LoadInteger', ...loadQuadword(b));
  else {
    const value = loadInteger(b);
    b.helper('x87LoadInteger', value, signOf(value));
  }
};

/** Store the first `length` bytes of the X87_STORED cells, all or none: that the last may be written is known before any is. */
function storeResult(b: Builder, length: number): void {
  const part = (at: number): Size => Math.min(4, length - at) as Size;
  const last = length - part(length <= 4 ? 0 : length <= 8 ? 4 : 8);
  if (last > 0) b.load('operand', b.addressPlus(last), part(last), true);
  for (let at = 0; at < length; at += 4) b.store('operand', at === 0 ? b.address() : b.addressPlus(at), part(at), cell(CPU.X87_STORED + at));
}

const CONVERSIONS: Readonly<Record<string, readonly [helper: string, length: number]>> = {
  Md: ['x87ConvertSingle', 4],
  Mq: ['x87ConvertDouble', 8],
  Mt: ['x87ConvertExtended', 10],
};

function convertAndStore(b: Builder, helper: string, length: number, pops: number, ...args: Expr[]): void {
  b.address();
  b.if(b.helper(helper, ...args), () => storeResult(b, length));
  b.helper('x87CompleteStore', constant(pops));
}

const store = (pops: number): Lift =>
  numeric((b) => {
    const conversion = CONVERSIONS[operandOf(b)];
    if (conversion) convertAndStore(b, ...conversion, pops);
    else b.helper('x87StoreRegister', STACK_REGISTER, constant(pops));
  });
const INTEGER_SIZES: Readonly<Record<string, number>> = { Mw: 2, Md: 4, Mq: 8 };
const storeInteger = (pops: number): Lift =>
  numeric((b) => {
    const size = INTEGER_SIZES[operandOf(b)];
    convertAndStore(b, 'x87ConvertInteger', size, pops, constant(size));
  });

/** Condition of FCMOVcc: two bits of the opcode and its lowest of the escape. */
const MOVE_CONDITIONS = [2, 4, 6, 10] as const;
const moveOnCondition: Lift = (b) => {
  const { opcode, extension = 0 } = b.form.spec;
  b.helper('x87MoveOnCondition', condition(MOVE_CONDITIONS[extension] | (opcode & 1)), STACK_REGISTER);
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
  ...named(CONSTANTS, 'fld', (n) => numeric(call('x87LoadConstant', n))),
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
  ftst: numeric(call('x87Test')),
  fxam: numeric(call('x87Examine')),
  fchs: numeric(call('x87SetSign', 0)),
  fabs: numeric(call('x87SetSign', 1)),
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
  fist: storeInteger(0),
  fistp: storeInteger(1),
  fbstp: numeric(callWithAddress('x87StoreBcd')),
  fxch: numeric((b) => void b.helper('x87Exchange', STACK_REGISTER)),
  fcmovcc: numeric(moveOnCondition),
  ffree: numeric((b) => void b.helper('x87Free', STACK_REGISTER, ZERO)),
  ffreep: numeric((b) => void b.helper('x87Free', STACK_REGISTER, constant(1))),
  fincstp: numeric(call('x87MoveTop', 1)),
  fdecstp: numeric(call('x87MoveTop', -1)),
  fnop: numeric(() => {}),
  fldcw: control((b) => void b.helper('x87LoadControl', loadWord(b)), true),
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

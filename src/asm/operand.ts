/** Operands as written, and as they are worth in one pass; which operand letters they satisfy (SDM Vol. 2, appendix A.2). */
import type { Expression } from './expression';
import type { Form, Letter } from './forms';
import type { Register } from './registerNames';
import type { Place } from './token';
import { type Value, isPlain } from './value';

interface Keywords {
  /** Bytes, from byte, word, dword... */
  readonly size?: number;
  readonly strict?: true;
  readonly distance?: 'near' | 'far' | 'short';
  /** `fadd to st1`. */
  readonly to?: true;
  readonly place: Place;
}

export interface RegisterOperand extends Keywords {
  readonly kind: 'register';
  readonly register: Register;
}

export interface MemoryOperand extends Keywords {
  readonly kind: 'memory';
  readonly address: Expression;
  readonly segment?: Register;
  /** Apart from the rest, as MPX writes it: `[ebx+4,ecx]`. */
  readonly index?: Expression;
  /** `[byte bx]`: bytes of displacement, and without registers the address size. */
  readonly displacementSize?: number;
  readonly nosplit?: true;
}

export interface ImmediateOperand extends Keywords {
  readonly kind: 'immediate';
  readonly value: Expression;
}

export interface FarOperand extends Keywords {
  readonly kind: 'far';
  readonly selector: Expression;
  readonly offset: Expression;
}

export type OperandSyntax = RegisterOperand | MemoryOperand | ImmediateOperand | FarOperand;

/** `value`: the immediate, or the offset of a far pointer. */
export type Operand = RegisterOperand | MemoryOperand | (ImmediateOperand & { readonly worth: Value }) | (FarOperand & { readonly worth: Value; readonly selectorWorth: Value });

/** What a form is matched with. */
export interface MatchContext {
  /** Operand size in bytes. */
  readonly size: 2 | 4;
  readonly form: Form;
  readonly operands: readonly Operand[];
  /** Is the target of a short jump from here within reach? */
  readonly reaches: (target: Value) => boolean;
  readonly isOffsetOnly: (memory: MemoryOperand) => boolean;
}

type Match = (operand: Operand, context: MatchContext) => boolean;

const register =
  (fits: (register: Register, context: MatchContext) => boolean): Match =>
  (operand, context) =>
    operand.kind === 'register' && fits(operand.register, context);
const general = (size: (context: MatchContext) => number): Match => register((r, context) => r.file === 'general' && r.size === size(context));
const named = (name: string): Match => register((r) => r.name === name);
const inFile = (file: Register['file']): Match => register((r) => r.file === file);
const memory =
  (size: (context: MatchContext) => number | undefined): Match =>
  (operand, context) =>
    operand.kind === 'memory' && mayHaveDistance(operand, context) && (operand.size === undefined || operand.size === size(context));
const either =
  (...matches: Match[]): Match =>
  (operand, context) =>
    matches.some((match) => match(operand, context));

const one = () => 1;
const two = () => 2;
const four = () => 4;
const eight = () => 8;
const sixteen = () => 16;
const thirtyTwo = () => 32;
/** Not AH, CH, DH and BH, whose numbers in a wider register mean another. */
const lowByte = register((r) => r.size === 1 && (r.file === 'low' || r.number < 4));
const byOperandSize = (context: MatchContext): number => context.size;

/** LAR, LSL and MOV to a segment register take any general register for their 16 bits of source. */
const LOOSE_WORD = new Set(['lar', 'lsl', 'mov']);
const word: Match = (operand, context) => {
  if (operand.kind !== 'register' || operand.register.file !== 'general') return false;
  return operand.register.size === 2 || (operand.register.size === 4 && LOOSE_WORD.has(context.form.spec.mnemonic));
};

const immediate =
  (size: (context: MatchContext) => number): Match =>
  (operand, context) =>
    operand.kind === 'immediate' && notFar(operand) && (operand.size === undefined || operand.size === size(context));
const notFar = (operand: Operand): boolean => operand.distance === undefined;

/** A value that one sign-extended byte can express at this operand size. */
function signExtendedByte(operand: Operand, context: MatchContext): boolean {
  if (operand.kind !== 'immediate' || !notFar(operand)) return false;
  if (operand.size === 1) return !context.operands.some((other) => other.kind === 'memory' && other.size === undefined) || context.operands.length > 2;
  if (operand.strict || (operand.size !== undefined && operand.size !== context.size)) return false;
  if (operand.worth.undetermined) return true;
  if (!isPlain(operand.worth)) return false;
  const value = BigInt.asIntN(context.size * 8, operand.worth.number);
  return value >= -128n && value <= 127n;
}

const unity: Match = (operand) =>
  operand.kind === 'immediate' && operand.size === undefined && !operand.strict && isPlain(operand.worth) && (operand.worth.undetermined || operand.worth.number === 1n);

function shortTarget(operand: Operand, context: MatchContext): boolean {
  if (operand.kind !== 'immediate' || operand.size !== undefined) return false;
  const onlyShort = !['jmp', 'jcc', 'jump'].includes(context.form.spec.lift);
  if (onlyShort) return operand.distance === undefined;
  return operand.distance === 'short' || (operand.distance === undefined && !operand.strict && context.reaches(operand.worth));
}

function nearTarget(operand: Operand, context: MatchContext): boolean {
  if (operand.kind !== 'immediate' || operand.distance === 'short' || operand.distance === 'far') return false;
  return operand.size === undefined || (operand.size === context.size && context.form.spec.lift !== 'jcc');
}

const isFarForm = ({ form }: Pick<MatchContext, 'form'>): boolean => form.spec.flow === 'farJump' || form.spec.flow === 'farCall';
/** NEAR and FAR are for jumps and calls through memory. */
const mayHaveDistance = ({ distance }: Operand, { form }: MatchContext): boolean =>
  distance === undefined || isFarForm({ form }) || form.spec.flow === 'jump' || form.spec.flow === 'call';
/** `far` chooses between the two memory forms of JMP and CALL. */
const nearMemory: Match = (operand, context) => operand.distance !== 'far' && memory(byOperandSize)(operand, context);
const farMemory: Match = (operand, context) =>
  isFarForm(context) ? operand.distance === 'far' && memory(byOperandSize)(operand, context) : memory(() => undefined)(operand, context);
const farPointer: Match = (operand, context) => operand.kind === 'far' && operand.distance === undefined && (operand.size === undefined || operand.size === context.size);
const offset =
  (size: (context: MatchContext) => number): Match =>
  (operand, context) =>
    operand.kind === 'memory' && memory(size)(operand, context) && context.isOffsetOnly(operand);

/** MOVZX and MOVSX from 16 bits make sense only into 32, BSWAP only on 32. */
const ONLY_32 = new Set(['movzx', 'movsx', 'bswap']);
const wide =
  (match: Match): Match =>
  (operand, context) =>
    !(context.size === 2 && ONLY_32.has(context.form.spec.mnemonic)) && match(operand, context);

/** One line per operand letter that can be written down. */
export const MATCHES: Readonly<Record<Letter, Match>> = {
  Eb: either(general(one), memory(one)),
  Ew: wide(either(word, memory(two))),
  Ed: either(general(four), memory(four)),
  Ev: either(general(byOperandSize), nearMemory),
  Gb: general(one),
  Gw: general(two),
  Gv: general(byOperandSize),
  Sw: inFile('segment'),
  Cd: inFile('control'),
  Dd: inFile('debug'),
  Td: inFile('test'),
  Rd: general(four),
  RvMw: either(general(byOperandSize), memory(two)),
  M: (operand) => operand.kind === 'memory',
  Ma: memory(() => undefined),
  Mp: farMemory,
  Ms: memory(() => undefined),
  Mw: memory(two),
  Md: memory(four),
  Mq: memory(eight),
  Mx: memory(sixteen),
  RdMw: either(general(four), general(two), memory(two)),
  Gd: general(four),
  Mt: memory(() => 10),
  Mi: memory(() => undefined),
  Mb: memory(one),
  Mv: memory(byOperandSize),
  Rv: general(byOperandSize),
  'Rd/Mb': either(general(four), memory(one)),
  'Rd/Mw': either(general(four), memory(two)),
  RdMb: either(general(four), lowByte, memory(one)),
  Hx: inFile('xmm'),
  Lx: inFile('xmm'),
  Vqq: inFile('ymm'),
  Hqq: inFile('ymm'),
  Lqq: inFile('ymm'),
  Uqq: inFile('ymm'),
  Wqq: either(inFile('ymm'), memory(thirtyTwo)),
  Mqq: memory(thirtyTwo),
  Wb: either(inFile('xmm'), memory(one)),
  Ww: either(inFile('xmm'), memory(two)),
  Bd: general(four),
  rB: inFile('bound'),
  mB: either(inFile('bound'), memory(eight)),
  Mib: memory(() => undefined),
  EAX: named('eax'),
  ECX: named('ecx'),
  EDX: named('edx'),
  XMM0: named('xmm0'),
  Vx: inFile('xmm'),
  Wx: either(inFile('xmm'), memory(sixteen)),
  Wu: either(inFile('xmm'), memory(sixteen)),
  Wq: either(inFile('xmm'), memory(eight)),
  Wd: either(inFile('xmm'), memory(four)),
  Ux: inFile('xmm'),
  Ib: immediate(one),
  Ibs: signExtendedByte,
  Iw: immediate(two),
  Iz: immediate(byOperandSize),
  Jb: shortTarget,
  Jz: nearTarget,
  Ap: farPointer,
  Ob: offset(one),
  Ov: offset(byOperandSize),
  Xb: () => false,
  Xv: () => false,
  Yb: () => false,
  Yv: () => false,
  Zb: general(one),
  Zv: wide(general(byOperandSize)),
  AL: named('al'),
  AX: named('ax'),
  eAX: register((r, context) => r.name === (context.size === 2 ? 'ax' : 'eax')),
  CL: named('cl'),
  DX: named('dx'),
  Pq: inFile('mmx'),
  Qq: either(inFile('mmx'), memory(eight)),
  Qd: either(inFile('mmx'), memory(eight)),
  Nq: inFile('mmx'),
  ST: named('st0'),
  STi: inFile('x87'),
  '1': unity,
  ES: named('es'),
  CS: named('cs'),
  SS: named('ss'),
  DS: named('ds'),
  FS: named('fs'),
  GS: named('gs'),
};

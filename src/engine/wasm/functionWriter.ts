/** Functions of generated modules written as expressions: what each value is comes before the code that computes it. */
import { WIDE_OPS, type WideOpName } from '../../ir/wideOps';
import { Code, type DefinedFunction, type F64, I32, I64, OP } from './encoder';

/** Pushes a value. */
export type Value = (code: Code) => void;
/** A number is an i32 constant, a bigint an i64 one. */
export type Operand = Value | number | bigint;

const WORD_OPS = {
  'i32.eqz': OP.eqz,
  'i32.eq': OP.eq,
  'i32.ne': OP.ne,
  'i32.lt_s': OP.ltS,
  'i32.lt_u': OP.ltU,
  'i32.le_u': OP.leU,
  'i32.gt_s': OP.gtS,
  'i32.gt_u': OP.gtU,
  'i32.ge_s': OP.geS,
  'i32.ge_u': OP.geU,
  'i32.add': OP.add,
  'i32.sub': OP.sub,
  'i32.mul': OP.mul,
  'i32.and': OP.and,
  'i32.or': OP.or,
  'i32.xor': OP.xor,
  'i32.shl': OP.shl,
  'i32.shr_u': OP.shrU,
  'i32.extend8_s': OP.extend8S,
  select: OP.select,
} as const;

const MEMORY_OPS = { 'i64.load': OP.i64Load, 'i32.load': OP.load, 'i32.load16_u': OP.load16U, 'i32.load8_u': OP.load8U } as const;

const push = (code: Code, operand: Operand): void => {
  if (typeof operand === 'number') code.constant(operand);
  else if (typeof operand === 'bigint') code.byte(OP.i64Const).signed64(BigInt.asIntN(64, operand));
  else operand(code);
};

/** An operation on operands, the value of a function of the module when `name` is its index. */
export const value =
  (name: WideOpName | keyof typeof WORD_OPS, ...operands: Operand[]): Value =>
  (code) => {
    for (const operand of operands) push(code, operand);
    if (name in WIDE_OPS) code.wide(name as WideOpName);
    else code.op(WORD_OPS[name as keyof typeof WORD_OPS]);
  };

export const load =
  (name: keyof typeof MEMORY_OPS, address: Operand, offset = 0): Value =>
  (code) => {
    push(code, address);
    code.memory(MEMORY_OPS[name], offset);
  };

export const call =
  (index: number, ...operands: Operand[]): Value =>
  (code) => {
    for (const operand of operands) push(code, operand);
    code.call(index);
  };

export type LocalType = typeof I32 | typeof I64 | typeof F64;

/** Writes code that keeps values in locals. */
export abstract class Writer {
  abstract readonly code: Code;

  /** Index of a local that nobody else uses. */
  protected abstract allocate(type: LocalType): number;

  /** A local with a value: call it to read it. */
  local(type: LocalType, initial?: Operand): Local {
    const read = localAt(this.allocate(type));
    if (initial !== undefined) this.set(read, initial);
    return read;
  }

  word(initial?: Operand): Local {
    return this.local(I32, initial);
  }

  wide(initial?: Operand): Local {
    return this.local(I64, initial);
  }

  set(local: Local, operand: Operand): void {
    push(this.code, operand);
    this.code.set(local.index);
  }

  store(opcode: number, address: Operand, operand: Operand, offset = 0): void {
    push(this.code, address);
    push(this.code, operand);
    this.code.memory(opcode, offset);
  }

  if(condition: Operand, then: () => void, otherwise?: () => void): void {
    push(this.code, condition);
    this.code.open(OP.if);
    then();
    if (otherwise) {
      this.code.else();
      otherwise();
    }
    this.code.close();
  }

  /** Code that runs again from its start wherever `again` finds a condition to hold. */
  loop(body: (again: Fail) => void): void {
    const level = this.code.open(OP.loop);
    body((condition) => {
      push(this.code, condition);
      this.code.branchIf(level);
    });
    this.code.close();
  }

  /** So many bytes from an address on become `byte`. */
  fill(address: Operand, byte: Operand, bytes: Operand): void {
    for (const operand of [address, byte, bytes]) push(this.code, operand);
    this.code.fillMemory();
  }

  /** A call of a function without a result. */
  perform(index: number, ...operands: Operand[]): void {
    for (const operand of operands) push(this.code, operand);
    this.code.call(index);
  }

  /** Code that never comes to its end, but to what follows it where `fail` finds a condition to hold. */
  attempt(body: (fail: Fail) => void): void {
    const level = this.code.open(OP.block);
    body((condition) => {
      push(this.code, condition);
      this.code.branchIf(level);
    });
    this.code.close();
  }

  /** Code whose usual course runs straight on; where `rarely` is told of a condition that holds, `otherwise` takes over. */
  usually(usual: (rarely: Fail) => void, otherwise: () => void): void {
    const done = this.code.open(OP.block);
    this.attempt((rarely) => {
      usual(rarely);
      this.code.branch(done);
    });
    otherwise();
    this.code.close();
  }
}

export type Fail = (condition: Operand) => void;

export class FunctionWriter extends Writer {
  readonly code = new Code();
  readonly #locals: number[] = [];

  /** Types of the parameters; the result, if there is one, is an i32. */
  constructor(readonly parameters: readonly LocalType[]) {
    super();
  }

  parameter(n: number): Value {
    return (code) => void code.get(n);
  }

  protected override allocate(type: LocalType): number {
    return this.parameters.length + this.#locals.push(type) - 1;
  }

  return(operand?: Operand): void {
    if (operand !== undefined) push(this.code, operand);
    this.code.op(OP.return);
  }

  /** With the result at the end. */
  done(result: Operand): DefinedFunction {
    push(this.code, result);
    return this.#defined([I32]);
  }

  /** Without a result. */
  doneVoid(): DefinedFunction {
    return this.#defined([]);
  }

  #defined(results: readonly number[]): DefinedFunction {
    return { type: { parameters: this.parameters, results }, locals: this.#locals.map((type) => [1, type]), body: this.code.done() };
  }
}

export interface Local extends Value {
  readonly index: number;
}

export const localAt = (index: number): Local => Object.defineProperty(((code: Code) => void code.get(index)) as Local, 'index', { value: index });

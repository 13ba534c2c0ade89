/** Statements as WebAssembly handlers, one for each form of instruction. */
import { type Expr, type SharedFunction, type Statement, typeOf } from '../../ir/microOp';
import { TOP, TOP_SHIFT } from '../../semantics/x87/status';
import { CPU, byteRegisterOffset } from '../../x86/cpuState';
import { EXIT, RECORD, RECORD_SIZE } from '../record';
import { type Code, OP, VECTOR } from '../wasm/encoder';
import { pushHost } from '../wasm/tlbLookup';
import { AccessEmitter, type AccessFunctions } from './accesses';
import { emitBulk } from './bulk';
import { ExpressionEmitter } from './expressions';
import { FlagEmitter, emitComparisonAux } from './flags';
import { LOCAL, tempLocal } from './locals';
import { type Labels, TransferEmitter, type TransferFunctions } from './transfers';

/** Indices of the functions handlers call. */
export interface Functions extends AccessFunctions, TransferFunctions {
  readonly packStatus: number;
  readonly unpackResult: number;
  readonly unpackAux: number;
  readonly helper: (name: string) => number;
  readonly shared: (name: SharedFunction) => number;
}

/** The low half into an MMX register, all ones beside it. */
export function emitSetMmx(code: Code, address: () => void, value: () => void): void {
  address();
  value();
  code.vectorMemory(VECTOR.store64Lane, CPU.X87);
  address();
  code.constant(0xffff).memory(OP.store16, CPU.X87 + 8);
}

export class StatementEmitter {
  readonly #expression: ExpressionEmitter;
  readonly transfers: TransferEmitter;
  readonly #accesses: AccessEmitter;
  readonly #flags: FlagEmitter;
  /** Where an attempt that gives up goes on. */
  #otherwise = 0;

  constructor(
    readonly code: Code,
    readonly labels: Labels,
    readonly functions: Functions,
  ) {
    this.#expression = new ExpressionEmitter(code, functions);
    this.transfers = new TransferEmitter(code, this.#expression, labels, functions);
    this.#accesses = new AccessEmitter(code, this.#expression, this.transfers, functions);
    this.#flags = new FlagEmitter(code, this.#expression);
  }

  /** A whole handler: statements, then on to the next record unless a terminal went elsewhere. */
  handler(statements: readonly Statement[]): void {
    for (const statement of statements) this.#emit(statement);
    this.code.get(LOCAL.RECORD).constant(RECORD_SIZE).op(OP.add).set(LOCAL.RECORD).branch(this.labels.loop);
  }

  #emit(s: Statement): void {
    const { code } = this;
    const value = (e: Expr): void => this.#expression.emit(e);
    switch (s.k) {
      case 'let':
        value(s.value);
        code.set(tempLocal(this.#expression.locals, typeOf(s.value), s.id));
        break;
      case 'loadVector':
        this.#accesses.loadVector(s);
        break;
      case 'storeVector':
        this.#accesses.storeVector(s);
        break;
      case 'setXmm':
        this.#expression.vectorAddress(s.ref);
        value(s.value);
        code.vectorMemory(VECTOR.store, CPU.XMM);
        break;
      case 'setMmx':
        emitSetMmx(
          code,
          () => this.#expression.vectorAddress(s.ref),
          () => value(s.value),
        );
        break;
      case 'setVectorCell':
        code.constant(0);
        value(s.value);
        code.vectorMemory(VECTOR.store, s.offset);
        break;
      case 'setSignificand':
        value(s.address);
        value(s.value);
        code.memory(OP.i64Store, 0);
        break;
      case 'setSignExponent':
        value(s.address);
        value(s.value);
        code.memory(OP.store16, 8);
        break;
      case 'tag':
        code.constant(0).loadCell(CPU.X87_TAGS).constant(3);
        this.#expression.tagShift(s.n);
        code.op(OP.shl);
        if (s.empty) code.op(OP.or);
        else code.constant(-1).op(OP.xor, OP.and);
        code.memory(OP.store, CPU.X87_TAGS);
        break;
      case 'moveTop':
        code
          .constant(0)
          .loadCell(CPU.X87_STATUS)
          .constant(~TOP)
          .op(OP.and)
          .loadCell(CPU.X87_STATUS)
          .constant(s.by << TOP_SHIFT)
          .op(OP.add)
          .constant(TOP)
          .op(OP.and, OP.or)
          .memory(OP.store, CPU.X87_STATUS);
        break;
      case 'statusWord':
        code.constant(0).loadCell(CPU.X87_STATUS).constant(~s.replaced).op(OP.and);
        value(s.value);
        code.op(OP.or).memory(OP.store, CPU.X87_STATUS);
        break;
      case 'call':
        for (const arg of s.args) value(arg);
        code.call(this.functions.shared(s.name)).set(LOCAL.TEMPS + s.id);
        break;
      case 'attempt':
        this.#attempt(s);
        break;
      case 'giveUp':
        value(s.condition);
        code.branchIf(this.#otherwise);
        break;
      case 'place':
        this.#accesses.place(s);
        code.branchIf(this.#otherwise);
        pushHost(code, LOCAL.ADDRESS, LOCAL.ENTRY).set(LOCAL.TEMPS + s.id);
        break;
      case 'setPlaced':
        value(s.place);
        value(s.value);
        code.memory(OP.store, s.offset);
        break;
      case 'comparisonFlags':
        value(s.zero);
        code.op(OP.eqz).set(LOCAL.RESULT);
        emitComparisonAux(code, s, value);
        code.set(LOCAL.AUX);
        break;
      case 'load':
        this.#accesses.load(s);
        break;
      case 'store':
        this.#accesses.store(s);
        break;
      case 'setRegister':
        this.#setRegister(s);
        break;
      case 'setCell':
        code.constant(0);
        value(s.value);
        code.memory(OP.store, s.offset);
        break;
      case 'setSegmentCell':
        value(s.segment);
        code.constant(6).op(OP.shl);
        value(s.value);
        code.memory(OP.store, CPU.SEGMENTS + s.offset);
        break;
      case 'arithmeticFlags':
        this.#flags.arithmetic(s);
        break;
      case 'resultFlags':
        this.#flags.result(s);
        break;
      case 'carryFlags':
        this.#flags.carry(s);
        break;
      case 'setStatus':
        value(s.value);
        code.tee(LOCAL.SCRATCH).call(this.functions.unpackResult).set(LOCAL.RESULT).get(LOCAL.SCRATCH).call(this.functions.unpackAux).set(LOCAL.AUX);
        break;
      case 'helper':
        this.#helper(s);
        break;
      case 'rarely':
        value(s.condition);
        code.open(OP.if);
        for (const inner of s.then) this.#emit(inner);
        code.close();
        break;
      case 'if':
        value(s.condition);
        code.open(OP.if);
        for (const inner of s.then) this.#emit(inner);
        if (s.else.length) {
          code.else();
          for (const inner of s.else) this.#emit(inner);
        }
        code.close();
        break;
      case 'fault':
        code
          .constant(0)
          .constant(s.vector + 1)
          .memory(OP.store, CPU.FAULT);
        code.constant(0);
        value(s.errorCode);
        code.memory(OP.store, CPU.FAULT_CODE);
        code.branch(this.labels.fault);
        break;
      case 'bulk':
        emitBulk(code, s);
        break;
      case 'again':
        this.#again();
        break;
      case 'jump':
        this.transfers.retire();
        this.transfers.follow(RECORD.DISPLACEMENT);
        break;
      case 'branch':
        this.transfers.retire();
        code.get(LOCAL.RECORD).memory(OP.load, RECORD.DISPLACEMENT).get(LOCAL.RECORD).memory(OP.load, RECORD.IMMEDIATE);
        value(s.condition);
        code.op(OP.select).set(LOCAL.RECORD);
        this.transfers.continueOrStop();
        break;
      case 'indirect':
        this.transfers.indirect(s.target);
        break;
      case 'dispatch':
        this.transfers.dispatch(s.at);
        break;
    }
  }

  #attempt({ ordinary, otherwise }: Extract<Statement, { k: 'attempt' }>): void {
    const { code } = this;
    const done = code.open(OP.block);
    this.#otherwise = code.open(OP.block);
    for (const inner of ordinary) this.#emit(inner);
    code.branch(done);
    code.close();
    for (const inner of otherwise) this.#emit(inner);
    code.close();
  }

  /** A fault at the current instruction: delivered in the ordinary course, else the run loop's. */
  deliverFault(ordinary: readonly Statement[]): void {
    const { code } = this;
    this.#otherwise = code.open(OP.block);
    this.transfers.noteFault(this.#otherwise);
    for (const statement of ordinary) this.#emit(statement);
    this.transfers.goOnBehindFault();
    code.close();
    this.transfers.leaveBefore(EXIT.FAULT);
  }

  #setRegister({ ref, size, value }: Extract<Statement, { k: 'setRegister' }>): void {
    const { code } = this;
    const store = size === 4 ? OP.store : size === 2 ? OP.store16 : OP.store8;
    if (typeof ref === 'number') code.constant(0);
    else this.#expression.byteField(ref === 'reg' ? RECORD.REG : RECORD.RM);
    this.#expression.emit(value);
    code.memory(store, CPU.GPR + (typeof ref !== 'number' ? 0 : size === 1 ? byteRegisterOffset(ref) : 4 * ref));
  }

  /** Everything a helper may read is in memory before the call, everything it may write is read back. */
  #helper(s: Extract<Statement, { k: 'helper' }>): void {
    const { code } = this;
    code.constant(0).get(LOCAL.RESULT).memory(OP.store, CPU.RESULT);
    code.constant(0).get(LOCAL.AUX).memory(OP.store, CPU.AUX);
    code.constant(0).get(LOCAL.RECORD).memory(OP.store, CPU.EXIT_RECORD);
    code.constant(0).get(LOCAL.BUDGET).memory(OP.store, CPU.BUDGET);
    code.constant(0).get(LOCAL.RECORD).memory(OP.load, RECORD.EIP).memory(OP.store, CPU.EIP);
    for (const argument of s.args) this.#expression.emit(argument);
    code.call(this.functions.helper(s.name)).set(LOCAL.TEMPS + s.id);
    code.loadCell(CPU.RESULT).set(LOCAL.RESULT).loadCell(CPU.AUX).set(LOCAL.AUX);
    this.transfers.checkFault();
  }

  #again(): void {
    const { code } = this;
    code.constant(0).loadCell(CPU.FUEL).constant(1).op(OP.sub).tee(LOCAL.SCRATCH).memory(OP.store, CPU.FUEL);
    code.get(LOCAL.SCRATCH).constant(0).op(OP.gtS).branchIf(this.labels.loop);
    this.transfers.leaveBefore(EXIT.FUEL);
  }
}

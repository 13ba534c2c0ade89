/** Statements as WebAssembly: memory through the software TLB, flags, helpers, terminals. */
import { type Expr, type SegmentRef, type SharedFunction, type Statement, type VectorSize, typeOf } from '../../ir/microOp';
import { JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_CACHE_FOLD, TLB } from '../../memory/layout';
import { CPU, SEGMENT, SEGMENT_STRIDE, byteRegisterOffset, countOffset } from '../../x86/cpuState';
import { TOP, TOP_SHIFT } from '../../semantics/x87/status';
import { EXIT, RECORD, RECORD_SIZE } from '../record';
import { type Code, OP, VECTOR } from '../wasm/encoder';
import { emitBulk } from './bulk';
import { ExpressionEmitter } from './expressions';
import { LOCAL, tempLocal } from './locals';

/** Where a handler may go, as block levels of the enclosing function. */
export interface Labels {
  /** Next record: top of the dispatch loop. */
  readonly loop: number;
  /** Leave with the code in SCRATCH, before the current instruction. */
  readonly exitBefore: number;
  /** Leave with the code in SCRATCH; EIP and BUDGET are settled. */
  readonly exitAfter: number;
}

/** Indices of the functions handlers call. */
export interface Functions {
  readonly packStatus: number;
  readonly unpackResult: number;
  readonly unpackAux: number;
  /** (segment, offset, size, update, record, budget) → value */
  readonly readSlow: number;
  /** (segment, offset, size, value, record, budget) */
  readonly writeSlow: number;
  /** (segment, offset, size, alignment, record, budget): into the VECTOR cells, or from there. */
  readonly readVector: number;
  readonly writeVector: number;
  readonly helper: (name: string) => number;
  readonly shared: (name: SharedFunction) => number;
}

export const VECTOR_LOAD: Readonly<Record<VectorSize, number>> = { 4: VECTOR.load32Zero, 8: VECTOR.load64Zero, 16: VECTOR.load };
export const VECTOR_STORE: Readonly<Record<VectorSize, number>> = { 4: VECTOR.store32Lane, 8: VECTOR.store64Lane, 16: VECTOR.store };

/** The low half into an MMX register, all ones beside it. */
export function emitSetMmx(code: Code, address: () => void, value: () => void): void {
  address();
  value();
  code.vectorMemory(VECTOR.store64Lane, CPU.X87);
  address();
  code.constant(0xffff).memory(OP.store16, CPU.X87 + 8);
}

/** Push AUX (x86/cpuState) of a comparison whose RESULT is 0 with ZF and 1 without: the parity of those is even and odd. */
export function emitComparisonAux(code: Code, { carry, zero, parity }: Extract<Statement, { k: 'comparisonFlags' }>, value: (e: Expr) => void): void {
  code.constant(0);
  value(carry);
  code
    .op(OP.sub)
    .constant(0xc0000000 | 0)
    .op(OP.and);
  value(parity);
  value(zero);
  code.op(OP.xor).constant(8).op(OP.shl, OP.or);
}

export class StatementEmitter {
  readonly #expression: ExpressionEmitter;
  /** Where an attempt that gives up goes on. */
  #otherwise = 0;

  constructor(
    readonly code: Code,
    readonly labels: Labels,
    readonly functions: Functions,
  ) {
    this.#expression = new ExpressionEmitter(code, functions);
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
        this.#loadVector(s);
        break;
      case 'storeVector':
        this.#storeVector(s);
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
      case 'comparisonFlags':
        value(s.zero);
        code.op(OP.eqz).set(LOCAL.RESULT);
        emitComparisonAux(code, s, value);
        code.set(LOCAL.AUX);
        break;
      case 'load':
        this.#load(s);
        break;
      case 'store':
        this.#store(s);
        break;
      case 'setRegister':
        this.#setRegister(s);
        break;
      case 'setCell':
        code.constant(0);
        value(s.value);
        code.memory(OP.store, s.offset);
        break;
      case 'arithmeticFlags':
        this.#arithmeticFlags(s);
        break;
      case 'resultFlags':
        this.#resultFlags(s);
        break;
      case 'carryFlags':
        this.#carryFlags(s);
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
        this.#leaveBefore(EXIT.FAULT);
        break;
      case 'bulk':
        emitBulk(code, s);
        break;
      case 'again':
        this.#again();
        break;
      case 'jump':
        this.#retire();
        this.#follow(RECORD.DISPLACEMENT);
        break;
      case 'branch':
        this.#retire();
        code.get(LOCAL.RECORD).memory(OP.load, RECORD.DISPLACEMENT).get(LOCAL.RECORD).memory(OP.load, RECORD.IMMEDIATE);
        value(s.condition);
        code.op(OP.select).set(LOCAL.RECORD);
        this.#continueOrStop();
        break;
      case 'indirect':
        this.#indirect(s.target);
        break;
      case 'dispatch':
        this.#dispatch(s.at);
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

  #leaveBefore(exit: number): void {
    this.code.constant(exit).set(LOCAL.SCRATCH).branch(this.labels.exitBefore);
  }

  /** Push the segment number. */
  #segmentNumber(segment: SegmentRef): void {
    if (segment === 'operand') this.#expression.byteField(RECORD.SEGMENT);
    else this.code.constant(segment);
  }

  /**
   * Inline half of an access: offset against the segment, then the TLB entry in ENTRY and the linear address in ADDRESS.
   * Leaves 1 on the stack when the slow path must answer.
   */
  #check(segment: SegmentRef, offset: Expr, size: number, write: boolean, aligned = false): void {
    const { code } = this;
    const fixed = segment === 'operand' ? undefined : CPU.SEGMENTS + segment * SEGMENT_STRIDE;
    const segmentCell = (field: number): void => {
      if (fixed !== undefined) code.loadCell(fixed + field);
      else code.get(LOCAL.SCRATCH).memory(OP.load, CPU.SEGMENTS + field);
    };
    this.#expression.emit(offset);
    code.set(LOCAL.ADDRESS);
    if (fixed === undefined) {
      this.#expression.byteField(RECORD.SEGMENT);
      code.constant(6).op(OP.shl).set(LOCAL.SCRATCH);
    }
    code.get(LOCAL.ADDRESS);
    segmentCell(SEGMENT.LOW);
    code.op(OP.sub);
    segmentCell((write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(size));
    code.op(OP.geU);
    if (size === 16) {
      // The upper half is another 8 bytes.
      code.get(LOCAL.ADDRESS).constant(8).op(OP.add);
      segmentCell(SEGMENT.LOW);
      code.op(OP.sub);
      segmentCell((write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(8));
      code.op(OP.geU, OP.or);
    }
    code.get(LOCAL.ADDRESS);
    segmentCell(SEGMENT.BASE);
    code.op(OP.add).tee(LOCAL.ADDRESS).constant(10).op(OP.shrU).constant(0x3ffffc).op(OP.and).memory(OP.load, TLB).tee(LOCAL.ENTRY);
    if (size > 1)
      code
        .get(LOCAL.ADDRESS)
        .constant(0xfff)
        .op(OP.and)
        .constant(size - 1)
        .op(OP.add)
        .constant(12)
        .op(OP.shrU, OP.or);
    code.loadCell(write ? CPU.WRITE_MASK : CPU.READ_MASK).op(OP.and, OP.or);
    if (aligned) code.get(LOCAL.ADDRESS).constant(15).op(OP.and, OP.or);
  }

  #host(): void {
    this.code.get(LOCAL.ADDRESS).get(LOCAL.ENTRY).constant(-256).op(OP.and, OP.add);
  }

  #checkFault(): void {
    const { code } = this;
    code.loadCell(CPU.FAULT);
    code.open(OP.if);
    this.#leaveBefore(EXIT.FAULT);
    code.close();
  }

  #load(s: Extract<Statement, { k: 'load' }>): void {
    const { code } = this;
    this.#check(s.segment, s.offset, s.size, s.update);
    code.open(OP.if);
    this.#segmentNumber(s.segment);
    this.#expression.emit(s.offset);
    code
      .constant(s.size)
      .constant(s.update ? 1 : 0)
      .get(LOCAL.RECORD)
      .get(LOCAL.BUDGET)
      .call(this.functions.readSlow)
      .set(LOCAL.TEMPS + s.id);
    this.#checkFault();
    code.else();
    this.#host();
    code.memory(s.size === 4 ? OP.load : s.size === 2 ? OP.load16U : OP.load8U, 0).set(LOCAL.TEMPS + s.id);
    code.close();
  }

  #store(s: Extract<Statement, { k: 'store' }>): void {
    const { code } = this;
    this.#check(s.segment, s.offset, s.size, true);
    code.open(OP.if);
    this.#segmentNumber(s.segment);
    this.#expression.emit(s.offset);
    code.constant(s.size);
    this.#expression.emit(s.value);
    code.get(LOCAL.RECORD).get(LOCAL.BUDGET).call(this.functions.writeSlow);
    this.#checkFault();
    code.else();
    this.#host();
    this.#expression.emit(s.value);
    code.memory(s.size === 4 ? OP.store : s.size === 2 ? OP.store16 : OP.store8, 0);
    code.close();
  }

  #loadVector({ id, size, segment, offset, aligned }: Extract<Statement, { k: 'loadVector' }>): void {
    const { code } = this;
    const local = tempLocal(this.#expression.locals, 'v128', id);
    this.#check(segment, offset, size, false, aligned);
    code.open(OP.if);
    this.#vectorCall(segment, offset, size, aligned, this.functions.readVector);
    code.constant(0).vectorMemory(VECTOR.load, CPU.VECTOR).set(local);
    code.else();
    this.#host();
    code.vectorMemory(VECTOR_LOAD[size], 0).set(local);
    code.close();
  }

  #storeVector({ size, segment, offset, aligned, value }: Extract<Statement, { k: 'storeVector' }>): void {
    const { code } = this;
    this.#check(segment, offset, size, true, aligned);
    code.open(OP.if);
    code.constant(0);
    this.#expression.emit(value);
    code.vectorMemory(VECTOR.store, CPU.VECTOR);
    this.#vectorCall(segment, offset, size, aligned, this.functions.writeVector);
    code.else();
    this.#host();
    this.#expression.emit(value);
    code.vectorMemory(VECTOR_STORE[size], 0);
    code.close();
  }

  /** Between memory and the VECTOR cells, byte by byte where it has to be. */
  #vectorCall(segment: SegmentRef, offset: Expr, size: VectorSize, aligned: boolean, index: number): void {
    this.#segmentNumber(segment);
    this.#expression.emit(offset);
    this.code
      .constant(size)
      .constant(aligned ? 16 : 1)
      .get(LOCAL.RECORD)
      .get(LOCAL.BUDGET)
      .call(index);
    this.#checkFault();
  }

  #setRegister({ ref, size, value }: Extract<Statement, { k: 'setRegister' }>): void {
    const { code } = this;
    const store = size === 4 ? OP.store : size === 2 ? OP.store16 : OP.store8;
    if (typeof ref === 'number') code.constant(0);
    else this.#expression.byteField(ref === 'reg' ? RECORD.REG : RECORD.RM);
    this.#expression.emit(value);
    code.memory(store, CPU.GPR + (typeof ref !== 'number' ? 0 : size === 1 ? byteRegisterOffset(ref) : 4 * ref));
  }

  #setResult(size: number, result: Expr): void {
    this.#expression.emit(result);
    if (size === 1) this.code.op(OP.extend8S);
    if (size === 2) this.code.op(OP.extend16S);
    this.code.set(LOCAL.RESULT);
  }

  /** AUX from the vector of carries (or borrows) out of each bit. */
  #arithmeticFlags({ op, size, a, b, result, keepCarry }: Extract<Statement, { k: 'arithmeticFlags' }>): void {
    const { code } = this;
    const emit = (e: Expr): void => this.#expression.emit(e);
    const not = (e: Expr): void => {
      emit(e);
      code.constant(-1).op(OP.xor);
    };
    if (op === 'add') {
      emit(a);
      emit(b);
      code.op(OP.and);
      emit(a);
      emit(b);
      code.op(OP.or);
      not(result);
    } else {
      not(a);
      emit(b);
      code.op(OP.and);
      not(a);
      emit(b);
      code.op(OP.or);
      emit(result);
    }
    code.op(OP.and, OP.or);
    if (size === 4) code.constant(0xc0000008 | 0).op(OP.and);
    else {
      code
        .tee(LOCAL.SCRATCH)
        .constant(32 - 8 * size)
        .op(OP.shl)
        .constant(0xc0000000 | 0)
        .op(OP.and);
      code.get(LOCAL.SCRATCH).constant(8).op(OP.and, OP.or);
    }
    if (keepCarry) {
      // CF stays; bit 30 becomes CF xor OF, so that OF reads as computed.
      code.tee(LOCAL.SCRATCH).constant(8).op(OP.and);
      code
        .get(LOCAL.AUX)
        .constant(0x80000000 | 0)
        .op(OP.and, OP.or);
      code
        .get(LOCAL.SCRATCH)
        .get(LOCAL.SCRATCH)
        .constant(1)
        .op(OP.shl, OP.xor)
        .get(LOCAL.AUX)
        .op(OP.xor)
        .constant(0x80000000 | 0)
        .op(OP.and)
        .constant(1)
        .op(OP.shrU, OP.or);
    }
    code.set(LOCAL.AUX);
    this.#setResult(size, result);
  }

  #carryAndOverflow(carry: Expr, overflow: Expr): void {
    const { code } = this;
    this.#expression.emit(carry);
    code.constant(31).op(OP.shl);
    if (carry.k === 'const' && overflow.k === 'const') code.constant(carry.value === overflow.value ? 0 : 1 << 30).op(OP.or);
    else {
      this.#expression.emit(carry);
      this.#expression.emit(overflow);
      code.op(OP.xor).constant(30).op(OP.shl, OP.or);
    }
  }

  #resultFlags({ size, result, carry, overflow, adjust }: Extract<Statement, { k: 'resultFlags' }>): void {
    const { code } = this;
    const isZero = (e: Expr): boolean => e.k === 'const' && e.value === 0;
    if (isZero(carry) && isZero(overflow) && isZero(adjust)) code.constant(0);
    else {
      this.#carryAndOverflow(carry, overflow);
      if (!isZero(adjust)) {
        this.#expression.emit(adjust);
        code.constant(3).op(OP.shl, OP.or);
      }
    }
    code.set(LOCAL.AUX);
    this.#setResult(size, result);
  }

  #carryFlags({ carry, overflow }: Extract<Statement, { k: 'carryFlags' }>): void {
    const { code } = this;
    if (overflow) {
      this.#carryAndOverflow(carry, overflow);
    } else {
      // OF stays: bit 30 becomes the new CF xor the old OF.
      this.#expression.emit(carry);
      code.tee(LOCAL.SCRATCH).constant(31).op(OP.shl);
      code.get(LOCAL.SCRATCH).get(LOCAL.AUX).get(LOCAL.AUX).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU, OP.xor).constant(30).op(OP.shl, OP.or);
    }
    code.get(LOCAL.AUX).constant(0x3fffffff).op(OP.and, OP.or).set(LOCAL.AUX);
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
    this.#checkFault();
  }

  #again(): void {
    const { code } = this;
    code.constant(0).loadCell(CPU.FUEL).constant(1).op(OP.sub).tee(LOCAL.SCRATCH).memory(OP.store, CPU.FUEL);
    code.get(LOCAL.SCRATCH).constant(0).op(OP.gtS).branchIf(this.labels.loop);
    this.#leaveBefore(EXIT.FUEL);
  }

  /** Count the block's instructions and that it ran. */
  #retire(): void {
    const { code } = this;
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load8U, RECORD.COUNT).op(OP.sub).set(LOCAL.BUDGET);
    code.get(LOCAL.RECORD).tee(LOCAL.LAST).get(LOCAL.RECORD).memory(OP.load, RECORD.HITS).constant(1).op(OP.add).tee(LOCAL.HITS).memory(OP.store, RECORD.HITS);
  }

  #follow(pointer: number): void {
    this.code.get(LOCAL.RECORD).memory(OP.load, pointer).set(LOCAL.RECORD);
    this.#continueOrStop();
  }

  /** RECORD is the next one: go on, or leave there when the budget is spent or the block that ended is hot. */
  #continueOrStop(): void {
    const { code } = this;
    code.get(LOCAL.BUDGET).constant(0).op(OP.gtS);
    code.open(OP.if);
    code.get(LOCAL.HITS).loadCell(CPU.HOT_MASK).op(OP.and).branchIf(this.labels.loop);
    code.constant(EXIT.HOT).set(LOCAL.SCRATCH);
    code.else();
    code.constant(EXIT.BUDGET).set(LOCAL.SCRATCH);
    code.close();
    code.constant(0).get(LOCAL.LAST).memory(OP.store, CPU.LAST_RECORD);
    this.#stopThere();
  }

  #stopThere(): void {
    this.code.constant(0).get(LOCAL.RECORD).memory(OP.load, RECORD.EIP).memory(OP.store, CPU.EIP).branch(this.labels.exitAfter);
  }

  /** Run the region of the TRANSLATED record; go on at the record it ends at, in the middle of a block or before one. */
  region(): void {
    const { code } = this;
    code.constant(0).get(LOCAL.RESULT).memory(OP.store, CPU.RESULT);
    code.constant(0).get(LOCAL.AUX).memory(OP.store, CPU.AUX);
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load, RECORD.IMMEDIATE).callIndirect(0).set(LOCAL.RECORD);
    code.loadCell(CPU.RESULT).set(LOCAL.RESULT).loadCell(CPU.AUX).set(LOCAL.AUX).loadCell(CPU.BUDGET).set(LOCAL.BUDGET);
    code.branch(this.labels.loop);
  }

  /** EIP of the record is where to go: straight there if the jump cache knows it. EIP is settled if not. */
  lookUpJump(): void {
    const { code } = this;
    code.get(LOCAL.RECORD).memory(OP.load, RECORD.EIP).set(LOCAL.ADDRESS);
    this.#ifCached(() => code.branch(this.labels.loop));
    code.constant(0).get(LOCAL.ADDRESS).memory(OP.store, CPU.EIP);
  }

  /** If the jump cache knows EIP, which is in ADDRESS: the record goes to RECORD, and `then`. */
  #ifCached(then: () => void): void {
    const { code } = this;
    code
      .get(LOCAL.ADDRESS)
      .get(LOCAL.ADDRESS)
      .constant(JUMP_CACHE_FOLD)
      .op(OP.shrU, OP.xor)
      .constant(JUMP_CACHE_ENTRIES - 1)
      .op(OP.and)
      .constant(4)
      .op(OP.shl)
      .tee(LOCAL.ENTRY);
    code.memory(OP.load, JUMP_CACHE).get(LOCAL.ADDRESS).op(OP.eq);
    code
      .get(LOCAL.ENTRY)
      .memory(OP.load, JUMP_CACHE + 4)
      .loadCell(CPU.MODE)
      .op(OP.eq, OP.and);
    code.open(OP.if);
    code
      .get(LOCAL.ENTRY)
      .memory(OP.load, JUMP_CACHE + 8)
      .set(LOCAL.RECORD);
    then();
    code.close();
  }

  /** Look the target up in the jump cache; a miss leaves to the run loop, which fills it. */
  #indirect(target: Expr): void {
    const { code } = this;
    this.#expression.emit(target);
    code.set(LOCAL.ADDRESS);
    this.#retire();
    code.constant(0).get(LOCAL.ADDRESS).memory(OP.store, CPU.EIP);
    this.#findJump();
  }

  /** On at EIP, which is in ADDRESS too. */
  #findJump(): void {
    const { code } = this;
    code.constant(0).get(LOCAL.RECORD).memory(OP.store, CPU.EXIT_RECORD);
    this.#ifCached(() => this.#continueOrStop());
    code.constant(EXIT.INDIRECT).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
  }

  /** Behind a system instruction: on like behind a computed jump, unless the run loop has something to look at. */
  #dispatch(at: 'next' | 'eip'): void {
    const { code } = this;
    if (at === 'next') {
      code.constant(0);
      this.#expression.field('nextEip');
      code.memory(OP.store, CPU.EIP);
    }
    this.#retire();
    code.loadCell(CPU.ATTEND);
    for (const cell of [CPU.INHIBIT, CPU.HALTED, CPU.PENDING_DEBUG, CPU.DUE_FAULT]) code.loadCell(cell).op(OP.or);
    code.op(OP.eqz).open(OP.if);
    code.loadCell(CPU.EIP).set(LOCAL.ADDRESS);
    this.#findJump();
    code.close();
    code.constant(EXIT.DISPATCH).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
  }
}

/** Where a handler goes on: the next record, a jump's target, out of the interpreter. */
import type { Expr } from '../../ir/microOp';
import { FAULT_RECORD, JUMP, JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_CACHE_FOLD } from '../../memory/layout';
import { PAGING } from '../../memory/pagingCells';
import { CPU } from '../../x86/cpuState';
import { EFLAGS_RF } from '../../x86/flags';
import { EXIT, FIRST_FORM, PSEUDO, RECORD } from '../record';
import { type Code, I32, OP } from '../wasm/encoder';
import { FLAG_CELLS } from '../wasm/flagFunctions';
import type { ExpressionEmitter } from './expressions';
import { LOCAL } from './locals';

/** Where a handler may go, as block levels of the enclosing function. */
export interface Labels {
  /** Next record: top of the dispatch loop. */
  readonly loop: number;
  /** The fault in the cells is the current instruction's. */
  readonly fault: number;
  /** Leave with the code in SCRATCH, before the current instruction. */
  readonly exitBefore: number;
  /** Leave with the code in SCRATCH; EIP and BUDGET are settled. */
  readonly exitAfter: number;
}

/** Indices of functions. */
export interface TransferFunctions {
  /** (eip) → record, or 0: entries of the jump cache from before the TLB lost some. */
  readonly findJump: number;
  /** (kind, first word, second word, result) → AUX of what a region leaves. */
  readonly auxOf: number;
  /** (CHECK record) → whether its block is what its bytes say. */
  readonly renew: number;
  /** (CHECK record) → where to go on, if it is not; 0: the run loop has to translate it. */
  readonly refresh: number;
}

export class TransferEmitter {
  constructor(
    readonly code: Code,
    readonly expression: ExpressionEmitter,
    readonly labels: Labels,
    readonly functions: TransferFunctions,
  ) {}

  /** Count the block's instructions and that it ran. */
  retire(): void {
    const { code } = this;
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load8U, RECORD.COUNT).op(OP.sub).set(LOCAL.BUDGET);
    code.get(LOCAL.RECORD).tee(LOCAL.LAST).get(LOCAL.RECORD).memory(OP.load, RECORD.HITS).constant(1).op(OP.add).tee(LOCAL.HITS).memory(OP.store, RECORD.HITS);
  }

  follow(pointer: number): void {
    this.code.get(LOCAL.RECORD).memory(OP.load, pointer).set(LOCAL.RECORD);
    this.continueOrStop();
  }

  /** RECORD is the next one: go on, or leave there when the budget is spent or the block that ended is hot. */
  continueOrStop(): void {
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

  /** Run the region of the TRANSLATED record, and those that it leads to; go on at the record where the last one ends, in the middle of a block or before one. */
  region(): void {
    const { code } = this;
    code.constant(0).get(LOCAL.RESULT).memory(OP.store, CPU.RESULT);
    code.constant(0).get(LOCAL.AUX).memory(OP.store, CPU.AUX);
    const next = code.open(OP.loop);
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load, RECORD.IMMEDIATE).callIndirect(0).set(LOCAL.RECORD);
    code.loadCell(CPU.BUDGET).set(LOCAL.BUDGET);
    this.#handlerIs(PSEUDO.TRANSLATED).branchIf(next);
    this.#handlerIs(PSEUDO.LINK);
    this.#handlerIs(PSEUDO.COMPUTED).op(OP.or).open(OP.if);
    code.get(LOCAL.RECORD).memory(OP.load, RECORD.EIP).set(LOCAL.ADDRESS);
    this.#ifCached(() => this.#handlerIs(PSEUDO.TRANSLATED).branchIf(next));
    code.close();
    code.close();
    this.#settleFlags();
    code.branch(this.labels.loop);
  }

  #handlerIs(pseudo: number): Code {
    return this.code.get(LOCAL.RECORD).memory(OP.load16U, RECORD.HANDLER).constant(pseudo).op(OP.eq);
  }

  /** Flags as a region leaves them, into RESULT and AUX. */
  #settleFlags(): void {
    const { code } = this;
    code.loadCell(CPU.RESULT).set(LOCAL.RESULT).loadCell(CPU.AUX).set(LOCAL.AUX);
    code.loadCell(FLAG_CELLS.kind).tee(LOCAL.SCRATCH).open(OP.if);
    code.get(LOCAL.SCRATCH).get(LOCAL.AUX).loadCell(FLAG_CELLS.second).get(LOCAL.RESULT).call(this.functions.auxOf).set(LOCAL.AUX);
    code.constant(0).constant(0).memory(OP.store, FLAG_CELLS.kind);
    code.close();
  }

  /** At the CHECK record: into its block, as its bytes are now; goes on behind this where that takes a translation. */
  check(): void {
    const { code } = this;
    code.get(LOCAL.RECORD).call(this.functions.renew).open(OP.if);
    code.get(LOCAL.RECORD).memory(OP.load, RECORD.DISPLACEMENT).set(LOCAL.RECORD).branch(this.labels.loop);
    code.close();
    code.get(LOCAL.RECORD).call(this.functions.refresh).tee(LOCAL.SCRATCH).open(OP.if);
    code.get(LOCAL.SCRATCH).set(LOCAL.RECORD).branch(this.labels.loop);
    code.close();
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
    code
      .memory(OP.load, JUMP_CACHE + JUMP.EIP)
      .get(LOCAL.ADDRESS)
      .op(OP.eq);
    code
      .get(LOCAL.ENTRY)
      .memory(OP.load, JUMP_CACHE + JUMP.MODE)
      .loadCell(CPU.MODE)
      .loadCell(PAGING.JUMP_EPOCH)
      .op(OP.add, OP.eq, OP.and);
    code.open(OP.if, I32);
    code.get(LOCAL.ENTRY).memory(OP.load, JUMP_CACHE + JUMP.RECORD);
    code.else();
    code.get(LOCAL.ADDRESS).call(this.functions.findJump);
    code.close();
    code.tee(LOCAL.ENTRY).open(OP.if);
    code.get(LOCAL.ENTRY).set(LOCAL.RECORD);
    then();
    code.close();
  }

  /** Look the target up in the jump cache; a miss leaves to the run loop, which fills it. */
  indirect(target: Expr): void {
    const { code } = this;
    this.expression.emit(target);
    code.set(LOCAL.ADDRESS);
    this.retire();
    code.constant(0).get(LOCAL.ADDRESS).memory(OP.store, CPU.EIP);
    this.#findJump();
  }

  /** On at EIP, which is in ADDRESS too. */
  #findJump(): void {
    const { code } = this;
    code.constant(0).get(LOCAL.RECORD).memory(OP.store, CPU.EXIT_RECORD);
    this.#ifCached(() => this.continueOrStop());
    code.constant(EXIT.INDIRECT).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
  }

  /** Behind a system instruction: on like behind a computed jump, unless the run loop has something to look at. */
  dispatch(at: 'next' | 'eip'): void {
    const { code } = this;
    if (at === 'next') {
      code.constant(0);
      this.expression.field('nextEip');
      code.memory(OP.store, CPU.EIP);
    }
    this.retire();
    this.#unlessDue(() => {
      code.loadCell(CPU.EIP).set(LOCAL.ADDRESS);
      code.constant(0).get(LOCAL.RECORD).memory(OP.store, CPU.EXIT_RECORD);
      this.#ifCached(() => this.#continueWithoutResumeFlag());
      code.constant(EXIT.INDIRECT).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
    });
  }

  /** As `continueOrStop`; the next instruction clears RF, and whoever may stop before it sees RF as it is. */
  #continueWithoutResumeFlag(): void {
    const { code } = this;
    code.loadCell(CPU.EFLAGS).constant(EFLAGS_RF).op(OP.and).open(OP.if);
    const handler = (): Code => code.get(LOCAL.RECORD).memory(OP.load16U, RECORD.HANDLER);
    handler().constant(FIRST_FORM).op(OP.geU);
    handler().constant(PSEUDO.TRANSLATED).op(OP.eq, OP.or).open(OP.if);
    code.get(LOCAL.BUDGET).constant(0).op(OP.gtS).get(LOCAL.HITS).loadCell(CPU.HOT_MASK).op(OP.and).constant(0).op(OP.ne, OP.and).open(OP.if);
    code.constant(0).loadCell(CPU.EFLAGS).constant(~EFLAGS_RF).op(OP.and).memory(OP.store, CPU.EFLAGS).branch(this.labels.loop);
    code.close();
    code.else();
    code.constant(EXIT.INDIRECT).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
    code.close();
    code.close();
    this.continueOrStop();
  }

  leaveBefore(exit: number): void {
    this.code.constant(exit).set(LOCAL.SCRATCH).branch(this.labels.exitBefore);
  }

  checkFault(): void {
    this.code.loadCell(CPU.FAULT).branchIf(this.labels.fault);
  }

  /** At the label for faults: on at the record that delivers them, which finds this one in itself. */
  goToFault(): void {
    this.code
      .constant(0)
      .get(LOCAL.RECORD)
      .memory(OP.store, FAULT_RECORD + RECORD.DISPLACEMENT)
      .constant(FAULT_RECORD)
      .set(LOCAL.RECORD)
      .branch(this.labels.loop);
  }

  /** Back at the instruction that has faulted, what precedes it in its block counted; to `otherwise` if nothing has retired since the last fault. */
  noteFault(otherwise: number): void {
    const { code } = this;
    code.loadCell(FAULT_RECORD + RECORD.DISPLACEMENT).set(LOCAL.RECORD);
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load8U, RECORD.COUNT).constant(1).op(OP.sub, OP.sub).loadCell(CPU.FAULT_BUDGET).op(OP.eq).branchIf(otherwise);
  }

  /** EIP is the handler's. */
  goOnBehindFault(): void {
    const { code } = this;
    code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load8U, RECORD.COUNT).constant(1).op(OP.sub, OP.sub).set(LOCAL.BUDGET);
    code.constant(0).get(LOCAL.BUDGET).memory(OP.store, CPU.FAULT_BUDGET);
    code.constant(0).constant(0).memory(OP.store, CPU.FAULT);
    this.#unlessDue(() => {
      code.constant(0).get(LOCAL.RECORD).memory(OP.store, CPU.EXIT_RECORD);
      code.get(LOCAL.BUDGET).constant(0).op(OP.gtS).open(OP.if);
      code.loadCell(CPU.EIP).set(LOCAL.ADDRESS);
      this.#ifCached(() => code.branch(this.labels.loop));
      code.close();
      code.constant(EXIT.INDIRECT).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
    });
  }

  /** Leave for the run loop behind this if it has something to look at before the next instruction. */
  #unlessDue(then: () => void): void {
    const { code } = this;
    code.loadCell(CPU.ATTEND);
    for (const cell of [CPU.INHIBIT, CPU.HALTED, CPU.PENDING_DEBUG, CPU.DUE_FAULT]) code.loadCell(cell).op(OP.or);
    code.op(OP.eqz).open(OP.if);
    then();
    code.close();
    code.constant(EXIT.DISPATCH).set(LOCAL.SCRATCH).branch(this.labels.exitAfter);
  }
}

/** Lazy flags as WebAssembly: RESULT and AUX (x86/cpuState) of what a statement computes. */
import type { Expr, Statement } from '../../ir/microOp';
import { type Code, OP } from '../wasm/encoder';
import type { ExpressionEmitter } from './expressions';
import { LOCAL } from './locals';

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

export class FlagEmitter {
  constructor(
    readonly code: Code,
    readonly expression: ExpressionEmitter,
  ) {}

  /** AUX from the vector of carries (or borrows) out of each bit. */
  arithmetic({ op, size, a, b, result, keepCarry }: Extract<Statement, { k: 'arithmeticFlags' }>): void {
    const { code } = this;
    const emit = (e: Expr): void => this.expression.emit(e);
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

  result({ size, result, carry, overflow, adjust }: Extract<Statement, { k: 'resultFlags' }>): void {
    const { code } = this;
    const isZero = (e: Expr): boolean => e.k === 'const' && e.value === 0;
    if (isZero(carry) && isZero(overflow) && isZero(adjust)) code.constant(0);
    else {
      this.#carryAndOverflow(carry, overflow);
      if (!isZero(adjust)) {
        this.expression.emit(adjust);
        code.constant(3).op(OP.shl, OP.or);
      }
    }
    code.set(LOCAL.AUX);
    this.#setResult(size, result);
  }

  carry({ carry, overflow }: Extract<Statement, { k: 'carryFlags' }>): void {
    const { code } = this;
    if (overflow) {
      this.#carryAndOverflow(carry, overflow);
    } else {
      // OF stays: bit 30 becomes the new CF xor the old OF.
      this.expression.emit(carry);
      code.tee(LOCAL.SCRATCH).constant(31).op(OP.shl);
      code.get(LOCAL.SCRATCH).get(LOCAL.AUX).get(LOCAL.AUX).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU, OP.xor).constant(30).op(OP.shl, OP.or);
    }
    code.get(LOCAL.AUX).constant(0x3fffffff).op(OP.and, OP.or).set(LOCAL.AUX);
  }

  #carryAndOverflow(carry: Expr, overflow: Expr): void {
    const { code } = this;
    this.expression.emit(carry);
    code.constant(31).op(OP.shl);
    if (carry.k === 'const' && overflow.k === 'const') code.constant(carry.value === overflow.value ? 0 : 1 << 30).op(OP.or);
    else {
      this.expression.emit(carry);
      this.expression.emit(overflow);
      code.op(OP.xor).constant(30).op(OP.shl, OP.or);
    }
  }

  #setResult(size: number, result: Expr): void {
    this.expression.emit(result);
    if (size === 1) this.code.op(OP.extend8S);
    if (size === 2) this.code.op(OP.extend16S);
    this.code.set(LOCAL.RESULT);
  }
}

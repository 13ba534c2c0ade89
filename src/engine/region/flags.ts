/**
 * Status flags in translated code: the operation that wrote them and its operands stay in locals, and a condition is read from
 * those where it is known what they are. What is not known at some point (several ways lead there) is asked of `auxOf`.
 */
import { CONDITION_C, CONDITION_O, CONDITION_P, CONDITION_S, CONDITION_Z, type Expr, type Statement } from '../../ir/microOp';
import { STATUS_FLAGS } from '../../x86/flags';
import { emitComparisonAux } from '../interpreter/flags';
import { type Code, I32, OP } from '../wasm/encoder';
import { FLAG_KIND, flagBit, packedStatus, shiftAux } from '../wasm/flagFunctions';
import { REGION_LOCAL as L } from './locals';

type Size = 1 | 2 | 4;
type Operation = keyof typeof FLAG_KIND;

/** What is known about the flag locals at a point of the code. */
export interface FlagState {
  readonly operation: Operation;
  readonly size: Size;
  /** The result is A op B: no carry went in. */
  readonly exact: boolean;
}

const IMAGE: FlagState = { operation: 'image', size: 4, exact: true };
export const SETTLED: FlagState = { operation: 'settled', size: 4, exact: true };

type Shift = 'sar' | 'shr' | 'shl';
const isShift = (operation: Operation | undefined): operation is Shift => operation === 'sar' || operation === 'shr' || operation === 'shl';

const hasSize = (operation: Operation): boolean => operation !== 'settled' && operation !== 'image' && !isShift(operation);

const log2 = (size: Size): number => (size === 1 ? 0 : size === 2 ? 1 : 2);
const isZero = (e: Expr): boolean => e.k === 'const' && e.value === 0;

export class RegionFlags {
  /** Undefined: only the KIND local knows. */
  state: FlagState | undefined = SETTLED;

  constructor(
    readonly code: Code,
    readonly value: (e: Expr) => void,
    readonly auxOf: number,
    readonly unpackAux: number,
  ) {}

  #become(state: FlagState): void {
    this.state = state;
    const { operation, size } = state;
    this.code.constant(hasSize(operation) ? FLAG_KIND[operation] + log2(size) : FLAG_KIND[operation]).set(L.KIND);
  }

  /** Push AUX. */
  aux(): void {
    const { code, state } = this;
    if (state?.operation === 'settled') code.get(L.A);
    else if (state?.operation === 'image') code.get(L.A).call(this.unpackAux);
    else if (isShift(state?.operation)) shiftAux(code, state.operation, [L.A, L.B, L.RESULT]);
    else code.get(L.KIND).get(L.A).get(L.B).get(L.RESULT).call(this.auxOf);
  }

  /** Make AUX and RESULT the flags, for code that needs them so. */
  settle(): void {
    if (this.state?.operation === 'settled') return;
    this.aux();
    this.code.set(L.A);
    this.#become(SETTLED);
  }

  #setResult(size: Size, result: Expr): void {
    this.value(result);
    if (size === 1) this.code.op(OP.extend8S);
    if (size === 2) this.code.op(OP.extend16S);
    this.code.set(L.RESULT);
  }

  arithmetic({ op, size, a, b, result, keepCarry }: Extract<Statement, { k: 'arithmeticFlags' }>, exact: boolean): void {
    if (keepCarry) this.#keepCarry();
    else {
      this.value(a);
      this.code.set(L.A);
      this.value(b);
      this.code.set(L.B);
    }
    this.#setResult(size, result);
    this.#become({ operation: keepCarry ? (op === 'add' ? 'inc' : 'dec') : op, size, exact });
  }

  /** CF of before, as bit 31 of A. */
  #keepCarry(): void {
    const { code, state } = this;
    switch (state?.operation) {
      case 'settled':
      case 'inc':
      case 'dec':
        return;
      case undefined:
        code.get(L.KIND).constant(FLAG_KIND.inc).op(OP.geS);
        code.open(OP.if, I32);
        code.get(L.A).else();
        this.aux();
        code.close();
        break;
      default:
        this.condition(CONDITION_C);
        code.constant(31).op(OP.shl);
    }
    code.set(L.A);
  }

  result({ size, result, carry, overflow, adjust }: Extract<Statement, { k: 'resultFlags' }>): void {
    const { code } = this;
    if (isZero(carry) && isZero(overflow) && isZero(adjust)) code.constant(0);
    else {
      this.#carryAndOverflow(carry, overflow);
      if (!isZero(adjust)) {
        this.value(adjust);
        code.constant(3).op(OP.shl, OP.or);
      }
    }
    code.set(L.A);
    this.#setResult(size, result);
    this.#become(SETTLED);
  }

  /** A shift by a constant: nothing is computed before somebody asks. */
  shift({ operation, value, bit }: ShiftFlags, result: Expr): void {
    this.value(value);
    this.code.set(L.A).constant(bit).set(L.B);
    this.#setResult(4, result);
    this.#become({ operation, size: 4, exact: true });
  }

  #carryAndOverflow(carry: Expr, overflow: Expr): void {
    const { code } = this;
    this.value(carry);
    code.constant(31).op(OP.shl);
    this.value(carry);
    this.value(overflow);
    code.op(OP.xor).constant(30).op(OP.shl, OP.or);
  }

  comparison(s: Extract<Statement, { k: 'comparisonFlags' }>): void {
    const { code } = this;
    this.value(s.zero);
    code.op(OP.eqz).set(L.RESULT);
    emitComparisonAux(code, s, this.value);
    code.set(L.A);
    this.#become(SETTLED);
  }

  carry({ carry, overflow }: Extract<Statement, { k: 'carryFlags' }>): void {
    const { code } = this;
    this.settle();
    if (overflow) this.#carryAndOverflow(carry, overflow);
    else {
      // OF stays: bit 30 becomes the new CF xor the old OF.
      this.value(carry);
      code.tee(L.SCRATCH).constant(31).op(OP.shl);
      code.get(L.SCRATCH).get(L.A).get(L.A).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU, OP.xor).constant(30).op(OP.shl, OP.or);
    }
    code.get(L.A).constant(0x3fffffff).op(OP.and, OP.or).set(L.A);
  }

  /** All six, as they stand in a value. */
  set(value: Expr): void {
    this.value(value);
    flagBit(this.code.set(L.A), L.A, 6).op(OP.eqz).set(L.RESULT);
    this.#become(IMAGE);
  }

  /** Push the six status flags in their EFLAGS positions. */
  status(): void {
    const { code, state } = this;
    if (state?.operation === 'image') code.get(L.A).constant(STATUS_FLAGS).op(OP.and);
    else if (state && hasSize(state.operation)) this.#statusOf(state);
    else {
      this.settle();
      packedStatus(code, L.RESULT, L.A);
    }
  }

  #statusOf(state: FlagState): void {
    const { code } = this;
    this.condition(CONDITION_C);
    this.#adjust(state);
    code.constant(4).op(OP.shl, OP.or);
    for (const [cc, position] of [
      [CONDITION_P, 2],
      [CONDITION_Z, 6],
      [CONDITION_S, 7],
      [CONDITION_O, 11],
    ]) {
      this.condition(cc);
      code.constant(position).op(OP.shl, OP.or);
    }
  }

  /** Push AF. */
  #adjust({ operation }: FlagState): void {
    const { code } = this;
    if (operation === 'inc' || operation === 'dec')
      code
        .get(L.RESULT)
        .constant(15)
        .op(OP.and)
        .constant(operation === 'inc' ? 0 : 15)
        .op(OP.eq);
    else code.get(L.A).get(L.B).get(L.RESULT).op(OP.xor, OP.xor).constant(4).op(OP.shrU).constant(1).op(OP.and);
  }

  /** Push a condition code as 0 or 1; false when the caller has to read it from settled flags. */
  condition(cc: number): boolean {
    const { state } = this;
    if (!this.#base(cc >> 1, state)) return false;
    if (cc & 1) this.code.op(OP.eqz);
    return true;
  }

  #base(base: number, state: FlagState | undefined): boolean {
    const { code } = this;
    if (base === 2) {
      code.get(L.RESULT).op(OP.eqz);
      return true;
    }
    if (!state || state.operation === 'settled') return false;
    if (state.operation === 'image') {
      this.#inImage(base);
      return true;
    }
    switch (base) {
      case 0:
        this.#overflow(state);
        break;
      case 1:
        this.#carry(state);
        break;
      case 3:
        if (state.operation === 'sub' && state.exact) code.get(L.A).get(L.B).op(OP.leU);
        else {
          this.#carry(state);
          code.get(L.RESULT).op(OP.eqz, OP.or);
        }
        break;
      case 4:
        code.get(L.RESULT).constant(0).op(OP.ltS);
        break;
      case 5:
        code.get(L.RESULT).constant(0xff).op(OP.and, OP.popcnt).constant(1).op(OP.and, OP.eqz);
        break;
      case 6:
        this.#less(state, OP.ltS);
        break;
      default:
        this.#less(state, OP.leS);
    }
    return true;
  }

  #inImage(base: number): void {
    const { code } = this;
    const bit = (n: number): Code => flagBit(code, L.A, n);
    const less = (): Code => {
      bit(7);
      return bit(11).op(OP.xor);
    };
    switch (base) {
      case 0:
        bit(11);
        break;
      case 1:
        bit(0);
        break;
      case 3:
        bit(0);
        bit(6).op(OP.or);
        break;
      case 4:
        bit(7);
        break;
      case 5:
        bit(2);
        break;
      case 6:
        less();
        break;
      default:
        less();
        bit(6).op(OP.or);
    }
  }

  /** SF <> OF, or that or ZF. */
  #less(state: FlagState, compare: number): void {
    const { code } = this;
    if (state.operation === 'sub' && state.exact) {
      this.#extended(L.A, state.size);
      this.#extended(L.B, state.size);
      code.op(compare);
      return;
    }
    code.get(L.RESULT).constant(31).op(OP.shrU);
    this.#overflow(state);
    code.op(OP.xor);
    if (compare === OP.leS) code.get(L.RESULT).op(OP.eqz, OP.or);
  }

  #extended(local: number, size: Size): void {
    this.code.get(local);
    if (size === 1) this.code.op(OP.extend8S);
    if (size === 2) this.code.op(OP.extend16S);
  }

  #carry({ operation, size, exact }: FlagState): void {
    const { code } = this;
    const top = 8 * size - 1;
    if (operation === 'inc' || operation === 'dec') code.get(L.A).constant(31).op(OP.shrU);
    else if (isShift(operation)) code.get(L.A).get(L.B).op(OP.shrU).constant(1).op(OP.and);
    else if (operation === 'sub' && exact) code.get(L.A).get(L.B).op(OP.ltU);
    else if (operation === 'add' && exact && size === 4) code.get(L.RESULT).get(L.A).op(OP.ltU);
    else {
      const not = (local: number): Code => code.get(local).constant(-1).op(OP.xor);
      if (operation === 'add') {
        code.get(L.A).get(L.B).op(OP.and).get(L.A).get(L.B).op(OP.or);
        not(L.RESULT);
      } else {
        not(L.A).get(L.B).op(OP.and);
        not(L.A).get(L.B).op(OP.or).get(L.RESULT);
      }
      code.op(OP.and, OP.or).constant(top).op(OP.shrU).constant(1).op(OP.and);
    }
  }

  #overflow(state: FlagState): void {
    const { code } = this;
    const { operation, size } = state;
    const top = 8 * size - 1;
    if (operation === 'sar') code.constant(0);
    else if (operation === 'shr') code.get(L.RESULT).get(L.RESULT).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU);
    else if (operation === 'shl') {
      this.#carry(state);
      code.get(L.RESULT).constant(31).op(OP.shrU, OP.xor);
    } else if (operation === 'inc')
      code
        .get(L.RESULT)
        .constant(-1 << top)
        .op(OP.eq);
    else if (operation === 'dec')
      code
        .get(L.RESULT)
        .constant((1 << top) - 1)
        .op(OP.eq);
    else {
      if (operation === 'add') code.get(L.A).get(L.RESULT).op(OP.xor).get(L.B).get(L.RESULT).op(OP.xor);
      else code.get(L.A).get(L.B).op(OP.xor).get(L.A).get(L.RESULT).op(OP.xor);
      code.op(OP.and).constant(top).op(OP.shrU).constant(1).op(OP.and);
    }
  }
}

/** Flags of a 32-bit shift by a constant: what is shifted, and which of its bits becomes CF. */
export interface ShiftFlags {
  readonly operation: Shift;
  readonly value: Expr;
  readonly bit: number;
}

/** Whether flags are those of a 32-bit shift by a constant. `definition` says what a temporary is. */
export function shiftFlagsOf({ size, result, carry, overflow, adjust }: Extract<Statement, { k: 'resultFlags' }>, definition: (e: Expr) => Expr): ShiftFlags | undefined {
  const bit = carriedBit(definition(carry));
  if (size !== 4 || !isZero(adjust) || !bit) return undefined;
  const out = definition(overflow);
  if (isZero(out)) return { operation: 'sar', ...bit };
  if (out.k !== 'binary') return undefined;
  if (out.op === 'xor' && sameTemp(out.x, carry) && isSignBit(out.y, result)) return { operation: 'shl', ...bit };
  const inner = out.op === 'and' && out.x.k === 'binary' && out.x.op === 'shrU' && isConst(out.x.y, 31) && isConst(out.y, 1) ? out.x.x : undefined;
  const isTopTwo = inner?.k === 'binary' && inner.op === 'xor' && sameTemp(inner.x, result) && inner.y.k === 'binary' && inner.y.op === 'shl' && sameTemp(inner.y.x, result);
  return isTopTwo ? { operation: 'shr', ...bit } : undefined;
}

const isConst = (e: Expr, value: number): boolean => e.k === 'const' && e.value === value;
const sameTemp = (x: Expr, y: Expr): boolean => x.k === 'temp' && y.k === 'temp' && x.id === y.id;
const isSignBit = (e: Expr, of: Expr): boolean =>
  e.k === 'binary' && e.op === 'and' && isConst(e.y, 1) && e.x.k === 'binary' && e.x.op === 'shrU' && isConst(e.x.y, 31) && sameTemp(e.x.x, of);

/** (value >> bit) & 1. */
function carriedBit(e: Expr): { readonly value: Expr; readonly bit: number } | undefined {
  if (e.k !== 'binary' || e.op !== 'and' || !isConst(e.y, 1)) return undefined;
  if (e.x.k === 'temp') return { value: e.x, bit: 0 };
  const isShifted = e.x.k === 'binary' && (e.x.op === 'shrU' || e.x.op === 'shrS') && e.x.x.k === 'temp' && e.x.y.k === 'const';
  return isShifted && e.x.k === 'binary' && e.x.y.k === 'const' ? { value: e.x.x, bit: e.x.y.value } : undefined;
}

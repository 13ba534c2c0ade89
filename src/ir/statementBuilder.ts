/** Statements as they are written: temporaries, conditions, what no instruction's operands have a part in. */
import { CPU } from '../x86/cpuState';
import { ESP } from '../x86/registers';
import {
  type Expr,
  type RegisterRef,
  type SegmentRef,
  type SharedFunction,
  type Statement,
  type VectorSize,
  ZERO,
  add,
  and,
  binary,
  cell,
  constant,
  or,
  register,
  typeOf,
} from './microOp';
import type { ValueType } from './wideOps';

export type Size = 1 | 2 | 4;

/** Temporaries of each type but i32 that an instruction may name. */
export const TYPED_TEMPS = 8;

export class StatementBuilder {
  readonly statements: Statement[] = [];
  #into = this.statements;
  #temps = 0;
  /** Temporaries of the other types. */
  readonly #typed = new Map<ValueType, number>();

  get temps(): number {
    return this.#temps;
  }

  emit(statement: Statement): void {
    this.#into.push(statement);
  }

  /** Name a value, so that it is computed once and keeps its value. */
  let(value: Expr): Expr {
    if (value.k === 'const' || value.k === 'temp') return value;
    const temp = this.#temp(typeOf(value));
    this.emit({ k: 'let', id: temp.id, value });
    return temp;
  }

  #temp(type: ValueType): Extract<Expr, { k: 'temp' }> {
    if (type === 'i32') return { k: 'temp', id: this.#temps++ };
    const id = this.#typed.get(type) ?? 0;
    if (id === TYPED_TEMPS) throw new Error(`too many values of type ${type} are named`);
    this.#typed.set(type, id + 1);
    return { k: 'temp', id, type };
  }

  load(segment: SegmentRef, offset: Expr, size: Size, update = false): Expr {
    const id = this.#temps++;
    this.emit({ k: 'load', id, size, segment, offset, update });
    return { k: 'temp', id };
  }

  store(segment: SegmentRef, offset: Expr, size: Size, value: Expr): void {
    this.emit({ k: 'store', segment, offset, size, value });
  }

  /** The low bytes of a vector, the rest zero. */
  loadVector(size: VectorSize, offset: Expr, aligned: boolean): Expr {
    const temp = this.#temp('v128');
    this.emit({ k: 'loadVector', id: temp.id, size, segment: 'operand', offset, aligned });
    return temp;
  }

  storeVector(size: VectorSize, offset: Expr, aligned: boolean, value: Expr): void {
    this.emit({ k: 'storeVector', size, segment: 'operand', offset, aligned, value });
  }

  setRegister(ref: RegisterRef, size: Size, value: Expr): void {
    this.emit({ k: 'setRegister', ref, size, value });
  }

  setCell(offset: number, value: Expr): void {
    this.emit({ k: 'setCell', offset, value });
  }

  /** Call a system operation; its result is 32 bits. */
  helper(name: string, ...args: Expr[]): Expr {
    const id = this.#temps++;
    this.emit({ k: 'helper', id, name, args });
    return { k: 'temp', id };
  }

  /** What `write` emits. */
  #collect(write: () => void): Statement[] {
    const outer = this.#into;
    const statements: Statement[] = [];
    this.#into = statements;
    write();
    this.#into = outer;
    return statements;
  }

  /** A function of the generated module; its result is 32 bits. */
  call(name: SharedFunction, ...args: Expr[]): Expr {
    const id = this.#temps++;
    this.emit({ k: 'call', id, name, args });
    return { k: 'temp', id };
  }

  if(test: Expr, then: () => void, otherwise: () => void = () => {}): void {
    this.emit({ k: 'if', condition: test, then: this.#collect(then), else: this.#collect(otherwise) });
  }

  rarely(test: Expr, then: () => void): void {
    this.emit({ k: 'rarely', condition: test, then: this.#collect(then) });
  }

  attempt(ordinary: () => void, otherwise: () => void): void {
    this.emit({ k: 'attempt', ordinary: this.#collect(ordinary), otherwise: this.#collect(otherwise) });
  }

  giveUp(test: Expr): void {
    this.emit({ k: 'giveUp', condition: test });
  }

  /** See the micro-op. */
  place(linear: Expr, bytes: number, access: { readonly write: boolean; readonly system: boolean }): Expr {
    const id = this.#temps++;
    this.emit({ k: 'place', id, linear, bytes, ...access });
    return { k: 'temp', id };
  }

  setPlaced(place: Expr, offset: number, value: Expr): void {
    this.emit({ k: 'setPlaced', place, offset, value });
  }

  fault(vector: number, errorCode: Expr = ZERO): void {
    this.emit({ k: 'fault', vector, errorCode });
  }

  arithmeticFlags(op: 'add' | 'sub', size: Size, a: Expr, b: Expr, result: Expr, keepCarry = false): void {
    this.emit({ k: 'arithmeticFlags', op, size, a, b, result, keepCarry });
  }

  resultFlags(size: Size, result: Expr, carry: Expr = ZERO, overflow: Expr = ZERO, adjust: Expr = ZERO): void {
    this.emit({ k: 'resultFlags', size, result, carry, overflow, adjust });
  }

  carryFlags(carry: Expr, overflow?: Expr): void {
    this.emit(overflow ? { k: 'carryFlags', carry, overflow } : { k: 'carryFlags', carry });
  }

  // Stack: offsets wrap to 16 or 32 bits by the B bit of SS (STACK_MASK).

  /** ESP + bytes, as a stack offset. */
  stackOffset(bytes: number): Expr {
    return this.let(and(add(register(ESP, 4), constant(bytes)), cell(CPU.STACK_MASK)));
  }

  /** ESP with the stack pointer at `offset`: with a 16-bit stack the upper half stays. */
  stackPointerAt(offset: Expr): Expr {
    return or(and(register(ESP, 4), binary('xor', cell(CPU.STACK_MASK), constant(-1))), and(offset, cell(CPU.STACK_MASK)));
  }

  setStackPointer(offset: Expr): void {
    this.setRegister(ESP, 4, this.stackPointerAt(offset));
  }

  indirect(target: Expr): void {
    this.emit({ k: 'indirect', target });
  }

  /** Back to the run loop, with EIP at the next instruction or where a helper put it. */
  dispatch(at: 'next' | 'eip' = 'next'): void {
    this.emit({ k: 'dispatch', at });
  }
}

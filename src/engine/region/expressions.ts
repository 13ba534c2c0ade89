/** Expressions of translated code: registers are locals, flags are what RegionFlags says. */
import type { Expr, RegisterRef } from '../../ir/microOp';
import { ExpressionEmitter } from '../interpreter/expressions';
import { CPU } from '../../x86/cpuState';
import { type Code, OP } from '../wasm/encoder';
import type { Value } from '../wasm/functionWriter';
import type { RegionFlags } from './flags';
import { MAX_INVARIANTS, REGION_LOCAL as L } from './locals';
import { PartialRegisters } from './partialRegisters';
import type { X87Operations } from './x87Operations';
import type { X87Stack } from './x87Stack';

/** Of no XMM register is anything known. */
export const UNKNOWN: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0];

/** The operand of a micro-op that an instruction fixes. */
export function constantOf(e: Expr): number {
  if (e.k !== 'const') throw new Error(`${e.k} in place of a constant`);
  return e.value;
}

export class RegionExpressions extends ExpressionEmitter {
  flags!: RegionFlags;
  x87: X87Stack | undefined;
  operations: X87Operations | undefined;
  /** A vector of which only the first half has been loaded, and where that is. */
  loaded: { readonly id: number; readonly local: number } | undefined;
  readonly partial: PartialRegisters;
  /** Instructions of its block that precede the current one. */
  before = 0;
  /** Registers that occur, as a set of bits. */
  used = 0;
  /** XMM registers that occur, likewise. */
  usedVectors = 0;
  /** Values that the prologue computes, in the order of their locals. */
  readonly invariants: Expr[] = [];

  constructor(code: Code, functions: { readonly packStatus: number }) {
    super(code, functions, { temps: L.TEMPS, typed: L.TYPED, wide: L.WIDE });
    this.partial = new PartialRegisters(code);
  }

  protected override register(ref: RegisterRef, size: 1 | 2 | 4): void {
    const { code } = this;
    const number = ref as number;
    const whole = size === 1 ? number & 3 : number;
    this.used |= 1 << whole;
    if (size === 1 && number < 4 && this.partial.read(whole)) return;
    code.get(L.GPR + whole);
    if (size === 1 && number >= 4) code.constant(8).op(OP.shrU);
    if (size < 4) code.constant(size === 1 ? 0xff : 0xffff).op(OP.and);
  }

  protected override unretired(): void {
    this.code.get(L.BUDGET).constant(this.before).op(OP.sub);
  }

  protected override xmm(ref: RegisterRef): void {
    this.usedVectors |= 1 << (ref as number);
    this.code.get(L.XMM + (ref as number));
  }

  /** Bytes of the low element of each XMM register that is known to be no denormal, or 0. */
  normal: readonly number[] = UNKNOWN;

  protected override denormal(e: Extract<Expr, { k: 'denormal' }>): void {
    if (e.x.k === 'xmm' && this.normal[e.x.ref as number] === e.bytes) this.code.constant(0);
    else super.denormal(e);
  }

  override emit(e: Expr): void {
    const codeBit = this.#codeBit(e);
    if (codeBit) return codeBit(this.code);
    if (e.k === 'unary' && e.op === 'isZero' && e.x.k === 'stEmpty') this.#x87().occupied(constantOf(e.x.n));
    else if (e.k === 'typed' && e.op === 'i64x2.extract_lane' && e.args[0].k === 'temp' && e.args[0].id === this.loaded?.id) this.code.get(this.loaded.local);
    else super.emit(e);
  }

  #codeBit(e: Expr): Value | undefined {
    if (!this.operations || e.k !== 'binary' || e.op !== 'and' || e.y.k !== 'const' || e.y.value !== 1 || e.x.k !== 'binary' || e.x.op !== 'shrU') return undefined;
    const { x, y } = e.x;
    return x.k === 'temp' && y.k === 'const' ? this.operations.codeBit(x.id, y.value) : undefined;
  }

  #x87(): X87Stack {
    if (!this.x87) throw new Error('a region without the x87');
    return this.x87;
  }

  protected override cell(offset: number): void {
    if (offset === CPU.X87_STORED && this.operations) this.operations.readStored();
    else if (!this.x87?.read(offset)) super.cell(offset);
  }

  protected override stAddress(): void {
    throw new Error('the address of an x87 register in translated code');
  }

  protected override stEmpty(n: Expr): void {
    this.#x87().unusable(constantOf(n));
  }

  protected override significand(address: Expr): void {
    this.operations?.significand(address);
  }

  protected override signExponent(address: Expr): void {
    this.operations?.signExponent(address);
  }

  protected override invariant(value: Expr): void {
    const key = JSON.stringify(value);
    let n = this.invariants.findIndex((known) => JSON.stringify(known) === key);
    if (n < 0 && this.invariants.length < MAX_INVARIANTS) n = this.invariants.push(value) - 1;
    if (n < 0) this.emit(value);
    else this.code.get(L.INVARIANTS + n);
  }

  protected override condition(cc: number): void {
    if (this.flags.condition(cc)) return;
    this.flags.settle();
    this.conditionOf(cc, L.RESULT, L.A);
  }

  protected override status(): void {
    this.flags.status();
  }
}

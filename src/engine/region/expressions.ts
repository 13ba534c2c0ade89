/** Expressions of translated code: registers are locals, flags are what RegionFlags says. */
import type { RegisterRef } from '../../ir/microOp';
import { ExpressionEmitter } from '../interpreter/expressions';
import { type Code, OP } from '../wasm/encoder';
import type { RegionFlags } from './flags';
import { REGION_LOCAL as L } from './locals';

export class RegionExpressions extends ExpressionEmitter {
  flags!: RegionFlags;
  /** Registers that occur, as a set of bits. */
  used = 0;

  constructor(code: Code, functions: { readonly packStatus: number }) {
    super(code, functions, { temps: L.TEMPS, wide: L.WIDE });
  }

  protected override register(ref: RegisterRef, size: 1 | 2 | 4): void {
    const { code } = this;
    const number = ref as number;
    const whole = size === 1 ? number & 3 : number;
    this.used |= 1 << whole;
    code.get(L.GPR + whole);
    if (size === 1 && number >= 4) code.constant(8).op(OP.shrU);
    if (size < 4) code.constant(size === 1 ? 0xff : 0xffff).op(OP.and);
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

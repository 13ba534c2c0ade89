/** A lift says what an instruction means, in micro-ops: SDM Vol. 2's "Operation" paragraph. */
import type { Builder, Size } from '../ir/builder';
import { type Expr, and, binary, cell, constant, isZero, or, shrU } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { GP, UD } from '../x86/exceptions';
import { CR0_PE, EFLAGS_DF, EFLAGS_IF, EFLAGS_IOPL, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from '../x86/flags';

export type Lift = (b: Builder) => void;

/** Bits of an operand. */
export const widthOf = (size: Size): number => 8 * size;

/** Sign bit of a value of `size` bytes, as 0 or 1. */
export const signBit = (x: Expr, size: Size): Expr => and(shrU(x, constant(widthOf(size) - 1)), constant(1));

/** #GP(0) unless CPL is 0. */
export const requireRing0 = (b: Builder): void => b.if(cell(CPU.CPL), () => b.fault(GP));

const iopl = (): Expr => shrU(and(cell(CPU.EFLAGS), constant(EFLAGS_IOPL)), constant(12));

/** Is CPL > IOPL? In virtual-8086 mode CPL is 3, so the same test says IOPL < 3. */
export const lacksIoPrivilege = (): Expr => binary('lessU', iopl(), cell(CPU.CPL));

/** In virtual-8086 mode with IOPL < 3 (SDM Vol. 3, 20.2.7). */
export const lacksIoplInV86 = (): Expr => and(isZero(isZero(and(cell(CPU.EFLAGS), constant(EFLAGS_VM)))), lacksIoPrivilege());

const times = (condition: Expr, bits: number): Expr => binary('mul', condition, constant(bits));

/** What POPF and IRET may change here besides the status flags; as the helpers' function of that name has it. */
export const changeableFlags = (size: number): Expr => {
  const always = EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
  const here = or(times(isZero(lacksIoPrivilege()), EFLAGS_IF), times(isZero(cell(CPU.CPL)), EFLAGS_IOPL));
  return size === 2 ? or(here, constant(always)) : or(or(here, constant(always | EFLAGS_RF)), cell(CPU.EXTENDED_FLAGS));
};

/** #UD in real and virtual-8086 mode. */
export const requireProtectedMode = (b: Builder): void => {
  b.if(binary('equal', and(cell(CPU.CR0), constant(CR0_PE)), constant(0)), () => b.fault(UD));
  b.if(and(cell(CPU.EFLAGS), constant(EFLAGS_VM)), () => b.fault(UD));
};

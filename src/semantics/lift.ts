/** A lift says what an instruction means, in micro-ops: SDM Vol. 2's "Operation" paragraph. */
import type { Builder, Size } from '../ir/builder';
import { type Expr, and, binary, cell, constant, isZero, shrU } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { GP, UD } from '../x86/exceptions';
import { CR0_PE, EFLAGS_IOPL, EFLAGS_VM } from '../x86/flags';

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

/** #UD in real and virtual-8086 mode. */
export const requireProtectedMode = (b: Builder): void => {
  b.if(binary('equal', and(cell(CPU.CR0), constant(CR0_PE)), constant(0)), () => b.fault(UD));
  b.if(and(cell(CPU.EFLAGS), constant(EFLAGS_VM)), () => b.fault(UD));
};

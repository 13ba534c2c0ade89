/**
 * MXCSR (SDM Vol. 1, 10.2.3) and the floating-point exceptions of one instruction (11.5): conditions found on the operands
 * come before those found on the results, and an unmasked one of the first kind keeps the second kind from being looked for.
 */
import { CPU, type CpuState } from '../../x86/cpuState';
import { UD, XM } from '../../x86/exceptions';
import { CR4_OSXMMEXCPT } from '../../x86/flags';
import { raise } from '../system/context';

export const MXCSR_IE = 1 << 0;
export const MXCSR_DE = 1 << 1;
export const MXCSR_ZE = 1 << 2;
export const MXCSR_OE = 1 << 3;
export const MXCSR_UE = 1 << 4;
export const MXCSR_PE = 1 << 5;
export const MXCSR_DAZ = 1 << 6;
/** The mask of a flag is this many bits above it. */
export const MXCSR_MASKS = 7;
export const MXCSR_PM = 1 << 12;
export const MXCSR_RC = 13;
export const MXCSR_FTZ = 1 << 15;
/** After RESET: every exception masked, round to nearest. */
export const MXCSR_RESET = 0x1f80;
/** Bits that exist: MXCSR_MASK in the FXSAVE image. */
export const MXCSR_BITS = 0xffff;

export type Rounding = 'nearest' | 'down' | 'up' | 'zero';
/** By RC, in MXCSR as in the x87 control word (SDM Vol. 1, table 4-8). */
const ROUNDINGS: readonly Rounding[] = ['nearest', 'down', 'up', 'zero'];

/** What an arithmetic operation is told by MXCSR, and what it reports. */
export class FloatEnvironment {
  readonly #mxcsr: number;
  #onOperands = 0;
  #onResults = 0;

  constructor(readonly cpu: CpuState) {
    this.#mxcsr = cpu.get(CPU.MXCSR);
  }

  get rounding(): Rounding {
    return ROUNDINGS[(this.#mxcsr >> MXCSR_RC) & 3];
  }

  get denormalsAreZeros(): boolean {
    return (this.#mxcsr & MXCSR_DAZ) !== 0;
  }

  get flushesToZero(): boolean {
    return (this.#mxcsr & MXCSR_FTZ) !== 0;
  }

  /** Is the exception of this flag masked? */
  masks(flag: number): boolean {
    return (this.#mxcsr & (flag << MXCSR_MASKS)) !== 0;
  }

  /** Nearest rounding with inexact results masked: what the host's arithmetic does, up to the flags. */
  get hostRounds(): boolean {
    return (this.#mxcsr & ((3 << MXCSR_RC) | MXCSR_PM)) === MXCSR_PM;
  }

  /** PE is set already: whether one more result is inexact makes no difference. */
  get inexactIsKnown(): boolean {
    return (this.#mxcsr & MXCSR_PE) !== 0;
  }

  /** #I, #D or #Z. */
  noteOperand(flag: number): void {
    this.#onOperands |= flag;
  }

  /** #O, #U or #P. */
  noteResult(flags: number): void {
    this.#onResults |= flags;
  }

  /** Set the flags; raise #XM if one of them is not masked. Nothing may have been written yet. */
  settle(): void {
    this.#settle(this.#onOperands);
    this.#settle(this.#onResults);
  }

  #settle(flags: number): void {
    if (flags === 0) return;
    this.cpu.set(CPU.MXCSR, this.cpu.get(CPU.MXCSR) | flags);
    if (flags & ~(this.#mxcsr >> MXCSR_MASKS)) raise(this.cpu.get(CPU.CR4) & CR4_OSXMMEXCPT ? XM : UD);
  }
}

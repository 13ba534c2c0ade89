/**
 * AL, CL, DL and BL in translated code. A write to one of them has to join it to the rest of its register, because the region may be left
 * anywhere; who reads it within the block gets it as it was before, and the rest is taken out of the register once.
 */
import { type Code, OP } from '../wasm/encoder';
import { REGION_LOCAL as L } from './locals';

/** Of each of EAX, ECX, EDX, EBX: the local that is its low byte, zero-extended, and whether UPPER is the rest, or that is 0. */
export interface PartialRegister {
  readonly low: number | undefined;
  readonly upper: 'unknown' | 'local' | 'zero';
}

const UNKNOWN: PartialRegister = { low: undefined, upper: 'unknown' };
export const NOTHING_PARTIAL: readonly PartialRegister[] = [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];

export class PartialRegisters {
  known = NOTHING_PARTIAL;

  constructor(readonly code: Code) {}

  #learn(register: number, partial: PartialRegister): void {
    if (register < 4) this.known = this.known.map((known, n) => (n === register ? partial : known));
  }

  /** Push the low byte, zero-extended; false: it has to be taken out of the register. */
  read(register: number): boolean {
    const { low } = this.known[register];
    if (low === undefined) return false;
    this.code.get(low);
    return true;
  }

  /** The whole register has been written, with a byte if `narrow`. */
  written(register: number, narrow: boolean): void {
    this.#learn(register, narrow ? { low: L.GPR + register, upper: 'zero' } : UNKNOWN);
  }

  /** The low byte becomes what is on the stack, zero-extended. */
  write(register: number): void {
    const { code } = this;
    const { upper } = this.known[register];
    if (upper === 'zero') {
      code.set(L.GPR + register);
      return;
    }
    code.tee(L.LOW + register);
    if (upper === 'unknown')
      code
        .get(L.GPR + register)
        .constant(~0xff)
        .op(OP.and)
        .tee(L.UPPER + register);
    else code.get(L.UPPER + register);
    code.op(OP.or).set(L.GPR + register);
    this.#learn(register, { low: L.LOW + register, upper: 'local' });
  }

  /** What is true whichever of two ways led here. */
  meet(other: readonly PartialRegister[]): void {
    this.known = this.known.map((known, n) => (known === other[n] ? known : UNKNOWN));
  }
}

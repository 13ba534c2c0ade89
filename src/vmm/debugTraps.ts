/** A guest that debugs itself (TF, breakpoints in DR7) runs one instruction at a time; what traps behind one is noted. SDM Vol. 3, chapter 17. */
import { CPU, type CpuState, INHIBIT_DEBUG } from '../x86/cpuState';
import { DEBUGCTL_BTF, DR6_BS, DR7_ENABLED, EFLAGS_RF, EFLAGS_TF } from '../x86/flags';

const DR7 = CPU.DR0 + 28;

export interface SteppedGuest {
  readonly cpu: CpuState;
  readonly retired: number;
  /** Bytes of the instruction at CS:EIP; 0 when it cannot be decoded. */
  lengthHere(): number;
}

export class DebugTraps {
  constructor(private readonly guest: SteppedGuest) {}

  /** TF is set, or a breakpoint is enabled. */
  get watching(): boolean {
    const { cpu } = this.guest;
    return (cpu.get(CPU.EFLAGS) & EFLAGS_TF) !== 0 || (cpu.get(DR7) & DR7_ENABLED) !== 0;
  }

  /** Something is due before the next instruction: a fault, or a debug exception. */
  get due(): boolean {
    const { cpu } = this.guest;
    return cpu.get(CPU.DUE_FAULT) !== 0 || (cpu.get(CPU.PENDING_DEBUG) !== 0 && cpu.get(CPU.INHIBIT) !== INHIBIT_DEBUG);
  }

  /** Around one instruction, or one element of a repeated one, which `run` executes. */
  step<T>(run: () => T): T {
    const { guest } = this;
    const { cpu } = guest;
    const before = guest.retired;
    const trap = (cpu.get(CPU.EFLAGS) & EFLAGS_TF) !== 0;
    cpu.set(CPU.SINGLE_STEP, trap ? 1 : 0);
    cpu.set(CPU.FUEL, 1);
    const branches = trap && (cpu.get(CPU.DEBUG_CONTROL) & DEBUGCTL_BTF) !== 0;
    const next = branches ? cpu.eip + guest.lengthHere() : -1;
    const outcome = run();
    const done = guest.retired > before ? cpu.eip !== next : !branches && cpu.get(CPU.FUEL) === 0;
    if (cpu.get(CPU.SINGLE_STEP) && done && cpu.get(CPU.INHIBIT) !== INHIBIT_DEBUG) cpu.set(CPU.PENDING_DEBUG, cpu.get(CPU.PENDING_DEBUG) | DR6_BS);
    cpu.set(CPU.SINGLE_STEP, 0);
    // Between two elements: the breakpoint on the instruction has been met.
    if (guest.retired === before && cpu.get(CPU.FUEL) === 0) cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | EFLAGS_RF);
    return outcome;
  }
}

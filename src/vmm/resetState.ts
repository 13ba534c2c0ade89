/** Registers after RESET (SDM Vol. 3, table 9-1): real mode; CS:EIP is FFFFFFF0h, until the first far jump. */
import { resetModelSpecific } from '../semantics/system/modelSpecific';
import type { CpuModel } from '../semantics/system/context';
import { REAL_ATTRIBUTES } from '../semantics/system/segments';
import { MXCSR_RESET } from '../semantics/vector/mxcsr';
import { CONTROL_RESET } from '../semantics/x87/status';
import { CPU, type CpuState } from '../x86/cpuState';
import { CR0_ET, EFLAGS_AC, EFLAGS_FIXED, EFLAGS_ID } from '../x86/flags';
import { CS, LDTR, TR } from '../x86/registers';
import { apicBaseAtReset } from './cpuModels';

const DR6_RESET = 0xffff0ff0;
const DR7_RESET = 0x400;
const BUSY_TSS = 0x8b;

export function resetRegisters(cpu: CpuState, model: CpuModel): void {
  cpu.i32.fill(0, CPU.GPR >> 2, CPU.END >> 2);
  cpu.set(CPU.EFLAGS, EFLAGS_FIXED);
  cpu.statusFlags = 0;
  cpu.set(CPU.CR0, CR0_ET);
  resetModelSpecific(cpu);
  cpu.set(CPU.IDTR_LIMIT, 0x3ff);
  cpu.set(CPU.MXCSR, MXCSR_RESET);
  cpu.set(CPU.APIC_BASE, apicBaseAtReset(model));
  cpu.set(CPU.DR0 + 24, DR6_RESET);
  cpu.set(CPU.DR0 + 28, DR7_RESET);
  for (let s = 0; s < 6; s++) cpu.setSegment(s, { selector: 0, base: 0, limit: 0xffff, attributes: REAL_ATTRIBUTES });
  cpu.setSegment(CS, { selector: 0xf000, base: 0xffff0000, limit: 0xffff, attributes: REAL_ATTRIBUTES });
  for (const s of [LDTR, TR]) cpu.setSegment(s, { selector: 0, base: 0, limit: 0xffff, attributes: s === TR ? BUSY_TSS : 0 });
  cpu.set(CPU.EXTENDED_FLAGS, model.eflagsBits & (EFLAGS_AC | EFLAGS_ID));
  cpu.set(CPU.X87_CONTROL, CONTROL_RESET);
  cpu.eip = 0xfff0;
}

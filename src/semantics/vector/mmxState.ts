/** MMX registers lie on the significands of the x87 registers (SDM Vol. 3, 12.2). */
import { CPU, type CpuState } from '../../x86/cpuState';
import { NM, UD } from '../../x86/exceptions';
import { CR0_EM, CR0_TS } from '../../x86/flags';
import { type ExecutionContext, raise } from '../system/context';
import { x87Pending } from '../x87/environment';
import { ES, TOP } from '../x87/status';

/** What every instruction on MMX registers checks (SDM Vol. 2, table 2-25). */
export function requireMmx(context: ExecutionContext): void {
  const { cpu } = context;
  if (cpu.cr0 & CR0_EM) raise(UD);
  if (cpu.cr0 & CR0_TS) raise(NM);
  if (cpu.get(CPU.X87_STATUS) & ES) x87Pending(context);
}

/** An MMX instruction is done: the stack top is 0 and every tag says valid; the written register reads as a NaN to the x87. */
export function leaveMmx(cpu: CpuState, written: number | undefined): void {
  cpu.set(CPU.X87_STATUS, cpu.get(CPU.X87_STATUS) & ~TOP);
  cpu.set(CPU.X87_TAGS, 0);
  if (written !== undefined) cpu.u8.fill(0xff, CPU.X87 + 16 * written + 8, CPU.X87 + 16 * written + 10);
}

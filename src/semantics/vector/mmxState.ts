/** MMX registers lie on the significands of the x87 registers (SDM Vol. 3, 12.2). */
import { CPU, type CpuState } from '../../x86/cpuState';
import { MF, NM, UD } from '../../x86/exceptions';
import { CR0_EM, CR0_TS } from '../../x86/flags';
import { type ExecutionContext, raise } from '../system/context';

/** x87 status word: exception summary, top of stack. */
const STATUS_ES = 1 << 7;
const STATUS_TOP = 7 << 11;

/** What every instruction on MMX registers checks (SDM Vol. 2, table 2-25). */
export function requireMmx({ cpu }: ExecutionContext): void {
  if (cpu.cr0 & CR0_EM) raise(UD);
  if (cpu.cr0 & CR0_TS) raise(NM);
  if (cpu.get(CPU.X87_STATUS) & STATUS_ES) raise(MF);
}

/** An MMX instruction is done: the stack top is 0 and every tag says valid; the written register reads as a NaN to the x87. */
export function leaveMmx(cpu: CpuState, written: number | undefined): void {
  cpu.set(CPU.X87_STATUS, cpu.get(CPU.X87_STATUS) & ~STATUS_TOP);
  cpu.set(CPU.X87_TAGS, 0);
  if (written !== undefined) cpu.u8.fill(0xff, CPU.X87 + 16 * written + 8, CPU.X87 + 16 * written + 10);
}

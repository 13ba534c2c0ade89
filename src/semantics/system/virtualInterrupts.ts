/**
 * Virtual-8086 mode extensions and protected-mode virtual interrupts: where IOPL forbids IF, VIF takes its place, and INT n
 * from virtual-8086 mode may go straight to the 8086 program's own handler. SDM Vol. 3, 20.3 and 20.4.
 */
import { CPU } from '../../x86/cpuState';
import { GP } from '../../x86/exceptions';
import { CR4_PVI, CR4_VME, EFLAGS_IF, EFLAGS_IOPL, EFLAGS_TF, EFLAGS_VIF, EFLAGS_VIP } from '../../x86/flags';
import { CS, TR } from '../../x86/registers';
import { type ExecutionContext, check, raise, readSystem } from './context';
import { changeableFlags, ioplOf, writeFlags } from './privilege';
import { realModeSegment } from './segments';
import { Stack } from './stack';

/** In virtual-8086 mode with IOPL < 3: IF is not the program's. */
export const withoutIopl = (context: ExecutionContext): boolean => context.cpu.v86 && ioplOf(context) < 3;

/** CLI and STI above IOPL: VIF in virtual-8086 mode with CR4.VME, at CPL 3 with CR4.PVI; otherwise #GP(0). */
function requireVirtualFlag(context: ExecutionContext): void {
  const { cpu } = context;
  const extension = cpu.v86 ? CR4_VME : cpu.cpl === 3 ? CR4_PVI : 0;
  if (!(cpu.get(CPU.CR4) & extension)) raise(GP, 0);
}

export function clearVirtualInterrupt(context: ExecutionContext): void {
  requireVirtualFlag(context);
  writeFlags(context, 0, EFLAGS_VIF);
}

/** With an interrupt pending the monitor wants to know. */
export function setVirtualInterrupt(context: ExecutionContext): void {
  requireVirtualFlag(context);
  if (context.cpu.eflags & EFLAGS_VIP) raise(GP, 0);
  writeFlags(context, EFLAGS_VIF, EFLAGS_VIF);
}

/** PUSHF, POPF and IRET in virtual-8086 mode with IOPL < 3: #GP(0), but for the 16-bit forms with CR4.VME. */
export function requireVirtualFlags(context: ExecutionContext, size: number): void {
  if (withoutIopl(context) && !(size === 2 && context.cpu.get(CPU.CR4) & CR4_VME)) raise(GP, 0);
}

/** FLAGS as the program believes them: VIF for IF, IOPL 3. */
export function virtualFlags({ cpu }: ExecutionContext): number {
  const { eflags } = cpu;
  return ((eflags & ~EFLAGS_IF) | (eflags & EFLAGS_VIF ? EFLAGS_IF : 0) | EFLAGS_IOPL) & 0xffff;
}

/** An image of FLAGS for such a program: TF, or IF while an interrupt is pending, is #GP(0). */
export function checkVirtualFlags({ cpu }: ExecutionContext, value: number): void {
  if (value & EFLAGS_TF || (value & EFLAGS_IF && cpu.eflags & EFLAGS_VIP)) raise(GP, 0);
}

export function writeVirtualFlags(context: ExecutionContext, value: number): void {
  const mask = changeableFlags(context, 2) & ~(EFLAGS_IF | EFLAGS_IOPL);
  writeFlags(context, (value & mask) | (value & EFLAGS_IF ? EFLAGS_VIF : 0), mask | EFLAGS_VIF);
}

/** VIF and VIP both set when a program begins: #GP(0) before its first instruction (SDM Vol. 3, 20.3.2). */
export function noteVirtualInterrupt(context: ExecutionContext): void {
  const { cpu } = context;
  const both = EFLAGS_VIF | EFLAGS_VIP;
  const extension = cpu.v86 ? CR4_VME : CR4_PVI;
  if (cpu.cpl !== 3 || ioplOf(context) === 3 || (cpu.get(CPU.EFLAGS) & both) !== both || !(cpu.get(CPU.CR4) & extension)) return;
  cpu.set(CPU.DUE_FAULT, GP + 1);
  cpu.set(CPU.DUE_FAULT_CODE, 0);
}

/** The bit of a vector in the map of 32 bytes below the I/O permission bitmap of the TSS: clear sends INT n to the 8086 program. */
function isRedirected(context: ExecutionContext, vector: number): boolean {
  const { base, limit } = context.cpu.segment(TR);
  if (limit < 103) raise(GP, 0);
  const at = readSystem(context, base + 102, 2) - 32 + (vector >>> 3);
  if (at < 0 || at > limit) raise(GP, 0);
  return !((readSystem(context, base + at, 1) >>> (vector & 7)) & 1);
}

/**
 * `INT n` in virtual-8086 mode (SDM Vol. 3, table 20-2). False: through the IDT, as in protected mode. With VME and the
 * vector's bit clear, the vector table at linear 0 names the handler; without IOPL its IF is VIF.
 */
export function interruptInV86(context: ExecutionContext, vector: number, next: number): boolean {
  const { cpu } = context;
  if (!(cpu.get(CPU.CR4) & CR4_VME) || !isRedirected(context, vector)) {
    if (withoutIopl(context)) raise(GP, 0);
    return false;
  }
  const virtual = withoutIopl(context);
  const entry = context.memory.read(4 * vector, 4);
  check(context);
  const stack = Stack.current(context);
  stack.push(2, virtual ? virtualFlags(context) : cpu.eflags);
  stack.push(2, cpu.selector(CS));
  stack.push(2, next);
  stack.commit();
  cpu.set(CPU.SINGLE_STEP, 0);
  writeFlags(context, 0, EFLAGS_TF | (virtual ? EFLAGS_VIF : EFLAGS_IF));
  cpu.setSegment(CS, realModeSegment(context, CS, entry >>> 16));
  cpu.eip = entry & 0xffff;
  return true;
}

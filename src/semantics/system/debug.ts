/**
 * Debug registers and the causes of debug exceptions. SDM Vol. 3, chapter 17. Conditions that trap behind an instruction
 * collect in PENDING_DEBUG; the run loop delivers them before the next one.
 */
import { CPU } from '../../x86/cpuState';
import { debugConditions, debugHits } from '../../x86/debugRegisters';
import { DB, UD } from '../../x86/exceptions';
import { CR4_DE, DEBUGCTL_BTF, DR6_BD, DR7_ENABLED, DR7_GD } from '../../x86/flags';
import { CS } from '../../x86/registers';
import { type ExecutionContext, raise } from './context';

const DR6 = CPU.DR0 + 24;
const DR7 = CPU.DR0 + 28;

/** Bits of DR6 and DR7 that always read as one or as zero. */
const FIXED: Readonly<Record<number, { readonly ones: number; readonly zeros: number }>> = {
  [DR6]: { ones: 0xffff0ff0, zeros: 0x1000 },
  [DR7]: { ones: 0x400, zeros: 0xd800 },
};

/** With DR7.GD any access is a debug exception; DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE. */
const debugCell = ({ cpu }: ExecutionContext, n: number): number => {
  const alias = n === 4 || n === 5;
  if (alias && cpu.get(CPU.CR4) & CR4_DE) raise(UD);
  if (cpu.get(DR7) & DR7_GD) raise(DB, DR6_BD);
  return CPU.DR0 + 4 * (alias ? n + 2 : n);
};

export const readDebug = (context: ExecutionContext, n: number): number => context.cpu.get(debugCell(context, n));

export const writeDebug = (context: ExecutionContext, n: number, value: number): void => setDebugCell(context, debugCell(context, n), value);

export function setDebugCell(context: ExecutionContext, cell: number, value: number): void {
  const { ones, zeros } = FIXED[cell] ?? { ones: 0, zeros: 0 };
  context.cpu.set(cell, (value | ones) & ~zeros);
  context.stateChanged('translation'); // pages with data breakpoints leave the fast path, or come back to it
}

/** Entering a debug exception handler: why, in DR6; general detection is off, so that the handler may look, and BTF. */
export function enterDebugHandler({ cpu }: ExecutionContext, causes: number): void {
  cpu.set(DR6, cpu.get(DR6) | causes);
  cpu.set(DR7, cpu.get(DR7) & ~DR7_GD);
  cpu.set(CPU.DEBUG_CONTROL, cpu.get(CPU.DEBUG_CONTROL) & ~DEBUGCTL_BTF);
}

/** B bits of the breakpoints on the instruction about to execute. */
export const instructionBreakpoints = ({ cpu }: ExecutionContext): number =>
  cpu.get(DR7) & DR7_ENABLED ? debugHits(debugConditions(cpu), ['execute'], (cpu.segmentBase(CS) + cpu.eip) >>> 0, 1) : 0;

/** A port was accessed: I/O breakpoints trap behind the instruction. */
export function notePort({ cpu }: ExecutionContext, port: number, size: number): void {
  if (!(cpu.get(DR7) & DR7_ENABLED)) return;
  cpu.set(CPU.PENDING_DEBUG, cpu.get(CPU.PENDING_DEBUG) | debugHits(debugConditions(cpu), ['io'], port, size));
}

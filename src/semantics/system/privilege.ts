/** CPL, flags that depend on it, stacks of inner rings in the TSS. */
import { CPU } from '../../x86/cpuState';
import { TS } from '../../x86/exceptions';
import { EFLAGS_AC, EFLAGS_DF, EFLAGS_ID, EFLAGS_IF, EFLAGS_IOPL, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM, STATUS_FLAGS } from '../../x86/flags';
import { TR } from '../../x86/registers';
import { type ExecutionContext, raise, readSystem } from './context';
import { asErrorCode } from './descriptors';

export function setCpl(context: ExecutionContext, cpl: number): void {
  context.cpu.set(CPU.CPL, cpl);
  context.stateChanged('privilege');
}

export const ioplOf = (context: ExecutionContext): number => (context.cpu.get(CPU.EFLAGS) & EFLAGS_IOPL) >> 12;

/** Replace the flags in `mask`. */
export function writeFlags(context: ExecutionContext, value: number, mask: number): void {
  const { cpu } = context;
  const before = cpu.get(CPU.EFLAGS);
  const after = (before & ~mask) | (value & mask);
  cpu.set(CPU.EFLAGS, after & ~STATUS_FLAGS);
  if ((mask & STATUS_FLAGS) === STATUS_FLAGS) cpu.statusFlags = value;
  else if (mask & STATUS_FLAGS) cpu.statusFlags = (cpu.statusFlags & ~mask) | (value & mask);
  if ((before ^ after) & EFLAGS_VM) context.stateChanged('privilege');
  if (after & (EFLAGS_TF | EFLAGS_RF) || ~before & after & EFLAGS_IF) context.stateChanged('flags');
}

/** Flags that exist on this processor. */
export const existingFlags = ({ model }: ExecutionContext): number =>
  STATUS_FLAGS | EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | ((EFLAGS_AC | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_ID) & model.eflagsBits);

/** Flags that POPF and IRET may change at this CPL and IOPL (SDM Vol. 2, POPF; IRET). */
export function changeableFlags(context: ExecutionContext, size: number): number {
  const { cpu } = context;
  let mask = STATUS_FLAGS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
  if (size === 4) mask |= EFLAGS_RF | ((EFLAGS_AC | EFLAGS_ID) & context.model.eflagsBits);
  if (cpu.cpl <= ioplOf(context)) mask |= EFLAGS_IF;
  if (cpu.cpl === 0) mask |= EFLAGS_IOPL;
  return mask;
}

/** SS:ESP for ring `cpl` from the current TSS; beyond its limit is #TS. */
export function innerStack(context: ExecutionContext, cpl: number): { readonly selector: number; readonly esp: number } {
  if (cpl === 0 && context.registered?.kernelStack) return context.registered.kernelStack;
  const { cpu } = context;
  const base = cpu.segmentBase(TR);
  const wide = (cpu.attributes(TR) & 8) !== 0;
  const at = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
  const bytes = wide ? 8 : 4;
  if (at + bytes - 1 > cpu.limit(TR)) raise(TS, asErrorCode(cpu.selector(TR)));
  const esp = readSystem(context, base + at, wide ? 4 : 2);
  return { esp, selector: readSystem(context, base + at + (wide ? 4 : 2), 2) };
}

/** Names of CPU state, for reports and the register interface. */
import { CPU } from '../x86/cpuState';
import { EFLAGS_BITS } from '../x86/flags';

export const FLAG_NAMES: readonly (readonly [name: string, mask: number])[] = EFLAGS_BITS.map(([name, mask]) => [name, mask]);

export const CONTROL_NAMES: readonly (readonly [name: string, offset: number])[] = [
  ['CR0', CPU.CR0],
  ['CR2', CPU.CR2],
  ['CR3', CPU.CR3],
  ['CR4', CPU.CR4],
  ['GDTR base', CPU.GDTR_BASE],
  ['GDTR limit', CPU.GDTR_LIMIT],
  ['IDTR base', CPU.IDTR_BASE],
  ['IDTR limit', CPU.IDTR_LIMIT],
];

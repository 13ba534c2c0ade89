/** Counters that generated code bumps itself: counting costs one add, whether or not anybody watches. */
import { CPU } from '../x86/cpuState';
import type { InstructionSpec } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';

export const EVENT_CELLS = {
  /** Sensitive and privileged instructions that executed directly. */
  sensitive: CPU.END,
  port: CPU.END + 4,
  softwareInterrupt: CPU.END + 8,
  controlWrite: CPU.END + 12,
} as const;

/** In translated code some take longer than a load or store of the virtual CPU's state: a port's device, the time. */
export const INLINE_CELLS = { slow: CPU.END + 32 } as const;

/** What the time-stamp counter is when BUDGET instructions have retired, 64 bits, without what WRMSR has added to it: set as a run begins. */
export const TIME_CELL = CPU.END + 48;

/** Faults that generated code delivered: page faults, and the others. Whoever ran it takes them from here. */
export const FAULT_CELLS = { pageFault: CPU.END + 36, guestFault: CPU.END + 40 } as const;

export const isSlowInLine = ({ sensitivity }: InstructionSpec): boolean => sensitivity === 'io' || sensitivity === 'rdtsc';

export type CountedKind = keyof typeof EVENT_CELLS;

const CONTROL_WRITES = ['movToControl', 'movToDebug', 'movToTest', 'lmsw', 'clts', 'wrmsr'];

/** Events that every execution of a row is. */
export const countedKinds = ({ id }: InstructionSpec): readonly CountedKind[] => COUNTED[id];

function kindsOf({ sensitive, sensitivity, lift }: InstructionSpec): readonly CountedKind[] {
  const kinds: CountedKind[] = sensitive ? ['sensitive'] : [];
  if (sensitivity === 'io') kinds.push('port');
  if (sensitivity === 'softwareInterrupt') kinds.push('softwareInterrupt');
  if (CONTROL_WRITES.includes(lift)) kinds.push('controlWrite');
  return kinds;
}

const COUNTED = INSTRUCTIONS.map(kindsOf);

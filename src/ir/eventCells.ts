/** Counters that generated code bumps itself: counting costs one add, whether or not anybody watches. */
import type { InstructionSpec } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { ENGINE_CELLS } from './engineCells';

const { sensitive, port, softwareInterrupt, controlWrite } = ENGINE_CELLS;

/** `sensitive`: sensitive and privileged instructions that executed directly. */
export const EVENT_CELLS = { sensitive, port, softwareInterrupt, controlWrite } as const;

/** Counted in ENGINE_CELLS.slowInLine, too. */
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

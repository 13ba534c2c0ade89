/** What of the CPU is looked at to tell what an instruction changed, or the VMM in its place: registers, by the names that `readRegister` knows. */
import { REGISTERS_32, SEGMENT_REGISTERS } from '../x86/registers';

const TABLES = ['gdtr.base', 'gdtr.limit', 'idtr.base', 'idtr.limit', 'ldtr', 'tr'] as const;
export const OBSERVED_REGISTERS: readonly string[] = [...REGISTERS_32, 'eip', 'eflags', ...SEGMENT_REGISTERS, 'cpl', 'cr0', 'cr2', 'cr3', 'cr4', ...TABLES];

/** Values by name, as they stood at one moment. */
export type Observation = ReadonlyMap<string, number>;

export interface StateChange {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** `read` knows the register, or it is left out. */
export function observeRegisters(read: (name: string) => number | undefined): Observation {
  const seen = new Map<string, number>();
  for (const name of OBSERVED_REGISTERS) {
    const value = read(name);
    if (value !== undefined) seen.set(name, value >>> 0);
  }
  return seen;
}

/** What differs, in the order of OBSERVED_REGISTERS. */
export const changedRegisters = (before: Observation, after: Observation): StateChange[] =>
  [...before].flatMap(([name, was]) => (after.get(name) === was ? [] : [{ name, before: was, after: after.get(name) ?? 0 }]));

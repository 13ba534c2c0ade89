/** Helpers of the MMX instructions: which operation, on which registers (SDM Vol. 2). */
import { PACKED, PACKED_SHIFTS, shiftCount } from '../packed';
import type { ExecutionContext } from '../system/context';

/** Operations by number, as lifts name them. */
export const PACKED_NAMES = Object.keys(PACKED);
export const SHIFT_NAMES = Object.keys(PACKED_SHIFTS);
const OPERATIONS = Object.values(PACKED);
const SHIFTS = Object.values(PACKED_SHIFTS);

export function mmxPacked({ mmx }: ExecutionContext, operation: number, destination: number, source: number): void {
  OPERATIONS[operation](mmx.destination(destination), mmx.read(source));
}

export function mmxPackedMemory({ mmx }: ExecutionContext, operation: number, destination: number, low: number, high: number): void {
  OPERATIONS[operation](mmx.destination(destination), mmx.fromMemory(low, high));
}

export function mmxShift({ mmx }: ExecutionContext, operation: number, destination: number, source: number): void {
  SHIFTS[operation](mmx.destination(destination), shiftCount(mmx.read(source)));
}

export function mmxShiftMemory({ mmx }: ExecutionContext, operation: number, destination: number, low: number, high: number): void {
  SHIFTS[operation](mmx.destination(destination), shiftCount(mmx.fromMemory(low, high)));
}

export function mmxShiftImmediate({ mmx }: ExecutionContext, operation: number, destination: number, count: number): void {
  SHIFTS[operation](mmx.destination(destination), count);
}

export function mmxSet({ mmx }: ExecutionContext, destination: number, low: number, high: number): void {
  const view = mmx.destination(destination);
  view.setInt32(0, low, true);
  view.setInt32(4, high, true);
}

/** The low or high doubleword of a register. */
export function mmxWord({ mmx }: ExecutionContext, source: number, offset: number): number {
  return mmx.read(source).getInt32(offset, true);
}

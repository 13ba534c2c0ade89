/**
 * Cells behind the CPU's state that generated code and TypeScript share; a reset of the CPU leaves them. They are given out here, one behind
 * the other, so that no two are in the same place.
 */
import { CPU } from '../x86/cpuState';

/** What is kept, and its bytes; longer ones first, so that each is aligned. */
const BYTES = {
  /** What the time-stamp counter is when BUDGET instructions have retired, without what WRMSR has added to it: set as a run begins. */
  time: 8,
  /** Events by kind, of which generated code counts each (EVENT_CELLS). */
  sensitive: 4,
  port: 4,
  softwareInterrupt: 4,
  controlWrite: 4,
  /** Emulated in translated code, and longer than a load or store of the virtual CPU's state: a port's device, the time. */
  slowInLine: 4,
  /** Faults that generated code delivered: page faults, and the others. Whoever ran it takes them from here. */
  pageFault: 4,
  guestFault: 4,
  /** Status flags between two regions (FLAG_CELLS). */
  flagKind: 4,
  flagSecond: 4,
  /** How often regions have refused an x87 control word, and the first record of the root of the last one (region/complaints). */
  refusals: 4,
  refusedBy: 4,
  /** How often clusters of accesses have not been in one page that they may reach, and the record of the first access of the last one. */
  scattered: 4,
  scatteredAt: 4,
  /** How often loads, and stores, have not been in the window that they are confined to, and the record of the last one. */
  farReads: 4,
  farReadAt: 4,
  farWrites: 4,
  farWriteAt: 4,
} as const;

type Cell = keyof typeof BYTES;

/** Each begins where the one before it ends. */
function laidOut(from: number): Readonly<Record<Cell, number>> {
  let end = from;
  const take = (bytes: number): number => (end += bytes) - bytes;
  return Object.fromEntries(Object.entries(BYTES).map(([name, bytes]) => [name, take(bytes)])) as Record<Cell, number>;
}

export const ENGINE_CELLS = laidOut(CPU.END);

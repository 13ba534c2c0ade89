/**
 * The same instruction on two CPUs: as the silicon executes it in user mode, and as bare metal would. Each run is taken
 * back; what differs between the two is the misbehaviour.
 */
import type { EngineExit, Interpreter } from '../engine/interpreter';
import { EVENT_CELLS } from '../ir/eventCells';
import type { StateDifference } from '../protocol/vmmEvent';
import type { JournalEntry } from '../memory/guestMemory';
import { hexh } from '../base/bits';
import { CPU, type CpuState } from '../x86/cpuState';
import { CONTROL_NAMES, FLAG_NAMES } from './stateNames';
import { REGISTERS_32, SEGMENT_REGISTERS } from '../x86/registers';

/** State of the virtual CPU after an instruction, and the stores it made. */
export interface Outcome {
  readonly exit: EngineExit;
  readonly registers: Int32Array;
  readonly eflags: number;
  readonly selectors: readonly number[];
  readonly stores: readonly JournalEntry[];
}

/** Run `body` with every store journalled, then take stores, retired count and event counts back. Registers are the caller's. */
export function rehearse(engine: Interpreter, body: () => EngineExit): Omit<Outcome, 'registers' | 'eflags' | 'selectors'> {
  const { cpu, linear } = engine;
  const { physical } = linear;
  const { retired } = engine;
  const counted = Object.values(EVENT_CELLS).map((offset) => cpu.get(offset));
  const stores: JournalEntry[] = [];
  const { noted } = linear;
  linear.noted = []; // nobody hears of a rehearsal
  linear.flush();
  physical.journal = stores;
  let exit: EngineExit;
  try {
    exit = body();
  } finally {
    physical.journal = undefined;
    linear.noted = noted;
    for (const { address, size, before } of [...stores].reverse()) physical.write(address, size, before);
    linear.flush();
  }
  engine.retired = retired;
  Object.values(EVENT_CELLS).forEach((offset, i) => cpu.set(offset, counted[i]));
  return { exit, stores };
}

/** The virtual CPU as it stands. */
export const observe = (cpu: CpuState): Pick<Outcome, 'registers' | 'eflags' | 'selectors'> => ({
  registers: cpu.saveRegisters(),
  eflags: cpu.eflags,
  selectors: SEGMENT_REGISTERS.map((_, s) => cpu.selector(s)),
});

const cell = (state: Int32Array, offset: number): number => state[(offset - CPU.GPR) >> 2] >>> 0;

/** Every difference: what is, and what bare metal would have made of it. */
export function differences(silicon: Outcome, bare: Outcome): StateDifference[] {
  const found: StateDifference[] = [];
  const differ = (what: string, is: string, would: string): void => void found.push({ what, is, bare: would });
  if (bare.exit.kind === 'fault') differ('the outcome', 'that it went through', `exception ${bare.exit.vector}`);
  found.push(...stateDifferences(silicon, bare));
  const stored = (outcome: Outcome): Map<number, JournalEntry> => new Map(outcome.stores.map((s) => [s.address, s]));
  const [mine, theirs] = [stored(silicon), stored(bare)];
  for (const [address, store] of mine) {
    const other = theirs.get(address);
    if (other?.after !== store.after || other.size !== store.size)
      differ(`[${hexh(address)}]`, hexh(store.after, 2 * store.size), other ? hexh(other.after, 2 * other.size) : 'untouched');
  }
  for (const [address, store] of theirs) if (!mine.has(address)) differ(`[${hexh(address)}]`, 'untouched', hexh(store.after, 2 * store.size));
  return found;
}

/** Differences between two observations of the CPU. */
export function stateDifferences(silicon: Pick<Outcome, 'registers' | 'eflags' | 'selectors'>, bare: Pick<Outcome, 'registers' | 'eflags' | 'selectors'>): StateDifference[] {
  const found: StateDifference[] = [];
  const differ = (what: string, is: string, would: string): void => void found.push({ what, is, bare: would });
  REGISTERS_32.forEach((name, n) => {
    const [a, b] = [cell(silicon.registers, CPU.GPR + 4 * n), cell(bare.registers, CPU.GPR + 4 * n)];
    if (a !== b) differ(name.toUpperCase(), hexh(a, 8), hexh(b, 8));
  });
  for (const [name, mask] of FLAG_NAMES) {
    const [a, b] = [silicon.eflags & mask, bare.eflags & mask];
    if (a !== b) differ(name, flagValue(a, mask), flagValue(b, mask));
  }
  SEGMENT_REGISTERS.forEach((name, s) => {
    if (silicon.selectors[s] !== bare.selectors[s]) differ(name.toUpperCase(), hexh(silicon.selectors[s], 4), hexh(bare.selectors[s], 4));
  });
  for (const [name, offset] of CONTROL_NAMES) {
    const [a, b] = [cell(silicon.registers, offset), cell(bare.registers, offset)];
    if (a !== b) differ(name, hexh(a, 8), hexh(b, 8));
  }
  return found;
}

const flagValue = (bits: number, mask: number): string => String(bits / (mask & -mask));

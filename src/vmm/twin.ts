/**
 * The same instruction on two CPUs: as the silicon executes it in user mode, and as bare metal would. Each run is taken
 * back; what differs between the two is the misbehaviour.
 */
import type { EngineExit, Interpreter } from '../engine/interpreter';
import { EVENT_CELLS } from '../ir/eventCells';
import type { StateDifference } from '../protocol/vmmEvent';
import type { JournalEntry } from '../memory/guestMemory';
import { hexh } from '../base/bits';
import type { CpuState } from '../x86/cpuState';
import { EFLAGS_BITS } from '../x86/flags';
import { SEGMENT_REGISTERS } from '../x86/registers';
import { type Observation, changedRegisters, observeRegisters } from './observedState';
import { readRegister } from './registerFile';

/** State of the virtual CPU after an instruction, and the stores it made. */
export interface Outcome {
  readonly exit: EngineExit;
  readonly registers: Observation;
  readonly stores: readonly JournalEntry[];
}

/** Run `body` with every store journalled, then take stores, retired count and event counts back. Registers are the caller's. */
export function rehearse(engine: Interpreter, body: () => EngineExit): Omit<Outcome, 'registers'> {
  const { cpu, linear } = engine;
  const { physical } = linear;
  const { retired } = engine;
  const counted = Object.values(EVENT_CELLS).map((offset) => cpu.get(offset));
  const stores: JournalEntry[] = [];
  linear.flush();
  physical.journal = stores;
  let exit: EngineExit;
  try {
    exit = linear.watches.noting([], body); // nobody hears of a rehearsal
  } finally {
    physical.journal = undefined;
    for (const { address, size, before } of [...stores].reverse()) physical.write(address, size, before);
    linear.flush();
  }
  engine.retired = retired;
  Object.values(EVENT_CELLS).forEach((offset, i) => cpu.set(offset, counted[i]));
  return { exit, stores };
}

/** The virtual CPU as it stands. */
export const observe = (cpu: CpuState): Observation => observeRegisters((name) => readRegister(cpu, name));

/** Every difference: what is, and what bare metal would have made of it. */
export function differences(silicon: Outcome, bare: Outcome): StateDifference[] {
  const found: StateDifference[] = [];
  const differ = (what: string, is: string, would: string): void => void found.push({ what, is, bare: would });
  if (bare.exit.kind === 'fault') differ('the outcome', 'that it went through', `exception ${bare.exit.vector}`);
  found.push(...stateDifferences(silicon.registers, bare.registers));
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

/** Every instruction moves EIP; a ring has its selectors to show. */
const NOT_COMPARED = ['eip', 'cpl'];
const SELECTORS: readonly string[] = [...SEGMENT_REGISTERS, 'ldtr', 'tr'];

/** `EAX`, `GDTR base`. */
const titleOf = (name: string): string => name.replace(/^\w+/, (word) => word.toUpperCase()).replace('.', ' ');

/** Differences between two observations of the CPU; of EFLAGS flag by flag. */
export const stateDifferences = (silicon: Observation, bare: Observation): StateDifference[] =>
  changedRegisters(bare, silicon)
    .filter(({ name }) => !NOT_COMPARED.includes(name))
    .flatMap(({ name, before, after }) => {
      if (name === 'eflags') return flagDifferences(after, before);
      const digits = SELECTORS.includes(name) ? 4 : 8;
      return [{ what: titleOf(name), is: hexh(after, digits), bare: hexh(before, digits) }];
    });

const flagDifferences = (is: number, bare: number): StateDifference[] =>
  EFLAGS_BITS.filter(([, mask]) => (is ^ bare) & mask).map(([name, mask]) => ({ what: name, is: flagValue(is & mask, mask), bare: flagValue(bare & mask, mask) }));

const flagValue = (bits: number, mask: number): string => String((bits >>> 0) / (mask & -mask));

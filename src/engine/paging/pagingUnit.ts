/** The generated functions that translate addresses, over one VM's memory. */
import type { GuestMemory } from '../../memory/guestMemory';
import { type PageWalker, type PagingFunctions, physicalAddress } from '../../memory/pageWalker';
import { pagingModule } from './pagingModule';

/** (segment, offset, size, update, record, budget) → value: an access that the TLB does not let through; faults are in the cells. */
export type ReadMissed = (segment: number, offset: number, size: 1 | 2 | 4, update: number, record: number, budget: number) => number;
/** (segment, offset, size, value, record, budget) */
export type WriteMissed = (segment: number, offset: number, size: 1 | 2 | 4, value: number, record: number, budget: number) => void;

/** Where both go on with what is no mere miss. */
export interface SlowAccesses {
  readonly read: ReadMissed;
  readonly write: WriteMissed;
}

function noEngine(): never {
  throw new Error('no engine');
}

export class PagingUnit implements PageWalker {
  readonly functions: PagingFunctions;
  readonly readMissed: ReadMissed;
  readonly writeMissed: WriteMissed;
  chooseWindows = (): void => {};
  slow: SlowAccesses = { read: noEngine, write: noEngine };

  constructor(physical: GuestMemory) {
    const vm = {
      memory: physical.memory,
      readPhysical: (low: number, upper: number) => physical.read(physicalAddress(low, upper), 4),
      writePhysical: (low: number, upper: number, value: number) => physical.write(physicalAddress(low, upper), 4, value >>> 0),
      chooseWindows: () => this.chooseWindows(),
      readSlow: ((segment, offset, size, update, record, budget) => this.slow.read(segment, offset, size, update, record, budget)) satisfies ReadMissed,
      writeSlow: ((segment, offset, size, value, record, budget) => this.slow.write(segment, offset, size, value, record, budget)) satisfies WriteMissed,
    };
    const { exports } = new WebAssembly.Instance(pagingModule(), { vm });
    this.functions = exports as unknown as PagingFunctions;
    this.readMissed = exports.readMissed as unknown as ReadMissed;
    this.writeMissed = exports.writeMissed as unknown as WriteMissed;
  }
}

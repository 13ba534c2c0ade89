/** The generated functions that translate addresses, over one VM's memory. */
import type { GuestMemory } from '../../memory/guestMemory';
import { type PageWalker, type PagingFunctions, physicalAddress } from '../../memory/pageWalker';
import { pagingModule } from './pagingModule';

/** (segment, offset, size, update, record, budget) → value: an access that the TLB does not let through; faults are in the cells. */
export type ReadMissed = (segment: number, offset: number, size: 1 | 2 | 4, update: number, record: number, budget: number) => number;
/** (segment, offset, size, value, record, budget) */
export type WriteMissed = (segment: number, offset: number, size: 1 | 2 | 4, value: number, record: number, budget: number) => void;

/** Functions that generated code calls: the ordinary course here, and what goes on with the rest. */
export interface OrdinaryCourse {
  readonly readSlow: ReadMissed;
  readonly writeSlow: WriteMissed;
  readonly writeControl: (register: number, value: number) => number;
  readonly invalidatePage: (linear: number) => number;
}

interface Generated {
  readonly readMissed: ReadMissed;
  readonly writeMissed: WriteMissed;
  readonly findJump: (eip: number) => number;
}

function noEngine(): never {
  throw new Error('no engine');
}

export class PagingUnit implements PageWalker {
  readonly functions: PagingFunctions;
  /** (eip) → record, or 0. */
  readonly findJump: (eip: number) => number;
  readonly ordinary: OrdinaryCourse;
  chooseWindows = (): void => {};
  /** The instruction at a record stores to marked pages time and again. */
  storesNoted: (record: number) => void = () => {};
  otherwise: OrdinaryCourse = { readSlow: noEngine, writeSlow: noEngine, writeControl: noEngine, invalidatePage: noEngine };

  constructor(physical: GuestMemory) {
    const vm = {
      memory: physical.memory,
      readPhysical: (low: number, upper: number) => physical.read(physicalAddress(low, upper), 4),
      writePhysical: (low: number, upper: number, value: number) => physical.write(physicalAddress(low, upper), 4, value >>> 0),
      chooseWindows: () => this.chooseWindows(),
      readSlow: ((segment, offset, size, update, record, budget) => this.otherwise.readSlow(segment, offset, size, update, record, budget)) satisfies ReadMissed,
      writeSlow: ((segment, offset, size, value, record, budget) => this.otherwise.writeSlow(segment, offset, size, value, record, budget)) satisfies WriteMissed,
      storesNoted: (record: number) => this.storesNoted(record),
      writeControl: (register: number, value: number) => this.otherwise.writeControl(register, value),
      invalidatePage: (linear: number) => this.otherwise.invalidatePage(linear),
    };
    const { exports } = new WebAssembly.Instance(pagingModule(), { vm });
    this.functions = exports as unknown as PagingFunctions;
    const { readMissed, writeMissed, writeControl, invalidatePage, findJump } = exports as unknown as Omit<OrdinaryCourse, 'readSlow' | 'writeSlow'> & Generated;
    this.ordinary = { readSlow: readMissed, writeSlow: writeMissed, writeControl, invalidatePage };
    this.findJump = findJump;
  }
}

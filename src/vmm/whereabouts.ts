/** Where in the guest's code what happens belongs to. */
import type { Block } from '../engine/block';
import type { Interpreter } from '../engine/interpreter';
import { CS } from '../x86/registers';
import type { Place } from './eventDesk';

export class Whereabouts {
  /** Where the next events belong. */
  marked: Place = { retired: 0, cs: 0, eip: 0, linear: 0, codeSize: 2 };

  constructor(private readonly engine: Interpreter) {}

  /** The next events belong to CS:EIP of the virtual CPU. */
  mark(): Place {
    this.marked = this.#at(this.engine.cpu.eip);
    return this.marked;
  }

  /** Of the instruction that executes. */
  get here(): Place {
    return this.#at(this.engine.currentEip);
  }

  /** The instruction at `eip` of a block. */
  inBlock({ code: { cs }, linear, eip: first, codeSize }: Block, eip: number): Place {
    return { retired: this.engine.retired, cs, eip, linear: (linear - first + eip) >>> 0, codeSize };
  }

  #at(eip: number): Place {
    const { cpu, retired } = this.engine;
    return { retired, cs: cpu.selector(CS), eip, linear: (cpu.segmentBase(CS) + eip) >>> 0, codeSize: cpu.codeSize };
  }
}

/**
 * Regions are compiled for the plain x87 control word wherever that is the one when they are, and refuse others. One that does so again and
 * again is better compiled for all of them, which is slower.
 */
import { ENGINE_CELLS } from '../../ir/engineCells';
import type { CpuState } from '../../x86/cpuState';
import type { Block } from '../block';
import { type Code, OP } from '../wasm/encoder';

/** So many refusals within so many instructions are too many. */
const MANY = 2048;
const PERIOD = 1 << 24;

/** In a region that returns to tier 0 because of the control word: `entry` is the first record of its root. */
export function countRefusal(code: Code, entry: number): void {
  code.constant(0).loadCell(ENGINE_CELLS.refusals).constant(1).op(OP.add).memory(OP.store, ENGINE_CELLS.refusals);
  code.constant(0).constant(entry).memory(OP.store, ENGINE_CELLS.refusedBy);
}

export class Refusals {
  readonly #roots = new WeakSet<Block>();
  /** Instructions retired when counting began. */
  #since = 0;

  constructor(readonly cpu: CpuState) {}

  /** The first record of a root that refuses too often, if there is one. */
  tooMany(now: number): number | undefined {
    const count = this.cpu.get(ENGINE_CELLS.refusals);
    if (count === 0) return undefined;
    const isMany = count >>> 0 >= MANY;
    if (isMany || now - this.#since > PERIOD || now < this.#since) {
      this.cpu.set(ENGINE_CELLS.refusals, 0);
      this.#since = now;
    }
    return isMany ? this.cpu.get(ENGINE_CELLS.refusedBy) : undefined;
  }

  /** Regions of this root are for all control words from now on. */
  note(root: Block): void {
    this.#roots.add(root);
  }

  has(root: Block): boolean {
    return this.#roots.has(root);
  }
}

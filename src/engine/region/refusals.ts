/**
 * Regions are compiled for the plain x87 control word wherever that is the one when they are, and refuse others. One that does so again and
 * again is better compiled for all of them, which is slower.
 */
import { CPU } from '../../x86/cpuState';
import type { CpuState } from '../../x86/cpuState';
import type { Block } from '../block';
import { type Code, OP } from '../wasm/encoder';

/** How often regions have refused a control word, and the first record of the root of the last one. */
const CELLS = { count: CPU.END + 64, entry: CPU.END + 68 } as const;

/** So many refusals within so many instructions are too many. */
const MANY = 2048;
const PERIOD = 1 << 24;

/** In a region that returns to tier 0 because of the control word: `entry` is the first record of its root. */
export function countRefusal(code: Code, entry: number): void {
  code.constant(0).loadCell(CELLS.count).constant(1).op(OP.add).memory(OP.store, CELLS.count);
  code.constant(0).constant(entry).memory(OP.store, CELLS.entry);
}

export class Refusals {
  readonly #roots = new WeakSet<Block>();
  /** Instructions retired when counting began. */
  #since = 0;

  constructor(readonly cpu: CpuState) {}

  /** The first record of a root that refuses too often, if there is one. */
  tooMany(now: number): number | undefined {
    const count = this.cpu.get(CELLS.count);
    if (count === 0) return undefined;
    const isMany = count >>> 0 >= MANY;
    if (isMany || now - this.#since > PERIOD || now < this.#since) {
      this.cpu.set(CELLS.count, 0);
      this.#since = now;
    }
    return isMany ? this.cpu.get(CELLS.entry) : undefined;
  }

  /** Regions of this root are for all control words from now on. */
  note(root: Block): void {
    this.#roots.add(root);
  }

  has(root: Block): boolean {
    return this.#roots.has(root);
  }
}

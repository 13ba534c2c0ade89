/**
 * Regions are compiled for what is likely, and leave to tier 0 when it is otherwise: for the plain x87 control word wherever that is the
 * one when they are, for accesses near each other in one page, and for those in a window that holds most of RAM. They count how often it
 * is otherwise; where that is time and again, they are better compiled for everything, which is slower.
 */
import { ENGINE_CELLS } from '../../ir/engineCells';
import type { CpuState } from '../../x86/cpuState';
import type { Block } from '../block';
import { type Code, OP } from '../wasm/encoder';
import { REGION_LOCAL as L } from './locals';

/** So many within so many instructions are too many. */
const MANY = 2048;
const PERIOD = 1 << 24;

/** The cells that count one kind of them, and say which record the last one was at. */
interface Kind {
  readonly count: number;
  readonly record: number;
}

/** Another x87 control word; the first record of the region's root. */
export const REFUSED: Kind = { count: ENGINE_CELLS.refusals, record: ENGINE_CELLS.refusedBy };
/** A cluster of accesses that is not in one page that all of them may reach; the record of its first one. */
export const SCATTERED: Kind = { count: ENGINE_CELLS.scattered, record: ENGINE_CELLS.scatteredAt };

/** A load or store outside the window that it is confined to; its record. */
export const FAR = {
  read: { count: ENGINE_CELLS.farReads, record: ENGINE_CELLS.farReadAt },
  write: { count: ENGINE_CELLS.farWrites, record: ENGINE_CELLS.farWriteAt },
} as const satisfies Readonly<Record<string, Kind>>;
export type Direction = keyof typeof FAR;
export const DIRECTIONS: readonly Direction[] = ['read', 'write'];

/** In a region that returns to tier 0, for the record in NEXT. */
export function countComplaint(code: Code, { count, record }: Kind): void {
  code.constant(0).loadCell(count).constant(1).op(OP.add).memory(OP.store, count);
  code.constant(0).get(L.NEXT).memory(OP.store, record);
}

export class Complaints {
  readonly #blocks = new WeakSet<Block>();
  /** Instructions retired when counting began. */
  #since = 0;

  constructor(
    readonly cpu: CpuState,
    readonly kind: Kind,
  ) {}

  /** The record of the last one if they are too many. */
  tooMany(now: number): number | undefined {
    const { cpu, kind } = this;
    const count = cpu.get(kind.count);
    if (count === 0) return undefined;
    const isMany = count >>> 0 >= MANY;
    if (isMany || now - this.#since > PERIOD || now < this.#since) {
      cpu.set(kind.count, 0);
      this.#since = now;
    }
    return isMany ? cpu.get(kind.record) : undefined;
  }

  /** The block is compiled for everything from now on. */
  note(block: Block): void {
    this.#blocks.add(block);
  }

  has(block: Block): boolean {
    return this.#blocks.has(block);
  }
}

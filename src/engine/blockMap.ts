/** Blocks by physical address and mode. Each mode has a map of its own: an address is a small integer, an address and a mode in one number are not. */
import type { Block } from './block';

export class BlockMap {
  readonly #byMode: (Map<number, Block> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(physical: number, mode: number): Block | undefined {
    return this.#byMode[mode]?.get(physical);
  }

  /** Nothing is at its place yet. */
  add(block: Block): void {
    this.#size++;
    (this.#byMode[block.mode] ??= new Map()).set(block.physical, block);
  }

  delete({ mode, physical }: Block): void {
    if (this.#byMode[mode]?.delete(physical)) this.#size--;
  }

  *values(): IterableIterator<Block> {
    for (const map of this.#byMode) if (map) yield* map.values();
  }
}

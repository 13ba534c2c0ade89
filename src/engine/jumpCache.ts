/** Where code that goes to an EIP finds its record by itself (interpreter/transfers, paging/jumps): computed jumps, and those that leave their page. */
import type { LinearMemory } from '../memory/linearMemory';
import { JUMP, JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_CACHE_FOLD, JUMP_CACHE_STRIDE, NO_PLACE, PAGE, TWO_PAGES } from '../memory/layout';
import { PAGING } from '../memory/pagingCells';
import type { Block } from './block';

/** In place of mode and epoch: an empty entry; one that leads nowhere any more. */
const NO_MODE = -1;
const FORGOTTEN = -2;

/** Index of the words of an entry. */
const entryOf = (eip: number): number => (JUMP_CACHE + JUMP_CACHE_STRIDE * ((eip ^ (eip >>> JUMP_CACHE_FOLD)) & (JUMP_CACHE_ENTRIES - 1))) >> 2;

export class JumpCache {
  readonly #i32: Int32Array;

  constructor(readonly linear: LinearMemory) {
    this.#i32 = new Int32Array(linear.cpu.memory.buffer);
    this.clear();
  }

  clear(): void {
    const words = JUMP_CACHE >> 2;
    this.#i32.fill(NO_MODE, words, words + (JUMP_CACHE_ENTRIES * JUMP_CACHE_STRIDE) / 4);
  }

  /** Code of `mode` that goes to the block's EIP finds it, until a page of it leads elsewhere. */
  remember({ eip, start, linear, code: { secondPage } }: Block, mode: number): void {
    const at = entryOf(eip);
    this.#i32[at + JUMP.EIP / 4] = eip;
    this.#i32[at + JUMP.MODE / 4] = mode + this.linear.cpu.get(PAGING.JUMP_EPOCH);
    this.#i32[at + JUMP.RECORD / 4] = start;
    this.#i32[at + JUMP.PLACE / 4] = secondPage < 0 ? this.linear.placeOf(linear) : this.#placeOfTwo(linear);
  }

  /** Of code that ends in the next page: in memory, too. */
  #placeOfTwo(linear: number): number {
    const [first, second] = [linear, (linear + PAGE) >>> 0].map((page) => this.linear.placeOf(page));
    return first === second && first !== NO_PLACE ? first | TWO_PAGES : NO_PLACE;
  }

  /** What goes to the first record of a block goes to `start` from now on. */
  redirect({ eip, entry }: Block, start: number): void {
    const at = entryOf(eip);
    if (this.#i32[at + JUMP.RECORD / 4] === entry) this.#i32[at + JUMP.RECORD / 4] = start;
  }

  /** What `eip` led to is gone. */
  forget(eip: number): void {
    const at = entryOf(eip);
    if (this.#i32[at + JUMP.EIP / 4] === (eip | 0)) this.#i32[at + JUMP.MODE / 4] = FORGOTTEN;
  }
}

/**
 * Which bytes of a page are code, for pages of RAM where stores go beside it: with a map, generated code tells those stores apart by itself.
 * A map may call a byte code that no longer is, never the other way round.
 */
import { CODE_MAPS, CODE_MAPS_BYTES, CODE_MAP_BITS, CODE_MAP_BYTES, CODE_MAP_COUNT, PAGE } from './layout';

export class CodeMaps {
  readonly #numbers: Uint16Array;
  readonly #bits: Uint8Array;
  readonly #free: number[] = [];
  #next = 1;

  constructor(memory: WebAssembly.Memory) {
    this.#numbers = new Uint16Array(memory.buffer, CODE_MAPS, CODE_MAPS_BYTES / 2);
    this.#bits = new Uint8Array(memory.buffer, CODE_MAP_BITS, CODE_MAP_COUNT * CODE_MAP_BYTES);
    this.#bits.fill(0xff, 0, CODE_MAP_BYTES);
  }

  has(page: number): boolean {
    return this.#numbers[page] > 0;
  }

  /** An empty map for a page of RAM. False: there is none left. */
  give(page: number): boolean {
    const number = this.#free.pop() ?? (this.#next < CODE_MAP_COUNT ? this.#next++ : 0);
    this.#numbers[page] = number;
    this.#bits.fill(number === 0 ? 0xff : 0, number * CODE_MAP_BYTES, (number + 1) * CODE_MAP_BYTES);
    return number > 0;
  }

  take(page: number): void {
    if (!this.has(page)) return;
    this.#free.push(this.#numbers[page]);
    this.#numbers[page] = 0;
  }

  /** Bytes [from, to) of a page that has a map are code, or are none. */
  set(page: number, from: number, to: number, isCode: boolean): void {
    const start = this.#numbers[page] * CODE_MAP_BYTES;
    const last = (Math.min(to, PAGE) - 1) >> 3;
    for (let at = from >> 3; at <= last; at++) {
      // Of the byte's bits, those before `from` and from `to` on are left alone.
      const bits = (at === from >> 3 ? 0xff << (from & 7) : 0xff) & (at === last && to < PAGE ? 0xff >> (7 - ((to - 1) & 7)) : 0xff);
      if (isCode) this.#bits[start + at] |= bits;
      else this.#bits[start + at] &= ~bits;
    }
  }

  /** Without a map, all of a page is. */
  isCode(page: number, at: number): boolean {
    return !this.has(page) || (this.#bits[this.#numbers[page] * CODE_MAP_BYTES + (at >> 3)] & (1 << (at & 7))) !== 0;
  }
}

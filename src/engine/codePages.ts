/** The physical pages with blocks, which are marked so that stores to them are seen, and the maps that say at which of their bytes. */
import { CodeMaps } from '../memory/codeMaps';
import { PAGE } from '../memory/layout';
import type { LinearMemory } from '../memory/linearMemory';
import type { Block, BlockCode } from './block';
import { CodePage, endOnSameLine, extentOn } from './codePage';

/** Stores to a page without blocks before it counts as data again. */
const IDLE_WRITES = 64;
/** Stores beside the blocks of a page before it is told apart by a map which bytes are code. */
const MANY_BESIDES = 16;
/** Stores that change blocks before blocks of a page begin to check themselves. */
const MANY_CHANGES = 16;
const NONE: ReadonlySet<Block> = new Set();

export class CodePages {
  /** A page stays for a while after its last block went: code that is rewritten comes back. */
  readonly #pages = new Map<number, CodePage>();
  readonly #maps: CodeMaps;

  constructor(readonly linear: LinearMemory) {
    this.#maps = new CodeMaps(linear.cpu.memory);
  }

  /** The page with a physical address. */
  at(physical: number): CodePage | undefined {
    return this.#pages.get(physical >>> 12);
  }

  blocksOn(page: number): ReadonlySet<Block> {
    return this.#pages.get(page)?.blocks ?? NONE;
  }

  /** Do stores keep changing code of a page? */
  isChanging(page: number): boolean {
    return (this.#pages.get(page)?.changes ?? 0) >= MANY_CHANGES;
  }

  add(block: Block): void {
    for (const page of pagesOf(block)) {
      this.#mark(page).add(block);
      this.#map(block, page);
    }
  }

  delete(block: Block): void {
    for (const page of pagesOf(block)) {
      this.#pages.get(page)?.delete(block);
      if (this.blocksOn(page).size === 0) this.#maps.take(page);
    }
  }

  /** A block that checks itself has other code from now on. */
  become(block: Block, code: BlockCode): void {
    const stays = code.secondPage < 0 && code.attention === undefined && endOnSameLine(block.physical, block.code.length, code.length);
    if (!stays) for (const page of pagesOf(block)) this.#pages.get(page)?.delete(block);
    block.code = code;
    if (!stays) for (const page of pagesOf(block)) this.#mark(page).add(block);
  }

  /** Stores to the block are seen, unless it checks itself. */
  show(block: Block): void {
    for (const page of pagesOf(block)) this.#map(block, page);
  }

  /** Stores to `length` bytes of the block, whose page has a map, are not seen, but where others have some. */
  hide({ physical }: Block, length: number): void {
    const page = physical >>> 12;
    const from = physical & (PAGE - 1);
    this.#maps.set(page, from, from + length, false);
    this.#pages.get(page)?.meet(physical, length, (other) => this.#map(other, page));
  }

  #map(block: Block, page: number): void {
    if (this.#maps.has(page) && !block.checks) this.#maps.set(page, ...extentOn(block, page), true);
  }

  /** Have a page with blocks tell apart which bytes are code. False: there is no map left. */
  giveMap(page: number): boolean {
    if (this.#maps.has(page)) return true;
    if (!this.#maps.give(page)) return false;
    for (const block of this.blocksOn(page)) this.#map(block, page);
    return true;
  }

  /** A page that is marked now. */
  #mark(page: number): CodePage {
    let known = this.#pages.get(page);
    if (!known) {
      known = new CodePage(page);
      this.#pages.set(page, known);
      this.linear.physical.markCode(page * PAGE, true);
      this.linear.protectPage(page * PAGE);
    }
    return known;
  }

  #unmark(page: number): void {
    this.#pages.delete(page);
    this.#maps.take(page);
    this.linear.physical.markCode(page * PAGE, false);
  }

  /** A store has met no block of a page. */
  metNone(page: CodePage, address: number, length: number): void {
    const { page: number } = page;
    if (this.#maps.has(number)) {
      const from = address & (PAGE - 1);
      return this.#maps.set(number, from, from + length, false);
    }
    if (address < this.linear.physical.size && ++page.besides >= MANY_BESIDES) this.giveMap(number);
  }

  /** There has been a store to a page without blocks. */
  noteIdle(page: CodePage): void {
    if (++page.idleWrites > IDLE_WRITES) this.#unmark(page.page);
  }

  /** Throw away, by `invalidate`, the blocks with bytes in guest-physical [start, end), where other memory is going to be. */
  forgetRange(start: number, end: number, invalidate: (block: Block) => void): void {
    for (const [page, { blocks }] of [...this.#pages]) {
      if (page * PAGE < start || page * PAGE >= end) continue;
      for (const block of [...blocks]) invalidate(block);
      this.#unmark(page);
    }
  }

  /** Of a block that is cached. */
  checkBlock(block: Block): void {
    const { physical } = this.linear;
    for (const page of pagesOf(block)) {
      if (!this.blocksOn(page).has(block)) throw new Error(`block ${block.code.id} is missing from page ${page}`);
      if (!physical.hasCode(page * PAGE) && page * PAGE < physical.size) throw new Error(`page ${page} holds block ${block.code.id} but is not marked`);
    }
  }

  checkInvariants(): void {
    for (const [page, { blocks }] of this.#pages)
      for (const block of blocks) {
        if (!block.valid) throw new Error(`page ${page} lists invalid block ${block.code.id}`);
        if (block.checks) continue;
        const [low, high] = extentOn(block, page);
        for (let at = low; at < high; at++) if (!this.#maps.isCode(page, at)) throw new Error(`byte ${at} of block ${block.code.id} on page ${page} is no code`);
      }
  }
}

const pagesOf = ({ physical, code: { secondPage } }: Block): number[] => (secondPage >= 0 ? [physical >>> 12, secondPage >>> 12] : [physical >>> 12]);

/**
 * Blocks by physical address and mode, their links, and which physical pages they cover.
 * A write to a covered page invalidates the blocks it touches; a full arena throws everything away.
 */
import type { LinearMemory } from '../memory/linearMemory';
import { JUMP, JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_CACHE_FOLD, JUMP_CACHE_STRIDE, NO_PLACE, PAGE, RECORDS, RECORD_BYTES, TWO_PAGES } from '../memory/layout';
import { PAGING } from '../memory/pagingCells';
import { Emitter } from '../base/events';
import type { Block } from './block';
import { BlockMap } from './blockMap';
import { CodeMaps } from '../memory/codeMaps';
import { CodePage, extentOn, overlaps } from './codePage';
import { type Patch, Patches } from './patches';
import type { Rewritten } from './rewriting';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';

/** Invalidated blocks kept for the view. */
const REMEMBERED = 256;
/** Stores to a page without blocks before it counts as data again. */
const IDLE_WRITES = 64;
/** Stores beside the blocks of a page before it is told apart by a map which bytes are code. */
const MANY_BESIDES = 16;
/** Incoming links of a block before those that lead elsewhere by now are dropped. */
const MANY_LINKS = 64;
const NONE: ReadonlySet<Block> = new Set();

/** In the jump cache, in place of mode and epoch: an empty entry; one that leads nowhere any more. */
const NO_MODE = -1;
const FORGOTTEN = -2;

/** Index of the words of an entry. */
const jumpEntry = (eip: number): number => (JUMP_CACHE + JUMP_CACHE_STRIDE * ((eip ^ (eip >>> JUMP_CACHE_FOLD)) & (JUMP_CACHE_ENTRIES - 1))) >> 2;

export class CodeCache {
  readonly #blocks = new BlockMap();
  readonly #singles = new BlockMap();
  /** Blocks by physical page. A page stays marked for a while after its last block went: code that is rewritten comes back. */
  readonly #pages = new Map<number, CodePage>();
  readonly #i32: Int32Array;
  readonly #u16: Uint16Array;
  #arena = RECORDS;
  #nextId = 1;
  readonly byId = new Map<number, Block>();
  readonly forgotten: Block[] = [];
  readonly invalidated = new Emitter<Block>();
  /** A block is going; its records are still as they were. */
  onInvalidate: (block: Block) => void = () => {};
  /** A store has changed bytes of the block: can it go on, with other instructions in it? */
  rewrite: (block: Block, address: number, length: number) => Rewritten | undefined = () => undefined;
  /** Is what such a store has rewritten an immediate as a whole, which generated code may change from now on? */
  patchOf: (block: Block, address: number, length: number) => Patch | undefined = () => undefined;
  readonly maps: CodeMaps;
  readonly patches: Patches;
  /** Times everything was thrown away, and the arena began anew. */
  generation = 0;

  constructor(readonly linear: LinearMemory) {
    const { memory } = linear.cpu;
    const { buffer } = memory;
    this.maps = new CodeMaps(memory);
    this.patches = new Patches(memory);
    this.#i32 = new Int32Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    linear.physical.onCodeWrite = (address, length, changed) => this.#written(address, length, changed);
    this.#clearJumpCache();
  }

  lookup(physical: number, mode: number, eip: number, single: boolean): Block | undefined {
    const block = (single ? this.#singles : this.#blocks).get(physical, mode);
    return block && block.eip === eip ? block : undefined;
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** Cached blocks, single-step ones left out. */
  blocks(): IterableIterator<Block> {
    return this.#blocks.values();
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Room for `records` records: where the next ones go. Throws everything away when the arena is full. */
  room(records: number): number {
    if (this.#arena + records * RECORD_SIZE > RECORDS + RECORD_BYTES) this.clear('code cache full');
    return this.#arena;
  }

  /** `records` records: their address. */
  allocate(records: number): number {
    const at = this.room(records);
    this.#arena += records * RECORD_SIZE;
    return at;
  }

  insert(block: Block): void {
    const map = block.single ? this.#singles : this.#blocks;
    const before = map.get(block.physical, block.mode);
    if (before) this.invalidate(before, 'replaced');
    map.add(block);
    this.byId.set(block.id, block);
    this.patches.clear();
    for (const page of pagesOf(block)) {
      this.#mark(page).add(block);
      this.#map(block, page);
    }
  }

  #map(block: Block, page: number): void {
    if (this.maps.has(page)) this.maps.set(page, ...extentOn(block, page), true);
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
    this.maps.take(page);
    this.linear.physical.markCode(page * PAGE, false);
  }

  /** Point a branch at a block. */
  link(slot: number, stub: number, target: Block): void {
    this.#i32[slot >> 2] = target.start;
    if (target.incoming.length >= MANY_LINKS) target.incoming.splice(0, Number.POSITIVE_INFINITY, ...target.incoming.filter((link) => this.#leadsTo(link.slot, target)));
    target.incoming.push({ slot, stub });
  }

  #leadsTo(slot: number, { entry, trampoline }: Block): boolean {
    const pointer = this.#i32[slot >> 2];
    return pointer === entry || (trampoline !== 0 && pointer === trampoline);
  }

  /** Everybody who goes to the block's first record goes to `start` from now on. */
  redirect(block: Block, start: number): void {
    block.start = start;
    for (const { slot } of block.incoming) if (this.#leadsTo(slot, block)) this.#i32[slot >> 2] = start;
    const at = jumpEntry(block.eip);
    if (this.#i32[at + JUMP.RECORD / 4] === block.entry) this.#i32[at + JUMP.RECORD / 4] = start;
  }

  /** Blocks with bytes in a physical page. */
  blocksOn(page: number): ReadonlySet<Block> {
    return this.#pages.get(page)?.blocks ?? NONE;
  }

  invalidate(block: Block, why: string): void {
    if (!block.valid) return;
    block.valid = false;
    block.invalidatedBy = why;
    (block.single ? this.#singles : this.#blocks).delete(block);
    this.byId.delete(block.id);
    this.onInvalidate(block);
    for (const { slot, stub } of block.incoming) if (this.#leadsTo(slot, block)) this.#i32[slot >> 2] = stub;
    // Running code finds out at its next record.
    for (let n = 0; n < block.records; n++) {
      const record = block.entry + n * RECORD_SIZE;
      const handler = this.#u16[(record + RECORD.HANDLER) >> 1];
      if (handler === PSEUDO.LINK) continue;
      // A fall-through counts the instructions before it as it goes on; code that stops there has retired them all.
      if (handler === PSEUDO.FALL_THROUGH) this.linear.cpu.u8[record + RECORD.COUNT]++;
      this.#u16[(record + RECORD.HANDLER) >> 1] = PSEUDO.INVALIDATED;
    }
    this.patches.clear();
    for (const page of pagesOf(block)) this.#removeFrom(page, block);
    if (!block.single) {
      this.forgotten.push(block);
      if (this.forgotten.length > REMEMBERED) this.forgotten.shift();
      this.invalidated.fire(block);
    }
  }

  /** Throw away the blocks that cover a byte. */
  invalidateAt(physical: number, why: string): void {
    for (const block of [...(this.#pages.get(physical >>> 12)?.blocks ?? [])]) if (overlaps(block, physical)) this.invalidate(block, why);
  }

  /** Throw away the blocks with bytes in guest-physical [start, end), where other memory is going to be. */
  forgetRange(start: number, end: number, why: string): void {
    for (const [page, { blocks }] of [...this.#pages]) {
      if (page * PAGE < start || page * PAGE >= end) continue;
      for (const block of [...blocks]) this.invalidate(block, why);
      this.#unmark(page);
    }
  }

  #removeFrom(page: number, block: Block): void {
    const known = this.#pages.get(page);
    known?.delete(block);
    if (known?.blocks.size === 0) this.maps.take(page);
  }

  #written(address: number, length: number, changed: boolean): void {
    const page = this.#pages.get(address >>> 12);
    if (!page) return;
    if (changed && page.blocks.size > 0) this.#change(page, address, length);
    if (page.blocks.size === 0 && ++page.idleWrites > IDLE_WRITES) this.#unmark(address >>> 12);
  }

  /** Bytes of a page with blocks have become others. */
  #change(page: CodePage, address: number, length: number): void {
    let met = 0;
    let kept: Block | undefined;
    page.meet(address, length, (block) => {
      met++;
      const rewritten = this.rewrite(block, address, length);
      if (!rewritten) this.invalidate(block, 'code written');
      else if (rewritten === 'instructions') this.patches.clear();
      else kept = block;
    });
    if (met === 0) this.#beside(page, address, length);
    else if (met === 1 && kept && this.patches.isRepeated(address)) this.#patch(kept, address, length);
  }

  #patch(block: Block, address: number, length: number): void {
    const patch = this.patchOf(block, address, length);
    if (patch) this.patches.add(patch);
  }

  /** Those bytes are no code. */
  #beside(page: CodePage, address: number, length: number): void {
    const { maps } = this;
    const number = address >>> 12;
    if (maps.has(number)) {
      const from = address & (PAGE - 1);
      return maps.set(number, from, from + length, false);
    }
    if (address >= this.linear.physical.size || ++page.besides < MANY_BESIDES || !maps.give(number)) return;
    for (const block of page.blocks) this.#map(block, number);
  }

  /** Throw away every block. */
  clear(why: string): void {
    for (const block of [...this.#blocks.values(), ...this.#singles.values()]) this.invalidate(block, why);
    this.#arena = RECORDS;
    this.#clearJumpCache();
    this.generation++;
  }

  #clearJumpCache(): void {
    const words = JUMP_CACHE >> 2;
    this.#i32.fill(NO_MODE, words, words + (JUMP_CACHE_ENTRIES * JUMP_CACHE_STRIDE) / 4);
  }

  /** Code of `mode` that goes to the block's EIP finds it, until a page of it leads elsewhere. */
  rememberJump({ eip, start, linear, secondPage }: Block, mode: number): void {
    const at = jumpEntry(eip);
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

  /** What `eip` led to is gone. */
  forgetJump(eip: number): void {
    const at = jumpEntry(eip);
    if (this.#i32[at + JUMP.EIP / 4] === (eip | 0)) this.#i32[at + JUMP.MODE / 4] = FORGOTTEN;
  }

  /** Every invariant, for tests: throws Error naming the one that fails. */
  checkInvariants(): void {
    for (const block of [...this.#blocks.values(), ...this.#singles.values()]) {
      if (!block.valid) throw new Error(`block ${block.id} is cached but not valid`);
      for (const page of pagesOf(block)) {
        if (!this.#pages.get(page)?.blocks.has(block)) throw new Error(`block ${block.id} is missing from page ${page}`);
        if (!this.linear.physical.hasCode(page * PAGE) && page * PAGE < this.linear.physical.size) throw new Error(`page ${page} holds block ${block.id} but is not marked`);
      }
      if (this.byId.get(block.id) !== block) throw new Error(`block ${block.id} is not found by number`);
      for (const { slot, stub } of block.incoming) {
        if (this.#leadsTo(slot, block) && this.#u16[(stub + RECORD.HANDLER) >> 1] !== PSEUDO.LINK) throw new Error(`a link to block ${block.id} has no stub to fall back to`);
      }
    }
    for (const [page, { blocks }] of this.#pages)
      for (const block of blocks) {
        if (!block.valid) throw new Error(`page ${page} lists invalid block ${block.id}`);
        const [low, high] = extentOn(block, page);
        for (let at = low; at < high; at++) if (!this.maps.isCode(page, at)) throw new Error(`byte ${at} of block ${block.id} on page ${page} is no code`);
      }
    for (const { physical, record } of this.patches.list()) {
      const holding = [...this.blocksOn(physical >>> 12)].filter((block) => overlaps(block, physical));
      if (holding.length !== 1 || holding[0].id !== this.#i32[(record + RECORD.BLOCK) >> 2]) throw new Error(`${holding.length} blocks hold the patch at ${physical.toString(16)}`);
    }
  }
}

const pagesOf = (block: Block): number[] => (block.secondPage >= 0 ? [block.physical >>> 12, block.secondPage >>> 12] : [block.physical >>> 12]);

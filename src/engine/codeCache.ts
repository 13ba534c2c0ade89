/**
 * Blocks by physical address and mode, their records and how they are linked.
 * A store invalidates the blocks whose bytes it changes, unless they go on with other instructions; a full arena throws everything away.
 */
import type { LinearMemory } from '../memory/linearMemory';
import { RECORDS, RECORD_BYTES } from '../memory/layout';
import { Emitter } from '../base/events';
import { type Block, type BlockCode, NO_LINKS } from './block';
import { BlockMap } from './blockMap';
import { type CodePage, overlaps } from './codePage';
import { CodePages } from './codePages';
import { JumpCache } from './jumpCache';
import { type Patch, Patches } from './patches';
import type { Rewritten } from './rewriting';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';

/** Invalidated blocks kept for the view. */
const REMEMBERED = 256;
/** Incoming links of a block before those that lead elsewhere by now are dropped. */
const MANY_LINKS = 64;

export class CodeCache {
  readonly #blocks = new BlockMap();
  readonly #singles = new BlockMap();
  readonly #i32: Int32Array;
  readonly #u16: Uint16Array;
  #arena = RECORDS;
  #nextId = 1;
  readonly byId = new Map<number, Block>();
  readonly #past: Block[] = [];
  readonly invalidated = new Emitter<Block>();
  /** A block is going; its records are still as they were. */
  onInvalidate: (block: Block) => void = () => {};
  /** A store has changed bytes of the block: can it go on, with other instructions in it? */
  rewrite: (block: Block, address: number, length: number) => Rewritten | undefined = () => undefined;
  /** Is what such a store has rewritten an immediate as a whole, which generated code may change from now on? */
  patchOf: (block: Block, address: number, length: number) => Patch | undefined = () => undefined;
  /** The only block that a store has met, which can go on, is on a page whose code keeps changing. */
  keepsChanging: (block: Block) => void = () => {};
  readonly pages: CodePages;
  readonly patches: Patches;
  readonly jumps: JumpCache;
  /** Times everything was thrown away, and the arena began anew. */
  generation = 0;

  constructor(readonly linear: LinearMemory) {
    const { memory } = linear.cpu;
    const { buffer } = memory;
    this.pages = new CodePages(linear);
    this.patches = new Patches(memory);
    this.jumps = new JumpCache(linear);
    this.#i32 = new Int32Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    linear.physical.onCodeWrite = (address, length, changed) => this.#written(address, length, changed);
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

  hasRoom(records: number): boolean {
    return this.#arena + records * RECORD_SIZE <= RECORDS + RECORD_BYTES;
  }

  /** Room for `records` records: where the next ones go. Throws everything away when the arena is full. */
  room(records: number): number {
    if (!this.hasRoom(records)) this.clear('code cache full');
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
    this.byId.set(block.code.id, block);
    this.patches.clear();
    this.pages.add(block);
  }

  /** The block, whose page has a map, checks itself from now on, in its trampoline. Stores to `length` bytes there are not seen, but where others have some. */
  letCheck(block: Block, length: number): void {
    block.checks = true;
    this.patches.clear();
    this.redirect(block, block.trampoline);
    this.pages.hide(block, length);
  }

  /** It does not, and stores to it are seen. */
  letBeSeen(block: Block): void {
    block.checks = false;
    this.pages.show(block);
    this.redirect(block, block.entry);
  }

  /** Point a branch at a block. */
  link(slot: number, stub: number, target: Block): void {
    this.#i32[slot >> 2] = target.start;
    const { incoming } = target;
    const kept = incoming.length >= MANY_LINKS ? incoming.filter((link) => this.#leadsTo(link.slot, target)) : incoming;
    target.incoming = kept.concat({ slot, stub }); // a spread would reserve room for more
  }

  #leadsTo(slot: number, { entry, trampoline }: Block): boolean {
    const pointer = this.#i32[slot >> 2];
    return pointer === entry || (trampoline !== 0 && pointer === trampoline);
  }

  /** Everybody who goes to the block's first record goes to `start` from now on. */
  redirect(block: Block, start: number): void {
    block.start = start;
    for (const { slot } of block.incoming) if (this.#leadsTo(slot, block)) this.#i32[slot >> 2] = start;
    this.jumps.redirect(block, start);
  }

  /** Blocks with bytes in a physical page. */
  blocksOn(page: number): ReadonlySet<Block> {
    return this.pages.blocksOn(page);
  }

  invalidate(block: Block, why: string): void {
    if (!block.valid) return;
    this.#ended(block.code);
    block.valid = false;
    block.invalidatedBy = why;
    (block.single ? this.#singles : this.#blocks).delete(block);
    this.byId.delete(block.code.id);
    this.onInvalidate(block);
    this.#unlink(block);
    // Running code finds out at its next record.
    for (let n = 0; n < block.code.records; n++) {
      const record = block.entry + n * RECORD_SIZE;
      const handler = this.#u16[(record + RECORD.HANDLER) >> 1];
      if (handler === PSEUDO.LINK) continue;
      // A fall-through counts the instructions before it as it goes on; code that stops there has retired them all.
      if (handler === PSEUDO.FALL_THROUGH) this.linear.cpu.u8[record + RECORD.COUNT]++;
      this.#u16[(record + RECORD.HANDLER) >> 1] = PSEUDO.INVALIDATED;
    }
    this.patches.clear();
    this.pages.delete(block);
    if (!block.single) this.#forgotten(block);
  }

  /** It runs no more. */
  #ended(code: BlockCode): void {
    code.attended += this.#i32[(code.last + RECORD.HITS) >> 2];
    code.instructions.settle();
  }

  /** Whoever goes straight to the block is to look for it. */
  #unlink(block: Block): void {
    for (const { slot, stub } of block.incoming) if (this.#leadsTo(slot, block)) this.#i32[slot >> 2] = stub;
  }

  #forgotten(block: Block): void {
    if (this.#past.push(block) > 2 * REMEMBERED) this.#past.splice(0, REMEMBERED);
    this.invalidated.fire(block);
  }

  /** The latest invalidated blocks. */
  get forgotten(): readonly Block[] {
    return this.#past.slice(-REMEMBERED);
  }

  /** The records of a block that checks itself may be overwritten: its code runs no more. */
  vacate({ entry, code }: Block): void {
    for (let n = code.instructions.length; n < code.records; n++) {
      const stub = entry + n * RECORD_SIZE;
      if (this.#u16[(stub + RECORD.HANDLER) >> 1] === PSEUDO.LINK) this.#dropLink(stub);
    }
    this.#ended(code);
  }

  /** Where a branch leads, nobody needs to know of it. */
  #dropLink(stub: number): void {
    const slot = this.#i32[(stub + RECORD.IMMEDIATE) >> 2];
    const to = this.#i32[slot >> 2];
    const target = to === stub ? undefined : this.byId.get(this.#i32[(to + RECORD.BLOCK) >> 2]);
    if (target) target.incoming = target.incoming.filter((link) => link.slot !== slot);
  }

  /** A block that was vacated has other code from now on, and all that leads there leads to that. */
  become(block: Block, code: BlockCode): void {
    const before = block.code;
    this.byId.delete(before.id);
    this.pages.become(block, code);
    this.byId.set(code.id, block);
    this.#forgotten({ ...block, code: before, valid: false, invalidatedBy: 'code written' });
  }

  /** Whoever goes straight to a block that checked itself is to look for it; it is seen what is stored to it. */
  leadElsewhere(block: Block): void {
    const { trampoline } = block;
    this.#unlink(block);
    block.checks = false;
    block.trampoline = 0;
    block.start = block.entry;
    block.incoming = NO_LINKS;
    this.patches.clear();
    this.jumps.forget(block.eip);
    this.#u16[(trampoline + RECORD.HANDLER) >> 1] = PSEUDO.INVALIDATED;
    this.pages.show(block);
  }

  /** Throw away the blocks that cover a byte. */
  invalidateAt(physical: number, why: string): void {
    for (const block of [...this.blocksOn(physical >>> 12)]) if (overlaps(block, physical)) this.invalidate(block, why);
  }

  /** Throw away the blocks with bytes in guest-physical [start, end), where other memory is going to be. */
  forgetRange(start: number, end: number, why: string): void {
    this.pages.forgetRange(start, end, (block) => this.invalidate(block, why));
  }

  #written(address: number, length: number, changed: boolean): void {
    const page = this.pages.at(address);
    if (!page) return;
    if (changed && page.blocks.size > 0) this.#change(page, address, length);
    if (page.blocks.size === 0) this.pages.noteIdle(page);
  }

  /** Bytes of a page with blocks have become others. */
  #change(page: CodePage, address: number, length: number): void {
    let met = 0;
    let kept: Block | undefined;
    let patchable = false;
    page.meet(address, length, (block) => {
      const rewritten = this.rewrite(block, address, length);
      if (rewritten === 'unseen') return;
      met++;
      if (!rewritten) this.invalidate(block, 'code written');
      else kept = block;
      if (rewritten === 'instructions') this.patches.clear();
      patchable = rewritten === 'immediate';
    });
    if (met === 0) return this.pages.metNone(page, address, length);
    page.changes++;
    if (met > 1 || !kept) return;
    if (patchable && this.patches.isRepeated(address)) this.#patch(kept, address, length);
    else if (this.pages.isChanging(page.page)) this.keepsChanging(kept);
  }

  #patch(block: Block, address: number, length: number): void {
    const patch = this.patchOf(block, address, length);
    if (patch) this.patches.add(patch);
  }

  /** Throw away every block. */
  clear(why: string): void {
    for (const block of [...this.#blocks.values(), ...this.#singles.values()]) this.invalidate(block, why);
    this.#arena = RECORDS;
    this.jumps.clear();
    this.generation++;
  }

  /** Every invariant, for tests: throws Error naming the one that fails. */
  checkInvariants(): void {
    for (const block of [...this.#blocks.values(), ...this.#singles.values()]) {
      if (!block.valid) throw new Error(`block ${block.code.id} is cached but not valid`);
      this.pages.checkBlock(block);
      if (block.checks && this.#u16[(block.trampoline + RECORD.HANDLER) >> 1] !== PSEUDO.CHECK) throw new Error(`block ${block.code.id} does not check itself`);
      if (this.byId.get(block.code.id) !== block) throw new Error(`block ${block.code.id} is not found by number`);
      for (const { slot, stub } of block.incoming) {
        if (this.#leadsTo(slot, block) && this.#u16[(stub + RECORD.HANDLER) >> 1] !== PSEUDO.LINK) throw new Error(`a link to block ${block.code.id} has no stub to fall back to`);
      }
    }
    this.pages.checkInvariants();
    for (const { physical, record } of this.patches.list()) {
      const holding = [...this.blocksOn(physical >>> 12)].filter((block) => !block.checks && overlaps(block, physical));
      if (holding.length !== 1 || holding[0].code.id !== this.#i32[(record + RECORD.BLOCK) >> 2])
        throw new Error(`${holding.length} blocks hold the patch at ${physical.toString(16)}`);
    }
  }
}

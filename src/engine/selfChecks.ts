/**
 * Blocks that check themselves: each time one is entered, the bytes in memory are compared with those that it was translated from
 * (interpreter/isCurrent), and it is brought up to date where they differ. Until then, stores to them are nobody's affair: their bytes are no
 * code to `storePlace`. So they cost code that is rewritten every few times it runs one comparison, instead of something at each store.
 * Only blocks that store nothing check themselves, but by the instruction that ends them: no other can change while it runs, as long as
 * nobody but generated code does it.
 */
import type { Form } from '../ir/builder';
import type { LinearMemory } from '../memory/linearMemory';
import { RAM } from '../memory/layout';
import type { OpcodeMap } from '../x86/decoder';
import { type Block, type BlockCode, ROOMY } from './block';
import type { CodeCache } from './codeCache';
import type { FormTable } from './forms';
import type { TranslationPolicy } from './policy';
import type { Generated } from './instantiate';
import { FIRST_FORM, PSEUDO, RECORD, RECORD_SIZE } from './record';
import type { Rewrite, Rewriting } from './rewriting';

/** Executions after which a block is on its way into a region, which is not entered by way of a comparison. */
const MANY_HITS = 8192;

/** Bytes of a block with the room of ROOMY instructions. */
const ROOMY_BYTES = 8 * ROOMY;

const UNKNOWN = 0xff;

/** What becomes of a block's instructions besides. */
export interface Changes {
  readonly rewriting: Rewriting;
  hits(block: Block): number;
  /** Instruction `n` is another one. */
  rewrite(block: Block, rewrite: Rewrite): void;
}

export class SelfChecks {
  readonly #u8: Uint8Array;
  readonly #view: DataView;
  /** IMMEDIATE_KIND by form. */
  readonly #kinds: Uint8Array;

  constructor(
    readonly linear: LinearMemory,
    readonly cache: CodeCache,
    readonly forms: FormTable,
    readonly opcodes: OpcodeMap,
    readonly policy: TranslationPolicy,
    readonly changes: Changes,
  ) {
    this.#u8 = linear.physical.u8;
    this.#view = linear.physical.view;
    this.#kinds = new Uint8Array(forms.forms.length).fill(UNKNOWN);
  }

  /** May the block check itself? */
  #mayCheck(block: Block): boolean {
    const { physical } = block;
    const { length, secondPage, attention } = block.code;
    if (!this.policy.rewrites || block.single || attention || secondPage >= 0) return false;
    return physical + length <= this.linear.physical.size && this.linear.physical.hostOffset(physical) === RAM + physical && this.#storesNothing(block);
  }

  #storesNothing({ entry, code: { instructions } }: Block): boolean {
    const last = instructions.length - 1;
    for (let n = 0; n <= last; n++) {
      const handler = this.#handlerOf(entry + n * RECORD_SIZE);
      if (this.forms.mayStore(handler) && !(n === last && this.forms.forms[handler - FIRST_FORM].spec.flow !== 'next')) return false;
    }
    return true;
  }

  #handlerOf(record: number): number {
    return this.#view.getUint16(record + RECORD.HANDLER, true);
  }

  /** A block that was just translated, on a page whose code keeps changing. */
  begin(block: Block): void {
    if (this.#mayCheck(block)) this.#begin(block);
  }

  /** A block whose record is up to date with the store that has just changed it. */
  turn(block: Block): void {
    const { regions, trampoline } = block;
    if (!block.checks && regions.size === 0 && trampoline === 0 && this.changes.hits(block) < MANY_HITS && this.#mayCheck(block)) this.#begin(block);
  }

  /** A roomy block has the code that `translate` makes of its bytes, in its records. */
  follow(block: Block, translate: () => BlockCode): void {
    this.cache.vacate(block);
    this.cache.become(block, translate());
    if (block.code.length > ROOMY_BYTES || !this.#mayCheck(block)) return this.cache.leadElsewhere(block);
    this.#copy(block);
  }

  #begin(block: Block): void {
    const { length } = block.code;
    const room = block.roomy ? ROOMY_BYTES : length;
    const records = 1 + Math.ceil(room / RECORD_SIZE);
    if (length > room) return;
    if (!this.cache.hasRoom(records) || !this.cache.pages.giveMap(block.physical >>> 12)) return;
    block.trampoline = this.cache.allocate(records);
    this.#copy(block);
    this.cache.letCheck(block, room);
  }

  /** Into the CHECK record, and behind it. */
  #copy({ trampoline, entry, eip, physical, code: { id, length, instructions } }: Block): void {
    const view = this.#view;
    view.setUint16(trampoline + RECORD.HANDLER, PSEUDO.CHECK, true);
    view.setUint8(trampoline + RECORD.COUNT, 1);
    view.setUint8(trampoline + RECORD.LENGTH, instructions.length);
    view.setInt32(trampoline + RECORD.DISPLACEMENT, entry, true);
    view.setInt32(trampoline + RECORD.IMMEDIATE, RAM + physical, true);
    view.setInt32(trampoline + RECORD.EIP, eip, true);
    view.setInt32(trampoline + RECORD.HITS, length, true);
    view.setInt32(trampoline + RECORD.BLOCK, id, true);
    this.#u8.copyWithin(trampoline + RECORD_SIZE, RAM + physical, RAM + physical + length);
    instructions.standIn(this.#u8, trampoline + RECORD_SIZE);
    for (let n = 0; n < instructions.length; n++) this.#noteKind(entry + n * RECORD_SIZE);
  }

  #noteKind(record: number): void {
    const form = this.#handlerOf(record) - FIRST_FORM;
    if (this.#kinds[form] === UNKNOWN) this.#kinds[form] = this.#kindOf(this.forms.forms[form]);
    this.#u8[record + RECORD.IMMEDIATE_KIND] = this.#kinds[form];
  }

  #kindOf(form: Form): number {
    return form.spec.flow !== 'next' || form.spec.sensitive ? 0 : this.opcodes.immediateKind(form);
  }

  /** The block is hot and goes into regions from now on. False: it is another one by now. */
  end(block: Block): boolean {
    if (!block.checks) return true;
    if (!this.refresh(block)) return false;
    this.#view.setUint16(block.trampoline + RECORD.HANDLER, PSEUDO.FORWARD, true);
    block.code.instructions.settle();
    this.cache.letBeSeen(block);
    return true;
  }

  /** What has at most other immediates, generated code brings up to date. */
  renew: Generated['renew'] = () => 0;

  /** Have a block be what its bytes are now. False: that is another one. */
  refresh(block: Block): boolean {
    const { entry, physical, trampoline, roomy } = block;
    const { instructions } = block.code;
    if (this.renew(trampoline)) return true;
    if (roomy) return false;
    const u8 = this.#u8;
    let code = RAM + physical;
    let copy = trampoline + RECORD_SIZE;
    for (let n = 0; n < instructions.length; n++) {
      const length = u8[entry + n * RECORD_SIZE + RECORD.LENGTH];
      let same = 0;
      while (same < length && u8[code + same] === u8[copy + same]) same++;
      if (same < length) {
        if (!this.#replace(block, n, code - RAM, length)) return false;
        u8.copyWithin(copy, code, code + length);
      }
      code += length;
      copy += length;
    }
    return true;
  }

  /** Have instruction `n` be the one that stands there, if that is as long. */
  #replace(block: Block, n: number, physical: number, length: number): boolean {
    const found = this.changes.rewriting.find(block, physical, length);
    if (found?.length !== 1) return false;
    this.changes.rewrite(block, found[0]);
    const record = block.entry + n * RECORD_SIZE;
    this.#noteKind(record);
    return !this.forms.mayStore(this.#handlerOf(record));
  }
}

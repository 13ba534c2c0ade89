/**
 * Where branches have led, so that they need not ask again: patched to go straight to a block, or, where pages can be remapped in between,
 * remembered by EIP.
 */
import { Emitter } from '../base/events';
import type { LinearMemory } from '../memory/linearMemory';
import { CS } from '../x86/registers';
import type { Block } from './block';
import type { CodeCache } from './codeCache';
import type { Modes } from './modes';
import type { TranslationPolicy } from './policy';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';
import type { SecondPages } from './secondPages';

export class Chaining {
  /** A branch of one block was patched to go straight to the other. */
  readonly chained = new Emitter<{ readonly source: Block; readonly target: Block }>();
  readonly #view: DataView;

  constructor(
    readonly linear: LinearMemory,
    readonly cache: CodeCache,
    readonly policy: TranslationPolicy,
    readonly modes: Modes,
    readonly secondPages: SecondPages,
  ) {
    this.#view = new DataView(linear.cpu.memory.buffer);
  }

  /** The branch of `source` that left by `stub` has led to `target`. */
  link(source: Block, stub: number, target: Block): void {
    if (!this.#mayLink(source.eip, target)) return this.#remember(target);
    this.cache.link(this.#view.getInt32(stub + RECORD.IMMEDIATE, true), stub, target);
    this.chained.fire({ source, target });
  }

  /** A computed jump has. */
  jumped(target: Block): void {
    target.computed = true;
    this.#remember(target);
  }

  /** With paging, only within a page, so that remapping breaks no chain. */
  #mayLink(from: number, { eip, linear, single, code: { attention, secondPage } }: Block): boolean {
    if (single || attention?.kind === 'breakpoint') return false;
    if (!this.linear.paging) return true;
    return secondPage < 0 && ((from ^ eip) >>> 12 === 0 || ((this.linear.cpu.segmentBase(CS) + from) ^ linear) >>> 12 === 0);
  }

  #remember(target: Block): void {
    if (!target.single && target.code.attention?.kind !== 'breakpoint' && !this.secondPages.isToFetch(target) && !this.policy.branched?.())
      this.cache.jumps.remember(target, this.modes.last);
  }

  /** Blocks that this one is chained to. */
  linksOf({ valid, entry, code }: Block): Block[] {
    if (!valid) return [];
    const view = this.#view;
    const stubs = Array.from({ length: code.records }, (_, n) => entry + n * RECORD_SIZE).filter((at) => view.getUint16(at + RECORD.HANDLER, true) === PSEUDO.LINK);
    const targets = stubs.map((stub) => ({ stub, to: view.getInt32(view.getInt32(stub + RECORD.IMMEDIATE, true), true) }));
    return targets.flatMap(({ stub, to }) => (to === stub ? [] : (this.cache.byId.get(view.getInt32(to + RECORD.BLOCK, true)) ?? [])));
  }
}

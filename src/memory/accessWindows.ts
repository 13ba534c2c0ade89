/**
 * Runs of linear pages that lie in one piece in the VM's memory and that accesses of one kind may reach: as far as such a window goes, one
 * comparison tells translated code what the software TLB would. A window begins where it begins; how far it goes is in a cell, and follows
 * the TLB page by page.
 */
import { DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE, PAGE, WINDOWS } from './layout';

/** What an access is denied by: one of the bits of a TLB entry. */
const KINDS = [DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE] as const;
/** The largest access less one: how much before the end of a window the last one may begin, whatever its size. */
const LARGEST = 15;
const PAGES = 1 << 20;
/** Windows that are kept up to date, of each kind. */
const LIVE = 2;
/** Windows in all; a cell is never used for another one, because translated code may still read it. */
const CELLS = 64;
/** How much longer a run must be to become the window instead. */
const LONGER = 1.5;
/** Changes of the window that are worth compiling code again for: later ones are those of a guest that has no lasting one. */
const CHANGES = 32;

export interface AccessWindow {
  /** The deny bit that its accesses are tested for. */
  readonly deny: number;
  /** Linear address of its first byte. */
  readonly low: number;
  /** Where that byte is in the VM's memory. */
  readonly host: number;
  /** Of the word that says how many of the addresses from `low` on may be accessed, with any size. */
  readonly cell: number;
}

interface Live extends AccessWindow {
  readonly delta: number;
  /** Page number of `low`. */
  readonly first: number;
  /** Pages. */
  length: number;
}

interface Run {
  readonly deny: number;
  readonly delta: number;
  readonly first: number;
  readonly length: number;
}

export class AccessWindows {
  /** Changes when a longer run has become the window of a kind, and code that uses another one should be compiled again. */
  version = 0;
  #live: readonly Live[] = [];
  #cells = 0;

  constructor(
    readonly tlb: Int32Array,
    readonly words: Int32Array,
  ) {}

  /** The window for accesses that this bit denies. */
  find(deny: number): AccessWindow | undefined {
    return this.#find(deny);
  }

  /** Those of a kind stand in the order in which they became its window, the present one first. */
  #find(deny: number): Live | undefined {
    return this.#live.find((window) => window.deny === deny);
  }

  /** The TLB entry of a page has changed. */
  changed(page: number): void {
    const live = this.#live;
    const entry = this.tlb[page];
    for (let n = 0; n < live.length; n++) {
      const window = live[n];
      const place = page - window.first;
      if (place < 0 || place > window.length) continue;
      const holds = (entry & window.deny) === 0 && (entry & ~0xff) === window.delta;
      if (place === window.length) {
        if (holds) this.#extend(window);
      } else if (!holds) this.#setLength(window, place);
    }
  }

  /** All entries are gone. */
  flushed(): void {
    for (const window of this.#live) if (window.length > 0) this.#setLength(window, 0);
  }

  #holds(deny: number, delta: number, page: number): boolean {
    const entry = this.tlb[page];
    return (entry & deny) === 0 && (entry & ~0xff) === delta;
  }

  /** The page behind it belongs to it now. */
  #extend(window: Live): void {
    const { first, deny, delta } = window;
    let length = window.length + 1;
    while (first + length < PAGES && this.#holds(deny, delta, first + length)) length++;
    this.#setLength(window, length);
  }

  #setLength(window: Live, length: number): void {
    window.length = length;
    this.words[window.cell >> 2] = length === 0 ? 0 : length * PAGE - LARGEST;
  }

  /** Look for runs that are longer than the windows. `filled`: pages that have entries, among them some twice. */
  choose(filled: Int32Array, count: number): void {
    for (const deny of KINDS) {
      const run = this.#longestRun(deny, filled, count);
      const present = this.#find(deny);
      if (!run || run.length < LONGER * (present?.length ?? 0)) continue;
      const known = this.#live.find((window) => window.deny === deny && window.delta === run.delta && window.first === run.first);
      if (known && known === present) continue;
      const window = known ?? this.#open(run);
      if (window) this.#prefer(window);
    }
  }

  #longestRun(deny: number, filled: Int32Array, count: number): Run | undefined {
    let best: Run | undefined;
    for (let n = 0; n < count; n++) {
      const first = filled[n];
      const delta = this.tlb[first] & ~0xff;
      if (!this.#holds(deny, delta, first) || (first > 0 && this.#holds(deny, delta, first - 1))) continue;
      let length = 1;
      while (first + length < PAGES && this.#holds(deny, delta, first + length)) length++;
      if (length > (best?.length ?? 0)) best = { deny, delta, first, length };
    }
    return best;
  }

  #open({ deny, delta, first, length }: Run): Live | undefined {
    if (this.#cells === CELLS) return undefined;
    const low = (first * PAGE) >>> 0;
    const window: Live = { deny, delta, first, low, host: (low + delta) >>> 0, cell: WINDOWS + 4 * this.#cells++, length: 0 };
    this.#setLength(window, length);
    return window;
  }

  #prefer(window: Live): void {
    const others = this.#live.filter((one) => one !== window);
    const older = others.filter((one) => one.deny === window.deny).slice(LIVE - 1);
    for (const one of older) this.#setLength(one, 0);
    this.#live = [window, ...others.filter((one) => !older.includes(one))];
    if (this.version < CHANGES) this.version++;
  }

  /** For tests: every window against the TLB. Throws Error. */
  checkInvariants(): void {
    for (const window of this.#live) {
      const { first } = window;
      const reach = this.words[window.cell >> 2];
      if (reach !== (window.length === 0 ? 0 : (window.length * PAGE - LARGEST) | 0)) throw new Error(`the window at ${window.low.toString(16)} has lost its length`);
      for (let n = 0; n < window.length; n++)
        if (!this.#holds(window.deny, window.delta, first + n)) throw new Error(`the window at ${window.low.toString(16)} holds page ${first + n}`);
    }
  }
}

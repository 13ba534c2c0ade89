/**
 * Runs of linear pages that lie in one piece in the VM's memory and that accesses of one kind may reach: as far as such a window goes, one
 * comparison tells translated code what the software TLB would. A window begins where it begins; how far it goes is in a cell, and follows
 * the TLB page by page (engine/paging/tlb).
 */
import { DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE, PAGE, WINDOWS } from './layout';
import { LIVE_WINDOWS, LIVE_WINDOW_STRIDE, PAGING } from './pagingCells';

/** What an access is denied by: one of the bits of a TLB entry. */
const KINDS = [DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE] as const;
/** The largest access less one: how much before the end of a window the last one may begin, whatever its size. */
export const LARGEST_ACCESS = 15;
/** Of the linear space. */
export const WINDOW_PAGES = 1 << 20;
/** Words of a live window, by offset: its first page, the deny bit of its accesses, where it is in the VM's memory less the linear address, its cell. */
export const WINDOW = { FIRST: 0, DENY: 4, DELTA: 8, CELL: 12 } as const;
/** Windows that are kept up to date, of each kind. */
const LIVE = 2;
/** Windows in all: the cell of one that code was compiled for is never used for another one, because that code may still read it. */
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
  /** Of windows that nobody asked for. */
  readonly #freeCells: number[] = [];
  readonly #asked = new Set<AccessWindow>();

  /** `words`: of the VM's memory, from its start. */
  constructor(
    readonly tlb: Int32Array,
    readonly words: Int32Array,
  ) {}

  /** Pages. */
  #length({ cell }: AccessWindow): number {
    const reach = this.words[cell >> 2];
    return reach === 0 ? 0 : (reach + LARGEST_ACCESS) >>> 12;
  }

  /** The windows of all kinds, as far as they have one. */
  get present(): readonly AccessWindow[] {
    return KINDS.flatMap((deny) => this.#find(deny) ?? []);
  }

  /** The window for accesses that this bit denies. */
  find(deny: number): AccessWindow | undefined {
    return this.#find(deny);
  }

  /** The same, for code that is compiled now. */
  ask(deny: number): AccessWindow | undefined {
    const found = this.#find(deny);
    if (found) this.#asked.add(found);
    return found;
  }

  /** Those of a kind stand in the order in which they became its window, the present one first. */
  #find(deny: number): Live | undefined {
    return this.#live.find((window) => window.deny === deny);
  }

  #holds(deny: number, delta: number, page: number): boolean {
    const entry = this.tlb[page];
    return (entry & deny) === 0 && (entry & ~0xff) === delta;
  }

  #setLength({ cell }: AccessWindow, length: number): void {
    this.words[cell >> 2] = length === 0 ? 0 : length * PAGE - LARGEST_ACCESS;
  }

  /** Look for runs that are longer than the windows. `filled`: pages that have entries, among them some twice. */
  choose(filled: Int32Array, count: number): void {
    for (const deny of KINDS) this.#take(deny, this.#longestRun(deny, filled, count), LONGER);
  }

  /** The same, now that all of the first pages have entries: what is longest will be for long. */
  chooseAmong(pages: number): void {
    for (const deny of KINDS) this.#take(deny, this.#longestRunAmong(deny, pages), 1);
  }

  #take(deny: number, run: Run | undefined, longer: number): void {
    const present = this.#find(deny);
    if (!run || run.length < longer * (present ? this.#length(present) : 0)) return;
    const known = this.#live.find((window) => window.deny === deny && window.delta === run.delta && window.first === run.first);
    if (known && known === present) return;
    const window = known ?? this.#open(run);
    if (window) this.#prefer(window);
  }

  #longestRunAmong(deny: number, pages: number): Run | undefined {
    let best: Run | undefined;
    for (let first = 0; first < pages; first++) {
      const delta = this.tlb[first] & ~0xff;
      let length = 0;
      while (first + length < pages && this.#holds(deny, delta, first + length)) length++;
      if (length > (best?.length ?? 0)) best = { deny, delta, first, length };
      first += length;
    }
    return best;
  }

  #longestRun(deny: number, filled: Int32Array, count: number): Run | undefined {
    let best: Run | undefined;
    for (let n = 0; n < count; n++) {
      const first = filled[n];
      const delta = this.tlb[first] & ~0xff;
      if (!this.#holds(deny, delta, first) || (first > 0 && this.#holds(deny, delta, first - 1))) continue;
      let length = 1;
      while (first + length < WINDOW_PAGES && this.#holds(deny, delta, first + length)) length++;
      if (length > (best?.length ?? 0)) best = { deny, delta, first, length };
    }
    return best;
  }

  #open({ deny, delta, first, length }: Run): Live | undefined {
    const cell = this.#freeCells.pop() ?? (this.#cells === CELLS ? undefined : WINDOWS + 4 * this.#cells++);
    if (cell === undefined) return undefined;
    const low = (first * PAGE) >>> 0;
    const window: Live = { deny, delta, first, low, host: (low + delta) >>> 0, cell };
    this.#setLength(window, length);
    return window;
  }

  #prefer(window: Live): void {
    const others = this.#live.filter((one) => one !== window);
    const older = others.filter((one) => one.deny === window.deny).slice(LIVE - 1);
    for (const one of older) {
      this.#setLength(one, 0);
      if (!this.#asked.delete(one)) this.#freeCells.push(one.cell);
    }
    this.#live = [window, ...others.filter((one) => !older.includes(one))];
    this.#live.forEach((live, n) => this.#list(live, LIVE_WINDOWS + LIVE_WINDOW_STRIDE * n));
    this.words[PAGING.WINDOW_COUNT >> 2] = this.#live.length;
    if (this.version < CHANGES) this.version++;
  }

  #list({ first, deny, delta, cell }: Live, at: number): void {
    this.words[(at + WINDOW.FIRST) >> 2] = first;
    this.words[(at + WINDOW.DENY) >> 2] = deny;
    this.words[(at + WINDOW.DELTA) >> 2] = delta;
    this.words[(at + WINDOW.CELL) >> 2] = cell;
  }

  /** For tests: every window against the TLB. Throws Error. */
  checkInvariants(): void {
    for (const window of this.#live) {
      const { first } = window;
      for (let n = 0; n < this.#length(window); n++)
        if (!this.#holds(window.deny, window.delta, first + n)) throw new Error(`the window at ${window.low.toString(16)} holds page ${first + n}`);
    }
  }
}

/** Who watches bytes of memory: the guest with DR0 to DR3, and a debugger with data breakpoints. Their pages never enter the software TLB. */
import { CPU, type CpuState } from '../x86/cpuState';
import { type DebugCondition, debugHits } from '../x86/debugRegisters';
import { type WatchHit, type Watchpoint, watchHits } from './watchpoint';

/** Vector of a run that ended before an access to what a debugger watches. */
export const WATCH_VECTOR = 258;

type Size = 1 | 2 | 4;

export class Watches {
  /** Data breakpoints of the guest. */
  conditions: readonly DebugCondition[] = [];
  watchpoints: readonly Watchpoint[] = [];
  #noted: WatchHit[] | undefined;

  constructor(
    readonly cpu: CpuState,
    /** Where a linear address leads, -1 where no page is. */
    readonly physicalOf: (linear: number) => number,
  ) {}

  get any(): boolean {
    return this.conditions.length > 0 || this.watchpoints.length > 0;
  }

  /**
   * An access that a debugger watches ends the run before the instruction, with WATCH_VECTOR. Not while `run` runs: such
   * accesses go through, and are put into `hits`.
   */
  noting<T>(hits: WatchHit[], run: () => T): T {
    const before = this.#noted;
    this.#noted = hits;
    try {
      return run();
    } finally {
      this.#noted = before;
    }
  }

  /** Does somebody watch bytes of this page? Both are numbers of pages. */
  holds(page: number, physicalPage: number): boolean {
    const has = (at: number, { first, last }: { readonly first: number; readonly last: number }) => first >>> 12 <= at && at <= last >>> 12;
    return this.conditions.some((range) => has(page, range)) || this.watchpoints.some((w) => has(w.space === 'linear' ? page : physicalPage, w));
  }

  /** An access is about to be made. True: the run has to end before it. The load of a read-modify-write counts as the store that follows. */
  meets(linear: number, size: Size, write: boolean, kinds: DebugCondition['kind'][]): boolean {
    if (this.watchpoints.length > 0 && this.#endsRun(linear, size, write)) return true;
    if (this.conditions.length > 0) this.#trapBehind(linear, size, kinds);
    return false;
  }

  #endsRun(linear: number, size: Size, write: boolean): boolean {
    const physical = this.physicalOf(linear);
    const hits = watchHits(this.watchpoints, write, linear, physical < 0 ? undefined : physical, size);
    if (hits.length === 0) return false;
    if (this.#noted) {
      this.#noted.push(...hits);
      return false;
    }
    this.cpu.set(CPU.FAULT, WATCH_VECTOR + 1);
    this.cpu.set(CPU.FAULT_CODE, 0);
    return true;
  }

  /** If the instruction faults, nothing comes of them. */
  #trapBehind(linear: number, size: Size, kinds: DebugCondition['kind'][]): void {
    const hits = debugHits(this.conditions, kinds, linear, size);
    if (hits) this.cpu.set(CPU.PENDING_DEBUG, this.cpu.get(CPU.PENDING_DEBUG) | hits);
  }
}

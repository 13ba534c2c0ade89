/** State that translation depends on besides the code itself, as numbers: a block belongs to one of them (CodeCache). */
import type { LinearMemory } from '../memory/linearMemory';
import { CPU, type CpuState, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { CR0_PG } from '../x86/flags';
import { CS } from '../x86/registers';
import type { TranslationPolicy } from './policy';

const MODE_32 = 1;
const MODE_PAGING = 2;
const MODE_USER = 4;

/** The code segment; 32-bit code, paging and CPL 3 as bits; and the policy's key. */
interface Mode {
  readonly base: number;
  readonly limit: number;
  readonly bits: number;
  readonly key: number;
}

/** Modes that are told apart; real-mode code has one for each base of CS. */
export const MAX_MODES = 2048;

const FLAT_MODES = [CPU.FLAT_MODES, CPU.FLAT_MODES + 4];

export class Modes {
  /** Mode n is at n - 1. */
  readonly #modes: Mode[] = [{ base: 0, limit: 0, bits: 0, key: -1 }];
  #mode = 1;
  #otherMode = 1;
  /** What the FLAT_MODES have in common. */
  #flatSpace = 0;
  #flatKey = -1;

  constructor(
    readonly cpu: CpuState,
    readonly linear: LinearMemory,
    readonly policy: TranslationPolicy,
    /** Numbers begin anew: nothing that has one may be left. */
    readonly onForget: () => void,
  ) {}

  /** The mode that was found last. */
  get last(): number {
    return this.#mode;
  }

  /** The mode that the CPU is in, which generated code is told too. */
  current(): number {
    const { cpu } = this;
    const at = (CPU.SEGMENTS + CS * SEGMENT_STRIDE) >> 2;
    const base = cpu.i32[at + (SEGMENT.BASE >> 2)];
    const limit = cpu.i32[at + (SEGMENT.LIMIT >> 2)];
    const bits = (cpu.codeSize === 4 ? MODE_32 : 0) | (cpu.get(CPU.CR0) & CR0_PG ? MODE_PAGING : 0) | (this.linear.user ? MODE_USER : 0);
    const key = this.policy.key();
    if (!this.#is(this.#mode, base, limit, bits, key)) {
      // Two take turns: a kernel and its user.
      const other = this.#otherMode;
      this.#otherMode = this.#mode;
      this.#mode = this.#is(other, base, limit, bits, key) ? other : this.#numberOf({ base, limit, bits, key });
    }
    this.#noteFlat(base, limit, bits, key);
    cpu.set(CPU.MODE, this.#mode); // a reset of the CPU cleared the cell
    return this.#mode;
  }

  #is(number: number, base: number, limit: number, bits: number, key: number): boolean {
    const mode = this.#modes[number - 1];
    return mode.base === base && mode.limit === limit && mode.bits === bits && mode.key === key;
  }

  /** The latest are at the end. */
  #numberOf({ base, limit, bits, key }: Mode): number {
    const known = this.#modes.findLastIndex((m) => m.base === base && m.limit === limit && m.bits === bits && m.key === key);
    if (known >= 0) return known + 1;
    if (this.#modes.length === MAX_MODES) this.#forget();
    return this.#modes.push({ base, limit, bits, key });
  }

  /** A guest that keeps making up code segments. */
  #forget(): void {
    this.onForget();
    this.#modes.length = 1;
    this.#otherMode = 1;
    for (const at of FLAT_MODES) this.cpu.set(at, 0);
  }

  /** Generated code may change CPL between flat segments by itself: which modes that leads to. */
  #noteFlat(base: number, limit: number, bits: number, key: number): void {
    const { cpu } = this;
    const space = bits & MODE_PAGING;
    if (this.#flatSpace !== space || this.#flatKey !== key) for (const at of FLAT_MODES) cpu.set(at, 0);
    this.#flatSpace = space;
    this.#flatKey = key;
    if (base === 0 && limit === -1 && bits & MODE_32) cpu.set(CPU.FLAT_MODES + (bits & MODE_USER), this.#mode);
  }
}

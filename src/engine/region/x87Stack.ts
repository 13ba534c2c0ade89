/**
 * The x87 register stack in translated code. BASE is where TOP was at the last meeting of ways; from there on the code knows by how much TOP has
 * moved, so that registers are at addresses that do not depend on memory. Status word, tags (those of BASE lowest) and the pointers of the last
 * instruction are locals; the way out puts TOP together again.
 */
import { TOP } from '../../semantics/x87/status';
import type { Statement } from '../../ir/microOp';
import { listsIn } from '../../ir/microOp';
import { CPU } from '../../x86/cpuState';
import { type Code, OP } from '../wasm/encoder';
import { REGION_LOCAL as L } from './locals';

/** Cells that are locals as they are. */
const PLAIN: ReadonlyMap<number, number> = new Map([CPU.X87_OPCODE, CPU.X87_EIP, CPU.X87_CS, CPU.X87_DATA, CPU.X87_DS].map((offset, n) => [offset, L.X87_POINTERS + n]));

export const usesX87 = (statements: readonly Statement[]): boolean =>
  statements.some((s) => (s.k === 'call' && s.name.startsWith('x87')) || s.k === 'tag' || s.k === 'moveTop' || s.k === 'statusWord' || listsIn(s).some(usesX87));

export interface X87Knowledge {
  readonly above: number;
  readonly full: number;
  readonly vacant: number;
}

/** Where ways meet. */
export const NOTHING_KNOWN: X87Knowledge = { above: 0, full: 0, vacant: 0 };

export class X87Stack {
  /** How far TOP is above BASE here. */
  #above = 0;
  /** Registers, counted from BASE, that are known to hold something or nothing, as masks of tags. */
  #full = 0;
  #vacant = 0;

  constructor(
    readonly code: Code,
    /** Without it all cells stay in memory. */
    readonly active: boolean,
  ) {}

  /** What is known here. */
  get known(): X87Knowledge {
    return { above: this.#above, full: this.#full, vacant: this.#vacant };
  }

  set known({ above, full, vacant }: X87Knowledge) {
    this.#above = above;
    this.#full = full;
    this.#vacant = vacant;
  }

  prologue(code: Code): void {
    if (!this.active) return;
    for (const [offset, local] of PLAIN) code.loadCell(offset).set(local);
    code.loadCell(CPU.X87_STATUS).set(L.X87_STATUS);
    code.loadCell(CPU.X87_TAGS).set(L.X87_TAGS);
    this.#baseFromStatus(code);
  }

  /** BASE becomes the TOP of the status local, and tags as they are in memory turn with it. */
  #baseFromStatus(code: Code): void {
    code.get(L.X87_STATUS).constant(7).op(OP.shrU).constant(0x70).op(OP.and).set(L.X87_BASE);
    code.get(L.X87_BASE).constant(3).op(OP.shrU).set(L.SCRATCH);
    rotateTags(code, () => code.get(L.SCRATCH));
  }

  epilogue(code: Code): void {
    if (!this.active) return;
    for (const [offset, local] of PLAIN) code.constant(0).get(local).memory(OP.store, offset);
    code.constant(0);
    status(code, () => code.get(L.X87_ABOVE));
    code.memory(OP.store, CPU.X87_STATUS);
    code.constant(0);
    tags(code);
    code.memory(OP.store, CPU.X87_TAGS);
  }

  /** Push a cell, if it is a local. */
  read(offset: number): boolean {
    const { code } = this;
    if (!this.active) return false;
    const plain = PLAIN.get(offset);
    if (plain !== undefined) code.get(plain);
    else if (offset === CPU.X87_STATUS) status(code, () => code.constant(16 * this.#above));
    else if (offset === CPU.X87_TAGS) tags(code);
    else return false;
    return true;
  }

  /** Set a cell to what `value` pushes, if it is a local. */
  write(offset: number, value: () => void): boolean {
    const { code } = this;
    if (!this.active) return false;
    const plain = PLAIN.get(offset);
    if (plain === undefined && offset !== CPU.X87_STATUS && offset !== CPU.X87_TAGS) return false;
    value();
    if (plain !== undefined) {
      code.set(plain);
      return true;
    }
    this.#full = this.#vacant = 0;
    if (offset === CPU.X87_TAGS) {
      code.set(L.X87_TAGS);
      code.get(L.X87_BASE).constant(3).op(OP.shrU).set(L.SCRATCH);
      rotateTags(code, () => code.get(L.SCRATCH));
    } else {
      code.set(L.X87_STATUS);
      tags(code);
      code.set(L.X87_TAGS);
      this.#baseFromStatus(code);
      this.#moveTo(0);
    }
    return true;
  }

  replace(replaced: number, value: () => void): void {
    this.code.get(L.X87_STATUS).constant(~replaced).op(OP.and);
    value();
    this.code.op(OP.or).set(L.X87_STATUS);
  }

  #moveTo(above: number): void {
    this.#above = above & 7;
    this.code.constant(16 * this.#above).set(L.X87_ABOVE);
  }

  move(by: number): void {
    this.#moveTo(this.#above + by);
  }

  address(n: number): void {
    this.code
      .get(L.X87_BASE)
      .constant(16 * ((n + this.#above) & 7))
      .op(OP.add)
      .constant(0x70)
      .op(OP.and)
      .constant(CPU.X87)
      .op(OP.add);
  }

  #mask(n: number): number {
    return 3 << (2 * ((n + this.#above) & 7));
  }

  empty(n: number): void {
    const mask = this.#mask(n);
    if (this.#full & mask) this.code.constant(0);
    else if (this.#vacant & mask) this.code.constant(1);
    else this.code.get(L.X87_TAGS).constant(mask).op(OP.and).constant(mask).op(OP.eq);
  }

  /** From here on ST(n) is known to hold something, or nothing. */
  learn(n: number, empty: boolean): void {
    const mask = this.#mask(n);
    this.#full = empty ? this.#full & ~mask : this.#full | mask;
    this.#vacant = empty ? this.#vacant | mask : this.#vacant & ~mask;
  }

  tag(n: number, empty: boolean): void {
    const mask = this.#mask(n);
    this.learn(n, empty);
    this.code
      .get(L.X87_TAGS)
      .constant(empty ? mask : ~mask)
      .op(empty ? OP.or : OP.and)
      .set(L.X87_TAGS);
  }

  /** Where ways meet: BASE is TOP. */
  settle(): void {
    const { code } = this;
    const above = this.#above;
    this.#full = this.#vacant = 0;
    if (!this.active || above === 0) return;
    rotateTags(code, () => code.constant(2 * above));
    code
      .get(L.X87_BASE)
      .constant(16 * above)
      .op(OP.add)
      .constant(0x70)
      .op(OP.and)
      .set(L.X87_BASE);
    this.#moveTo(0);
  }
}

/** Push the status word; `above` pushes 16 times what TOP is above BASE. */
function status(code: Code, above: () => Code): void {
  code.get(L.X87_STATUS).constant(~TOP).op(OP.and).get(L.X87_BASE);
  above().op(OP.add).constant(0x70).op(OP.and).constant(7).op(OP.shl, OP.or);
}

/** Push the tags as memory has them. */
function tags(code: Code): void {
  code.get(L.X87_TAGS).get(L.X87_BASE).constant(3).op(OP.shrU, OP.shl);
  code.get(L.X87_TAGS).constant(16).get(L.X87_BASE).constant(3).op(OP.shrU, OP.sub, OP.shrU, OP.or).constant(0xffff).op(OP.and);
}

/** Rotate the 16 bits of the tags right. */
function rotateTags(code: Code, by: () => Code): void {
  code.get(L.X87_TAGS);
  by().op(OP.shrU).get(L.X87_TAGS).constant(16);
  by().op(OP.sub, OP.shl, OP.or).constant(0xffff).op(OP.and).set(L.X87_TAGS);
}

/**
 * The x87 register stack in translated code. Registers are locals, numbered from BASE, which is where TOP was when the region was entered; the
 * code knows by how much TOP has moved since. Status word, tags (those of BASE lowest) and the pointers of the last instruction are locals too;
 * the way out puts all together again. Registers that hold neither zero nor a normal number are not used here.
 */
import { C1, C1_SHIFT, PE_SHIFT, TOP } from '../../semantics/x87/status';
import type { Statement } from '../../ir/microOp';
import { listsIn } from '../../ir/microOp';
import { CPU } from '../../x86/cpuState';
import { type Code, I32, I64, OP } from '../wasm/encoder';
import { type Extended, packed, unpack } from '../wasm/plainX87';
import { type Fail, type Local, type Operand, type Value, load, localAt, value as v } from '../wasm/functionWriter';
import { isUnusual } from '../wasm/x87Functions';
import { type LateLocals, RegionWriter } from './lateLocals';
import { REGION_LOCAL as L } from './locals';

/** Cells that are locals as they are. */
const PLAIN: ReadonlyMap<number, number> = new Map([CPU.X87_OPCODE, CPU.X87_EIP, CPU.X87_CS, CPU.X87_DATA, CPU.X87_DS].map((offset, n) => [offset, L.X87_POINTERS + n]));

export const usesX87 = (statements: readonly Statement[]): boolean =>
  statements.some((s) => (s.k === 'call' && s.name.startsWith('x87')) || s.k === 'tag' || s.k === 'moveTop' || s.k === 'statusWord' || listsIn(s).some(usesX87));

/** Do statements see registers or tags as memory has them: those of MMX? */
export function seesX87Memory(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { k, offset } = part as { k?: string; offset?: unknown };
  if (k === 'mmx' || k === 'setMmx' || (k === 'setCell' && (offset === CPU.X87_TAGS || offset === CPU.X87_STATUS))) return true;
  return Object.values(part).some(seesX87Memory);
}

/** Do statements set the control word? */
export const changesX87Control = (statements: readonly Statement[]): boolean =>
  statements.some((s) => (s.k === 'setCell' && s.offset === CPU.X87_CONTROL) || listsIn(s).some(changesX87Control));

/** Bits of the tags that have been set and cleared since the local was written. */
export interface PendingTags {
  readonly set: number;
  readonly clear: number;
}

const NO_TAGS: PendingTags = { set: 0, clear: 0 };

export interface X87Knowledge {
  readonly above: number;
  readonly full: number;
  readonly vacant: number;
  readonly pending: PendingTags;
}

/** Where ways meet of which one moves TOP by so much. */
export const nothingKnown = (above: number): X87Knowledge => ({ above, full: 0, vacant: 0, pending: NO_TAGS });

const REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7];

export interface X87Register extends Extended {
  readonly significand: Local;
  readonly sign: Local;
  readonly exponent: Local;
}

export class X87Stack {
  /** How far TOP is above BASE here. */
  #above = 0;
  /** Registers, counted from BASE, that are known to hold something usable or nothing, as masks of tags. */
  #full = 0;
  #vacant = 0;
  /** Tags are written where ways meet and on the way out. */
  #pending = NO_TAGS;
  /** Registers, status word and tags are in memory here, and where the region is left the local of this says so. */
  #inMemory = false;
  #inMemoryLocal: Local | undefined;
  readonly #registers: (X87Register | undefined)[] = [];
  readonly writer: RegionWriter;
  /** Not 0: a result has been inexact. */
  readonly sticky: Local;
  /** C1, as 0 or 1 (i64). */
  readonly c1: Local;
  /** After FLDCW: the control word is not the plain one any more, in regions that have such an instruction. */
  readonly #unusual: Local | undefined;

  constructor(
    readonly code: Code,
    readonly locals: LateLocals,
    /** The control word is the plain one on entry. */
    readonly isPlain: boolean,
    changesControl: boolean,
  ) {
    this.writer = new RegionWriter(code, locals);
    this.sticky = localAt(locals.add(I64, 'x87_inexact'));
    this.c1 = localAt(locals.add(I64, 'x87_c1'));
    if (isPlain && changesControl) this.#unusual = localAt(locals.add(I32, 'x87_unusual'));
  }

  /** What is known here, where all is in locals: between blocks. */
  get known(): X87Knowledge {
    return { above: this.#above, full: this.#full, vacant: this.#vacant, pending: this.#pending };
  }

  set known({ above, full, vacant, pending }: X87Knowledge) {
    this.#above = above;
    this.#full = full;
    this.#vacant = vacant;
    this.#pending = pending;
    // The block before in the code may have left the region from memory.
    this.#inMemory = false;
  }

  /** The register that is ST(n) here. */
  register(n: number): X87Register {
    return this.#at((n + this.#above) & 7);
  }

  #at(i: number): X87Register {
    this.#registers[i] ??= {
      significand: localAt(this.locals.add(I64, `x87_${i}`)),
      sign: localAt(this.locals.add(I32, `x87_${i}_sign`)),
      exponent: localAt(this.locals.add(I32, `x87_${i}_exponent`)),
    };
    return this.#registers[i];
  }

  prologue(code: Code): void {
    for (const [offset, local] of PLAIN) code.loadCell(offset).set(local);
    if (this.#unusual) code.constant(0).set(this.#unusual.index);
    this.#load(code);
  }

  /** Leave where plain arithmetic would not be what the control word says. */
  requirePlain(fail: Fail): void {
    if (this.#unusual) fail(this.#unusual);
  }

  /** All that is in memory into locals: BASE is TOP. */
  #load(code: Code): void {
    code.loadCell(CPU.X87_STATUS).tee(L.X87_STATUS).constant(C1_SHIFT).op(OP.shrU).constant(1).op(OP.and, OP.i64ExtendU).set(this.c1.index);
    code.get(L.X87_STATUS).constant(7).op(OP.shrU).constant(0x70).op(OP.and).set(L.X87_BASE);
    code.get(L.X87_STATUS).constant(~C1).op(OP.and).set(L.X87_STATUS);
    code.byte(OP.i64Const).signed64(0n).set(this.sticky.index);
    code.loadCell(CPU.X87_TAGS).set(L.X87_TAGS);
    rotateTags(code, () => code.get(L.X87_BASE).constant(3).op(OP.shrU));
    // A bit in the upper half for each register that is empty.
    code.get(L.X87_TAGS);
    code.get(L.X87_TAGS).get(L.X87_TAGS).constant(1).op(OP.shrU, OP.and).constant(0x5555).op(OP.and).constant(16).op(OP.shl);
    this.#registers.forEach((register, i) => {
      if (!register) return;
      const address: Value = () => registerAddress(code, i);
      load('i64.load', address)(code);
      code.set(register.significand.index);
      const signExponent = load('i32.load16_u', address, 8);
      v('i32.shl', isUnusable(register.significand, signExponent), 16 + 2 * i)(code);
      code.op(OP.or);
      unpack(code, register, signExponent);
    });
    code.op(OP.or).set(L.X87_TAGS);
  }

  /** Locals to memory. `above` pushes 16 times what TOP is above BASE. */
  #store(code: Code, above: () => Code): void {
    code.constant(0);
    this.#status(code, above);
    code.memory(OP.store, CPU.X87_STATUS);
    code.constant(0);
    tags(code);
    code.memory(OP.store, CPU.X87_TAGS);
    this.#registers.forEach((register, i) => {
      if (!register) return;
      registerAddress(code, i);
      code.get(register.significand.index).memory(OP.i64Store, 0);
      registerAddress(code, i);
      packed(register)(code);
      code.memory(OP.store16, 8);
    });
  }

  epilogue(code: Code): void {
    for (const [offset, local] of PLAIN) code.constant(0).get(local).memory(OP.store, offset);
    if (this.#inMemoryLocal) code.get(this.#inMemoryLocal.index).op(OP.eqz).open(OP.if);
    this.#store(code, () => code.get(L.X87_ABOVE));
    if (this.#inMemoryLocal) code.close();
  }

  get pending(): PendingTags {
    return this.#pending;
  }

  hasPending(): boolean {
    return (this.#pending.set | this.#pending.clear) !== 0;
  }

  /** Write the tags that have changed. */
  flush(): void {
    this.writeTags(this.#pending);
    this.#pending = NO_TAGS;
  }

  writeTags({ set, clear }: PendingTags): void {
    const { code } = this;
    if (!(set | clear)) return;
    code.get(L.X87_TAGS);
    if (clear) code.constant(~clear).op(OP.and);
    if (set) code.constant(set).op(OP.or);
    code.set(L.X87_TAGS);
  }

  /** Before what sees registers, status word and tags in memory. */
  toMemory(): void {
    const { code } = this;
    if (this.#inMemory) return;
    this.flush();
    this.#inMemoryLocal ??= localAt(this.locals.add(I32, 'x87_in_memory'));
    for (const i of REGISTERS) this.#at(i);
    this.#store(code, () => code.constant(16 * this.#above));
    code.constant(1).set(this.#inMemoryLocal.index);
    this.#inMemory = true;
  }

  /** Back, before what sees them in locals and at the end of a block. */
  toLocals(): void {
    const { code } = this;
    if (!this.#inMemory || !this.#inMemoryLocal) return;
    this.#load(code);
    this.#full = this.#vacant = 0;
    this.#moveTo(0);
    code.constant(0).set(this.#inMemoryLocal.index);
    this.#inMemory = false;
  }

  /** Push a cell, if it is a local. */
  read(offset: number): boolean {
    const { code } = this;
    const plain = PLAIN.get(offset);
    if (plain !== undefined) code.get(plain);
    else if (this.#inMemory) return false;
    else if (offset === CPU.X87_STATUS) this.#status(code, () => code.constant(16 * this.#above));
    else if (offset === CPU.X87_TAGS) {
      this.flush();
      tags(code);
    } else return false;
    return true;
  }

  /** Set a cell to what `value` pushes, if it is a local or makes a difference to one. */
  write(offset: number, value: () => void): boolean {
    const { code } = this;
    const plain = PLAIN.get(offset);
    if (plain !== undefined) {
      value();
      code.set(plain);
      return true;
    }
    if (offset !== CPU.X87_CONTROL) return false;
    code.constant(0);
    value();
    code.memory(OP.store, offset);
    if (this.#unusual) this.writer.set(this.#unusual, isUnusual);
    return true;
  }

  /** Of the status word, but for TOP. */
  replace(replaced: number, value: () => void): void {
    const { code } = this;
    value();
    code.tee(L.SCRATCH);
    code.constant(~C1).op(OP.and);
    code.get(L.X87_STATUS).constant(~replaced).op(OP.and, OP.or).set(L.X87_STATUS);
    code.get(L.SCRATCH).constant(C1_SHIFT).op(OP.shrU).constant(1).op(OP.and, OP.i64ExtendU);
    if (!(replaced & C1)) v('i64.or', this.c1)(code);
    code.set(this.c1.index);
  }

  #moveTo(above: number): void {
    this.#above = above & 7;
    this.code.constant(16 * this.#above).set(L.X87_ABOVE);
  }

  move(by: number): void {
    this.#moveTo(this.#above + by);
  }

  #mask(n: number): number {
    return 3 << (2 * ((n + this.#above) & 7));
  }

  /** Push whether ST(n) is empty, or cannot be used here. */
  unusable(n: number): void {
    const mask = this.#mask(n);
    if ((this.#full | this.#vacant) & mask) this.code.constant(this.#vacant & mask);
    else
      this.code
        .get(L.X87_TAGS)
        .constant(mask << 16)
        .op(OP.and);
  }

  /** Push whether ST(n) holds something. */
  occupied(n: number): void {
    const mask = this.#mask(n);
    if ((this.#full | this.#vacant) & mask) this.code.constant(this.#full & mask);
    else this.code.get(L.X87_TAGS).constant(mask).op(OP.and).constant(mask).op(OP.ne);
  }

  /** From here on ST(n) is known to hold something usable, or nothing. */
  learn(n: number, empty: boolean): void {
    const mask = this.#mask(n);
    this.#full = empty ? this.#full & ~mask : this.#full | mask;
    this.#vacant = empty ? this.#vacant | mask : this.#vacant & ~mask;
  }

  /** ST(n) becomes empty, or holds something usable. */
  tag(n: number, empty: boolean): void {
    const mask = this.#mask(n);
    const both = mask | (mask << 16);
    const known = (empty ? this.#vacant : this.#full) & mask;
    this.learn(n, empty);
    if (known) return;
    const { set, clear } = this.#pending;
    this.#pending = empty ? { set: set | both, clear: clear & ~both } : { set: set & ~both, clear: clear | both };
  }

  /** Where ways meet, TOP is `above` BASE: BASE and what is counted from there move if it is not. */
  settle(above: number): void {
    const { code } = this;
    const by = (this.#above - above) & 7;
    this.flush();
    this.#full = this.#vacant = 0;
    if (by === 0) return;
    const all = REGISTERS.map((i) => this.#at(i));
    for (const part of ['significand', 'sign', 'exponent'] as const) {
      for (const i of REGISTERS) code.get(all[(i + by) & 7][part].index);
      for (const i of [...REGISTERS].reverse()) code.set(all[i][part].index);
    }
    rotateTags(code, () => code.constant(2 * by));
    code
      .get(L.X87_BASE)
      .constant(16 * by)
      .op(OP.add)
      .constant(0x70)
      .op(OP.and)
      .set(L.X87_BASE);
    this.#moveTo(above);
  }

  /** Push the status word. */
  #status(code: Code, above: () => Code): void {
    code.get(L.X87_STATUS).constant(~TOP).op(OP.and).get(L.X87_BASE);
    above().op(OP.add).constant(0x70).op(OP.and).constant(7).op(OP.shl, OP.or);
    v('i32.shl', v('i64.ne', this.sticky, 0n), PE_SHIFT)(code);
    v('i32.shl', v('i32.wrap_i64', this.c1), C1_SHIFT)(code);
    code.op(OP.or, OP.or);
  }
}

const registerAddress = (code: Code, i: number): void =>
  void code
    .get(L.X87_BASE)
    .constant(16 * i)
    .op(OP.add)
    .constant(0x70)
    .op(OP.and)
    .constant(CPU.X87)
    .op(OP.add);

/** Is what a register has neither zero nor a normal number? */
export function isUnusable(significand: Operand, signExponent: Operand): Value {
  const exponent = v('i32.and', signExponent, 0x7fff);
  return v('select', v('i32.ge_u', v('i32.sub', exponent, 1), 0x7ffe), v('i64.ne', v('i64.or', significand, v('i64.extend_i32_u', exponent)), 0n), v('i64.lt_s', significand, 0n));
}

/** Push the tags as memory has them. */
function tags(code: Code): void {
  const by = (): Code => code.get(L.X87_BASE).constant(3).op(OP.shrU);
  code.get(L.X87_TAGS).constant(0xffff).op(OP.and);
  by().op(OP.shl);
  code.get(L.X87_TAGS).constant(0xffff).op(OP.and).constant(16);
  by().op(OP.sub, OP.shrU, OP.or).constant(0xffff).op(OP.and);
}

/** Rotate both halves of the tags right. */
function rotateTags(code: Code, by: () => Code): void {
  const half = (keep: number, low: number): void => {
    // low and high copy of the half, so that a shift rotates it
    code.get(L.X87_TAGS).constant(low).op(OP.shrU).constant(0xffff).op(OP.and).tee(L.SCRATCH).get(L.SCRATCH).constant(16).op(OP.shl, OP.or);
    by().op(OP.shrU).constant(0xffff).op(OP.and);
    if (keep) code.constant(keep).op(OP.shl);
  };
  half(0, 0);
  half(16, 16);
  code.op(OP.or).set(L.X87_TAGS);
}

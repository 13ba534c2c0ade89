/**
 * The page walk: 32-bit paging with 4-MiB pages (SDM Vol. 3, 4.3), PAE paging with 2-MiB pages (4.4), access rights (4.6), faults (4.7),
 * accessed and dirty flags (4.8). Entries in plain RAM are read and written here, others where the bus and who watches them are known.
 */
import { DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE, PAGE_STATES, RAM } from '../../memory/layout';
import {
  FAULT_P,
  FAULT_RSVD,
  FAULT_U,
  FAULT_W,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_P,
  PTE_PS,
  PTE_RW,
  PTE_US,
  WALKED_DIRTY,
  WALKED_GLOBAL,
  WALKED_PAGE,
  WALKED_RW,
} from '../../memory/pageWalker';
import { NO_ENTRY, PAGING, PAGING_ON, PAGING_PAE, PAGING_PSE, PAGING_WP } from '../../memory/pagingCells';
import { KIND_BITS } from '../../memory/pageStates';
import { type DefinedFunction, I32, OP } from '../wasm/encoder';
import { FunctionWriter, type Local, type Operand, type Value, call, load, value as v } from '../wasm/functionWriter';
import { add, and, cell, controls, isZero, or, select, setCell, shl, shrU, sub } from './words';

/** For what is not plain RAM. */
export interface PhysicalFunctions {
  /** (low, upper) → 32 bits at a physical address. */
  readonly read: number;
  /** (low, upper, value) */
  readonly write: number;
}

/** A 36-bit address, or a paging-structure entry, which has 64 bits under PAE paging. */
interface Pair {
  readonly low: Local;
  readonly upper: Local;
}

const FRAME = ~0xfff;
/** Reserved bits of a large page's entry, beside those of its address: below 2 MiB, below 4 MiB but for bit 12 (PAT). */
const RESERVED_2M = 0x1fe000;
const RESERVED_4M = 0x3fe000;

/** (linear, cause, commit) → as PagingFunctions.walk has it. */
export function walk(physical: PhysicalFunctions): DefinedFunction {
  return new Walk(physical).emit();
}

class Walk {
  readonly #f = new FunctionWriter([I32, I32, I32]);
  readonly #linear = this.#f.parameter(0);
  readonly #cause = this.#f.parameter(1);
  readonly #commit = this.#f.parameter(2);

  constructor(readonly physical: PhysicalFunctions) {}

  emit(): DefinedFunction {
    const f = this.#f;
    for (const at of [PAGING.PDE, PAGING.PTE]) setCell(f, at, NO_ENTRY);
    f.if(isZero(controls(PAGING_ON)), () => {
      this.#found(f.word(this.#linear), f.word(0));
      f.return(WALKED_PAGE | WALKED_RW | WALKED_DIRTY);
    });
    const pae = f.word(controls(PAGING_PAE));
    const at = this.#directoryEntry(pae);
    this.#note(PAGING.PDE, at);
    const pde = this.#read(at, pae);
    this.#requirePresent(pde);
    const large = f.word(and(v('i32.ne', and(pde.low, PTE_PS), 0), v('i32.ne', controls(PAGING_PAE | PAGING_PSE), 0)));
    this.#requireUnreserved(pde, large, pae);
    const leafAt = { low: f.word(at.low), upper: f.word(at.upper) };
    const leaf = { low: f.word(pde.low), upper: f.word(pde.upper) };
    f.if(isZero(large), () => {
      const index = select(pae, and(shrU(this.#linear, 9), 0xff8), and(shrU(this.#linear, 10), 0xffc));
      f.set(leafAt.low, add(and(pde.low, FRAME), index));
      f.set(leafAt.upper, and(pde.upper, cell(PAGING.UPPER_MASK)));
      this.#note(PAGING.PTE, leafAt);
      const pte = this.#read(leafAt, pae);
      f.set(leaf.low, pte.low);
      f.set(leaf.upper, pte.upper);
      this.#requirePresent(leaf);
      this.#requireUnreserved(leaf, 0, pae);
    });
    const rights = f.word(and(pde.low, leaf.low));
    this.#requireRights(rights);
    this.#setFlags({ at, pde, leafAt, leaf, large });
    this.#locate(leaf, large, pae);
    return f.done(this.#result(rights, leaf));
  }

  #fault(condition: Operand, bits: number): void {
    const f = this.#f;
    f.if(condition, () => f.return(bits ? or(this.#cause, bits) : this.#cause));
  }

  #requirePresent({ low }: Pair): void {
    this.#fault(isZero(and(low, PTE_P)), 0);
  }

  /** Without PSE and PAE nothing is checked (SDM Vol. 3, 4.7). */
  #requireUnreserved({ low, upper }: Pair, large: Operand, pae: Local): void {
    const above = and(upper, v('i32.xor', cell(PAGING.UPPER_MASK), -1));
    const within = large === 0 ? 0 : select(large, and(low, select(pae, RESERVED_2M, and(RESERVED_4M, v('i32.xor', cell(PAGING.PSE36_MASK), -1)))), 0);
    this.#fault(or(above, within), FAULT_P | FAULT_RSVD);
  }

  #requireRights(rights: Local): void {
    const user = v('i32.ne', and(this.#cause, FAULT_U), 0);
    const noUser = isZero(and(rights, PTE_US));
    const noWrite = isZero(and(rights, PTE_RW));
    const protects = or(user, v('i32.ne', controls(PAGING_WP), 0));
    const writes = v('i32.ne', and(this.#cause, FAULT_W), 0);
    this.#fault(or(and(user, noUser), and(and(writes, noWrite), protects)), FAULT_P);
  }

  /** With PAE paging an absent page-directory pointer is a fault. */
  #directoryEntry(pae: Local): Pair {
    const f = this.#f;
    const at = { low: f.word(), upper: f.word() };
    f.if(
      pae,
      () => {
        const pointer = f.word(shl(shrU(this.#linear, 30), 3));
        const low = f.word(load('i32.load', pointer, PAGING.PDPTES));
        this.#fault(isZero(and(low, PTE_P)), 0);
        f.set(at.low, add(and(low, FRAME), and(shrU(this.#linear, 18), 0xff8)));
        f.set(at.upper, and(load('i32.load', pointer, PAGING.PDPTES + 4), cell(PAGING.UPPER_MASK)));
      },
      () => {
        f.set(at.low, add(and(cell(PAGING.CR3), FRAME), and(shrU(this.#linear, 20), 0xffc)));
        f.set(at.upper, 0);
      },
    );
    return at;
  }

  #note(cellOf: number, { low, upper }: Pair): void {
    setCell(this.#f, cellOf, low);
    setCell(this.#f, cellOf + 4, upper);
  }

  /** Is the page that holds an address RAM, whatever marks it has (`bits`: those that count)? */
  #isRam({ low, upper }: Pair, bits: number): Value {
    const inside = and(isZero(upper), v('i32.lt_u', low, cell(PAGING.RAM_SIZE)));
    return and(inside, isZero(and(load('i32.load8_u', shrU(low, 12), PAGE_STATES), bits)));
  }

  #read(at: Pair, pae: Local): Pair {
    const f = this.#f;
    const entry = { low: f.word(), upper: f.word(0) };
    f.if(
      this.#isRam(at, KIND_BITS),
      () => {
        f.set(entry.low, load('i32.load', at.low, RAM));
        f.if(pae, () => f.set(entry.upper, load('i32.load', at.low, RAM + 4)));
      },
      () => {
        f.set(entry.low, call(this.physical.read, at.low, at.upper));
        f.if(pae, () => f.set(entry.upper, call(this.physical.read, add(at.low, 4), at.upper)));
      },
    );
    return entry;
  }

  #write(at: Pair, value: Value): void {
    const f = this.#f;
    f.if(
      and(this.#isRam(at, 0xff), isZero(cell(PAGING.UNUSUAL))),
      () => f.store(OP.store, at.low, value, RAM),
      () => f.perform(this.physical.write, at.low, at.upper, value),
    );
  }

  #setFlags({ at, pde, leafAt, leaf, large }: { at: Pair; pde: Pair; leafAt: Pair; leaf: Pair; large: Local }): void {
    const f = this.#f;
    // W/R of the error code, where D is.
    const wanted = f.word(or(shl(and(this.#cause, FAULT_W), 5), PTE_A));
    const marked = f.word(or(leaf.low, wanted));
    f.if(this.#commit, () => {
      f.if(isZero(or(large, and(pde.low, PTE_A))), () => this.#write(at, or(pde.low, PTE_A)));
      f.if(sub(marked, leaf.low), () => this.#write(leafAt, marked));
    });
    f.set(leaf.low, marked);
  }

  #locate({ low, upper }: Pair, large: Local, pae: Local): void {
    const f = this.#f;
    const offset = f.word(select(large, select(pae, 0x1fffff, 0x3fffff), 0xfff));
    const above = select(and(large, isZero(pae)), shrU(and(low, cell(PAGING.PSE36_MASK)), 13), and(upper, cell(PAGING.UPPER_MASK)));
    this.#found(f.word(or(and(low, v('i32.xor', offset, -1)), and(this.#linear, offset))), f.word(above));
  }

  /** The A20 gate is a wire: bit 20 of an address below 4 GiB. */
  #found(low: Local, upper: Local): void {
    setCell(this.#f, PAGING.PHYSICAL, select(upper, low, and(low, cell(PAGING.A20_MASK))));
    setCell(this.#f, PAGING.PHYSICAL_UPPER, upper);
  }

  /** A supervisor may store where CR0.WP does not protect, but not to what is the user's: the next one to store there may be him. */
  #result(rights: Local, leaf: Pair): Value {
    const f = this.#f;
    const user = f.word(v('i32.ne', and(rights, PTE_US), 0));
    const readWrite = v('i32.ne', and(rights, PTE_RW), 0);
    const dirty = f.word(v('i32.ne', and(leaf.low, PTE_D), 0));
    const lent = and(isZero(controls(PAGING_WP)), isZero(user));
    const writable = f.word(and(dirty, or(readWrite, lent)));
    const denied = or(select(user, 0, DENY_USER_READ), or(select(writable, 0, DENY_SUPERVISOR_WRITE), select(and(writable, user), 0, DENY_USER_WRITE)));
    const flags = or(select(and(leaf.low, PTE_G), WALKED_GLOBAL, 0), or(select(and(rights, PTE_RW), WALKED_RW, 0), select(dirty, WALKED_DIRTY, 0)));
    return or(or(denied, WALKED_PAGE), flags);
  }
}

/**
 * Loads and stores that the inline check refused: where that is only because the TLB has no entry, the page walk gives it one, or is the
 * guest's page fault; where stores are seen, most need not be (storePlace). Anything else goes on to the functions that know of it, which
 * begin anew: nothing but A and D bits has changed.
 */
import { CROSSES_PAGE, DENY_ALL, DENY_USER_READ, ENTRY_FLAGS, PAGE, PAGE_STATES, RAM } from '../../memory/layout';
import { FAULT_U, FAULT_W, WALKED_GLOBAL, WALKED_PAGE } from '../../memory/pageWalker';
import { KIND_BITS, MARK_BITS } from '../../memory/pageStates';
import { PAGING, PAGING_ON, PAGING_PGE } from '../../memory/pagingCells';
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../../x86/cpuState';
import { PF } from '../../x86/exceptions';
import { type DefinedFunction, I32, OP } from '../wasm/encoder';
import { type Fail, FunctionWriter, type Local, type Operand, type Value, call, load, value as v } from '../wasm/functionWriter';
import { RECORD } from '../record';
import { isNoted } from './storePlace';
import { add, and, cell, controls, entryOf, isZero, or, select, setCell, shl, shrU, sub } from './words';

/** Functions of the module. */
interface Used {
  readonly walk: number;
  readonly enter: number;
  readonly noting: number;
  readonly fillAll: number;
}

/** (linear, walked) → whether the page has an entry now: it is RAM. Without paging, all of RAM may get them with it. */
export function fill({ enter, noting, fillAll }: Omit<Used, 'walk'>): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [linear, walked] = [0, 1].map((n) => f.parameter(n));
  const physical = f.word(cell(PAGING.PHYSICAL));
  const state = f.word(load('i32.load8_u', shrU(physical, 12), PAGE_STATES));
  const isRam = and(isZero(or(cell(PAGING.PHYSICAL_UPPER), and(state, KIND_BITS))), v('i32.lt_u', physical, cell(PAGING.RAM_SIZE)));
  f.if(isZero(isRam), () => f.return(0));
  const denied = f.word(and(walked, DENY_ALL));
  f.if(and(state, MARK_BITS), () => f.set(denied, call(noting, denied)));
  const delta = and(sub(add(and(physical, -PAGE), RAM), and(linear, -PAGE)), ~ENTRY_FLAGS);
  const global = and(v('i32.ne', and(walked, WALKED_GLOBAL), 0), v('i32.ne', controls(PAGING_PGE), 0));
  f.perform(enter, shrU(linear, 12), or(delta, denied), global);
  f.if(cell(PAGING.FILLS_LEFT), () => {
    const isOther = or(or(controls(PAGING_ON), cell(PAGING.ALL_FILLED)), or(cell(PAGING.UNUSUAL), v('i32.xor', cell(PAGING.A20_MASK), -1)));
    f.if(isZero(isOther), () => {
      setCell(f, PAGING.FILLS_LEFT, sub(cell(PAGING.FILLS_LEFT), 1));
      f.perform(fillAll);
    });
  });
  return f.done(1);
}

/** (linear, cause) → whether the TLB has the page now; a page fault is in the cells. */
export function reach({ walk, fill }: { readonly walk: number; readonly fill: number }): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [linear, cause] = [0, 1].map((n) => f.parameter(n));
  const walked = f.word(call(walk, linear, cause, 1));
  f.if(v('i32.lt_u', walked, WALKED_PAGE), () => {
    setCell(f, CPU.CR2, linear);
    setCell(f, CPU.FAULT, PF + 1);
    setCell(f, CPU.FAULT_CODE, walked);
    f.return(0);
  });
  return f.done(call(fill, linear, walked));
}

interface Missed {
  readonly segment: Value;
  readonly offset: Value;
  readonly size: Value;
  /** Needs the right to store. */
  readonly write: Operand;
  readonly record: Value;
  readonly budget: Value;
}

/** The linear address of an access within its segment and a page; `fail` for others. */
function missedAddress(f: FunctionWriter, { segment, offset, size, write }: Missed, fail: Fail): Local {
  const at = f.word(v('i32.mul', segment, SEGMENT_STRIDE));
  const field = (n: number): Value => load('i32.load', at, CPU.SEGMENTS + n);
  // Counts of 1, 2 and 4 bytes are one behind the other.
  const count = load('i32.load', add(at, add(shl(shrU(size, 1), 2), select(write, SEGMENT.WRITE_COUNT, SEGMENT.READ_COUNT))), CPU.SEGMENTS);
  fail(v('i32.ge_u', sub(offset, field(SEGMENT.LOW)), count));
  const linear = f.word(add(field(SEGMENT.BASE), offset));
  fail(v('i32.gt_u', add(and(linear, PAGE - 1), size), PAGE));
  return linear;
}

/** Stores to marked pages after which an instruction is known for them. */
export const MANY_NOTED = 64;

/** Functions for stores that are seen. */
interface Noted {
  readonly storePlace: number;
  /** (record): the instruction stores to marked pages time and again. */
  readonly storesNoted: number;
}

/** Where a store goes on a page whose stores are seen. */
function notedPlace(f: FunctionWriter, linear: Local, { size, record }: Missed, { storePlace, storesNoted }: Noted, fail: Fail): Local {
  const host = f.word(call(storePlace, linear, size, record));
  fail(isZero(host));
  const count = f.word(add(load('i32.load8_u', record, RECORD.NOTED), 1));
  f.store(OP.store8, record, count, RECORD.NOTED);
  f.if(v('i32.eq', count, MANY_NOTED), () => f.perform(storesNoted, record));
  return host;
}

/** Walk for an access that the present entry does not let through: where it goes now. `fault` at the guest's page fault. */
function walkedPlace(f: FunctionWriter, linear: Local, { write, record, budget }: Missed, reach: number, fail: Fail, fault: () => void): Value {
  fail(cell(PAGING.UNUSUAL));
  // Devices may be asked for entries.
  setCell(f, CPU.EXIT_RECORD, record);
  setCell(f, CPU.BUDGET, budget);
  fail(isZero(reached(f, linear, write, reach, fault)));
  return hostOf(linear);
}

const causeOf = (write: Operand): Value => or(select(write, FAULT_W, 0), select(and(cell(CPU.READ_MASK), DENY_USER_READ), FAULT_U, 0));

/** Walk for an access that the present entry does not let through. True: it does now. */
function reached(f: FunctionWriter, linear: Local, write: Operand, reach: number, fault: () => void): Value {
  const done = f.word(call(reach, linear, causeOf(write)));
  f.if(cell(CPU.FAULT), fault);
  const mask = and(select(write, cell(CPU.WRITE_MASK), cell(CPU.READ_MASK)), ~CROSSES_PAGE);
  return and(done, isZero(and(entryOf(shrU(linear, 12)), mask)));
}

const hostOf = (linear: Local): Value => add(and(entryOf(shrU(linear, 12)), ~ENTRY_FLAGS), linear);

/** Functions of both. */
interface Slow extends Noted {
  readonly reach: number;
  readonly otherwise: number;
}

/** Where a missed access goes in the VM's memory; `noted` says it where stores are seen. */
function missedPlace(f: FunctionWriter, missed: Missed, reach: number, fail: Fail, { noted, fault }: { noted: (linear: Local) => Value; fault: () => void }): Local {
  const linear = missedAddress(f, missed, fail);
  const host = f.word();
  f.if(
    select(missed.write, isNoted(entryOf(shrU(linear, 12))), 0),
    () => f.set(host, noted(linear)),
    () => f.set(host, walkedPlace(f, linear, missed, reach, fail, fault)),
  );
  return host;
}

/** (segment, offset, size, update, record, budget) → as readSlow, which is `otherwise`. */
export function readMissed({ reach, otherwise }: Omit<Slow, keyof Noted>): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32, I32, I32, I32]);
  const [segment, offset, size, update, record, budget] = [0, 1, 2, 3, 4, 5].map((n) => f.parameter(n));
  f.attempt((fail) => {
    const missed = { segment, offset, size, write: update, record, budget };
    const host = missedPlace(f, missed, reach, fail, { noted: hostOf, fault: () => f.return(0) });
    f.if(v('i32.eq', size, 4), () => f.return(load('i32.load', host)));
    f.if(v('i32.eq', size, 1), () => f.return(load('i32.load8_u', host)));
    f.return(load('i32.load16_u', host));
  });
  return f.done(call(otherwise, segment, offset, size, update, record, budget));
}

/** (segment, offset, size, value, record, budget): as writeSlow, which is `otherwise`. */
export function writeMissed(functions: Slow): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32, I32, I32, I32]);
  const [segment, offset, size, value, record, budget] = [0, 1, 2, 3, 4, 5].map((n) => f.parameter(n));
  f.attempt((fail) => {
    setCell(f, PAGING.PATCHED, PAGING.NOWHERE);
    const missed = { segment, offset, size, write: 1, record, budget };
    const host = missedPlace(f, missed, functions.reach, fail, { noted: (linear) => notedPlace(f, linear, missed, functions, fail), fault: () => f.return() });
    const store = (opcode: number): void => {
      f.store(opcode, host, value);
      f.store(opcode, cell(PAGING.PATCHED), value);
      f.return();
    };
    f.if(v('i32.eq', size, 4), () => store(OP.store));
    f.if(v('i32.eq', size, 1), () => store(OP.store8));
    store(OP.store16);
  });
  f.perform(functions.otherwise, segment, offset, size, value, record, budget);
  return f.doneVoid();
}

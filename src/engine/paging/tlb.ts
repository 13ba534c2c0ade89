/**
 * The software TLB: entries come with the page that they are for being listed, so that all of them, or all that are not global, can go
 * without a look at the others. Access windows (memory/accessWindows) follow each change.
 */
import {
  DENY_ALL,
  DENY_SUPERVISOR_WRITE,
  DENY_USER_WRITE,
  ENTRY_FLAGS,
  FILLED_CAPACITY,
  FILLED_GLOBAL,
  FILLED_LOCAL,
  GLOBAL_PAGE,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_STRIDE,
  NOTED_SUPERVISOR,
  NOTED_USER,
  PAGE,
  PAGE_STATES,
  RAM,
} from '../../memory/layout';
import { LARGEST_ACCESS, WINDOW, WINDOW_PAGES } from '../../memory/accessWindows';
import { KIND_BITS, MARK_BITS, MARK_CODE } from '../../memory/pageStates';
import { EPOCH, LIVE_WINDOWS, LIVE_WINDOW_STRIDE, PAGING } from '../../memory/pagingCells';
import { type DefinedFunction, I32, OP } from '../wasm/encoder';
import { FunctionWriter, type Local, type Operand, type Value, call, load, value as v } from '../wasm/functionWriter';
import { add, and, cell, entryOf, isZero, or, select, setCell, setEntry, shl, shrU, sub } from './words';

const GLOBAL = { at: FILLED_GLOBAL, count: PAGING.GLOBAL_COUNT } as const;
const LOCAL = { at: FILLED_LOCAL, count: PAGING.LOCAL_COUNT } as const;
type List = typeof GLOBAL | typeof LOCAL;

/** For each page of a list, which holds none afterwards. */
function emptied(f: FunctionWriter, { at, count }: List, each: (page: Local) => void): void {
  const left = f.word(cell(count));
  const place = f.word(at);
  setCell(f, count, 0);
  f.if(left, () =>
    f.loop((again) => {
      each(f.word(load('i32.load', place)));
      f.set(place, add(place, 4));
      f.set(left, sub(left, 1));
      again(left);
    }),
  );
}

/** For each live window: where its words are. */
function eachWindow(f: FunctionWriter, each: (window: Local) => void): void {
  const window = f.word(LIVE_WINDOWS);
  const end = f.word(add(LIVE_WINDOWS, v('i32.mul', cell(PAGING.WINDOW_COUNT), LIVE_WINDOW_STRIDE)));
  f.if(sub(end, window), () =>
    f.loop((again) => {
      each(window);
      f.set(window, add(window, LIVE_WINDOW_STRIDE));
      again(sub(end, window));
    }),
  );
}

/** For each page of RAM. */
function eachRamPage(f: FunctionWriter, each: (page: Local) => void): void {
  const page = f.word(0);
  const end = f.word(shrU(cell(PAGING.RAM_SIZE), 12));
  f.loop((again) => {
    each(page);
    f.set(page, add(page, 1));
    again(v('i32.lt_u', page, end));
  });
}

/**
 * Without paging: all RAM that has no entry gets one, so that windows reach as far as it does. None of them is listed: they go all together
 * (ALL_FILLED).
 */
export function fillAll({ noting, chooseWindows }: { readonly noting: number; readonly chooseWindows: number }): DefinedFunction {
  const f = new FunctionWriter([]);
  setCell(f, PAGING.ALL_FILLED, 1);
  eachRamPage(f, (page) =>
    f.if(v('i32.eq', entryOf(page), DENY_ALL), () => {
      const state = f.word(load('i32.load8_u', page, PAGE_STATES));
      f.if(isZero(and(state, KIND_BITS)), () => {
        const entry = f.word(RAM);
        f.if(and(state, MARK_BITS), () => f.set(entry, call(noting, entry)));
        setEntry(f, page, entry);
      });
    }),
  );
  eachWindow(f, (window) => {
    const { first, length } = extent(f, window);
    f.if(holds(window, add(first, length)), () => extend(f, { window, first, length }));
  });
  f.perform(chooseWindows);
  return f.doneVoid();
}

/** What leads to code has to be looked at again (jumps). When the epochs have all been used, nothing is left of the first. */
export function nextEpoch(): DefinedFunction {
  const f = new FunctionWriter([]);
  setCell(f, PAGING.JUMP_EPOCH, add(cell(PAGING.JUMP_EPOCH), EPOCH));
  f.if(isZero(cell(PAGING.JUMP_EPOCH)), () => f.fill(JUMP_CACHE, 0xff, JUMP_CACHE_ENTRIES * JUMP_CACHE_STRIDE));
  return f.doneVoid();
}

/** All entries go. */
export function flush(nextEpoch: number): DefinedFunction {
  const f = new FunctionWriter([]);
  for (const list of [GLOBAL, LOCAL]) emptied(f, list, (page) => setEntry(f, page, DENY_ALL));
  f.if(cell(PAGING.ALL_FILLED), () => {
    eachRamPage(f, (page) => setEntry(f, page, DENY_ALL));
    setCell(f, PAGING.ALL_FILLED, 0);
  });
  eachWindow(f, (window) => f.store(OP.store, load('i32.load', window, WINDOW.CELL), 0));
  f.perform(nextEpoch);
  return f.doneVoid();
}

/** What is global stays. An entry that was listed as local and has become global since is listed anew. */
export function flushLocal({ flush, enlist, changed, nextEpoch }: Readonly<Record<'flush' | 'enlist' | 'changed' | 'nextEpoch', number>>): DefinedFunction {
  const f = new FunctionWriter([]);
  f.if(cell(PAGING.ALL_FILLED), () => {
    f.perform(flush);
    f.return();
  });
  emptied(f, LOCAL, (page) =>
    f.if(
      and(entryOf(page), GLOBAL_PAGE),
      () => f.perform(enlist, page, 1),
      () => {
        setEntry(f, page, DENY_ALL);
        f.perform(changed, page);
      },
    ),
  );
  f.perform(nextEpoch);
  return f.doneVoid();
}

/** (page) */
export function flushPage({ changed, nextEpoch }: { readonly changed: number; readonly nextEpoch: number }): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const page = f.parameter(0);
  const before = f.word(entryOf(page));
  f.if(v('i32.eq', before, DENY_ALL), () => f.return());
  setEntry(f, page, DENY_ALL);
  f.perform(changed, page);
  f.if(mayHoldCode(f, add(and(before, ~ENTRY_FLAGS), shl(page, 12))), () => f.perform(nextEpoch));
  return f.doneVoid();
}

/** RAM without its mark holds no code that has been translated. */
function mayHoldCode(f: FunctionWriter, host: Value): Value {
  const physical = f.word(sub(host, RAM));
  const isRam = v('i32.lt_u', physical, cell(PAGING.RAM_SIZE));
  return or(isZero(isRam), v('i32.ne', and(load('i32.load8_u', shrU(physical, 12), PAGE_STATES), MARK_CODE), 0));
}

/** (page, global): a full list is emptied with the TLB. */
export function enlist(flush: number): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [page, global] = [0, 1].map((n) => f.parameter(n));
  const count = f.word(select(global, GLOBAL.count, LOCAL.count));
  f.if(v('i32.eq', load('i32.load', count), FILLED_CAPACITY), () => f.perform(flush));
  const place = shl(load('i32.load', count), 2);
  f.store(OP.store, add(select(global, GLOBAL.at, LOCAL.at), place), page);
  f.store(OP.store, count, add(load('i32.load', count), 1));
  return f.doneVoid();
}

/** (page, entry, global). One that was global, and listed as that alone, is listed again. */
export function enter({ enlist, changed, chooseWindows }: { readonly enlist: number; readonly changed: number; readonly chooseWindows: number }): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32]);
  const [page, entry, global] = [0, 1, 2].map((n) => f.parameter(n));
  const before = f.word(entryOf(page));
  const unlisted = or(v('i32.eq', before, DENY_ALL), and(v('i32.ne', and(before, GLOBAL_PAGE), 0), isZero(global)));
  f.if(unlisted, () => f.perform(enlist, page, global));
  setEntry(f, page, or(entry, select(global, GLOBAL_PAGE, 0)));
  f.perform(changed, page);
  const filled = add(cell(PAGING.GLOBAL_COUNT), cell(PAGING.LOCAL_COUNT));
  f.if(v('i32.ge_u', filled, cell(PAGING.NEXT_CHOICE)), () => f.perform(chooseWindows));
  return f.doneVoid();
}

/** (entry) → that entry without the right to store, which remembers whose stores it would let through. */
export function noting(): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const entry = f.parameter(0);
  const noted = or(select(and(entry, DENY_SUPERVISOR_WRITE), 0, NOTED_SUPERVISOR), select(and(entry, DENY_USER_WRITE), 0, NOTED_USER));
  return f.done(or(or(entry, DENY_SUPERVISOR_WRITE | DENY_USER_WRITE), noted));
}

/** (page): a window ends before a page that it does not hold any more, and goes on over one behind its end that it does. */
export function changed(): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const page = f.parameter(0);
  eachWindow(f, (window) => {
    const { first, length } = extent(f, window);
    const place = f.word(sub(page, first));
    f.if(v('i32.le_u', place, length), () => {
      f.if(
        v('i32.eq', place, length),
        () => {
          f.if(holds(window, page), () => extend(f, { window, first, length }));
        },
        () => f.if(isZero(holds(window, page)), () => setLength(f, window, place)),
      );
    });
  });
  return f.doneVoid();
}

interface Window {
  readonly window: Local;
  readonly first: Local;
  readonly length: Local;
}

function extent(f: FunctionWriter, window: Local): { readonly first: Local; readonly length: Local } {
  const first = f.word(load('i32.load', window, WINDOW.FIRST));
  const reach = load('i32.load', load('i32.load', window, WINDOW.CELL));
  return { first, length: f.word(shrU(add(reach, LARGEST_ACCESS), 12)) };
}

/** Does the page's entry let the window's accesses through, to where the window goes on? */
function holds(window: Local, page: Operand): Value {
  const differs = v('i32.ne', and(entryOf(page), ~ENTRY_FLAGS), load('i32.load', window, WINDOW.DELTA));
  return isZero(or(and(entryOf(page), load('i32.load', window, WINDOW.DENY)), differs));
}

/** The page behind it belongs to it now, and so may others. */
function extend(f: FunctionWriter, { window, first, length }: Window): void {
  f.loop((again) => {
    f.set(length, add(length, 1));
    const next = add(first, length);
    again(and(v('i32.lt_u', next, WINDOW_PAGES), holds(window, and(next, WINDOW_PAGES - 1))));
  });
  setLength(f, window, length);
}

/** So many of the addresses from its start on may be accessed, with any size. */
function setLength(f: FunctionWriter, window: Local, length: Local): void {
  const reach = select(length, sub(v('i32.mul', length, PAGE), LARGEST_ACCESS), 0);
  f.store(OP.store, load('i32.load', window, WINDOW.CELL), reach);
}

/**
 * Entries of the jump cache outlive the software TLB: one from before it lost entries still holds if its page leads where it led. So a new
 * CR3 costs a walk for each page of code, and no block is looked for again.
 */
import {
  CROSSES_PAGE,
  DENY_USER_READ,
  ENTRY_FLAGS,
  JUMP,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_FOLD,
  JUMP_CACHE_STRIDE,
  NO_PLACE,
  PAGE,
  TWO_PAGES,
} from '../../memory/layout';
import { FAULT_U, WALKED_PAGE } from '../../memory/pageWalker';
import { EPOCH, PAGING, UNUSUAL_NESTED } from '../../memory/pagingCells';
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../../x86/cpuState';
import { CS } from '../../x86/registers';
import { type DefinedFunction, I32, OP } from '../wasm/encoder';
import { FunctionWriter, type Operand, type Value, call, load, value as v } from '../wasm/functionWriter';
import { add, and, cell, entryOf, isZero, or, select, shl, shrU } from './words';

/** Where the entry for an EIP is, less the cache's place. */
const placeOf = (eip: Operand): Value => shl(and(v('i32.xor', eip, shrU(eip, JUMP_CACHE_FOLD)), JUMP_CACHE_ENTRIES - 1), Math.log2(JUMP_CACHE_STRIDE));

/** (linear, place) → whether the page at a linear address is there, for the guest's fetches. A page fault is left to whoever fetches. */
export function isPageAt({ walk, fill }: { readonly walk: number; readonly fill: number }): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [linear, place] = [0, 1].map((n) => f.parameter(n));
  const page = f.word(shrU(linear, 12));
  f.if(and(entryOf(page), and(cell(CPU.READ_MASK), ~CROSSES_PAGE)), () => {
    f.if(cell(PAGING.UNUSUAL), () => f.return(0));
    const walked = f.word(call(walk, linear, select(and(cell(CPU.READ_MASK), DENY_USER_READ), FAULT_U, 0), 1));
    f.if(v('i32.lt_u', walked, WALKED_PAGE), () => f.return(0));
    f.if(isZero(call(fill, linear, walked)), () => f.return(0));
  });
  return f.done(v('i32.eq', and(entryOf(page), ~ENTRY_FLAGS), place));
}

/** (eip) → the record there in this mode, or 0: nobody knows it, or the page leads elsewhere. */
export function findJump(isPageAt: number): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const eip = f.parameter(0);
  const at = f.word(placeOf(eip));
  const field = (offset: number): Value => load('i32.load', at, JUMP_CACHE + offset);
  const place = f.word(field(JUMP.PLACE));
  const differs = or(v('i32.ne', field(JUMP.EIP), eip), and(v('i32.xor', field(JUMP.MODE), cell(CPU.MODE)), EPOCH - 1));
  f.if(or(differs, v('i32.eq', place, NO_PLACE)), () => f.return(0));
  // Nested tables have rights of their own for fetches.
  f.if(and(cell(PAGING.UNUSUAL), UNUSUAL_NESTED), () => f.return(0));
  const linear = f.word(add(eip, cell(CPU.SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT.BASE)));
  const isThere = (address: Operand): Value => call(isPageAt, address, and(place, ~ENTRY_FLAGS));
  f.if(isZero(isThere(linear)), () => f.return(0));
  f.if(and(place, TWO_PAGES), () => {
    f.if(isZero(isThere(and(add(linear, PAGE), -PAGE))), () => f.return(0));
  });
  f.store(OP.store, at, add(cell(CPU.MODE), cell(PAGING.JUMP_EPOCH)), JUMP_CACHE + JUMP.MODE);
  return f.done(field(JUMP.RECORD));
}

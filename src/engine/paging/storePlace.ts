/**
 * Stores to pages whose stores somebody has to see. Those that touch no code (memory/codeMaps) need not be seen, and one that changes
 * nothing but an immediate which everybody reads from its record (engine/patches) writes that too; all others are for TypeScript.
 */
import {
  CODE_MAPS,
  CODE_MAP_BITS,
  CODE_MAP_BYTES,
  DENY_ALL,
  DENY_USER_WRITE,
  ENTRY_FLAGS,
  NOTED_SUPERVISOR,
  NOTED_USER,
  PAGE,
  PAGE_STATES,
  PATCH,
  PATCHES,
  PATCH_ENTRIES,
  PATCH_FOLD,
  PATCH_STRIDE,
  RAM,
} from '../../memory/layout';
import { MARK_CODE } from '../../memory/pageStates';
import { PAGING, UNUSUAL_JOURNAL } from '../../memory/pagingCells';
import { CPU } from '../../x86/cpuState';
import { type DefinedFunction, I32 } from '../wasm/encoder';
import { FunctionWriter, type Local, type Operand, type Value, load, value as v } from '../wasm/functionWriter';
import { add, and, cell, entryOf, isZero, or, select, setCell, shl, shrU, sub } from './words';

/** Of a TLB entry: stores of the guest as it is now only have to be seen. */
export const isNoted = (entry: Operand): Value => and(entry, select(and(cell(CPU.WRITE_MASK), DENY_USER_WRITE), NOTED_USER, NOTED_SUPERVISOR));

/** Place of a patch in the table, by its physical address. */
export const patchAt = (physical: number): number => PATCHES + PATCH_STRIDE * ((physical ^ (physical >>> PATCH_FOLD)) & (PATCH_ENTRIES - 1));

/**
 * (linear, size, record) → where a store of the instruction at `record` goes in the VM's memory, if it may go there at once; else 0.
 * PATCHED says where it goes besides.
 */
export function storePlace(): DefinedFunction {
  const f = new FunctionWriter([I32, I32, I32]);
  const [linear, size, record] = [0, 1, 2].map((n) => f.parameter(n));
  setCell(f, PAGING.PATCHED, PAGING.NOWHERE);
  f.if(v('i32.gt_u', add(and(linear, PAGE - 1), size), PAGE), () => f.return(0));
  const entry = f.word(entryOf(shrU(linear, 12)));
  const host = f.word(add(and(entry, ~ENTRY_FLAGS), linear));
  f.if(isZero(and(entry, and(cell(CPU.WRITE_MASK), DENY_ALL))), () => f.return(host));
  const physical = f.word(sub(host, RAM));
  const page = f.word(shrU(physical, 12));
  const isOnlyCode = v('i32.eq', load('i32.load8_u', page, PAGE_STATES), MARK_CODE);
  f.if(or(isZero(isNoted(entry)), or(isZero(isOnlyCode), and(cell(PAGING.UNUSUAL), UNUSUAL_JOURNAL))), () => f.return(0));
  f.if(isZero(codeAt(physical, page, size)), () => f.return(host));
  const patch = f.word(shl(and(v('i32.xor', physical, shrU(physical, PATCH_FOLD)), PATCH_ENTRIES - 1), Math.log2(PATCH_STRIDE)));
  f.if(isPatch(patch, { physical, size, record }), () => {
    setCell(f, PAGING.PATCHED, load('i32.load', patch, PATCHES + PATCH.FIELD));
    f.return(host);
  });
  return f.done(0);
}

/** A bit for each byte of the store that is code. */
function codeAt(physical: Local, page: Local, size: Operand): Value {
  const map = v('i32.mul', load('i32.load16_u', shl(page, 1), CODE_MAPS), CODE_MAP_BYTES);
  const bits = load('i32.load', add(map, shrU(and(physical, PAGE - 1), 3)), CODE_MAP_BITS);
  return and(shrU(bits, and(physical, 7)), sub(shl(1, size), 1));
}

/** An instruction under way still needs its own immediate. */
function isPatch(patch: Local, { physical, size, record }: { readonly physical: Operand; readonly size: Operand; readonly record: Operand }): Value {
  const field = (offset: number): Value => load('i32.load', patch, PATCHES + offset);
  const differs = or(v('i32.xor', field(PATCH.PHYSICAL), physical), v('i32.xor', field(PATCH.SIZE), size));
  return and(isZero(differs), v('i32.ne', field(PATCH.RECORD), record));
}

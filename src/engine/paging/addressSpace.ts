/** The ordinary course of MOV CR3 and INVLPG, where the guest's tables alone translate; anything else is the helper's of that name, `otherwise`. */
import { PAGING, PAGING_ON, PAGING_PAE, PAGING_PGE } from '../../memory/pagingCells';
import { CPU } from '../../x86/cpuState';
import { type DefinedFunction, I32 } from '../wasm/encoder';
import { FunctionWriter, call, value as v } from '../wasm/functionWriter';
import { cell, controls, or, setCell, shrU } from './words';

interface Used {
  readonly flush: number;
  readonly flushLocal: number;
  readonly otherwise: number;
}

/** (register, value): as writeControl. A new CR3 of PAE paging loads pointers, which may fault. */
export function writeControl({ flush, flushLocal, otherwise }: Used): DefinedFunction {
  const f = new FunctionWriter([I32, I32]);
  const [register, value] = [0, 1].map((n) => f.parameter(n));
  const isPlain = v('i32.eq', controls(PAGING_ON | PAGING_PAE), PAGING_ON);
  const isOther = or(or(v('i32.ne', register, 3), cell(PAGING.UNUSUAL)), v('i32.eqz', isPlain));
  f.if(isOther, () => f.return(call(otherwise, register, value)));
  for (const at of [CPU.CR3, PAGING.CR3]) setCell(f, at, value);
  f.if(
    controls(PAGING_PGE),
    () => f.perform(flushLocal),
    () => f.perform(flush),
  );
  return f.done(0);
}

/** (linear): as invalidatePage. */
export function invalidatePage({ flushPage, otherwise }: { readonly flushPage: number; readonly otherwise: number }): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const linear = f.parameter(0);
  f.if(cell(PAGING.UNUSUAL), () => f.return(call(otherwise, linear)));
  f.perform(flushPage, shrU(linear, 12));
  return f.done(0);
}

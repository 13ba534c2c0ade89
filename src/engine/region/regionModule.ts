/** WebAssembly modules of translated code: a function a region, over the VM's memory and nothing else. */
import { once } from '../../base/once';
import { SHARED_FUNCTIONS } from '../../ir/microOp';
import { MAXIMUM_PAGES } from '../../memory/layout';
import { storePlace } from '../paging/storePlace';
import { TYPED_LOCAL_TYPES } from '../interpreter/locals';
import { type DefinedFunction, I32, I64, V128, encodeModule, words } from '../wasm/encoder';
import { auxOf, packStatus, unpackAux } from '../wasm/flagFunctions';
import { sharedFunctions } from '../wasm/sharedFunctions';
import type { EmittedRegion } from './emitRegion';
import { REGION_LATE_WORDS, REGION_WIDES, REGION_WORDS } from './locals';
import type { RegionFunctions } from './statements';

/** Index of the functions that both executors have, in modules that need them. */
const FIRST_SHARED = 4;
export const REGION_TYPE = words(1);
export const REGION_FUNCTIONS: RegionFunctions = {
  auxOf: 0,
  packStatus: 1,
  unpackAux: 2,
  storePlace: 3,
  shared: (name) => FIRST_SHARED + SHARED_FUNCTIONS.indexOf(name),
};

const COMMON: readonly DefinedFunction[] = [
  { type: words(4), locals: [[1, I32]], body: auxOf() },
  { type: words(2), locals: [], body: packStatus() },
  { type: words(1), locals: [], body: unpackAux() },
  storePlace(),
];

const SHARED = once(() => sharedFunctions(FIRST_SHARED));

/** Exported as r0, r1, … in order. */
export function encodeRegions(regions: readonly EmittedRegion[]): Uint8Array<ArrayBuffer> {
  const functions = regions.map(
    ({ body, temps, late }, n): DefinedFunction => ({
      type: REGION_TYPE,
      locals: [[REGION_WORDS, I32], [REGION_WIDES, I64], [8, V128], ...TYPED_LOCAL_TYPES, [REGION_LATE_WORDS + temps, I32], ...late.all.map(({ type }) => [1, type] as const)],
      body,
      exportName: `r${n}`,
    }),
  );
  return encodeModule([], [...COMMON, ...(regions.some(({ callsShared }) => callsShared) ? SHARED() : []), ...functions], { initial: 1, maximum: MAXIMUM_PAGES });
}

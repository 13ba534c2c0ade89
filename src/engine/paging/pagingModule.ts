/** The module of generated functions that translate addresses: compiled once, instantiated over each VM's memory. */
import { once } from '../../base/once';
import { MAXIMUM_PAGES } from '../../memory/layout';
import { type DefinedFunction, type ImportedFunction, encodeModule, words } from '../wasm/encoder';
import { invalidatePage, writeControl } from './addressSpace';
import { findJump, isPageAt } from './jumps';
import { fill, reach, readMissed, writeMissed } from './missed';
import { storePlace } from './storePlace';
import { changed, enlist, enter, fillAll, flush, flushLocal, flushPage, nextEpoch, noting } from './tlb';
import { walk } from './walk';

const IMPORTS: readonly ImportedFunction[] = [
  { name: 'readPhysical', type: words(2, 1) },
  { name: 'writePhysical', type: words(3, 0) },
  { name: 'chooseWindows', type: words(0, 0) },
  { name: 'readSlow', type: words(6, 1) },
  { name: 'writeSlow', type: words(6, 0) },
  { name: 'storesNoted', type: words(1, 0) },
  { name: 'writeControl', type: words(2, 1) },
  { name: 'invalidatePage', type: words(1, 1) },
];

const DEFINED = [
  'walk',
  'nextEpoch',
  'flush',
  'changed',
  'enlist',
  'enter',
  'noting',
  'fillAll',
  'flushLocal',
  'flushPage',
  'fill',
  'reach',
  'storePlace',
  'readMissed',
  'writeMissed',
  'isPageAt',
  'findJump',
  'writeControl',
  'invalidatePage',
] as const;
type Name = (typeof DEFINED)[number];

const at = Object.fromEntries(DEFINED.map((name, n) => [name, IMPORTS.length + n])) as Readonly<Record<Name, number>>;
const imported = (name: string): number => IMPORTS.findIndex((i) => i.name === name);

const functions = (): Readonly<Record<Name, DefinedFunction>> => ({
  walk: walk({ read: imported('readPhysical'), write: imported('writePhysical') }),
  nextEpoch: nextEpoch(),
  flush: flush(at.nextEpoch),
  changed: changed(),
  enlist: enlist(at.flush),
  enter: enter({ ...at, chooseWindows: imported('chooseWindows') }),
  noting: noting(),
  fillAll: fillAll({ ...at, chooseWindows: imported('chooseWindows') }),
  flushLocal: flushLocal(at),
  flushPage: flushPage(at),
  fill: fill(at),
  reach: reach(at),
  storePlace: storePlace(),
  readMissed: readMissed({ ...at, otherwise: imported('readSlow') }),
  writeMissed: writeMissed({ ...at, storesNoted: imported('storesNoted'), otherwise: imported('writeSlow') }),
  isPageAt: isPageAt(at),
  findJump: findJump(at.isPageAt),
  writeControl: writeControl({ ...at, otherwise: imported('writeControl') }),
  invalidatePage: invalidatePage({ ...at, otherwise: imported('invalidatePage') }),
});

export const pagingModule = once((): WebAssembly.Module => {
  const made = functions();
  const defined = DEFINED.map((name) => ({ ...made[name], exportName: name }));
  return new WebAssembly.Module(encodeModule(IMPORTS, defined, { initial: 1, maximum: MAXIMUM_PAGES }));
});

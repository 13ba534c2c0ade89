/** The body of a region's function as WebAssembly text with names. */
import { REGISTERS_32 } from '../../x86/registers';
import { printBody } from '../wasm/printer';
import { REGION_LOCAL as L } from './locals';
import { REGION_FUNCTIONS } from './regionModule';

const LOCALS: ReadonlyMap<number, string> = new Map(Object.entries(L).map(([name, index]) => [index, name.toLowerCase()]));
const FUNCTIONS: ReadonlyMap<number, string> = new Map(Object.entries(REGION_FUNCTIONS).map(([name, index]) => [index as number, name]));

const localName = (index: number): string => {
  if (index >= L.TEMPS) return `$t${index - L.TEMPS}`;
  if (index >= L.INVARIANTS) return `$invariant${index - L.INVARIANTS}`;
  if (index >= L.TYPED) return `$v${index - L.TYPED}`;
  if (index >= L.XMM) return `$xmm${index - L.XMM}`;
  if (index >= L.TAGS) return `$tag${index - L.TAGS}`;
  if (index >= L.DELTAS && index < L.WIDE) return `$delta${index - L.DELTAS}`;
  return index >= L.GPR && index < L.GPR + 8 ? `$${REGISTERS_32[index - L.GPR]}` : `$${LOCALS.get(index) ?? index}`;
};

export const regionText = (body: Uint8Array): string[] => printBody(body, { local: localName, function: (index) => `$${FUNCTIONS.get(index) ?? index}` });

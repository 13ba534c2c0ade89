/** The body of a region's function as WebAssembly text with names. */
import { SHARED_FUNCTIONS } from '../../ir/microOp';
import { REGISTERS_32 } from '../../x86/registers';
import { type BodyLine, printBody } from '../wasm/printer';
import { REGION_LOCAL as L } from './locals';
import type { LateLocals } from './lateLocals';
import type { Region } from './region';
import { REGION_FUNCTIONS } from './regionModule';

const LOCALS: ReadonlyMap<number, string> = new Map(Object.entries(L).map(([name, index]) => [index, name.toLowerCase()]));
const FUNCTIONS: ReadonlyMap<number, string> = new Map([
  ...Object.entries(REGION_FUNCTIONS).flatMap(([name, index]) => (typeof index === 'number' ? [[index, name] as const] : [])),
  ...SHARED_FUNCTIONS.map((name) => [REGION_FUNCTIONS.shared(name), name] as const),
]);

const localName = (index: number, late: LateLocals): string => {
  if (index >= late.first) return `$${late.all[index - late.first].name}`;
  if (index >= L.TEMPS) return `$t${index - L.TEMPS}`;
  if (index >= L.INVARIANTS) return `$invariant${index - L.INVARIANTS}`;
  if (index >= L.X87_POINTERS) return `$x87_pointer${index - L.X87_POINTERS}`;
  if (index >= L.X87_BASE) return `$${LOCALS.get(index)}`;
  if (index >= L.TYPED) return `$v${index - L.TYPED}`;
  if (index >= L.XMM) return `$xmm${index - L.XMM}`;
  if (index >= L.TAGS) return `$tag${index - L.TAGS}`;
  if (index >= L.LOW && index < L.DELTAS) return `$${REGISTERS_32[(index - L.LOW) & 3]}_${index < L.UPPER ? 'low' : 'upper'}`;
  if (index >= L.DELTAS && index < L.WIDE) return `$delta${index - L.DELTAS}`;
  return index >= L.GPR && index < L.GPR + 8 ? `$${REGISTERS_32[index - L.GPR]}` : `$${LOCALS.get(index) ?? index}`;
};

const functionName = (index: number): string => `$${FUNCTIONS.get(index) ?? index}`;

export interface RegionText {
  readonly lines: readonly string[];
  /** EIP of the guest instruction that each line is for; undefined for what is for the region as a whole. */
  readonly origins: readonly (number | undefined)[];
}

export function regionText({ body, origins, late }: Pick<Region, 'body' | 'origins' | 'late'>): RegionText {
  const printed = printBody(body, { local: (index) => localName(index, late), function: functionName });
  let next = 0;
  let eip: number | undefined;
  const of = ({ at }: BodyLine): number | undefined => {
    for (; next < origins.length && origins[next].at <= at; next++) eip = origins[next].eip;
    return eip;
  };
  return { origins: printed.map(of), lines: printed.map(({ text }) => text) };
}

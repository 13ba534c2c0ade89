/** Data breakpoints: on memory that a variable, an expression or an address names; a register means what it points at. */
import { DATA_ACCESS, formatDataId, MOST_WATCHED_BYTES, type WatchedData } from '../../debug/dataBreakpoints';
import { type BreakpointMode, MODE_NAMES } from '../../debug/breakpointModes';
import { evaluate } from '../../debug/expressions';
import { UserError } from '../../base/userError';
import { boolean, count, integer, list, oneOf, optional, shape, string } from '../arguments';
import { breakpointBody, everywhere } from '../breakpointBody';
import { RequestError } from '../errors';
import type { Guest } from '../guest';
import { handler } from '../handler';
import { parseReference, referenceOf } from '../memoryReference';
import type { SessionContext } from '../sessionContext';
import { containerRows } from './variables';

export const dataBreakpointInfo = handler(
  'dataBreakpointInfo',
  shape({
    variablesReference: optional(integer),
    name: string,
    frameId: optional(integer),
    bytes: optional(count(MOST_WATCHED_BYTES)),
    asAddress: optional(boolean),
    mode: optional(oneOf(...MODE_NAMES)),
  }),
  {
    capabilities: { supportsDataBreakpoints: true, supportsDataBreakpointBytes: true },
    run(session, args) {
      const found = locate(session, args);
      if (typeof found === 'string') return { dataId: null, description: found };
      return { dataId: formatDataId(found), description: describe(args.name, found), accessTypes: [...DATA_ACCESS], canPersist: true };
    },
  },
);

interface Place {
  readonly variablesReference?: number;
  readonly name: string;
  readonly frameId?: number;
  readonly bytes?: number;
  readonly asAddress?: boolean;
  readonly mode?: BreakpointMode;
}

/** A register does not say how much it points at. */
const DEFAULT_BYTES = 4;

const describe = (name: string, { space, address, length }: WatchedData): string => `${name}: ${length} byte${length === 1 ? '' : 's'} at ${space} 0x${address.toString(16)}`;

/** The memory that is meant, or why there is none. */
function locate(session: SessionContext, { variablesReference, name, frameId, bytes, asAddress, mode }: Place): WatchedData | string {
  const row = variablesReference ? containerRows(session, variablesReference) : undefined;
  const guest = row?.guest ?? (frameId === undefined ? session.focus : session.frameOf(frameId).guest);
  const variable = row?.found.find((r) => r.name === name);
  if (row && !variable) return `There is no ${name} there.`;
  const reference = variable ? { text: variable.memoryReference, size: 0 } : named(guest, name, asAddress === true);
  if (reference.text === undefined) return `${name} names no memory.`;
  const { space, address } = parseReference(guest.target, reference.text, 'name');
  const length = bytes || reference.size || DEFAULT_BYTES;
  if (mode !== 'physical' || space === 'physical') return { space, address, length };
  const physical = guest.target.vm.translate(address);
  return physical === undefined ? `${name} is not mapped: it has no physical address.` : { space: 'physical', address: physical, length };
}

/** An expression: memory that it reads, or that it points at. */
function named(guest: Guest, name: string, asAddress: boolean): { text: string | undefined; size: number } {
  if (asAddress) return { text: name, size: 0 };
  try {
    const value = evaluate(name, guest.target.context);
    if (value.place?.kind === 'register') return { text: referenceOf(evaluate(`[${name}]`, guest.target.context)), size: 0 };
    return { text: referenceOf(value), size: value.size };
  } catch (error) {
    if (error instanceof UserError) throw new RequestError('user', error.message);
    throw error;
  }
}

export const setDataBreakpoints = handler(
  'setDataBreakpoints',
  shape({ breakpoints: list(shape({ dataId: string, accessType: optional(oneOf(...DATA_ACCESS)), condition: optional(string), hitCondition: optional(string) })) }),
  {
    run(session, args) {
      const requests = args.breakpoints.map(({ accessType = 'write', ...rest }) => ({ ...rest, access: accessType }));
      return { breakpoints: everywhere(session, (breakpoints) => breakpoints.setData(requests)).map((b) => breakpointBody(session, b)) };
    },
  },
);

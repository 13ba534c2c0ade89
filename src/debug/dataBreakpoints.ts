/** Data breakpoints as text: `linear:0x00007c00:4`, a space, the first byte and how many. It is what the protocol calls a data id. */
import { hex } from '../base/bits';
import { UserError } from '../base/userError';
import type { Watchpoint } from '../memory/watchpoint';
import type { DebuggableVm } from '../vmm/debuggable';

export const DATA_ACCESS = ['read', 'write', 'readWrite'] as const;
export type DataAccess = (typeof DATA_ACCESS)[number];

/** Bytes a breakpoint may watch: every page that it touches leaves the fast path. */
export const MOST_WATCHED_BYTES = 1 << 20;
const TOP = 0x1_0000_0000;

export interface WatchedData {
  readonly space: Watchpoint['space'];
  readonly address: number;
  readonly length: number;
}

export const formatDataId = ({ space, address, length }: WatchedData): string => `${space}:0x${hex(address, 8)}:${length}`;

export function parseDataId(text: string): WatchedData {
  const [, space, digits, count] = /^(linear|physical):0x([0-9a-f]{1,8}):(\d{1,7})$/i.exec(text) ?? [];
  const address = Number.parseInt(digits, 16);
  const length = Number(count);
  if (space === undefined || length < 1 || length > MOST_WATCHED_BYTES || address + length > TOP)
    throw new UserError('breakpoint.data', `${text}: expected what dataBreakpointInfo gave, such as linear:0x00007C00:4.`);
  return { space: space.toLowerCase() as Watchpoint['space'], address, length };
}

export const watchpointOf = ({ space, address, length }: WatchedData, access: DataAccess): Watchpoint => ({ space, first: address, last: address + length - 1, access });

const SHOWN_BYTES = 8;

/** What is there now: a number where it is as long as one, else its first bytes. */
export function readWatched(vm: DebuggableVm, { space, address, length }: WatchedData): string {
  const bytes = space === 'linear' ? vm.readLinear(address, Math.min(length, SHOWN_BYTES)) : vm.readPhysical(address, Math.min(length, SHOWN_BYTES));
  if (bytes.length === 0) return '??';
  if (length === 1 || length === 2 || length === 4)
    return `0x${[...bytes]
      .map((b) => hex(b, 2))
      .reverse()
      .join('')}`; // prettier-ignore
  return `${[...bytes].map((b) => hex(b, 2)).join(' ')}${length > SHOWN_BYTES ? ' …' : ''}`;
}

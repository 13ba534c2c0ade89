/** What a report says about instructions that went silently wrong, and whether that is why the guest waits for ever. */
import { hex } from '../base/bits';
import type { Subject } from './compare';
import type { SilentPlace } from '../protocol/vmmEvent';
import type { StopReason } from '../vmm/debuggable';
import { thousands } from './describe';

/** Places that a report shows: the latest. */
const SHOWN = 3;

const leavesIfClear = ({ event }: SilentPlace): boolean => event.differences.some(({ what, is, bare }) => what === 'IF' && is === '0' && bare === '1');

const times = (count: number): string => (count === 1 ? 'once' : `${thousands(count)} times`);

/** Nothing for a guest that met no silent misbehaviour. */
export function silentReport({ vm, locate }: Subject, stop: { readonly kind: string } | StopReason): string[] {
  const { silentPlaces } = vm;
  if (silentPlaces.length === 0) return [];
  const waits = stop.kind === 'halted' && 'interruptsEnabled' in stop && !stop.interruptsEnabled;
  const lost = waits ? silentPlaces.findLast(leavesIfClear) : undefined;
  const why = lost ? [`why: HLT waits with IF=0, for ever; bare metal would have set IF at ${lost.event.mnemonic.toUpperCase()}, below`] : [];
  const more = silentPlaces.length > SHOWN ? `, of which the latest ${SHOWN}` : '';
  const title = `silently wrong at ${silentPlaces.length === 1 ? 'one place' : `${silentPlaces.length} places`}${more}:`;
  const shown = silentPlaces.slice(-SHOWN).flatMap(({ event, count }) => {
    const source = locate?.(event.linear);
    const where = `${hex(event.cs, 4)}:${hex(event.eip, 8)}${source ? ` (${source})` : ''}`;
    return [`  ${where}  ${event.instruction}, ${times(count)}, last at instruction ${thousands(event.retired + 1)}`, `    ${event.sentence}`];
  });
  return [...why, title, ...shown];
}

/** Breakpoints as the protocol writes them: of all guests at once. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Breakpoint, type Breakpoints, formatAddress } from '../debug/breakpoints';
import { clientLine, type SessionContext, sourceOf } from './sessionContext';

export function breakpointBody(session: SessionContext, breakpoint: Breakpoint): DebugProtocol.Breakpoint {
  const { id, verified, message, path, line, linear } = breakpoint;
  return {
    id,
    verified,
    ...(message && { message }),
    ...(!verified && { reason: 'failed' as const }),
    ...(path !== undefined && { source: sourceOf(path) }),
    ...(line !== undefined && { line: clientLine(session, line) }),
    ...(linear.length > 0 && { instructionReference: formatAddress(linear[0]) }),
  };
}

/**
 * Set the same in every guest. Each gives the same numbers, since each is asked the same in the same order; the client
 * hears of the guest where a breakpoint can be reached.
 */
export function everywhere(session: SessionContext, set: (breakpoints: Breakpoints) => readonly Breakpoint[]): Breakpoint[] {
  const [first = [], ...others] = session.guests.map(({ target }) => set(target.breakpoints));
  return first.map((breakpoint, i) => [breakpoint, ...others.map((set) => set[i])].find((b) => b.verified) ?? breakpoint);
}

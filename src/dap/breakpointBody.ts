/** A breakpoint as the protocol writes it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Breakpoint, formatAddress } from '../debug/breakpoints';
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

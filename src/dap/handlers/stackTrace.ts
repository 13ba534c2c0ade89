import type { DebugProtocol } from '@vscode/debugprotocol';
import { formatAddress } from '../../debug/breakpoints';
import { type StackFrame, stackFrames } from '../../debug/stackFrames';
import { count, integer, optional, shape } from '../arguments';
import type { Guest } from '../guest';
import { handler } from '../handler';
import { vmmFrame } from '../vmmFrame';
import { clientLine, FRAMES_PER_THREAD, type SessionContext, sourceOf, standing } from '../sessionContext';

export const stackTrace = handler('stackTrace', shape({ threadId: optional(integer), startFrame: optional(count(1e6)), levels: optional(count(1e6)) }), {
  capabilities: { supportsDelayedStackTraceLoading: true },
  run(session, { threadId, startFrame = 0, levels = 0 }) {
    const guest = session.guestOf(threadId);
    const frames = stackFrames(standing(guest, 'stackTrace'));
    const visit = vmmFrame(session, guest);
    const all = [...(visit ? [visit] : []), ...frames.map((frame, i) => frameBody(session, guest, frame, i))];
    return { stackFrames: all.slice(startFrame, levels > 0 ? startFrame + levels : undefined), totalFrames: all.length };
  },
});

function frameBody(session: SessionContext, { threadId }: Guest, { name, frame, place }: StackFrame, index: number): DebugProtocol.StackFrame {
  return {
    id: (threadId - 1) * FRAMES_PER_THREAD + index + 1,
    name,
    line: place ? clientLine(session, place.line) : 0,
    column: place ? session.client.columnBase : 0,
    ...(place && { source: sourceOf(place.path) }),
    instructionPointerReference: formatAddress(frame.linear),
    presentationHint: place || index === 0 ? 'normal' : 'subtle',
  };
}

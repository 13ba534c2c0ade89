/** The hypervisor as a frame above the guest's: its source is the text of a visit. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { VmmVisit } from '../debug/vmmVisit';
import type { Guest } from './guest';
import { clientLine, FRAMES_PER_THREAD, type SessionContext } from './sessionContext';

/** Place of the VMM's frame among those of its thread, behind all that a guest can have. */
export const VMM_FRAME = FRAMES_PER_THREAD - 1;

const VISITS = 0x10000;

/** A source without a file: the session gives its text. Every visit is another one. */
export const visitReference = (threadId: number, { number }: VmmVisit): number => (number % VISITS) + 1 + (threadId - 1) * VISITS;

export function vmmFrame(session: SessionContext, guest: Guest): DebugProtocol.StackFrame | undefined {
  const { visit } = guest.target;
  if (!visit) return undefined;
  return {
    id: (guest.threadId - 1) * FRAMES_PER_THREAD + VMM_FRAME + 1,
    name: visit.title,
    source: { name: visit.title, sourceReference: visitReference(guest.threadId, visit), presentationHint: 'emphasize' },
    line: clientLine(session, visit.at + 1),
    column: session.client.columnBase,
    presentationHint: 'normal',
  };
}

/** Running on: continue, pause and the steps. A guest that has shut down can only end. */
import type { Granularity, StepKind } from '../../debug/stepping';
import type { DebugTarget } from '../../debug/target';
import { boolean, integer, oneOf, optional, shape } from '../arguments';
import type { Guest } from '../guest';
import { handler } from '../handler';
import { type SessionContext, standing } from '../sessionContext';
import { STEP_IN } from './stepInTargets';

function go(session: SessionContext, guest: Guest, how: (target: DebugTarget) => void): void {
  const target = standing(guest, 'continue');
  session.afterResponse(() => (target.ended ? guest.end() : how(target)));
}

/** VMs are independent: each goes on by itself, unless the client asks for all of them. */
export const continueRequest = handler('continue', shape({ threadId: optional(integer), singleThread: optional(boolean) }), {
  capabilities: { supportsSingleThreadExecutionRequests: true },
  run(session, { threadId, singleThread }) {
    const guest = session.guestOf(threadId);
    const all = singleThread === false ? session.guests : [guest];
    for (const each of all) if (!each.target.running) go(session, each, (target) => target.resume());
    return { allThreadsContinued: session.guests.length === all.length };
  },
});

export const pause = handler('pause', shape({ threadId: optional(integer) }), {
  run(session, { threadId }) {
    const { target } = session.guestOf(threadId);
    session.afterResponse(() => target.pause());
  },
});

const stepArguments = shape({ threadId: optional(integer), targetId: optional(integer), granularity: optional(oneOf('statement', 'line', 'instruction')) });

const stepHandler = (command: string, kind: StepKind) =>
  handler(command, stepArguments, {
    capabilities: { supportsSteppingGranularity: true },
    run(session, args) {
      const granularity: Granularity = args.granularity === 'instruction' ? 'instruction' : 'line';
      go(session, session.guestOf(args.threadId), (target) => (kind === 'in' && args.targetId === STEP_IN.vmm ? target.stepIntoVmm() : target.step(kind, granularity)));
    },
  });

export const next = stepHandler('next', 'over');
export const stepIn = stepHandler('stepIn', 'in');
export const stepOut = stepHandler('stepOut', 'out');

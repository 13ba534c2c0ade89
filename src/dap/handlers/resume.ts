/** Running on: continue, pause and the steps. A guest that has shut down can only end. */
import type { Granularity, StepKind } from '../../debug/stepping';
import type { DebugTarget } from '../../debug/target';
import { nothing, oneOf, optional, shape } from '../arguments';
import { handler } from '../handler';
import type { SessionContext } from '../sessionContext';

function go(session: SessionContext, how: (target: DebugTarget) => void): void {
  const target = session.stoppedTarget;
  session.afterResponse(() => (target.ended ? session.end() : how(target)));
}

export const continueRequest = handler('continue', nothing, {
  run(session) {
    if (!session.target.running) go(session, (target) => target.resume());
    return { allThreadsContinued: true };
  },
});

export const pause = handler('pause', nothing, {
  run(session) {
    const { target } = session;
    session.afterResponse(() => target.pause());
  },
});

const stepArguments = shape({ granularity: optional(oneOf('statement', 'line', 'instruction')) });

const stepHandler = (command: string, kind: StepKind) =>
  handler(command, stepArguments, {
    capabilities: { supportsSteppingGranularity: true },
    run(session, args) {
      const granularity: Granularity = args.granularity === 'instruction' ? 'instruction' : 'line';
      go(session, (target) => target.step(kind, granularity));
    },
  });

export const next = stepHandler('next', 'over');
export const stepIn = stepHandler('stepIn', 'in');
export const stepOut = stepHandler('stepOut', 'out');

import { boolean, optional, shape } from '../arguments';
import { handler } from '../handler';

/** The answer is the last message: a client may close the connection as soon as it has it. */
export const disconnect = handler('disconnect', shape({ terminateDebuggee: optional(boolean), suspendDebuggee: optional(boolean) }), {
  capabilities: ({ keeps }) => ({ supportTerminateDebuggee: keeps, supportSuspendDebuggee: keeps }),
  async run(session, { terminateDebuggee, suspendDebuggee }) {
    if (session.keeps && !(terminateDebuggee ?? !session.attached)) await session.leave(suspendDebuggee ?? false);
    else session.end();
  },
});

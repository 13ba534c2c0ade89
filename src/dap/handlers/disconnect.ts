import { nothing } from '../arguments';
import { handler } from '../handler';

/** The answer is the last message: a client may close the connection as soon as it has it. */
export const disconnect = handler('disconnect', nothing, {
  capabilities: { supportTerminateDebuggee: true },
  run: (session) => session.end(),
});

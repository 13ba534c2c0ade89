import { integer, optional, shape, string } from '../arguments';
import { handler } from '../handler';

/** The session has taken the request it names off the queue, unless that was begun already; no progress can be cancelled. */
export const cancel = handler('cancel', shape({ requestId: optional(integer), progressId: optional(string) }), {
  capabilities: { supportsCancelRequest: true },
  run: () => undefined,
});

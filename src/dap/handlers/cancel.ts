import { integer, optional, shape, string } from '../arguments';
import { handler } from '../handler';

/** The session has seen to it when it came: a request is off the queue, what goes on for a while ends soon. */
export const cancel = handler('cancel', shape({ requestId: optional(integer), progressId: optional(string) }), {
  capabilities: { supportsCancelRequest: true },
  run: () => undefined,
});

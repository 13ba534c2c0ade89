import { integer, optional, shape } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { standing } from '../sessionContext';
import { exceptionInfoBody } from '../stops';

/** One sentence on what the VMM did, or what went wrong. */
export const exceptionInfo = handler('exceptionInfo', shape({ threadId: optional(integer) }), {
  capabilities: { supportsExceptionInfoRequest: true },
  run(session, { threadId }) {
    const body = exceptionInfoBody(standing(session.guestOf(threadId), 'exceptionInfo').lastStop);
    if (!body) throw new RequestError('wrongState', 'The guest did not stop on an exception.');
    return body;
  },
});

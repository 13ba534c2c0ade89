import { nothing } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { exceptionInfoBody } from '../stops';

/** One sentence on what the VMM did, or what went wrong. */
export const exceptionInfo = handler('exceptionInfo', nothing, {
  capabilities: { supportsExceptionInfoRequest: true },
  run(session) {
    const body = exceptionInfoBody(session.stoppedTarget.lastStop);
    if (!body) throw new RequestError('wrongState', 'The guest did not stop on an exception.');
    return body;
  },
});

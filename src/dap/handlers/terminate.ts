import { nothing } from '../arguments';
import { handler } from '../handler';

export const terminate = handler('terminate', nothing, {
  capabilities: { supportsTerminateRequest: true },
  run(session) {
    session.afterResponse(() => session.end());
  },
});

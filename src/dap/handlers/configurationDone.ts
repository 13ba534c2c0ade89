import { nothing } from '../arguments';
import { handler } from '../handler';

export const configurationDone = handler('configurationDone', nothing, {
  capabilities: { supportsConfigurationDoneRequest: true },
  run(session) {
    void session.stoppedTarget;
    session.afterResponse(() => session.begin());
  },
});

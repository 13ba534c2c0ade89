import { nothing } from '../arguments';
import { handler } from '../handler';
import { standing } from '../sessionContext';

export const configurationDone = handler('configurationDone', nothing, {
  capabilities: { supportsConfigurationDoneRequest: true },
  run(session) {
    if (!session.attached) for (const guest of session.guests) standing(guest, 'configurationDone');
    session.afterResponse(() => session.begin());
  },
});

import { anything } from '../arguments';
import { handler } from '../handler';

/** Take over what an earlier session left behind in this worker; whoever starts workers has chosen it by `vm`. */
export const attach = handler('attach', anything, {
  run(session) {
    session.attach();
    session.afterResponse(() => session.send('initialized'));
  },
});

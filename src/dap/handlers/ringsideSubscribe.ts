import { boolean, integer, optional, shape } from '../arguments';
import { handler } from '../handler';

/** Events `ringside/screen` and `ringside/serial` from now on, or no longer. */
export const ringsideSubscribe = handler('ringside/subscribe', shape({ threadId: optional(integer), screen: optional(boolean), serial: optional(boolean) }), {
  run(session, { threadId, screen, serial }) {
    const { streams } = session.guestOf(threadId);
    session.afterResponse(() => streams.subscribe({ ...(screen === undefined ? {} : { screen }), ...(serial === undefined ? {} : { serial }) }));
    return {};
  },
});

import type { ScreenResponse } from '../../protocol/requests';
import { integer, optional, shape } from '../arguments';
import { handler } from '../handler';

export const ringsideScreen = handler('ringside/screen', shape({ threadId: optional(integer) }), {
  run: (session, { threadId }): ScreenResponse => session.guestOf(threadId).target.machine.screen(),
});

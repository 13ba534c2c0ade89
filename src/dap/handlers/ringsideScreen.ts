import type { ScreenText } from '../../protocol/screen';
import { integer, optional, shape } from '../arguments';
import { handler } from '../handler';

export const ringsideScreen = handler('ringside/screen', shape({ threadId: optional(integer) }), {
  run: (session, { threadId }): ScreenText => session.guestOf(threadId).target.machine.screen(),
});

import type { ScreenResponse } from '../../protocol/screen';
import { count, integer, optional, shape } from '../arguments';
import { handler } from '../handler';

export const ringsideScreen = handler('ringside/screen', shape({ threadId: optional(integer), since: optional(count(Number.MAX_SAFE_INTEGER)) }), {
  run: (session, { threadId, since }): ScreenResponse => session.guestOf(threadId).streams.screen(since),
});

import { systemState } from '../../debug/systemState';
import { integer, optional, shape } from '../arguments';
import { handler } from '../handler';

/** System registers, descriptor tables, task, interrupt controllers and timers, whole. */
export const ringsideSystem = handler('ringside/system', shape({ threadId: optional(integer) }), {
  run: (session, { threadId }) => systemState(session.guestOf(threadId).target.machine),
});

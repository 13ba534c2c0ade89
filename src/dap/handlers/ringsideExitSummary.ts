import { exitSummary } from '../../debug/exitSummary';
import { VMM_EVENT_KINDS } from '../../protocol/vmmEvent';
import { count, integer, list, oneOf, optional, shape } from '../arguments';
import { handler } from '../handler';

const coordinate = count(Number.MAX_SAFE_INTEGER);
const MOST_BUCKETS = 1000;

/** Events by reason, and along the guest's instructions. */
export const ringsideExitSummary = handler(
  'ringside/exitSummary',
  shape({
    threadId: optional(integer),
    kinds: optional(list(oneOf(...VMM_EVENT_KINDS))),
    from: optional(coordinate),
    to: optional(coordinate),
    buckets: optional(count(MOST_BUCKETS)),
  }),
  {
    run: (session, { threadId, kinds, from, to, buckets = 100 }) => exitSummary(session.guestOf(threadId).target.vm, { kinds, from, to, buckets: Math.max(1, buckets) }),
  },
);

import type { ExitsResponse } from '../../protocol/requests';
import { VMM_EVENT_KINDS } from '../../protocol/vmmEvent';
import { count, integer, list, oneOf, optional, shape } from '../arguments';
import { handler } from '../handler';

const coordinate = count(Number.MAX_SAFE_INTEGER);

/** The newest events, as far back as they are kept. */
export const ringsideExits = handler(
  'ringside/exits',
  shape({
    threadId: optional(integer),
    since: optional(coordinate),
    count: optional(count(1e6)),
    kinds: optional(list(oneOf(...VMM_EVENT_KINDS))),
    from: optional(coordinate),
    to: optional(coordinate),
  }),
  {
    run(session, { threadId, since = 0, count: most, kinds, from = 0, to = Number.POSITIVE_INFINITY }): ExitsResponse {
      const { target } = session.guestOf(threadId);
      const { technique, events, eventCounts, retired, cycles } = target.vm;
      const recorded = events.read(since).filter(({ entry }) => entry.retired >= from && entry.retired < to && (kinds === undefined || kinds.includes(entry.kind)));
      const newest = most === undefined ? recorded : recorded.slice(Math.max(0, recorded.length - most));
      const rows = newest.map(({ sequence, entry }) => ({ ...entry, sequence, source: target.sourceMap.location(entry.linear) }));
      return { technique, rows, nextSequence: events.nextSequence, counts: { ...eventCounts }, retired, cycles };
    },
  },
);

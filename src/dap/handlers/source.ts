import { integer, optional, shape } from '../arguments';
import { badFrame } from '../errors';
import { handler } from '../handler';
import { visitReference } from '../vmmFrame';

/** Text of a source that is no file: what the VMM did. */
export const source = handler('source', shape({ sourceReference: integer, source: optional(shape({ sourceReference: optional(integer) })) }), {
  run(session, { sourceReference }) {
    const visit = session.guests.find(({ threadId, target }) => target.visit && visitReference(threadId, target.visit) === sourceReference)?.target.visit;
    if (!visit) throw badFrame(`sourceReference ${sourceReference} is no text of this session: the visit to the VMM is over.`);
    return { content: visit.lines.join('\n'), mimeType: 'text/plain' };
  },
});

import { integer, shape } from '../arguments';
import { badFrame } from '../errors';
import { handler } from '../handler';
import { clientLine, sourceOf } from '../sessionContext';

/** Source line of a location reference. */
export const locations = handler('locations', shape({ locationReference: integer }), {
  run(session, { locationReference }) {
    const place = session.locations.at(locationReference);
    if (!place) throw badFrame(`locationReference ${locationReference} is not one that this session gave out.`);
    return { source: sourceOf(place.path), line: clientLine(session, place.line), column: session.client.columnBase };
  },
});

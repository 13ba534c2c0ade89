import { integer, optional, shape, source } from '../arguments';
import { handler } from '../handler';
import { clientLine, ourLine } from '../sessionContext';

export const breakpointLocations = handler('breakpointLocations', shape({ source, line: integer, endLine: optional(integer) }), {
  capabilities: { supportsBreakpointLocationsRequest: true },
  run(session, { source: { path = '' }, line, endLine = line }) {
    const found = session.guests.flatMap(({ target }) => target.sourceMap.codeLines(path, ourLine(session, line), ourLine(session, endLine)));
    const lines = [...new Set(found)].sort((a, b) => a - b);
    return { breakpoints: lines.map((l) => ({ line: clientLine(session, l) })) };
  },
});

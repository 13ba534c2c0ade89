import { integer, optional, shape, source } from '../arguments';
import { handler } from '../handler';
import { clientLine, ourLine } from '../sessionContext';

export const breakpointLocations = handler('breakpointLocations', shape({ source, line: integer, endLine: optional(integer) }), {
  capabilities: { supportsBreakpointLocationsRequest: true },
  run(session, { source: { path = '' }, line, endLine = line }) {
    const lines = session.target.sourceMap.codeLines(path, ourLine(session, line), ourLine(session, endLine));
    return { breakpoints: lines.map((l) => ({ line: clientLine(session, l) })) };
  },
});

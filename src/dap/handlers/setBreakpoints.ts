import { count, list, oneOf, optional, shape, source, string } from '../arguments';
import { MODE_NAMES } from '../../debug/breakpointModes';
import { breakpointBody, everywhere } from '../breakpointBody';
import { badFrame } from '../errors';
import { handler } from '../handler';
import { ourLine } from '../sessionContext';

const LAST_LINE = 2 ** 31 - 1;

export const setBreakpoints = handler(
  'setBreakpoints',
  shape({
    source,
    breakpoints: optional(
      list(shape({ line: count(LAST_LINE), condition: optional(string), hitCondition: optional(string), logMessage: optional(string), mode: optional(oneOf(...MODE_NAMES)) })),
    ),
  }),
  {
    capabilities: { supportsConditionalBreakpoints: true, supportsHitConditionalBreakpoints: true, supportsLogPoints: true },
    run(session, args) {
      const { path } = args.source;
      if (path === undefined) throw badFrame('source.path must be a string; it is missing.');
      const requests = (args.breakpoints ?? []).map((b) => ({ ...b, line: ourLine(session, b.line) }));
      return { breakpoints: everywhere(session, (breakpoints) => breakpoints.setSource(path, requests)).map((b) => breakpointBody(session, b)) };
    },
  },
);

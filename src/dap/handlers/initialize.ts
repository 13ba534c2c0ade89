import { BREAKPOINT_MODES } from '../../debug/breakpointModes';
import { EXCEPTION_FILTERS } from '../../debug/exceptionFilters';
import { boolean, optional, shape } from '../arguments';
import { handler } from '../handler';
import { capabilities } from './capabilities';

export const initialize = handler(
  'initialize',
  shape({
    linesStartAt1: optional(boolean),
    columnsStartAt1: optional(boolean),
    supportsMemoryEvent: optional(boolean),
    supportsInvalidatedEvent: optional(boolean),
    supportsProgressReporting: optional(boolean),
  }),
  {
    capabilities: {
      supportsExceptionFilterOptions: true,
      supportsValueFormattingOptions: true,
      supportsANSIStyling: true, // what a guest prints on its serial line goes through as it is
      breakpointModes: BREAKPOINT_MODES.map(({ mode, label, description }) => ({ mode, label, description, appliesTo: ['source', 'instruction', 'data'] })),
      // Asked for once, before anybody knows the technique: the superset.
      exceptionBreakpointFilters: EXCEPTION_FILTERS.map(({ filter, label, description, default: on }) => ({
        filter,
        label,
        description,
        default: on,
        supportsCondition: true,
        conditionDescription: 'An expression such as cpl == 0 or vector == 14',
      })),
    },
    run(session, args) {
      session.client = {
        lineBase: args.linesStartAt1 === false ? 0 : 1,
        columnBase: args.columnsStartAt1 === false ? 0 : 1,
        memoryEvents: args.supportsMemoryEvent ?? false,
        invalidatedEvents: args.supportsInvalidatedEvent ?? false,
        progress: args.supportsProgressReporting ?? false,
      };
      return capabilities(session);
    },
  },
);

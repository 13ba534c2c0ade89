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
  }),
  {
    capabilities: {
      supportsExceptionFilterOptions: true,
      supportsValueFormattingOptions: true,
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
      };
      return capabilities();
    },
  },
);

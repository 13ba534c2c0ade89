import { list, optional, shape, string } from '../arguments';
import { breakpointBody, everywhere } from '../breakpointBody';
import { handler } from '../handler';

export const setExceptionBreakpoints = handler(
  'setExceptionBreakpoints',
  shape({ filters: list(string), filterOptions: optional(list(shape({ filterId: string, condition: optional(string) }))) }),
  {
    run(session, args) {
      const requests = [...args.filters.map((filter) => ({ filter })), ...(args.filterOptions ?? []).map(({ filterId, condition }) => ({ filter: filterId, condition }))];
      return { breakpoints: everywhere(session, (breakpoints) => breakpoints.setFilters(requests)).map((b) => breakpointBody(session, b)) };
    },
  },
);

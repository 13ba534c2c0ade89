import { list, optional, shape, string } from '../arguments';
import { breakpointBody, everywhere } from '../breakpointBody';
import { handler } from '../handler';

/** Labels and addresses, and event breakpoints: the only kind an extension can add that has a name. */
export const setFunctionBreakpoints = handler(
  'setFunctionBreakpoints',
  shape({ breakpoints: list(shape({ name: string, condition: optional(string), hitCondition: optional(string) })) }),
  {
    capabilities: { supportsFunctionBreakpoints: true },
    run: (session, args) => ({ breakpoints: everywhere(session, (breakpoints) => breakpoints.setFunction(args.breakpoints)).map((b) => breakpointBody(session, b)) }),
  },
);

import { integer, list, optional, shape, string } from '../arguments';
import { breakpointBody } from '../breakpointBody';
import { handler } from '../handler';
import { parseReference } from '../memoryReference';

export const setInstructionBreakpoints = handler(
  'setInstructionBreakpoints',
  shape({ breakpoints: list(shape({ instructionReference: string, offset: optional(integer), condition: optional(string), hitCondition: optional(string) })) }),
  {
    capabilities: { supportsInstructionBreakpoints: true },
    run(session, args) {
      const { target } = session;
      const requests = args.breakpoints.map(({ instructionReference, offset, ...rest }) => ({
        ...rest,
        linear: parseReference(target, instructionReference, 'instructionReference', offset).address >>> 0,
      }));
      return { breakpoints: target.breakpoints.setInstruction(requests).map((b) => breakpointBody(session, b)) };
    },
  },
);

import { MODE_NAMES } from '../../debug/breakpointModes';
import type { DebugTarget } from '../../debug/target';
import { integer, list, oneOf, optional, shape, string } from '../arguments';
import { breakpointBody, everywhere } from '../breakpointBody';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { parseReference } from '../memoryReference';

export const setInstructionBreakpoints = handler(
  'setInstructionBreakpoints',
  shape({
    breakpoints: list(
      shape({ instructionReference: string, offset: optional(integer), condition: optional(string), hitCondition: optional(string), mode: optional(oneOf(...MODE_NAMES)) }),
    ),
  }),
  {
    capabilities: { supportsInstructionBreakpoints: true },
    run(session, args) {
      const { target } = session;
      const found = args.breakpoints.map(({ instructionReference, offset, ...rest }) => {
        const linear = locate(target, instructionReference, offset);
        return typeof linear === 'number' ? { ...rest, linear } : { refused: linear.message };
      });
      const wanted = found.filter((request) => 'linear' in request);
      const set = everywhere(session, (breakpoints) => breakpoints.setInstruction(wanted));
      let next = 0;
      return {
        breakpoints: found.map((request) =>
          'linear' in request ? breakpointBody(session, set[next++]) : { verified: false, message: request.refused, reason: 'failed' as const },
        ),
      };
    },
  },
);

/** A reference that names no address spoils its own breakpoint only. */
function locate(target: DebugTarget, reference: string, offset: number | undefined): number | RequestError {
  try {
    return parseReference(target, reference, 'instructionReference', offset).address >>> 0;
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

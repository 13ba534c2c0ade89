import { assign, evaluate as value } from '../../debug/expressions';
import { splitAssignment } from '../../debug/expressionSyntax';
import { boolean, integer, optional, shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';

/** Expressions everywhere; in the debug console also `place = value`. */
export const evaluate = handler(
  'evaluate',
  shape({ expression: string, frameId: optional(integer), context: optional(string), format: optional(shape({ hex: optional(boolean) })) }),
  {
    capabilities: { supportsEvaluateForHovers: true, supportsClipboardContext: true },
    run(session, { expression, frameId, context, format }) {
      const guest = frameId === undefined ? session.focus : session.frameOf(frameId).guest;
      const assignment = context === 'repl' ? splitAssignment(expression) : undefined;
      if (!assignment) return evaluationBody(session, guest, value(expression, guest.target.context), context === 'clipboard' || format?.hex || undefined);
      const { context: place } = standing(guest, 'evaluate');
      const body = evaluationBody(session, guest, assign(assignment.place, value(assignment.value, place).value, place));
      invalidate(session, 'all');
      return body;
    },
  },
);

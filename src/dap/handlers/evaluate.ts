import { assignText, evaluate as value } from '../../debug/expressions';
import { splitAssignment } from '../../debug/expressionSyntax';
import { boolean, integer, optional, shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';

/** Expressions everywhere; in the debug console also `place = value`. */
export const evaluate = handler(
  'evaluate',
  shape({ expression: string, frameId: optional(integer), threadId: optional(integer), context: optional(string), format: optional(shape({ hex: optional(boolean) })) }),
  {
    capabilities: { supportsEvaluateForHovers: true, supportsClipboardContext: true },
    run(session, { expression, frameId, threadId, context, format }) {
      const { guest, index } = frameId === undefined ? { guest: session.guestOf(threadId), index: 0 } : session.frameOf(frameId);
      const assignment = context === 'repl' ? splitAssignment(expression) : undefined;
      const hexadecimal = context === 'clipboard' || format?.hex || undefined;
      const asked = { expression: assignment?.place ?? expression, frame: index, ...(hexadecimal && { hexadecimal }) };
      if (!assignment) return evaluationBody(session, guest, value(expression, guest.target.contextOf(index)), asked);
      const place = standing(guest, 'evaluate').contextOf(index);
      const body = evaluationBody(session, guest, assignText(assignment.place, assignment.value, place), asked);
      invalidate(session, 'all');
      return body;
    },
  },
);

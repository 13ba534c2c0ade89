import { assign, evaluate as value } from '../../debug/expressions';
import { splitAssignment } from '../../debug/expressionSyntax';
import { boolean, optional, shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate } from '../sessionContext';

/** Expressions everywhere; in the debug console also `place = value`. */
export const evaluate = handler('evaluate', shape({ expression: string, context: optional(string), format: optional(shape({ hex: optional(boolean) })) }), {
  capabilities: { supportsEvaluateForHovers: true, supportsClipboardContext: true },
  run(session, { expression, context, format }) {
    const assignment = context === 'repl' ? splitAssignment(expression) : undefined;
    if (!assignment) return evaluationBody(session, value(expression, session.target.context), context === 'clipboard' || format?.hex || undefined);
    const { context: place } = session.stoppedTarget;
    const body = evaluationBody(session, assign(assignment.place, value(assignment.value, place).value, place));
    invalidate(session, 'all');
    return body;
  },
});

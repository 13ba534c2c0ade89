import { assign, evaluate } from '../../debug/expressions';
import { integer, optional, shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';

export const setExpression = handler('setExpression', shape({ expression: string, value: string, frameId: optional(integer) }), {
  capabilities: { supportsSetExpression: true },
  run(session, args) {
    const guest = args.frameId === undefined ? session.focus : session.frameOf(args.frameId).guest;
    const { context } = standing(guest, 'setExpression');
    const { result, ...rest } = evaluationBody(session, guest, assign(args.expression, evaluate(args.value, context).value, context));
    invalidate(session, 'all');
    return { value: result, ...rest };
  },
});

import { assign, evaluate } from '../../debug/expressions';
import { shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate } from '../sessionContext';

export const setExpression = handler('setExpression', shape({ expression: string, value: string }), {
  capabilities: { supportsSetExpression: true },
  run(session, args) {
    const { context } = session.stoppedTarget;
    const { result, ...rest } = evaluationBody(session, assign(args.expression, evaluate(args.value, context).value, context));
    invalidate(session, 'all');
    return { value: result, ...rest };
  },
});

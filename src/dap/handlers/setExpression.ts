import { assignText } from '../../debug/expressions';
import { integer, optional, shape, string } from '../arguments';
import { evaluationBody } from '../evaluation';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';

export const setExpression = handler('setExpression', shape({ expression: string, value: string, frameId: optional(integer), threadId: optional(integer) }), {
  capabilities: { supportsSetExpression: true },
  run(session, args) {
    const { guest, index } = args.frameId === undefined ? { guest: session.guestOf(args.threadId), index: 0 } : session.frameOf(args.frameId);
    const context = standing(guest, 'setExpression').contextOf(index);
    const { result, ...rest } = evaluationBody(session, guest, assignText(args.expression, args.value, context), { expression: args.expression, frame: index });
    invalidate(session, 'all');
    return { value: result, ...rest };
  },
});

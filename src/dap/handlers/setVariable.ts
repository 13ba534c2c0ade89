import { assign, evaluate } from '../../debug/expressions';
import { integer, shape, string } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { invalidate } from '../sessionContext';
import { containerRows } from './variables';

export const setVariable = handler('setVariable', shape({ variablesReference: integer, name: string, value: string }), {
  capabilities: { supportsSetVariable: true },
  run(session, args) {
    const { context } = session.stoppedTarget;
    const row = containerRows(session, args.variablesReference).find((r) => r.name === args.name);
    if (!row?.evaluateName) throw new RequestError('user', `${args.name} cannot be changed.`);
    assign(row.evaluateName, evaluate(args.value, context).value, context);
    invalidate(session, 'all');
    const after = containerRows(session, args.variablesReference).find((r) => r.name === args.name);
    return { value: after?.value ?? '', variablesReference: session.handles.of(after?.children) };
  },
});

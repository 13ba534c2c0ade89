import { assignText } from '../../debug/expressions';
import { integer, shape, string } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';
import { containerRows } from './variables';

export const setVariable = handler('setVariable', shape({ variablesReference: integer, name: string, value: string }), {
  capabilities: { supportsSetVariable: true },
  run(session, args) {
    const { guest, found } = containerRows(session, args.variablesReference);
    const target = standing(guest, 'setVariable');
    const row = found.find((r) => r.name === args.name);
    if (row?.vmcs !== undefined) guest.target.vm.setVmcs?.(row.vmcs, args.value);
    else if (!row?.evaluateName || row.fixed) throw new RequestError('user', `${args.name} cannot be changed.`);
    else assignText(row.evaluateName, args.value, target.contextOf(row.frame ?? 0));
    invalidate(session, 'all');
    const after = containerRows(session, args.variablesReference).found.find((r) => r.name === args.name);
    return { value: after?.value ?? '', variablesReference: session.handles.of(guest.threadId, after?.children) };
  },
});

import { count, integer, optional, shape } from '../arguments';
import { badFrame } from '../errors';
import type { Guest } from '../guest';
import { handler } from '../handler';
import { type VariableRow, variables as rows } from '../variables';
import type { SessionContext } from '../sessionContext';

/** Rows of the container with this number, and whose it is. */
export function containerRows(session: SessionContext, reference: number): { guest: Guest; found: VariableRow[] } {
  const container = session.handles.container(reference);
  const guest = container && session.guestOf(container.threadId);
  const found = container && guest && rows(guest.target, container.key);
  if (!found) throw badFrame(`variablesReference ${reference} is not one that this session gave out.`);
  return { guest, found };
}

export const variables = handler('variables', shape({ variablesReference: integer, start: optional(count(1e9)), count: optional(count(1e9)) }), {
  run(session, args) {
    const { guest, found: all } = containerRows(session, args.variablesReference);
    const start = args.start ?? 0;
    const shown = args.count ? all.slice(start, start + args.count) : all.slice(start);
    return {
      variables: shown.map(({ children, ...row }) => ({
        ...row,
        variablesReference: session.handles.of(guest.threadId, children),
        ...(!row.evaluateName && { presentationHint: { attributes: ['readOnly'] } }),
      })),
    };
  },
});

import { count, integer, optional, shape } from '../arguments';
import { badFrame } from '../errors';
import { handler } from '../handler';
import { type VariableRow, variables as rows } from '../variables';
import type { SessionContext } from '../sessionContext';

/** Rows of the container with this number. */
export function containerRows(session: SessionContext, reference: number): VariableRow[] {
  const key = session.handles.key(reference);
  const found = key === undefined ? undefined : rows(session.target, key);
  if (!found) throw badFrame(`variablesReference ${reference} is not one that this session gave out.`);
  return found;
}

export const variables = handler('variables', shape({ variablesReference: integer, start: optional(count(1e9)), count: optional(count(1e9)) }), {
  run(session, args) {
    const all = containerRows(session, args.variablesReference);
    const start = args.start ?? 0;
    const shown = args.count ? all.slice(start, start + args.count) : all.slice(start);
    return {
      variables: shown.map(({ children, ...row }) => ({
        ...row,
        variablesReference: session.handles.of(children),
        ...(!row.evaluateName && { presentationHint: { attributes: ['readOnly'] } }),
      })),
    };
  },
});

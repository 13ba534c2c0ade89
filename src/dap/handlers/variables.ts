import { count, integer, oneOf, optional, shape } from '../arguments';
import { badFrame } from '../errors';
import type { Guest } from '../guest';
import { handler } from '../handler';
import { isIndexed, type VariableRow, variables as rows } from '../variables';
import type { SessionContext } from '../sessionContext';

/** Rows of the container with this number, and whose it is. */
export function containerRows(session: SessionContext, reference: number): { guest: Guest; key: string; found: VariableRow[] } {
  const container = session.handles.container(reference);
  const guest = container && session.guestOf(container.threadId);
  const found = container && guest && rows(guest.target, container.key);
  if (!found) throw badFrame(`variablesReference ${reference} is not one that this session gave out.`);
  return { guest, key: container.key, found };
}

/** The source line of code that a row's memory is. */
function locationOf(session: SessionContext, { target }: Guest, { memoryReference }: VariableRow): { valueLocationReference?: number } {
  const place = memoryReference === undefined ? undefined : target.sourceMap.location(Number(memoryReference));
  return place ? { valueLocationReference: session.locations.of(place) } : {};
}

export const variables = handler(
  'variables',
  shape({ variablesReference: integer, filter: optional(oneOf('indexed', 'named')), start: optional(count(1e9)), count: optional(count(1e9)) }),
  {
    run(session, args) {
      const { guest, key, found } = containerRows(session, args.variablesReference);
      // A container has rows of one sort.
      const all = args.filter !== undefined && (args.filter === 'indexed') !== isIndexed(key) ? [] : found;
      const start = args.start ?? 0;
      const shown = args.count ? all.slice(start, start + args.count) : all.slice(start);
      return {
        variables: shown.map(({ children, indexed, lazy, vmcs, ...row }) => ({
          ...row,
          variablesReference: session.handles.of(guest.threadId, children),
          ...(indexed !== undefined && { indexedVariables: indexed }),
          ...locationOf(session, guest, row),
          ...(!row.evaluateName && vmcs === undefined && { presentationHint: { attributes: ['readOnly'], ...(lazy && { lazy: true }) } }),
        })),
      };
    },
  },
);

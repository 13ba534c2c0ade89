import { boolean, count, integer, oneOf, optional, shape } from '../arguments';
import { badFrame } from '../errors';
import type { Guest } from '../guest';
import { handler } from '../handler';
import type { RowRange } from '../cVariables';
import { isIndexed, type VariableRow, variables as rows } from '../variables';
import type { SessionContext } from '../sessionContext';

/** Rows of the container with this number, and whose it is. */
export function containerRows(session: SessionContext, reference: number, range?: RowRange): { guest: Guest; key: string; found: VariableRow[] } {
  const container = session.handles.container(reference);
  const guest = container && session.guestOf(container.threadId);
  const found = container && guest && rows(guest.target, container.key, range);
  if (!found) throw badFrame(`variablesReference ${reference} is not one that this session gave out.`);
  return { guest, key: container.key, found };
}

/** The source line of code that a row's memory is. */
function locationOf(
  session: SessionContext,
  { target }: Guest,
  { memoryReference, declaration }: VariableRow,
): { valueLocationReference?: number; declarationLocationReference?: number } {
  if (declaration) return { declarationLocationReference: session.locations.of(declaration) };
  const place = memoryReference === undefined ? undefined : target.sourceMap.location(Number(memoryReference));
  return place ? { valueLocationReference: session.locations.of(place) } : {};
}

export const variables = handler(
  'variables',
  shape({
    variablesReference: integer,
    filter: optional(oneOf('indexed', 'named')),
    start: optional(count(1e9)),
    count: optional(count(1e9)),
    format: optional(shape({ hex: optional(boolean) })),
  }),
  {
    run(session, args) {
      const range = { start: args.start ?? 0, ...(args.count && { count: args.count }), ...(args.format?.hex && { hexadecimal: true }) };
      const { guest, key, found } = containerRows(session, args.variablesReference, range);
      // A container has rows of one sort.
      const shown = args.filter !== undefined && (args.filter === 'indexed') !== isIndexed(guest.target, key) ? [] : found;
      return {
        variables: shown.map(({ children, indexed, lazy, vmcs, frame, fixed, declaration, ...row }) => ({
          ...row,
          variablesReference: session.handles.of(guest.threadId, children),
          ...(indexed !== undefined && { indexedVariables: indexed }),
          ...locationOf(session, guest, { ...row, ...(declaration && { declaration }) }),
          ...((!row.evaluateName || fixed) && vmcs === undefined && { presentationHint: { attributes: ['readOnly'], ...(lazy && { lazy: true }) } }),
        })),
      };
    },
  },
);

import { integer, shape } from '../arguments';
import { handler } from '../handler';
import { scopes as scopeRows } from '../variables';

/** Registers belong to the CPU, not to a frame: every frame shows the same. */
export const scopes = handler('scopes', shape({ frameId: integer }), {
  run: (session) => ({ scopes: scopeRows(session.target).map(({ key, ...scope }) => ({ ...scope, variablesReference: session.handles.of(key) })) }),
});

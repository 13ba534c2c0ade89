import { integer, shape } from '../arguments';
import { handler } from '../handler';
import { scopes as scopeRows } from '../variables';

/** Registers belong to the CPU, not to a frame: every frame shows the same. */
export const scopes = handler('scopes', shape({ frameId: integer }), {
  run(session, { frameId }) {
    const { guest } = session.frameOf(frameId);
    session.attend(guest);
    return { scopes: scopeRows(guest.target).map(({ key, ...scope }) => ({ ...scope, variablesReference: session.handles.of(guest.threadId, key) })) };
  },
});

import { integer, shape } from '../arguments';
import { cScopes } from '../cVariables';
import { handler } from '../handler';
import { scopes as scopeRows, VISIT_SCOPES } from '../variables';
import { VMM_FRAME } from '../vmmFrame';

/** Variables are a frame's. Registers belong to the CPU: every frame shows the same. */
export const scopes = handler('scopes', shape({ frameId: integer }), {
  run(session, { frameId }) {
    const { guest, index } = session.frameOf(frameId);
    session.attend(guest);
    return {
      scopes: (index === VMM_FRAME ? VISIT_SCOPES : [...cScopes(guest.target, index), ...scopeRows(guest.target)]).map(({ key, ...scope }) => ({
        ...scope,
        variablesReference: session.handles.of(guest.threadId, key),
      })),
    };
  },
});

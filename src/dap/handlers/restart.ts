import { anything, optional, shape } from '../arguments';
import { handler } from '../handler';

/** Power on again: the program is assembled anew, breakpoints keep their numbers. */
export const restart = handler('restart', shape({ arguments: optional(anything) }), {
  capabilities: { supportsRestartRequest: true },
  async run(session, args) {
    await session.restart(args.arguments);
    session.afterResponse(() => session.begin());
  },
});

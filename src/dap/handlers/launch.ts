import { anything } from '../arguments';
import { handler } from '../handler';

/** Breakpoints are asked for (`initialized`) once there is a program to put them into. */
export const launch = handler('launch', anything, {
  async run(session, attributes) {
    await session.launch(attributes);
    session.afterResponse(() => session.send('initialized'));
  },
});

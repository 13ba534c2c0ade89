import { integer, optional, shape, string } from '../arguments';
import { handler } from '../handler';

/** Type into the guest: keys for the keyboard, bytes (one a character) for serial port 1. */
export const ringsideInput = handler('ringside/input', shape({ threadId: optional(integer), keys: optional(string), serial: optional(string) }), {
  run(session, { threadId, keys, serial }) {
    const { target } = session.guestOf(threadId);
    if (keys) target.machine.typeKeys(keys);
    if (serial) target.machine.serialInput(Uint8Array.from(serial, (c) => c.charCodeAt(0)));
    return {};
  },
});

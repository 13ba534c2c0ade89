import { SERIAL_PORTS } from '../../protocol/serial';
import { boolean, count, integer, oneOf, optional, shape, string } from '../arguments';
import { badFrame } from '../errors';
import { handler } from '../handler';

const key = shape({ code: string, down: boolean });
const mouse = shape({ dx: optional(integer), dy: optional(integer), wheel: optional(integer), buttons: optional(count(7)) });

/** Type into the guest: keys for the keyboard, as text or one by one; the mouse; bytes (one a character) for a serial port. */
export const ringsideInput = handler(
  'ringside/input',
  shape({ threadId: optional(integer), keys: optional(string), key: optional(key), mouse: optional(mouse), serial: optional(string), port: optional(oneOf(...SERIAL_PORTS)) }),
  {
    run(session, args) {
      const { target } = session.guestOf(args.threadId);
      const { machine } = target;
      if (args.keys) machine.typeKeys(args.keys);
      if (args.key && machine.pressKey?.(args.key.code, args.key.down) === false) throw badFrame(`key.code ${JSON.stringify(args.key.code)} is no key of a PC keyboard.`);
      if (args.mouse) machine.moveMouse?.(args.mouse);
      if (args.serial)
        machine.serialInput(
          Uint8Array.from(args.serial, (c) => c.charCodeAt(0)),
          args.port,
        );
      return {};
    },
  },
);

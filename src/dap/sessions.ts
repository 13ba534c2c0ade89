/** The debug sessions of a worker, one after the other: what one leaves behind the next may attach to. */
import type { MachineFactory } from '../debug/debugMachine';
import { isHostNotice, type VmNotice } from '../protocol/keptVms';
import type { Guest } from './guest';
import type { KeptGuests } from './keptGuests';
import { RingsideSession } from './session';

const summary = ({ name, config, target }: Guest) => ({ name, technique: target.vm.technique, memory: config.memory, running: target.running });

export class Sessions {
  #session: RingsideSession;
  #keeps = false;

  constructor(
    private readonly createMachine: MachineFactory,
    private readonly post: (message: object) => void,
  ) {
    this.#session = this.#begin(undefined);
  }

  /** DAP messages, and what the host says before them. */
  handleMessage(message: unknown): void {
    if (isHostNotice(message)) this.#keeps = message.keeps;
    else this.#current.handleMessage(message as never);
  }

  /** A session that has left is over with its last answer. */
  get #current(): RingsideSession {
    if (this.#session.left) this.#session = this.#begin(this.#session.left);
    return this.#session;
  }

  #begin(kept: KeptGuests | undefined): RingsideSession {
    const session = new RingsideSession(this.createMachine, {
      keeps: () => this.#keeps,
      ...(kept && { kept }),
      tell: (state, guests) => this.post({ type: 'ringside/vms', state, vms: guests.filter((guest) => !guest.over).map(summary) } satisfies VmNotice),
    });
    session.onDidSendMessage(this.post);
    return session;
  }
}

/** QEMU's machine protocol (docs/interop/qmp-spec): a request is a line of JSON, and so is its answer. Events are passed over. */
import net from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY = 20;

const connected = (path) =>
  new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });

export class Qmp {
  #socket;
  #waiting = [];

  /** `alive`: whether QEMU still runs. Throws when it ends before it answers. */
  static async connect(path, alive) {
    for (;;) {
      const socket = await connected(path);
      if (socket) return new Qmp(socket).#begin();
      if (!alive()) throw new Error('it ended before it answered');
      await sleep(RETRY);
    }
  }

  constructor(socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#answer(JSON.parse(line)));
    socket
      .on('error', () => {})
      .on('close', () => {
        for (const { resolve } of this.#waiting.splice(0)) resolve({});
      });
  }

  async #begin() {
    await this.execute('qmp_capabilities');
    return this;
  }

  #answer(message) {
    if (!message.QMP && !message.event) this.#waiting.shift()?.resolve(message);
  }

  /** What it returns; undefined when QEMU ended meanwhile. */
  async execute(command, args = {}) {
    if (this.#socket.destroyed) return undefined;
    const { return: result, error } = await new Promise((resolve) => {
      this.#waiting.push({ resolve });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
    if (error) throw new Error(`${command}: ${error.desc}`);
    return result;
  }

  /** A command of the monitor for people: what it prints. */
  async monitor(line) {
    return (await this.execute('human-monitor-command', { 'command-line': line })) ?? '';
  }

  close() {
    this.#socket.destroy();
  }
}

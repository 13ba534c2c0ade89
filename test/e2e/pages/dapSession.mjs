/** A debug session in the worker that ships, driven by DAP messages as VS Code drives it. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';

export class DapSession {
  #worker;
  #seq = 0;
  #answers = new Map();
  #events = [];
  #waiting = [];

  constructor(root) {
    this.#worker = new Worker(path.join(root, 'dist/worker.mjs'));
    this.#worker.on('message', (message) => this.#receive(message));
  }

  #receive(message) {
    if (message.type === 'response') {
      const { resolve, reject } = this.#answers.get(message.request_seq);
      if (message.success) resolve(message.body);
      else reject(new Error(message.message));
      return;
    }
    this.#events.push(message);
    this.#waiting = this.#waiting.filter(({ name, resolve }) => name !== message.event || void resolve(message.body));
  }

  request(command, args = {}) {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      this.#answers.set(seq, { resolve, reject });
      this.#worker.postMessage({ type: 'request', seq, command, arguments: args });
    });
  }

  event(name) {
    return new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  async start(attributes, functionBreakpoints = []) {
    await this.request('initialize', { adapterID: 'ringside', supportsMemoryEvent: true, supportsInvalidatedEvent: true });
    const initialized = this.event('initialized');
    await this.request('launch', { stopOnEntry: true, pace: 'full', ...attributes });
    await initialized;
    await this.breakAt(functionBreakpoints);
    const stopped = this.event('stopped');
    await this.request('configurationDone');
    await stopped;
  }

  breakAt(names) {
    return this.request('setFunctionBreakpoints', { breakpoints: names.map((name) => ({ name })) });
  }

  async go(command = 'continue') {
    const stopped = this.event('stopped');
    await this.request(command, { threadId: 1 });
    return stopped;
  }

  async run() {
    await this.request('continue', { threadId: 1 });
  }

  end() {
    return this.#worker.terminate();
  }
}

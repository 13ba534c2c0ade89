/** A client that talks to a session by messages only, as an editor would. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { RingsideSession, type SessionPlace } from '../../src/dap/session';
import type { MachineFactory } from '../../src/debug/debugMachine';

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies that the protocol leaves open
export type Body = Record<string, any>;

export class DapClient {
  readonly messages: DebugProtocol.ProtocolMessage[] = [];
  readonly session: RingsideSession;
  #seq = 1;
  #waiting: { test: (message: Body) => boolean; resolve: (message: Body) => void }[] = [];
  /** Events up to here have been waited for. */
  #seen = 0;

  constructor(create: MachineFactory, place?: SessionPlace) {
    this.session = new RingsideSession(create, place);
    this.session.onDidSendMessage((message) => {
      const copy = JSON.parse(JSON.stringify(message));
      this.messages.push(copy);
      this.#waiting = this.#waiting.filter(({ test, resolve }) => !test(copy) || void resolve(copy));
    });
  }

  /** Any JSON value at all. */
  raw(message: unknown): void {
    this.session.handleMessage(message as DebugProtocol.ProtocolMessage);
  }

  async response(command: string, args?: unknown): Promise<Body> {
    const seq = this.#seq++;
    const answer = this.#when((m) => m.type === 'response' && m.request_seq === seq);
    this.raw({ type: 'request', seq, command, arguments: args });
    return answer;
  }

  /** Body of a response that must be a success. */
  async request(command: string, args?: unknown): Promise<Body> {
    const response = await this.response(command, args);
    if (!response.success) throw new Error(`${command}: ${response.message}`);
    return response.body;
  }

  /** The next event of this name that no earlier call returned. */
  async event(name: string): Promise<Body> {
    const found = this.messages.findIndex((m, i) => i >= this.#seen && (m as DebugProtocol.Event).event === name);
    if (found >= 0) {
      this.#seen = found + 1;
      return (this.messages[found] as DebugProtocol.Event).body;
    }
    const message = await this.#when((m) => m.event === name);
    this.#seen = this.messages.indexOf(message as DebugProtocol.ProtocolMessage) + 1;
    return message.body;
  }

  output(category: string): string {
    return this.messages
      .filter((m) => (m as Body).event === 'output' && (m as Body).body.category === category)
      .map((m) => (m as Body).body.output)
      .join('');
  }

  async start(attributes: Body = {}, before?: () => Promise<unknown>): Promise<void> {
    await this.request('initialize', { adapterID: 'ringside', linesStartAt1: true, columnsStartAt1: true });
    await this.request('launch', { program: '/guest/toy.asm', ...attributes });
    await this.event('initialized');
    await before?.();
    await this.request('configurationDone');
  }

  async line(): Promise<number> {
    return (await this.request('stackTrace', { threadId: 1 })).stackFrames[0].line;
  }

  /** Resume by `command` and return the stop. */
  async go(command: string, args: Body = {}): Promise<Body> {
    await this.request(command, { threadId: 1, ...args });
    return this.event('stopped');
  }

  #when(test: (message: Body) => boolean): Promise<Body> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came: ${JSON.stringify(this.messages.slice(-3))}`)), 60_000);
      this.#waiting.push({
        test,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      });
    });
  }
}

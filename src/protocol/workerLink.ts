/** One client of a debug adapter and the worker that it talks to: its own, until it attaches to one that was left behind. */
import { UserError } from '../base/userError';
import type { VmWorker, VmWorkers } from './keptVms';

export interface LinkMessage {
  readonly type?: string;
  readonly seq?: number;
  readonly command?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly arguments?: unknown;
}

interface DisconnectArguments {
  readonly terminateDebuggee?: unknown;
  readonly restart?: unknown;
}

export interface LinkEnd {
  send(message: object): void;
  failed(reason: string): void;
  /** The client has disconnected: nothing more will come. */
  done(): void;
}

export class WorkerLink {
  #worker: VmWorker;
  #initialize: LinkMessage | undefined;
  /** Sequence number of an `initialize` that the client has had its answer to. */
  #replayed: number | undefined;
  #initialized = false;
  #attached = false;
  #open = true;

  constructor(
    private readonly vms: VmWorkers,
    private readonly end: LinkEnd,
  ) {
    this.#worker = vms.start(this.#client());
  }

  #client() {
    return { receive: (message: object) => this.#receive(message), failed: (reason: string) => this.end.failed(reason) };
  }

  /** From the client. */
  post(message: unknown): void {
    const request = (message ?? {}) as LinkMessage;
    if (request.type === 'request') {
      if (request.command === 'initialize') this.#initialize = request;
      const problem = this.vms.keeps ? this.#prepare(request) : undefined;
      if (problem !== undefined) return this.#refuse(request, problem);
    }
    this.#worker.port.postMessage(message);
  }

  /** Why the request goes no further. */
  #prepare({ command, arguments: args }: LinkMessage): string | undefined {
    if (command === 'disconnect' && this.#leaves(args)) return this.vms.refusalToKeep(this.#worker);
    if (command !== 'attach' || this.#worker.state !== 'over') return undefined;
    try {
      this.#take(this.vms.choose((args as { vm?: unknown } | undefined)?.vm));
      return undefined;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return error.message;
    }
  }

  /** Whether this disconnect leaves the VM behind: what was attached to is not ended unless that is asked for. */
  #leaves(args: unknown): boolean {
    const { terminateDebuggee } = (args ?? {}) as DisconnectArguments;
    return this.#worker.state === 'debugged' && !(terminateDebuggee ?? !this.#attached);
  }

  #take(worker: VmWorker): void {
    this.vms.end(this.#worker);
    this.#worker = worker;
    this.#attached = true;
    this.vms.take(worker, this.#client());
    if (!this.#initialize) return;
    if (this.#initialized) this.#replayed = this.#initialize.seq;
    worker.port.postMessage(this.#initialize);
  }

  #receive(message: object): void {
    const { type, command, request_seq: answered } = message as LinkMessage;
    if (type === 'response' && command === 'initialize') {
      this.#initialized = true;
      if (answered === this.#replayed) return;
    }
    this.end.send(message);
    if (type === 'response' && command === 'disconnect') this.end.done();
  }

  #refuse({ seq, command }: LinkMessage, reason: string): void {
    const error = { id: 2003, format: '{_message}', variables: { _message: reason }, showUser: true };
    this.end.send({ seq: 0, type: 'response', request_seq: seq, command, success: false, message: reason, body: { error } });
  }

  /** The client is gone. What it left behind stays, and so does what it had attached to. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const worker = this.#worker;
    const { state } = worker;
    const stays = state === 'kept' || (state === 'debugged' && this.#attached && !this.vms.refusalToKeep(worker));
    if (!stays) return this.vms.end(worker);
    this.vms.release(worker);
    if (state === 'debugged') worker.port.postMessage({ seq: 0, type: 'request', command: 'disconnect', arguments: { terminateDebuggee: false } });
  }
}

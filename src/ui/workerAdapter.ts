/**
 * The debug adapter runs in a worker of its own, one per session, so that a busy guest never stalls the extension host
 * and a crash ends one session only. Messages in both directions are plain DAP objects.
 */
import * as vscode from 'vscode';
import { DEBUG_TYPE } from './identifiers';
import type { StartWorker, WorkerHandle } from './workers';

interface Message extends vscode.DebugProtocolMessage {
  readonly type: string;
  readonly seq: number;
  readonly command?: string;
  readonly request_seq?: number;
}

class WorkerAdapter implements vscode.DebugAdapter {
  readonly #sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly #worker: WorkerHandle;
  /** Requests that the worker has not answered. */
  readonly #pending = new Map<number, Message>();
  #disposed = false;
  /** Why there is no worker any more. */
  #ended: string | undefined;
  /** Sequence numbers of our own messages, counted down so as not to meet the worker's. */
  #sequence = -1;

  readonly onDidSendMessage = this.#sent.event;

  constructor(worker: WorkerHandle) {
    this.#worker = worker;
    this.#worker.onMessage((message: Message) => {
      if (message.request_seq !== undefined) this.#pending.delete(message.request_seq);
      this.#sent.fire(message);
    });
    this.#worker.onFailure((reason) => this.#end(vscode.l10n.t('The debug adapter stopped: {0}', reason)));
  }

  handleMessage(message: Message): void {
    if (this.#ended) {
      this.#refuse(message);
      return;
    }
    if (message.type === 'request') this.#pending.set(message.seq, message);
    this.#worker.postMessage(message);
  }

  /** Without the worker there is no session: say why, answer what is open, and end it. */
  #end(reason: string): void {
    if (this.#disposed || this.#ended) return;
    this.#ended = reason;
    this.#emit({ type: 'event', event: 'output', body: { category: 'stderr', output: `${reason}\n` } });
    for (const request of this.#pending.values()) this.#refuse(request);
    this.#emit({ type: 'event', event: 'terminated', body: {} });
  }

  #refuse({ seq, command }: Message): void {
    // Disconnecting from what is gone succeeds.
    const success = command === 'disconnect';
    this.#emit({
      type: 'response',
      request_seq: seq,
      command,
      success,
      ...(success ? {} : { message: this.#ended, body: { error: { id: 1, format: this.#ended, showUser: true } } }),
    });
  }

  #emit(message: object): void {
    this.#sent.fire({ seq: this.#sequence--, ...message } as vscode.DebugProtocolMessage);
  }

  dispose(): void {
    this.#disposed = true;
    void this.#worker.terminate();
    this.#sent.dispose();
  }
}

export function registerAdapter(context: vscode.ExtensionContext, start: StartWorker): void {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, {
      createDebugAdapterDescriptor: () => new vscode.DebugAdapterInlineImplementation(new WorkerAdapter(start('worker'))),
    }),
  );
}

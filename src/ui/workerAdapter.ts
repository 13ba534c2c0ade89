/**
 * The debug adapter runs in a worker of its own, one per session, so that a busy guest never stalls the extension host
 * and a crash ends one session only. Messages in both directions are plain DAP objects. A worker whose session has left
 * its VM behind stays, until another attaches or the extension goes.
 */
import * as vscode from 'vscode';
import { DEBUG_TYPE } from './identifiers';
import type { VmWorkers } from '../protocol/keptVms';
import { WorkerLink } from '../protocol/workerLink';

interface Message extends vscode.DebugProtocolMessage {
  readonly type: string;
  readonly seq: number;
  readonly command?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
}

class WorkerAdapter implements vscode.DebugAdapter {
  readonly #sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly #link: WorkerLink;
  /** Requests that the worker has not answered. */
  readonly #pending = new Map<number, Message>();
  #disposed = false;
  /** Why there is no worker any more. */
  #ended: string | undefined;
  /** Sequence numbers of our own messages, counted down so as not to meet the worker's. */
  #sequence = -1;

  readonly onDidSendMessage = this.#sent.event;

  constructor(vms: VmWorkers) {
    this.#link = new WorkerLink(vms, {
      send: (message) => this.#forward(message as Message),
      failed: (reason) => this.#end(vscode.l10n.t('The debug adapter stopped: {0}', reason)),
      done: () => {},
    });
  }

  #forward(message: Message): void {
    if (message.request_seq !== undefined) this.#pending.delete(message.request_seq);
    // VS Code goes all the same, and says nothing.
    if (message.command === 'disconnect' && message.success === false) void vscode.window.showWarningMessage(vscode.l10n.t('Ringside: {0}', message.message ?? ''));
    this.#sent.fire(message);
  }

  handleMessage(message: Message): void {
    if (this.#ended) {
      this.#refuse(message);
      return;
    }
    if (message.type === 'request') this.#pending.set(message.seq, message);
    this.#link.post(message);
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
    this.#link.close();
    this.#sent.dispose();
  }
}

export function registerAdapter(context: vscode.ExtensionContext, vms: VmWorkers): void {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, {
      createDebugAdapterDescriptor: () => new vscode.DebugAdapterInlineImplementation(new WorkerAdapter(vms)),
    }),
  );
}

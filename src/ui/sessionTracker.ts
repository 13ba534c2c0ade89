/**
 * The one listener to debug sessions. It keeps the session that views show (the active one, or the last that was)
 * and re-publishes what happens to it as typed events.
 */
import * as vscode from 'vscode';
import type { CustomRequest, CustomRequests, OfVm } from '../protocol/requests';
import { DEBUG_TYPE } from './identifiers';

export type SessionState = 'running' | 'stopped';

interface DapMessage {
  readonly type: string;
  readonly event?: string;
  readonly body?: unknown;
  /** Of a response. */
  readonly command?: string;
  readonly success?: boolean;
}

/** Requests after whose answer the guest runs: the adapter need not say so again. */
const RESUMING: readonly (string | undefined)[] = ['continue', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue'];

/** A custom event of a session. */
export interface SentEvent {
  readonly session: vscode.DebugSession;
  readonly event: string;
  readonly body: unknown;
}

export class SessionTracker implements vscode.Disposable {
  readonly #disposables: vscode.Disposable[] = [];
  readonly #states = new Map<string, SessionState>();
  readonly #created = new vscode.EventEmitter<vscode.DebugSession>();
  readonly #output = new vscode.EventEmitter<object>();
  readonly #sent = new vscode.EventEmitter<SentEvent>();
  readonly #changed = new vscode.EventEmitter<vscode.DebugSession | undefined>();
  readonly #started = new vscode.EventEmitter<vscode.DebugSession>();
  readonly #stopped = new vscode.EventEmitter<vscode.DebugSession>();
  readonly #continued = new vscode.EventEmitter<vscode.DebugSession>();
  readonly #ended = new vscode.EventEmitter<vscode.DebugSession>();
  readonly #chosen = new vscode.EventEmitter<vscode.DebugSession>();
  /** By session, in the order they started. */
  readonly #alive = new Map<string, vscode.DebugSession>();
  /** By session: the VM that the user has chosen last in the call stack. */
  readonly #threads = new Map<string, number>();
  #current: vscode.DebugSession | undefined;

  /** About to launch: before anything is said or done. */
  readonly onDidCreate = this.#created.event;
  /** Body of an output event. */
  readonly onDidOutput = this.#output.event;
  /** Events `ringside/…`. */
  readonly onDidSend = this.#sent.event;
  /** The session that views show is another one, or none. */
  readonly onDidChangeCurrent = this.#changed.event;
  readonly onDidStart = this.#started.event;
  /** Stopped, or changed while stopped: views are out of date. */
  readonly onDidStop = this.#stopped.event;
  readonly onDidContinue = this.#continued.event;
  readonly onDidEnd = this.#ended.event;
  /** Of the current session's VMs, another one is looked at. */
  readonly onDidChooseVm = this.#chosen.event;

  constructor() {
    const ours = (session: vscode.DebugSession | undefined): session is vscode.DebugSession => session?.type === DEBUG_TYPE;
    this.#disposables.push(
      vscode.debug.onDidStartDebugSession((session) => {
        if (!ours(session)) return;
        if (!this.#states.has(session.id)) this.#states.set(session.id, 'running');
        this.#alive.set(session.id, session);
        this.#started.fire(session);
        this.#select(session);
      }),
      vscode.debug.onDidChangeActiveDebugSession((session) => ours(session) && this.#select(session)),
      vscode.debug.onDidChangeActiveStackItem((item) => item && ours(item.session) && this.#choose(item.session, item.threadId)),
      vscode.debug.onDidTerminateDebugSession((session) => ours(session) && this.#end(session)),
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (session) => {
          this.#created.fire(session);
          return { onDidSendMessage: (message: DapMessage) => this.#follow(session, message) };
        },
      }),
    );
  }

  get current(): vscode.DebugSession | undefined {
    return this.#current;
  }

  #stops = 0;

  /** How often a guest has stopped: what changed since is what changed while it ran. */
  get stops(): number {
    return this.#stops;
  }

  stateOf(session: vscode.DebugSession): SessionState | undefined {
    return this.#states.get(session.id);
  }

  /** Ask the current session; undefined when there is none or it cannot answer now. */
  async request<C extends CustomRequest>(command: C, args: CustomRequests[C]['args']): Promise<CustomRequests[C]['body'] | undefined> {
    try {
      return await this.#current?.customRequest(command, { ...this.#vm(), ...args });
    } catch {
      return undefined; // ended or still starting: the next stop asks again
    }
  }

  /** Ask the current session whatever it may be asked; what it refuses, or that there is none, is thrown. */
  async ask(command: string, args: object): Promise<unknown> {
    if (!this.#current) throw new Error('No guest is being debugged.');
    return this.#current.customRequest(command, { ...this.#vm(), ...args });
  }

  /** Of the current session's VMs, the one that the user has chosen last; undefined before the first choice. */
  get threadId(): number | undefined {
    return this.#current && this.#threads.get(this.#current.id);
  }

  #vm(): OfVm {
    const { threadId } = this;
    return threadId === undefined ? {} : { threadId };
  }

  #choose(session: vscode.DebugSession, threadId: number): void {
    if (this.#threads.get(session.id) === threadId) return;
    this.#threads.set(session.id, threadId);
    if (session.id === this.#current?.id) this.#chosen.fire(session);
  }

  /** A VM is over: nobody can look at it any more. */
  #left(session: vscode.DebugSession, { reason, threadId }: { readonly reason?: string; readonly threadId?: number }): void {
    if (reason === 'exited' && this.#threads.get(session.id) === threadId) this.#threads.delete(session.id);
  }

  #follow(session: vscode.DebugSession, message: DapMessage): void {
    if (message.type === 'response' && message.success && RESUMING.includes(message.command)) this.#resumed(session);
    if (message.type !== 'event') return;
    if (message.event === 'output' && message.body) this.#output.fire(message.body);
    if (message.event === 'thread') this.#left(session, message.body as object);
    if (message.event?.startsWith(`${DEBUG_TYPE}/`)) this.#sent.fire({ session, event: message.event, body: message.body });
    if (message.event === 'stopped' || (message.event === 'invalidated' && this.#states.get(session.id) === 'stopped')) {
      if (message.event === 'stopped') this.#stops++;
      this.#states.set(session.id, 'stopped');
      this.#stopped.fire(session);
    } else if (message.event === 'continued') this.#resumed(session);
  }

  #resumed(session: vscode.DebugSession): void {
    this.#states.set(session.id, 'running');
    this.#continued.fire(session);
  }

  #select(session: vscode.DebugSession | undefined): void {
    if (this.#current?.id === session?.id) return;
    this.#current = session;
    this.#changed.fire(session);
  }

  #end(session: vscode.DebugSession): void {
    this.#states.delete(session.id);
    this.#alive.delete(session.id);
    this.#threads.delete(session.id);
    this.#ended.fire(session);
    if (this.#current?.id === session.id) this.#select([...this.#alive.values()].at(-1));
  }

  dispose(): void {
    for (const disposable of [
      ...this.#disposables,
      this.#created,
      this.#output,
      this.#sent,
      this.#changed,
      this.#started,
      this.#stopped,
      this.#continued,
      this.#ended,
      this.#chosen,
    ])
      disposable.dispose();
  }
}

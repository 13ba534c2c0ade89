/** What handlers share: the target, the client's habits, and a way to send events. The session implements it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SourceLocation } from '../protocol/requests';
import type { DebugTarget } from '../debug/target';
import type { EventReport } from '../debug/eventReport';
import type { VariableHandles } from './variableHandles';

/** Stands for the one CPU. */
export const THREAD_ID = 1;

export interface Client {
  /** What the first line and column are called. */
  readonly lineBase: 0 | 1;
  readonly columnBase: 0 | 1;
  readonly memoryEvents: boolean;
  readonly invalidatedEvents: boolean;
}

export interface SessionContext {
  client: Client;
  readonly handles: VariableHandles;
  /** Throws when nothing has been launched. */
  readonly target: DebugTarget;
  readonly report: EventReport | undefined;
  /** The same, for requests that need the guest to stand still. */
  readonly stoppedTarget: DebugTarget;
  launch(attributes: Readonly<Record<string, unknown>>): Promise<void>;
  restart(attributes: Readonly<Record<string, unknown>> | undefined): Promise<void>;
  /** Start what was launched: stopped at entry, or running. */
  begin(): void;
  /** End the guest and say so. */
  end(): void;
  send(event: string, body?: object): void;
  output(text: string, category: 'console' | 'stdout' | 'stderr' | 'important', at?: SourceLocation & { readonly column?: number }): void;
  /** Run once the response to the current request has been sent. */
  afterResponse(action: () => void): void;
}

export const clientLine = (session: SessionContext, line: number): number => line - 1 + session.client.lineBase;
export const ourLine = (session: SessionContext, line: number): number => line + 1 - session.client.lineBase;

export const sourceOf = (path: string): DebugProtocol.Source => ({ name: path.replace(/^.*[\\/]/, ''), path });

/** Tell the client that what it shows may be stale. */
export function invalidate(session: SessionContext, ...areas: DebugProtocol.InvalidatedAreas[]): void {
  session.afterResponse(() => session.client.invalidatedEvents && session.send('invalidated', { areas }));
}

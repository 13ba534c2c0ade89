/** What handlers share: the target, the client's habits, and a way to send events. The session implements it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SourceLocation } from '../protocol/requests';
import type { DebugTarget } from '../debug/target';
import type { Guest } from './guest';
import { guestRunning } from './errors';
import type { LocationReferences } from './locationReferences';
import type { ProgressReports } from './progress';
import type { VariableHandles } from './variableHandles';

export interface Client {
  /** What the first line and column are called. */
  readonly lineBase: 0 | 1;
  readonly columnBase: 0 | 1;
  readonly memoryEvents: boolean;
  readonly invalidatedEvents: boolean;
  readonly progress: boolean;
}

export interface SessionContext {
  client: Client;
  /** Number of the request that is being answered. */
  readonly requestId: number;
  readonly progress: ProgressReports;
  readonly handles: VariableHandles;
  readonly locations: LocationReferences;
  /** More than one guest was launched. */
  readonly several: boolean;
  /** All that were launched and have not ended. Throws when nothing has been launched. */
  readonly guests: readonly Guest[];
  /** The one the user looks at: requests that name no thread are about it. Throws when nothing has been launched. */
  readonly focus: Guest;
  /** Of the guest in focus. */
  readonly target: DebugTarget;
  /** The same, for requests that need the guest to stand still. */
  readonly stoppedTarget: DebugTarget;
  /** Guest by thread; the one in focus when none is named. */
  guestOf(threadId: number | undefined): Guest;
  /** The guest whose frame has this id, and which of its frames, from 0. */
  frameOf(frameId: number): { readonly guest: Guest; readonly index: number };
  /** The user looks at this guest now. */
  attend(guest: Guest): void;
  /** Guests may be left behind for another session. */
  readonly keeps: boolean;
  /** The guests are of an earlier session. */
  readonly attached: boolean;
  launch(attributes: Readonly<Record<string, unknown>>): Promise<void>;
  restart(attributes: Readonly<Record<string, unknown>> | undefined): Promise<void>;
  /** Take over the guests that an earlier session left behind. Throws when there are none. */
  attach(): void;
  /** Start what was launched, stopped at entry or running; of what was attached to, show what stands. Then say what is loaded. */
  begin(): void;
  /** Leave the guests behind: running, or, with `suspend`, standing. */
  leave(suspend: boolean): Promise<void>;
  /** End all guests and say so. */
  end(): void;
  send(event: string, body?: object): void;
  output(text: string, category: 'console' | 'stdout' | 'stderr' | 'important', at?: SourceLocation & { readonly column?: number }): void;
  /** Run once the response to the current request has been sent. */
  afterResponse(action: () => void): void;
}

/** Frames of a thread have the numbers behind this many times its place, from 1. */
export const FRAMES_PER_THREAD = 1000;

/** Throws when the guest runs. */
export function standing({ target }: Guest, command: string): DebugTarget {
  if (target.running) throw guestRunning(command);
  return target;
}

export const clientLine = (session: SessionContext, line: number): number => line - 1 + session.client.lineBase;
export const ourLine = (session: SessionContext, line: number): number => line + 1 - session.client.lineBase;

export const sourceOf = (path: string): DebugProtocol.Source => ({ name: path.replace(/^.*[\\/]/, ''), path });

/** Tell the client that what it shows may be stale. */
export function invalidate(session: SessionContext, ...areas: DebugProtocol.InvalidatedAreas[]): void {
  session.afterResponse(() => session.client.invalidatedEvents && session.send('invalidated', { areas }));
}

/** One request: its name, what its arguments must be, the capability it implements, and what it does. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Check } from './arguments';
import type { SessionContext } from './sessionContext';

export interface Handler {
  readonly command: string;
  capabilities(session: SessionContext): DebugProtocol.Capabilities;
  answer(session: SessionContext, args: unknown): unknown;
}

export interface HandlerSpec<T> {
  /** A function where it depends on how the session is reached. */
  readonly capabilities?: DebugProtocol.Capabilities | ((session: SessionContext) => DebugProtocol.Capabilities);
  /** Returns the response body, now or later. */
  readonly run: (session: SessionContext, args: T) => unknown;
}

export const handler = <T>(command: string, check: Check<T>, spec: HandlerSpec<T>): Handler => ({
  command,
  capabilities: (session) => (typeof spec.capabilities === 'function' ? spec.capabilities(session) : (spec.capabilities ?? {})),
  answer: (session, args) => spec.run(session, check(args, 'arguments')),
});

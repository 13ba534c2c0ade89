/** The errors a request can be answered with. A code stays the same for ever; a message says what to do about it. */
import { UserError } from '../base/userError';

export const ERROR_CODES = {
  /** The frame or its arguments are not what the protocol says. */
  badArguments: 1001,
  unknownRequest: 1002,
  /** Asked for something in a state that does not allow it. */
  wrongState: 1003,
  cancelled: 1004,
  /** The user can mend it. */
  user: 2001,
  launch: 2002,
  /** Ringside's own mistake. */
  internal: 3001,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Whether the client should show it by itself, rather than in the place where the user asked. */
    readonly showUser = false,
  ) {
    super(message);
  }
}

export const unknownRequest = (command: string): RequestError => new RequestError('unknownRequest', `Ringside does not answer the request "${command}".`);
export const nothingToAttachTo = (keeps: boolean): RequestError =>
  new RequestError(
    'launch',
    keeps
      ? 'There is no VM to attach to: one is kept when its session disconnects without ending it.'
      : 'There is nothing to attach to: an adapter on standard input and output ends with its session. Sessions of one "ringside dap --port N" can attach to what an earlier one left behind.',
    true,
  );
export const notLaunched = (command: string): RequestError => new RequestError('wrongState', `"${command}" needs a guest: launch one first.`);
export const alreadyLaunched = (): RequestError => new RequestError('wrongState', 'This session has a guest already.');
export const guestRunning = (command: string): RequestError => new RequestError('wrongState', `"${command}" needs a stopped guest: pause it first.`);
/** The protocol wants this very word. */
export const cancelled = (): RequestError => new RequestError('cancelled', 'cancelled');
export const badFrame = (message: string): RequestError => new RequestError('badArguments', message);

/** Any thrown value as an answer. */
export function toRequestError(error: unknown, command: string): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof UserError) return new RequestError('user', error.message);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new RequestError('internal', `Ringside failed to answer "${command}": ${message}`, true);
}

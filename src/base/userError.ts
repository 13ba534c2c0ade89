/**
 * A mistake in what the user gave us: a launch attribute, a path, a source line, an image.
 * It names the thing, says what was expected, and is shown as it stands; it is never a bug report.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    /** Stable identifier, e.g. `launch.technique`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Has the mistakes that are found meanwhile name the file that they are in, where they do not. */
export function inFile<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof UserError && !error.message.includes(name)) throw new UserError(error.code, `${name}: ${error.message}`);
    throw error;
  }
}

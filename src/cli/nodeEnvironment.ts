/** The environment of the command line in Node: standard streams, time, Ctrl+C. */
import type { CliEnvironment } from './command';

/** What the entry point must supply: the parts that are not Node's. */
export type Collaborators = Pick<CliEnvironment, 'version' | 'readFile' | 'writeFile' | 'assemble' | 'createGuest' | 'serveDap'>;

export function nodeEnvironment(collaborators: Collaborators): CliEnvironment {
  let interrupted: boolean | undefined;
  // A reader that went away (`ringside run … | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    ...collaborators,
    stdout: (chunk) => void process.stdout.write(chunk),
    stderr: (text) => void process.stderr.write(text),
    now: () => performance.now(),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    // Only a command that asks takes Ctrl+C over, and only the first: the second ends the process.
    interrupted: () => {
      if (interrupted === undefined) process.once('SIGINT', () => (interrupted = true));
      return (interrupted ??= false);
    },
  };
}

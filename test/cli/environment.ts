/** A CLI environment in memory, and a way to run a command line in it. */
import type { Assembly } from '../../src/asm/assembly';
import { UserError } from '../../src/base/userError';
import { runCli } from '../../src/cli/cli';
import type { CliEnvironment, GuestAttributes } from '../../src/cli/command';
import { isTechnique } from '../../src/protocol/techniques';
import { type FakeInstruction, fakeSubject } from './fakeVm';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, Uint8Array | string>;
  readonly requests: readonly GuestAttributes[];
}

export interface World {
  readonly script?: readonly FakeInstruction[];
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly assembly?: Assembly;
  readonly interrupted?: () => boolean;
  readonly serveDap?: () => Promise<void>;
}

export async function cli(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  const written = new Map<string, Uint8Array | string>();
  const requests: GuestAttributes[] = [];
  let time = 0;
  const environment: CliEnvironment = {
    version: () => '1.2.3',
    stdout: (chunk) => void (output.stdout += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
    stderr: (text) => void (output.stderr += text),
    readFile: (path) => {
      const bytes = world.files?.[path];
      if (!bytes) throw new UserError('file.missing', `${path}: no such file`);
      return bytes;
    },
    writeFile: (path, content) => void written.set(path, content),
    assemble: () => world.assembly!,
    createGuest: (request) => {
      requests.push(request);
      return fakeSubject(world.script ?? [])(isTechnique(request.technique) ? request.technique : 'trap');
    },
    serveDap: world.serveDap ?? (async () => {}),
    now: () => time++,
    pause: async () => {},
    interrupted: world.interrupted ?? (() => false),
  };
  const code = await runCli(argv, environment);
  return { code, ...output, written, requests };
}

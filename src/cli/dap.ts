/** `ringside dap`: the debug adapter for editors other than VS Code. */
import { UserError } from '../base/userError';
import type { Arguments, CliEnvironment, Command } from './command';
import { exitCode } from './exitCodes';

const LAST_PORT = 65535;

export const dap: Command = {
  name: 'dap',
  summary: 'Speak the Debug Adapter Protocol on stdin and stdout, or on a port',
  options: [{ name: 'port', value: 'N', help: 'Listen on 127.0.0.1 at this port, for any number of sessions; 0 takes a free one and says which.' }],
  async run(args: Arguments, { serveDap }: CliEnvironment): Promise<number> {
    const port = args.count('port');
    if (port !== undefined && port > LAST_PORT) throw new UserError('cli.usage', `--port ${port}: expected a number from 0 to ${LAST_PORT}`);
    await serveDap(port);
    return exitCode('ok');
  },
};

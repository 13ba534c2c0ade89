/** `ringside dap`: the debug adapter for editors other than VS Code. */
import type { Arguments, CliEnvironment, Command } from './command';
import { exitCode } from './exitCodes';

export const dap: Command = {
  name: 'dap',
  summary: 'Speak the Debug Adapter Protocol on stdin and stdout',
  options: [],
  async run(_args: Arguments, { serveDap }: CliEnvironment): Promise<number> {
    await serveDap();
    return exitCode('ok');
  },
};

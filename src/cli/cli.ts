/** The command line: find the subcommand, parse, run, and turn errors into one line and an exit code. */
import type { Diagnostic } from '../asm/assembly';
import { UserError } from '../base/userError';
import { asm, diagnosticText } from './asm';
import { type CliEnvironment, type Command, Interrupted, parseArguments } from './command';
import { compare } from './compare';
import { dap } from './dap';
import { disasm } from './disasm';
import { exitCode } from './exitCodes';
import { commandHelp, generalHelp } from './help';
import { run } from './run';

export const COMMANDS: readonly Command[] = [run, compare, asm, disasm, dap];

const isHelp = (argument: string | undefined): boolean => argument === '--help' || argument === '-h';

/** An error may have several causes: mistakes in a configuration, or lines that do not assemble. */
function messages(error: object): readonly string[] {
  const { problems, diagnostics, message } = error as { problems?: readonly string[]; diagnostics?: readonly Diagnostic[]; message?: string };
  if (diagnostics && diagnostics.length > 0) return diagnostics.map(diagnosticText);
  return problems && problems.length > 0 ? problems : [String(message)];
}

/** Returns the exit code. */
export async function runCli(argv: readonly string[], environment: CliEnvironment, commands: readonly Command[] = COMMANDS): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || isHelp(name) || name === 'help') {
    const text = generalHelp(commands);
    (name === undefined ? environment.stderr : environment.stdout)(text);
    return name === undefined ? exitCode('badInput') : exitCode('ok');
  }
  if (name === '--version' || name === '-v') {
    environment.stdout(`${environment.version()}\n`);
    return exitCode('ok');
  }
  const command = commands.find((c) => c.name === name);
  if (!command) {
    environment.stderr(`ringside: unknown command '${name}': expected ${commands.map((c) => c.name).join(', ')}\n`);
    return exitCode('badInput');
  }
  if (rest.some(isHelp)) {
    environment.stdout(commandHelp(command));
    return exitCode('ok');
  }
  try {
    return await command.run(parseArguments(command, rest), environment);
  } catch (error) {
    if (error instanceof Interrupted) return exitCode('interrupted');
    if (error instanceof UserError) {
      for (const message of messages(error)) environment.stderr(`${message}\n`);
      return exitCode('badInput');
    }
    environment.stderr(`internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return exitCode('internal');
  }
}

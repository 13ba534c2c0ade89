/** The text of --help, derived from the commands and their options. */
import type { Command, OptionSpec } from './command';
import { EXIT_CODES } from './exitCodes';

const operandText = ({ operand, severalOperands }: Command): string | undefined => (operand && severalOperands ? `${operand}...` : operand);

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
};

const optionText = (option: OptionSpec): string => `${option.short ? `-${option.short}, ` : '    '}--${option.name}${option.value ? ` ${option.value}` : ''}`;

export function commandHelp(command: Command): string {
  const usage = ['ringside', command.name, operandText(command), command.options.length > 0 ? '[OPTIONS]' : undefined].filter(Boolean).join(' ');
  const options: [string, string][] = [...command.options.map((option): [string, string] => [optionText(option), option.help]), ['-h, --help', 'show this text']];
  return `${command.summary}\n\nUsage: ${usage}\n\nOptions:\n${columns(options)}${command.notes ? `\n${command.notes}\n` : ''}`;
}

export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map((command): [string, string] => [[command.name, operandText(command)].filter(Boolean).join(' '), command.summary]);
  const codes = EXIT_CODES.map(({ code, meaning }): [string, string] => [String(code), meaning]);
  return `Ringside: run an x86 guest and watch what virtualization does to it.

Usage: ringside COMMAND [OPTIONS]

Commands:
${columns(rows)}
ringside COMMAND --help shows the options of a command; ringside --version, which release this is.

Exit codes (a guest that powers off through port F4h chooses its own):
${columns(codes)}`;
}

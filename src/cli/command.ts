/** What a subcommand is: its options as rows, from which parsing and help are derived, and a function. */
import { parseArgs } from 'node:util';
import type { AssembleOptions, Assembly } from '../asm/assembly';
import { UserError } from '../base/userError';
import type { Switch } from '../devices/virtio/switch';
import type { Subject } from '../debug/compare';
import { isTechnique, TECHNIQUES, type TechniqueId } from '../protocol/techniques';

/** Launch attributes of a guest, as the user gave them: the machine's configuration checks them. */
export type GuestAttributes = Readonly<Record<string, unknown>>;

/** Everything a command may touch. Tests give their own. */
export interface CliEnvironment {
  /** Of the package. */
  readonly version: () => string;
  readonly stdout: (chunk: Uint8Array | string) => void;
  readonly stderr: (text: string) => void;
  readonly readFile: (path: string) => Uint8Array;
  readonly writeFile: (path: string, content: Uint8Array | string) => void;
  readonly assemble: (path: string, define: Readonly<Record<string, string>>, output?: Pick<AssembleOptions, 'format' | 'debug'>) => Assembly;
  /** `network`: where its virtio network card is plugged in. */
  readonly createGuest: (attributes: GuestAttributes, network?: Switch) => Subject;
  /** Speak DAP on stdin and stdout until the client disconnects; with a port (0: any free one), to everybody who connects there, until the process ends. */
  readonly serveDap: (port?: number) => Promise<void>;
  /** Host time in milliseconds. */
  readonly now: () => number;
  /** Let other work of the process happen. */
  readonly pause: () => Promise<void>;
  /** True once the user pressed Ctrl+C. */
  readonly interrupted: () => boolean;
}

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value; without one the option is a switch. */
  readonly value?: string;
  /** May be given more than once. */
  readonly multiple?: true;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Name of the file it works on, when it takes one. */
  readonly operand?: string;
  /** It takes several. */
  readonly severalOperands?: true;
  readonly options: readonly OptionSpec[];
  /** More for --help, after the options. */
  readonly notes?: string;
  readonly run: (args: Arguments, environment: CliEnvironment) => Promise<number>;
}

/** The user pressed Ctrl+C and there is nothing to report. */
export class Interrupted extends Error {}

const usageError = (message: string): UserError => new UserError('cli.usage', message);

/** The command line of one subcommand, parsed. */
export class Arguments {
  constructor(
    readonly operands: readonly string[],
    readonly values: Readonly<Record<string, string | boolean | string[] | undefined>>,
    /** Every option given, in the order of the command line. */
    readonly given: readonly { readonly name: string; readonly value?: string }[] = [],
  ) {}

  get operand(): string {
    return this.operands[0] ?? '';
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value : [];
  }

  has(name: string): boolean {
    return this.values[name] === true;
  }

  /** A count: decimal, 0x…, or with a suffix k, M or G (thousands). */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(0x[0-9a-f]+|\d[\d_]*)([kMG]?)$/i.exec(text);
    const value = match ? Number(match[1].replaceAll('_', '')) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match[2].toLowerCase()]! : Number.NaN;
    if (!Number.isSafeInteger(value)) throw usageError(`--${name} ${text}: expected a whole number, such as 1000, 0x7C00 or 10M`);
    return value;
  }

  technique(name: string): TechniqueId | undefined {
    const text = this.text(name);
    if (text === undefined || isTechnique(text)) return text;
    throw usageError(`--${name} ${text}: expected ${TECHNIQUES.map((t) => t.id).join(', ')}`);
  }

  /** FROM=TO, any number of times; undefined when not given. */
  pairs(name: string): Record<string, string> | undefined {
    const items = this.list(name).map((item): [string, string] => {
      const at = item.indexOf('=');
      if (at <= 0 || at === item.length - 1) throw usageError(`--${name} ${item}: expected FROM=TO`);
      return [item.slice(0, at), item.slice(at + 1)];
    });
    return items.length > 0 ? Object.fromEntries(items) : undefined;
  }

  /** NAME=VALUE or NAME, any number of times; undefined when not given. */
  definitions(name: string): Record<string, string> | undefined {
    const items = this.list(name).map((item): [string, string] => {
      const [, macro, value = ''] = /^([A-Za-z_.?@][\w$#@~.?]*)(?:=(.*))?$/s.exec(item) ?? [];
      if (macro === undefined) throw usageError(`--${name} ${item}: expected NAME or NAME=VALUE`);
      return [macro, value];
    });
    return items.length > 0 ? Object.fromEntries(items) : undefined;
  }
}

/** A negative number is the value of the option before it, never an option: joined to it. */
function joinNegative({ options }: Command, argv: readonly string[]): string[] {
  const takesValue = new Set(options.filter((o) => o.value).flatMap((o) => [`--${o.name}`, ...(o.short ? [`-${o.short}`] : [])]));
  const joined: string[] = [];
  for (const word of argv) {
    const before = joined.at(-1) ?? '';
    if (takesValue.has(before) && /^-\d/.test(word)) joined[joined.length - 1] = before.startsWith('--') ? `${before}=${word}` : before + word;
    else joined.push(word);
  }
  return joined;
}

/** Parse what follows the name of `command`. Throws UserError naming the option. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const options = Object.fromEntries(
    command.options.map((o) => [o.name, { type: o.value ? 'string' : 'boolean', ...(o.short ? { short: o.short } : {}), ...(o.multiple ? { multiple: true } : {}) } as const]),
  );
  const parse = () => {
    try {
      return parseArgs({ args: joinNegative(command, argv), options, allowPositionals: true, strict: true, tokens: true });
    } catch (error) {
      // Node's message goes on with advice about quoting; its first sentence names the option.
      throw usageError(`${(error as Error).message.split(/\.\s|\.$/)[0]}; see ringside ${command.name} --help`);
    }
  };
  const { values, positionals, tokens } = parse();
  if (command.operand && positionals.length === 0) throw usageError(`ringside ${command.name}: expected ${command.operand}; see ringside ${command.name} --help`);
  const extra = command.severalOperands ? undefined : positionals[command.operand ? 1 : 0];
  if (extra !== undefined) throw usageError(`ringside ${command.name}: '${extra}' is one argument too many`);
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [{ name: token.name, value: token.value }] : []));
  return new Arguments(positionals, values as Record<string, string | boolean | string[]>, given);
}

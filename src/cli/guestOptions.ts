/** Options that describe the guest and its machine: the launch attributes of the debugger, under their command-line names. */
import { ATTRIBUTES, type Attribute } from '../machine/configuration';
import type { Arguments, GuestAttributes, OptionSpec } from './command';

/** Attributes that only a debugger has, or that the commands treat on their own. */
const ELSEWHERE = new Set(['program', 'technique', 'stopOnEntry', 'onHalt', 'maxInstructions', 'persist']);

/** Text attributes that name a file. */
const FILES = new Set(['bios', 'vgaBios', 'floppy', 'disk', 'cdrom', 'initrd']);

const PLACEHOLDERS: Readonly<Record<Attribute['type'], string>> = {
  string: 'TEXT',
  boolean: 'BOOL',
  integer: 'N',
  enum: 'NAME',
  size: 'SIZE',
  address: 'ADDRESS',
  date: 'DATE',
  definitions: 'NAME=VALUE',
  paths: 'FILE',
  list: 'LIST',
};

/** loadAddress → load-address. */
const optionName = ({ name }: Attribute): string => (name === 'memory' ? 'mem' : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

function option(attribute: Attribute): OptionSpec {
  const values = attribute.values ? ` ${attribute.values.join(', ')}.` : '';
  const byDefault = attribute.default === undefined || attribute.default === '' || attribute.type === 'boolean' ? '' : ` Default: ${attribute.default}.`;
  return {
    name: optionName(attribute),
    // A truth is a switch: given or not.
    ...(attribute.type === 'boolean' ? {} : { value: FILES.has(attribute.name) ? 'FILE' : PLACEHOLDERS[attribute.type] }),
    ...(attribute.type === 'definitions' ? { multiple: true, short: 'D' } : attribute.type === 'paths' ? { multiple: true } : {}),
    ...(attribute.name === 'technique' ? { short: 't' } : {}),
    help: `${attribute.description}${values}${byDefault}`,
  };
}

const MACHINE_ATTRIBUTES: readonly Attribute[] = ATTRIBUTES.filter(({ name }) => !ELSEWHERE.has(name));

export const MACHINE_OPTIONS: readonly OptionSpec[] = MACHINE_ATTRIBUTES.map(option);
export const PERSIST_OPTION: OptionSpec = option(ATTRIBUTES.find(({ name }) => name === 'persist')!);
export const TECHNIQUE_OPTION: OptionSpec = option(ATTRIBUTES.find(({ name }) => name === 'technique')!);

function given({ type }: Attribute, name: string, args: Arguments): unknown {
  if (type === 'definitions') return args.definitions(name);
  if (type === 'boolean') return args.has(name) || undefined;
  if (type !== 'paths') return args.text(name);
  return args.list(name).length > 0 ? args.list(name) : undefined;
}

/** Launch attributes of the guest that the command line names; what was not given is left to its default. */
export function guestAttributes(args: Arguments): GuestAttributes {
  const named = MACHINE_ATTRIBUTES.flatMap((attribute): [string, unknown][] => {
    const name = optionName(attribute);
    const value = given(attribute, name, args);
    return value === undefined ? [] : [[attribute.name, value]];
  });
  return { program: args.operand, ...Object.fromEntries(named) };
}

/** Options that describe the guest and its machine: the launch attributes of the debugger, under their command-line names. */
import { ATTRIBUTES, type Attribute } from '../machine/configuration';
import type { Arguments, GuestAttributes, OptionSpec } from './command';

/** Attributes that only a debugger has, or that the commands treat on their own. */
const ELSEWHERE = new Set(['program', 'technique', 'stopOnEntry', 'onHalt', 'maxInstructions']);

/** Text attributes that name a file. */
const FILES = new Set(['floppy', 'disk']);

const PLACEHOLDERS: Readonly<Record<Attribute['type'], string>> = {
  string: 'TEXT',
  boolean: 'BOOL',
  integer: 'N',
  enum: 'NAME',
  size: 'SIZE',
  address: 'ADDRESS',
  date: 'DATE',
  definitions: 'NAME=VALUE',
};

/** loadAddress → load-address. */
const optionName = ({ name }: Attribute): string => (name === 'memory' ? 'mem' : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

function option(attribute: Attribute): OptionSpec {
  const values = attribute.values ? ` ${attribute.values.join(', ')}.` : '';
  const byDefault = attribute.default === undefined || attribute.default === '' ? '' : ` Default: ${attribute.default}.`;
  return {
    name: optionName(attribute),
    value: FILES.has(attribute.name) ? 'FILE' : PLACEHOLDERS[attribute.type],
    ...(attribute.type === 'definitions' ? { multiple: true, short: 'D' } : {}),
    ...(attribute.name === 'technique' ? { short: 't' } : {}),
    help: `${attribute.description}${values}${byDefault}`,
  };
}

const MACHINE_ATTRIBUTES: readonly Attribute[] = ATTRIBUTES.filter(({ name }) => !ELSEWHERE.has(name));

export const MACHINE_OPTIONS: readonly OptionSpec[] = MACHINE_ATTRIBUTES.map(option);
export const TECHNIQUE_OPTION: OptionSpec = option(ATTRIBUTES.find(({ name }) => name === 'technique')!);

/** Launch attributes of the guest that the command line names; what was not given is left to its default. */
export function guestAttributes(args: Arguments): GuestAttributes {
  const given = MACHINE_ATTRIBUTES.flatMap((attribute): [string, unknown][] => {
    const name = optionName(attribute);
    const value = attribute.type === 'definitions' ? args.definitions(name) : args.text(name);
    return value === undefined ? [] : [[attribute.name, value]];
  });
  return { program: args.operand, ...Object.fromEntries(given) };
}

/** Options that describe the guest and its machine: the launch attributes of the debugger, under their command-line names. */
import { ATTRIBUTES, type Attribute } from '../machine/configuration';
import type { Arguments, GuestAttributes, OptionSpec } from './command';

/** Attributes that only a debugger has, or that the commands treat on their own. */
const ELSEWHERE = new Set(['program', 'technique', 'stopOnEntry', 'onHalt', 'maxInstructions', 'pace', 'persist']);

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
  pathMap: 'FROM=TO',
  definitions: 'NAME=VALUE',
  settings: 'NAME=VALUE',
  paths: 'FILE',
  list: 'LIST',
};

/** loadAddress → load-address. */
const optionName = ({ name }: Attribute): string => (name === 'memory' ? 'mem' : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

const isSwitch = (attribute: Attribute): boolean => attribute.type === 'boolean' && attribute.default !== true;

function option(attribute: Attribute): OptionSpec {
  const values = attribute.values ? ` ${attribute.values.join(', ')}.` : '';
  const byDefault = attribute.default === undefined || attribute.default === '' || isSwitch(attribute) ? '' : ` Default: ${attribute.default}.`;
  return {
    name: optionName(attribute),
    // A truth is a switch, given or not; one that holds by default needs a value.
    ...(isSwitch(attribute) ? {} : { value: FILES.has(attribute.name) ? 'FILE' : PLACEHOLDERS[attribute.type] }),
    ...(attribute.type === 'definitions' ? { multiple: true, short: 'D' } : ['paths', 'settings', 'pathMap'].includes(attribute.type) ? { multiple: true } : {}),
    ...(attribute.name === 'technique' ? { short: 't' } : {}),
    help: `${attribute.description}${values}${byDefault}`,
  };
}

const MACHINE_ATTRIBUTES: readonly Attribute[] = ATTRIBUTES.filter(({ name }) => !ELSEWHERE.has(name));

export const MACHINE_OPTIONS: readonly OptionSpec[] = MACHINE_ATTRIBUTES.map(option);
export const PERSIST_OPTION: OptionSpec = option(ATTRIBUTES.find(({ name }) => name === 'persist')!);
export const TECHNIQUE_OPTION: OptionSpec = option(ATTRIBUTES.find(({ name }) => name === 'technique')!);

function given(attribute: Attribute, name: string, args: Arguments): unknown {
  const { type } = attribute;
  if (type === 'definitions' || type === 'settings') return args.definitions(name);
  if (type === 'pathMap') return args.pairs(name);
  if (isSwitch(attribute)) return args.has(name) || undefined;
  if (type === 'boolean') return jsonValue(type, args.text(name));
  if (type !== 'paths') return args.text(name);
  return args.list(name).length > 0 ? args.list(name) : undefined;
}

const ATTRIBUTE_TYPES: ReadonlyMap<string, Attribute['type']> = new Map(ATTRIBUTES.map(({ name, type }) => [name, type]));

/** Text as the configuration wants it from JSON; what it is not stays text, which the configuration refuses by name. */
function jsonValue(type: Attribute['type'], text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (type === 'integer') return /^\d+$/.test(text) ? Number(text) : text;
  return type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text;
}

/** `a.asm,technique=bt,weight=512`: a program and launch attributes of its own. A comma before anything else belongs to the path. */
export function operandAttributes(operand: string): GuestAttributes {
  const [program, ...rest] = operand.split(/,(?=[A-Za-z]+=)/);
  const own: [string, unknown][] = [];
  let path = program;
  for (const part of rest) {
    const [, name, text] = /^([A-Za-z]+)=(.*)$/s.exec(part)!;
    const type = ATTRIBUTE_TYPES.get(name);
    if (type === undefined && own.length === 0) path += `,${part}`;
    else own.push([name, type === undefined ? text : jsonValue(type, text)]);
  }
  return { program: path, ...Object.fromEntries(own) };
}

/** Launch attributes of every guest that the command line names: the options are for all, what follows a comma for one. */
export function guestAttributes(args: Arguments, operand = args.operand): GuestAttributes {
  const named = MACHINE_ATTRIBUTES.flatMap((attribute): [string, unknown][] => {
    const name = optionName(attribute);
    const value = given(attribute, name, args);
    return value === undefined ? [] : [[attribute.name, value]];
  });
  return { ...Object.fromEntries(named), ...operandAttributes(operand) };
}

/** A launch configuration, checked. Every wrong attribute gives one sentence; nothing unknown is carried along. */
import type { Translation } from '../../engine/heat';
import type { TechniqueId } from '../../protocol/techniques';
import type { GuestKind } from '../loader/guest';
import { ATTRIBUTES, type Attribute, type AttributeName, type AttributeType, type BootDevice, type CpuModel, type HypervisorInterface, type VirtioKind } from './attributes';

export interface Configuration {
  readonly program: string;
  readonly technique: TechniqueId;
  readonly vmcs?: Readonly<Record<string, string>>;
  readonly translation: 'textbook' | 'optimised';
  readonly ringCompression: boolean;
  readonly nestedPaging: boolean;
  readonly kind: GuestKind | 'auto';
  readonly loadAddress?: number;
  readonly entry?: number;
  readonly bits?: 16 | 32;
  /** MiB. */
  readonly memory: number;
  readonly cpu: CpuModel;
  readonly hypervisor?: HypervisorInterface;
  readonly append: string;
  readonly initrd?: string;
  readonly modules?: readonly string[];
  readonly symbols?: readonly string[];
  readonly symbolOffset?: number;
  readonly sourceFileMap?: Readonly<Record<string, string>>;
  readonly floppy?: string;
  readonly disk?: readonly string[];
  readonly cdrom?: string;
  readonly boot?: readonly BootDevice[];
  readonly bios?: string;
  readonly vgaBios?: string;
  readonly optionRoms?: readonly string[];
  readonly virtio?: readonly VirtioKind[];
  /** 32 bits. */
  readonly entropySeed: number;
  readonly persist: boolean;
  readonly define?: Readonly<Record<string, string>>;
  readonly stopOnEntry: boolean;
  readonly onHalt: 'stop' | 'exit';
  readonly onTripleFault: 'stop' | 'reset';
  readonly pace: 'full' | 'idle' | 'realTime';
  readonly maxInstructions?: number;
  readonly translate: Translation;
  readonly profile: string;
  readonly weight: number;
  readonly cap?: number;
  /** Milliseconds since 1970, taken as UTC. */
  readonly startDate: number;
}

export type ConfigurationResult = { readonly config: Configuration } | { readonly problems: readonly string[] };

/** What VS Code itself puts into a launch configuration; names that begin with two underscores are its own too. */
const EDITOR_ATTRIBUTES = new Set([
  'type',
  'name',
  'request',
  'noDebug',
  'presentation',
  'preLaunchTask',
  'postDebugTask',
  'internalConsoleOptions',
  'debugServer',
  'serverReadyAction',
  'suppressMultipleSessionWarning',
  'windows',
  'linux',
  'osx',
  '$schema',
]);

/** The value in its final form, or what is expected instead. */
type Parsed = { readonly value: unknown } | { readonly expected: string };

const inRange = (value: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: Attribute): boolean => Number.isSafeInteger(value) && value >= min && value <= max;

const numberFrom = (raw: unknown, pattern: RegExp, convert: (match: RegExpExecArray) => number): number => {
  if (typeof raw === 'number') return raw;
  const match = typeof raw === 'string' ? pattern.exec(raw.trim()) : null;
  return match ? convert(match) : Number.NaN;
};

const parseInteger = (raw: unknown, a: Attribute): Parsed => {
  const value = typeof raw === 'number' ? raw : Number.NaN;
  return inRange(value, a) ? { value } : { expected: a.max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${a.min}` : `an integer from ${a.min} to ${a.max}` };
};

const parseSize = (raw: unknown, a: Attribute): Parsed => {
  const value = numberFrom(raw, /^(\d{1,9})\s*(m|mb|mib|g|gb|gib)?$/i, ([, digits, unit]) => Number(digits) * (unit?.toLowerCase().startsWith('g') ? 1024 : 1));
  return inRange(value, a) ? { value } : { expected: `a whole number of MiB from ${a.min} to ${a.max}` };
};

const parseAddress = (raw: unknown, a: Attribute): Parsed => {
  const value = numberFrom(raw, /^(?:0x([\da-f]{1,8})|([\da-f]{1,9})h|(\d{1,10}))$/i, ([, prefixed, suffixed, decimal]) =>
    decimal !== undefined ? Number(decimal) : Number.parseInt(prefixed ?? suffixed, 16),
  );
  return inRange(value, a) ? { value } : { expected: 'an address from 0 to 0xFFFFFFFF, as a number or text such as "0x7C00" or "7C00h"' };
};

const parseEnum = (raw: unknown, a: Attribute): Parsed => {
  const value = a.values!.find((v) => v === raw || (typeof raw === 'number' && v === String(raw)) || (typeof raw === 'string' && typeof v === 'number' && String(v) === raw));
  return value === undefined ? { expected: `one of ${a.values!.map((v) => JSON.stringify(v)).join(', ')}` } : { value };
};

const parseDate = (raw: unknown): Parsed => {
  const text = typeof raw === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(raw) ? raw : undefined;
  const value = text === undefined ? Number.NaN : Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text}Z`);
  return value >= 0 ? { value } : { expected: 'a date such as "2005-01-01T00:00:00", not before 1970' };
};

const NAME = /^[A-Za-z_.?@][\w$#@~.?]*$/;

const parseDefinitions = (raw: unknown): Parsed => {
  const expected = { expected: 'an object of macro names and their texts, such as { "DEBUG": "1" }' };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return expected;
  const entries = Object.entries(raw);
  if (!entries.every(([name, text]) => NAME.test(name) && (typeof text === 'string' || (typeof text === 'number' && Number.isFinite(text))))) return expected;
  return { value: Object.fromEntries(entries.map(([name, text]) => [name, String(text)])) };
};

const parseSettings = (raw: unknown): Parsed => {
  const expected = { expected: 'an object of names and values, such as { "hltExiting": false }' };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return expected;
  const entries = Object.entries(raw);
  const usable = (value: unknown): boolean => ['string', 'boolean'].includes(typeof value) || (typeof value === 'number' && Number.isFinite(value));
  if (!entries.every(([name, value]) => NAME.test(name) && usable(value))) return expected;
  return { value: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])) };
};

const parsePathMap = (raw: unknown): Parsed => {
  const expected = { expected: 'an object of folders, such as { "/build": "/home/me/kernel" }' };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return expected;
  return Object.entries(raw).every(([from, to]) => isPath(from) && isPath(to)) ? { value: { ...raw } } : expected;
};

const isPath = (raw: unknown): boolean => typeof raw === 'string' && raw !== '' && !raw.includes('\0');

const parsePaths = (raw: unknown): Parsed => {
  const paths: unknown[] = Array.isArray(raw) ? raw : [raw];
  return paths.length > 0 && paths.every(isPath) ? { value: [...paths] } : { expected: 'a path, or an array of paths' };
};

const parseList = (raw: unknown, a: Attribute): Parsed => {
  const items: unknown[] = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : Array.isArray(raw) ? raw : [];
  const valid = items.length > 0 && items.every((item) => a.values!.some((v) => v === item)) && new Set(items).size === items.length;
  return valid ? { value: [...items] } : { expected: `some of ${a.values!.map((v) => JSON.stringify(v)).join(', ')}, each once` };
};

const PARSERS: Readonly<Record<AttributeType, (raw: unknown, attribute: Attribute) => Parsed>> = {
  string: (raw, a) => (typeof raw === 'string' && !raw.includes('\0') && (raw !== '' || !a.required) ? { value: raw } : { expected: a.required ? 'a path' : 'text' }),
  boolean: (raw) => (typeof raw === 'boolean' ? { value: raw } : { expected: 'true or false' }),
  integer: parseInteger,
  enum: parseEnum,
  size: parseSize,
  address: parseAddress,
  date: parseDate,
  definitions: parseDefinitions,
  settings: parseSettings,
  pathMap: parsePathMap,
  paths: parsePaths,
  list: parseList,
};

const show = (value: unknown): string => {
  let text: string;
  try {
    // NaN and the infinities are null in JSON.
    text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  } catch {
    text = typeof value;
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Edits between two words: Levenshtein distance. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
};

const unknownAttribute = (name: string): string => {
  const shown = name.length > 40 ? `${name.slice(0, 37)}...` : name;
  const lower = name.slice(0, 40).toLowerCase();
  const [best] = ATTRIBUTES.map((a) => ({ name: a.name, edits: distance(lower, a.name.toLowerCase()) })).sort((a, b) => a.edits - b.edits);
  const near = best.edits <= Math.max(1, Math.floor(best.name.length / 3));
  return `"${shown}" is not a launch attribute${near ? `; did you mean "${best.name}"?` : '.'}`;
};

/** Check launch attributes from launch.json, a command line or a test. */
export const parseConfiguration = (raw: unknown): ConfigurationResult => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { problems: [`The launch configuration must be an object, not ${show(raw)}.`] };
  const given = new Map<string, unknown>(Object.entries(raw));
  const problems: string[] = [];
  const values = new Map<AttributeName, unknown>();
  for (const attribute of ATTRIBUTES as readonly (Attribute & { name: AttributeName })[]) {
    const { name } = attribute;
    const value = given.get(name) ?? attribute.default;
    given.delete(name);
    if (value === undefined) {
      if (attribute.required) problems.push(`"${name}" is missing: expected ${name === 'program' ? 'the path of the guest to run' : attribute.type}.`);
      continue;
    }
    const parsed = PARSERS[attribute.type](value, attribute);
    if ('value' in parsed) values.set(name, parsed.value);
    else problems.push(`"${name}" is ${show(value)}: expected ${parsed.expected}.`);
  }
  for (const name of given.keys()) if (!EDITOR_ATTRIBUTES.has(name) && !name.startsWith('__')) problems.push(unknownAttribute(name));
  return problems.length ? { problems } : { config: Object.fromEntries(values) as unknown as Configuration };
};

/** C objects as text, and their parts. */
import { hex } from '../../base/bits';
import { ATE } from '../../symbols/dwarf/constants';
import { type ArrayType, type CType, type Member, type StructType, sizeOf } from '../../symbols/dwarf/types';
import type { SymbolTable } from '../symbolTable';
import { isCharacter, isFloat, numberOf } from './cNumber';
import { addressOf, type CObject, type CScope, memoryObject } from './cScope';

export interface FormatContext {
  readonly scope: CScope;
  readonly symbols: SymbolTable;
  readonly hexadecimal?: boolean;
}

const MOST_TEXT = 120;
const MOST_ELEMENTS = 8;
const MOST_NESTED = 2;
/** Characters of a string that are shown. */
const MOST_CHARACTERS = 80;
export const OPTIMISED_AWAY = '<optimized out>';

const ESCAPES: Readonly<Record<number, string>> = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };
const character = (byte: number): string => ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${hex(byte, 2).toLowerCase()}`);
const pointerText = (value: number): string => `0x${hex(value, 8).toLowerCase()}`;

export function formatObject(object: CObject, context: FormatContext, depth = 0): string {
  const { type } = object;
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'function':
      return functionText(addressOf(object) ?? 0, context);
    case 'struct':
      return structText(type, object, context, depth);
    case 'array':
      return arrayText(type, object, context, depth);
    default:
      return scalarText(object, context);
  }
}

const functionText = (address: number, { scope, symbols }: FormatContext): string => {
  const name = symbols.describe(scope.linear(address));
  return `${pointerText(address)}${name ? ` <${name}>` : ''}`;
};

/** What cannot be read says why: it is nowhere, or no page is mapped there. */
function missing({ location }: CObject): string {
  const [piece] = location;
  return location.length === 1 && piece.place.kind === 'memory' ? `<not readable at ${pointerText(piece.place.address)}>` : OPTIMISED_AWAY;
}

function scalarText(object: CObject, context: FormatContext): string {
  const { type } = object;
  const value = numberOf(context.scope, object);
  if (value === undefined) return missing(object);
  if (type.kind === 'pointer') return pointerValue(type.target(), Number(value), context);
  if (typeof value === 'number') return floatText(value);
  if (type.kind === 'enum') return enumText(type, Number(value));
  if (type.kind === 'base' && type.encoding === ATE.boolean) return value === 0n ? 'false' : value === 1n ? 'true' : String(value);
  const text = context.hexadecimal ? `0x${BigInt.asUintN(sizeOf(type) * 8, value).toString(16)}` : String(value);
  return isCharacter(type) && !object.bits ? `${text} '${character(Number(BigInt.asUintN(8, value)))}'` : text;
}

const floatText = (value: number): string => (Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value));

function enumText(type: Extract<CType, { kind: 'enum' }>, value: number): string {
  const values = type.values();
  const exact = values.find((v) => v.value === value);
  if (exact) return `${exact.name} (${value})`;
  const flags = values.filter((v) => v.value !== 0 && (value & v.value) === v.value && (v.value & (v.value - 1)) === 0);
  return value !== 0 && flags.reduce((all, v) => all | v.value, 0) === value ? `${flags.map((v) => v.name).join(' | ')} (${value})` : String(value);
}

function pointerValue(target: CType, value: number, context: FormatContext): string {
  if (target.kind === 'function') return functionText(value, context);
  const text = pointerText(value);
  if (value === 0) return text;
  if (isCharacter(target)) {
    const string = stringAt(value, MOST_CHARACTERS, context.scope);
    return string === undefined ? text : `${text} ${string}`;
  }
  const { scope, symbols } = context;
  const name = symbols.describeObject(scope.linear(value));
  return name ? `${text} <${name}>` : text;
}

/** The text at an address, up to its zero byte; undefined where nothing can be read. */
function stringAt(address: number, most: number, scope: CScope): string | undefined {
  const bytes = scope.vm.readLinear(scope.linear(address), most + 1);
  return bytes.length === 0 ? undefined : quoted(bytes, most);
}

function quoted(bytes: Uint8Array, most: number): string {
  const zero = bytes.indexOf(0);
  const end = zero < 0 ? bytes.length : zero;
  const shown = [...bytes.subarray(0, Math.min(end, most))].map(character).join('');
  return `"${shown}"${end > most ? '...' : ''}`;
}

function structText(type: StructType, object: CObject, context: FormatContext, depth: number): string {
  if (depth >= MOST_NESTED) return '{...}';
  let text = '';
  for (const { name, object: part } of membersOf(type, object)) {
    text += `${text ? ', ' : ''}${name} = ${formatObject(part, context, depth + 1)}`;
    if (text.length > MOST_TEXT) return `{${text.slice(0, MOST_TEXT)}...}`;
  }
  return `{${text}}`;
}

function arrayText(type: ArrayType, object: CObject, context: FormatContext, depth: number): string {
  const element = type.element();
  const count = type.count ?? 0;
  if (isCharacter(element)) {
    const bytes = context.scope.bytes({ ...object, type: { ...type, count: Math.min(count, MOST_CHARACTERS + 1) } });
    return bytes ? quoted(bytes, MOST_CHARACTERS) : missing(object);
  }
  if (depth >= MOST_NESTED) return '[...]';
  const shown = Array.from({ length: Math.min(count, MOST_ELEMENTS) }, (_, i) => formatObject(elementOf(type, object, i), context, depth + 1)).join(', ');
  return shown.length > MOST_TEXT ? `[${shown.slice(0, MOST_TEXT)}...]` : `[${shown}${count > MOST_ELEMENTS ? ', ...' : ''}]`;
}

/** A part of an object, `offset` bytes into it. */
export function partOf(object: CObject, type: CType, offset: number, bits?: CObject['bits']): CObject {
  const address = addressOf(object);
  if (address !== undefined) return memoryObject(type, address + offset, bits);
  return { type, location: slice(object, offset, sizeOf(type)), ...(bits && { bits }) };
}

/** The pieces of an object that hold `size` bytes from `offset`; absent when no single piece does. */
function slice({ location, type }: CObject, offset: number, size: number): CObject['location'] {
  let start = 0;
  for (const piece of location) {
    const length = piece.bits === undefined ? sizeOf(type) : Math.ceil(piece.bits / 8);
    const { place } = piece;
    const within = offset - start;
    if (within >= 0 && within + size <= length) {
      if (place.kind === 'memory') return [{ place: { kind: 'memory', address: (place.address + within) >>> 0 } }];
      if (place.kind === 'bytes') return [{ place: { kind: 'bytes', bytes: place.bytes.subarray(within) } }];
      if (within === 0) return [{ place }];
      if (place.kind === 'value') return [{ place: { kind: 'value', value: place.value >>> (8 * within) } }];
    }
    start += length;
  }
  return [{ place: { kind: 'absent' } }];
}

export const elementOf = (type: ArrayType, object: CObject, index: number): CObject => {
  const element = type.element();
  return partOf(object, element, index * sizeOf(element));
};

export interface NamedPart {
  readonly name: string;
  readonly object: CObject;
  readonly member: Member;
}

const DEEPEST = 8;

/** Members by name, those of anonymous structs and unions among them. */
export function* membersOf(type: StructType, object: CObject, depth = 0): Generator<NamedPart> {
  for (const member of type.members()) {
    const inner = member.type();
    const part = partOf(object, inner, member.offset, member.bits);
    if (member.name !== undefined) yield { name: member.name, object: part, member };
    else if (inner.kind === 'struct' && depth < DEEPEST) yield* membersOf(inner, part, depth + 1);
  }
}

/** Whether a variable of this type has parts to show. */
export const hasParts = (type: CType): boolean => type.kind === 'struct' || type.kind === 'array' || (type.kind === 'pointer' && pointsAtObject(type.target()));
const pointsAtObject = (target: CType): boolean => target.kind !== 'void' && target.kind !== 'function' && (sizeOf(target) > 0 || isFloat(target));

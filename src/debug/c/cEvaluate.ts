/** Evaluating C expressions: objects by their types, arithmetic with C's conversions (C11, 6.3.1.8) on a machine of 32 bits. */
import { ATE, TAG } from '../../symbols/dwarf/constants';
import { type BaseType, type CType, pointerTo, sizeOf, VOID } from '../../symbols/dwarf/types';
import { register } from '../codeView';
import { expressionError } from '../operatorParser';
import { REGISTERS_16, REGISTERS_32 } from '../../x86/registers';
import { elementOf, membersOf, OPTIMISED_AWAY } from './cFormat';
import { bytesFor, type CNumber, isFloat, isScalar, isSigned, numberOf, storeNumber } from './cNumber';
import { addressOf, type CObject, type CScope, memoryObject, valueObject } from './cScope';
import { type CNode, type CTypeName, namesIn } from './cSyntax';

const base = (name: string, size: number, encoding: number): BaseType => ({ kind: 'base', name, size, encoding });
const INT = base('int', 4, ATE.signed);
const UNSIGNED = base('unsigned int', 4, ATE.unsigned);
const LONG_LONG = base('long long', 8, ATE.signed);
const UNSIGNED_LONG_LONG = base('unsigned long long', 8, ATE.unsigned);
const CHAR = base('char', 1, ATE.signedChar);
const DOUBLE = base('double', 8, ATE.float);
const BOOL = base('_Bool', 1, ATE.boolean);

export const isRegisterName = (name: string): boolean => {
  const plain = name.replace(/^\$/, '').toLowerCase();
  return (REGISTERS_32 as readonly string[]).includes(plain) || (REGISTERS_16 as readonly string[]).includes(plain) || plain === 'eip' || plain === 'eflags';
};

/** Whether the expression is about this program's variables, rather than about registers, labels and numbers alone. */
export function isAboutVariables(node: CNode, scope: CScope): boolean {
  if (usesTypes(node) || namesIn(node).some((name) => name.startsWith('$') && isRegisterName(name))) return true;
  return namesIn(node).some((name) => scope.find(name)?.kind === 'object') || (namesIn(node).some((name) => scope.find(name)) && node.kind !== 'name');
}

function usesTypes(node: CNode): boolean {
  switch (node.kind) {
    case 'cast':
    case 'sizeofType':
      return true;
    case 'unary':
      return usesTypes(node.operand);
    case 'binary':
      return usesTypes(node.left) || usesTypes(node.right);
    case 'member':
      return node.through || usesTypes(node.object);
    case 'index':
      return usesTypes(node.object) || usesTypes(node.index);
    default:
      return false;
  }
}

/** Throws UserError. */
export function evaluateC(node: CNode, scope: CScope): CObject {
  switch (node.kind) {
    case 'integer':
      return numberObject(integerType(node.value, node.unsigned, node.long), node.value);
    case 'float':
      return numberObject(DOUBLE, node.value);
    case 'character':
      return numberObject(INT, BigInt((node.value << 24) >> 24));
    case 'name':
      return nameObject(node.name, scope);
    case 'member':
      return memberObject(node, scope);
    case 'index':
      return elementAt(evaluateC(node.object, scope), integerOf(evaluateC(node.index, scope), scope), scope);
    case 'cast':
      return castObject(evaluateC(node.operand, scope), typeNamed(node.type, scope), scope);
    case 'sizeofType':
      return numberObject(UNSIGNED, BigInt(sizeOf(typeNamed(node.type, scope))));
    case 'unary':
      return unaryObject(node.operator, evaluateC(node.operand, scope), scope);
    case 'binary':
      return binaryObject(node, scope);
  }
}

/** Write `value` into `place`. Throws UserError. */
export function assignC(place: CObject, value: CObject, scope: CScope): void {
  if (place.type.kind === 'struct') {
    const bytes = scope.bytes(value);
    if (value.type.kind !== 'struct' || sizeOf(value.type) !== sizeOf(place.type) || !bytes) throw expressionError(`A ${place.type.name} can only be assigned another one.`);
    return scope.store(place, bytes);
  }
  storeNumber(scope, place, numberIn(decayed(value), scope));
}

const numberObject = (type: CType, value: CNumber): CObject => valueObject(type, bytesFor(type, value));

function integerType(value: bigint, unsigned: boolean, long: boolean): CType {
  if (!long && value < 0x80000000n && !unsigned) return INT;
  if (!long && value <= 0xffffffffn) return UNSIGNED;
  return unsigned || value >= 1n << 63n ? UNSIGNED_LONG_LONG : LONG_LONG;
}

function nameObject(name: string, scope: CScope): CObject {
  const found = scope.find(name);
  if (found?.kind === 'object') return found.object;
  if (found) return memoryObject(found.type, (found.linear - scope.linear(0)) >>> 0);
  if (isRegisterName(name)) return registerObject(name.replace(/^\$/, '').toLowerCase(), scope);
  throw expressionError(`${name} is no variable that is visible here, nor a register.`);
}

function registerObject(name: string, scope: CScope): CObject {
  const number = (REGISTERS_32 as readonly string[]).indexOf(name);
  if (number >= 0) return { type: UNSIGNED, location: [{ place: { kind: 'register', register: number } }] };
  const value = name === 'eip' ? (scope.frame?.eip ?? register(scope.vm, name)) : register(scope.vm, name);
  return numberObject(UNSIGNED, BigInt(value));
}

function memberObject({ object: left, name, through }: Extract<CNode, { kind: 'member' }>, scope: CScope): CObject {
  const whole = evaluateC(left, scope);
  // Either operator does for either: what is meant is plain.
  const object = whole.type.kind === 'pointer' ? dereferenced(whole, scope) : whole;
  if (object.type.kind !== 'struct') throw expressionError(`${through ? '->' : '.'}${name}: the left side is a ${whole.type.name}, which has no members.`);
  for (const part of membersOf(object.type, object)) if (part.name === name) return part.object;
  const names = [...membersOf(object.type, object)].map((part) => part.name);
  throw expressionError(`${object.type.name} has no member ${name}${names.length > 0 ? `; it has ${names.slice(0, 12).join(', ')}` : ''}.`);
}

function elementAt(object: CObject, index: number, scope: CScope): CObject {
  if (object.type.kind === 'array') {
    const element = object.type.element();
    // Arrays may be read past the end, as in C, if they are in memory.
    const address = addressOf(object);
    return address === undefined ? elementOf(object.type, object, index) : memoryObject(element, address + index * sizeOf(element));
  }
  if (object.type.kind !== 'pointer') throw expressionError(`A ${object.type.name} cannot be indexed: it is neither an array nor a pointer.`);
  const target = object.type.target();
  return memoryObject(target, Number(numberIn(object, scope)) + index * sizeOf(target));
}

function dereferenced(object: CObject, scope: CScope): CObject {
  const pointer = decayed(object);
  if (pointer.type.kind !== 'pointer') throw expressionError(`A ${object.type.name} cannot be dereferenced: cast it to a pointer first.`);
  const target = pointer.type.target();
  if (target.kind === 'void') throw expressionError('What a void * points at has no type: cast it first.');
  return memoryObject(target, Number(numberIn(pointer, scope)));
}

/** Arrays and functions as the pointers that they turn into. */
function decayed(object: CObject): CObject {
  const { type } = object;
  if (type.kind !== 'array' && type.kind !== 'function') return object;
  const address = addressOf(object);
  if (address === undefined) throw expressionError('It is not in memory, so that it has no address.');
  return numberObject(pointerTo(type.kind === 'array' ? type.element() : type), BigInt(address));
}

function numberIn(object: CObject, scope: CScope): CNumber {
  if (!isScalar(object.type)) throw expressionError(`A ${object.type.name} is no number.`);
  const value = numberOf(scope, object);
  if (value !== undefined) return value;
  const address = addressOf(object);
  throw expressionError(address === undefined ? `It is not there: ${OPTIMISED_AWAY}.` : `Memory at 0x${scope.linear(address).toString(16).padStart(8, '0')} cannot be read.`);
}

function integerOf(object: CObject, scope: CScope): number {
  const value = numberIn(decayed(object), scope);
  if (typeof value === 'number') throw expressionError('An index must be an integer.');
  return Number(value);
}

function unaryObject(operator: string, operand: CObject, scope: CScope): CObject {
  switch (operator) {
    case '*':
      return dereferenced(operand, scope);
    case '&': {
      const address = addressOf(operand);
      if (address === undefined || operand.bits) throw expressionError('It has no address: it is in a register, a bit-field, or nowhere.');
      return numberObject(pointerTo(operand.type), BigInt(address));
    }
    case 'sizeof':
      return numberObject(UNSIGNED, BigInt(sizeOf(operand.type)));
    case '!':
      return numberObject(INT, isTrue(operand, scope) ? 0n : 1n);
    default: {
      const value = numberIn(decayed(operand), scope);
      const type = promoted(operand.type);
      if (typeof value === 'number') {
        if (operator === '~') throw expressionError('~ is for integers.');
        return numberObject(DOUBLE, operator === '-' ? -value : value);
      }
      return numberObject(type, operator === '-' ? -value : operator === '~' ? ~value : value);
    }
  }
}

const isTrue = (object: CObject, scope: CScope): boolean => Number(numberIn(decayed(object), scope)) !== 0;

const promoted = (type: CType): CType =>
  isFloat(type) ? DOUBLE : sizeOf(type) > 4 ? (isSigned(type) ? LONG_LONG : UNSIGNED_LONG_LONG) : sizeOf(type) < 4 || isSigned(type) ? INT : UNSIGNED;

function common(a: CType, b: CType): CType {
  const [left, right] = [promoted(a), promoted(b)];
  if (isFloat(left) || isFloat(right)) return DOUBLE;
  const size = Math.max(sizeOf(left), sizeOf(right));
  const unsigned = [left, right].some((type) => sizeOf(type) === size && !isSigned(type));
  return size === 8 ? (unsigned ? UNSIGNED_LONG_LONG : LONG_LONG) : unsigned ? UNSIGNED : INT;
}

const COMPARE: Readonly<Record<string, (a: CNumber, b: CNumber) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const INTEGER: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / nonZero(b),
  '%': (a, b) => a % nonZero(b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => a >> (b & 63n),
};

const FLOAT: Readonly<Record<string, (a: number, b: number) => number>> = { '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b };

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw expressionError('Division by zero.');
  return divisor;
}

function binaryObject({ operator, left, right }: Extract<CNode, { kind: 'binary' }>, scope: CScope): CObject {
  const a = evaluateC(left, scope);
  if (operator === '&&') return numberObject(INT, isTrue(a, scope) && isTrue(evaluateC(right, scope), scope) ? 1n : 0n);
  if (operator === '||') return numberObject(INT, isTrue(a, scope) || isTrue(evaluateC(right, scope), scope) ? 1n : 0n);
  return arithmetic(operator, decayed(a), decayed(evaluateC(right, scope)), scope);
}

function arithmetic(operator: string, a: CObject, b: CObject, scope: CScope): CObject {
  const [x, y] = [numberIn(a, scope), numberIn(b, scope)];
  if (!COMPARE[operator] && (a.type.kind === 'pointer' || b.type.kind === 'pointer')) return pointerArithmetic(operator, a, b, Number(x), Number(y));
  const shift = operator === '<<' || operator === '>>';
  const type = shift ? promoted(a.type) : common(a.type, b.type);
  const convert = (value: CNumber): CNumber => (isFloat(type) ? Number(value) : wrapped(BigInt(value), type));
  const [p, q] = [convert(x), shift ? y : convert(y)];
  if (COMPARE[operator]) return numberObject(INT, COMPARE[operator](p, q) ? 1n : 0n);
  if (typeof p === 'bigint' && typeof q === 'bigint') return numberObject(type, INTEGER[operator](p, q));
  const compute = FLOAT[operator];
  if (!compute) throw expressionError(`${operator} is for integers.`);
  return numberObject(DOUBLE, compute(Number(p), Number(q)));
}

const wrapped = (value: bigint, type: CType): bigint => (isSigned(type) ? BigInt.asIntN(sizeOf(type) * 8, value) : BigInt.asUintN(sizeOf(type) * 8, value));

function pointerArithmetic(operator: string, a: CObject, b: CObject, x: number, y: number): CObject {
  const target = (object: CObject) => (object.type.kind === 'pointer' ? object.type.target() : VOID);
  const step = (object: CObject) => Math.max(1, sizeOf(target(object)));
  if (operator === '-' && a.type.kind === 'pointer' && b.type.kind === 'pointer') return numberObject(INT, BigInt(Math.trunc((x - y) / step(a))));
  if (operator === '+' && a.type.kind === 'pointer' && b.type.kind !== 'pointer') return numberObject(a.type, BigInt(x + y * step(a)));
  if (operator === '+' && b.type.kind === 'pointer' && a.type.kind !== 'pointer') return numberObject(b.type, BigInt(y + x * step(b)));
  if (operator === '-' && a.type.kind === 'pointer') return numberObject(a.type, BigInt(x - y * step(a)));
  throw expressionError(`${operator} is not for pointers.`);
}

function castObject(object: CObject, type: CType, scope: CScope): CObject {
  if (type.kind === 'struct' || type.kind === 'array') throw expressionError(`Nothing can be cast to a ${type.name}; to a pointer to one it can.`);
  const value = numberIn(decayed(object), scope);
  return numberObject(type, isFloat(type) ? Number(value) : typeof value === 'bigint' ? value : BigInt(Math.trunc(value)));
}

const TAGS: Readonly<Record<string, readonly number[]>> = { struct: [TAG.structureType], union: [TAG.unionType], enum: [TAG.enumerationType], class: [TAG.classType] };

/** A type by the name that an expression gives it. Throws UserError. */
export function typeNamed({ words, pointers }: CTypeName, scope: CScope): CType {
  let type = plainType(words, scope);
  for (let n = 0; n < pointers; n++) type = pointerTo(type);
  return type;
}

function plainType(words: readonly string[], scope: CScope): CType {
  const [first, second] = words;
  const tags = TAGS[first];
  const found = tags ? scope.findType(tags, second ?? '') : scope.findType([TAG.typedef], first ?? '');
  if (found) return found;
  if (tags || words.length === 0) throw expressionError(`The program has no ${words.join(' ') || 'such type'}.`);
  return keywordType(words);
}

function keywordType(words: readonly string[]): CType {
  const has = (word: string) => words.includes(word);
  const unsigned = has('unsigned');
  if (has('void')) return VOID;
  if (has('float')) return base('float', 4, ATE.float);
  if (has('double')) return DOUBLE;
  if (has('_Bool') || has('bool')) return BOOL;
  if (has('char')) return unsigned ? base('unsigned char', 1, ATE.unsignedChar) : CHAR;
  if (has('short')) return base(unsigned ? 'unsigned short' : 'short', 2, unsigned ? ATE.unsigned : ATE.signed);
  if (words.filter((w) => w === 'long').length === 2) return unsigned ? UNSIGNED_LONG_LONG : LONG_LONG;
  return unsigned ? UNSIGNED : INT;
}

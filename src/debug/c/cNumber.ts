/** Numbers of C objects: from their bytes, and back into them. */
import { ATE } from '../../symbols/dwarf/constants';
import { type CType, sizeOf } from '../../symbols/dwarf/types';
import { expressionError } from '../operatorParser';
import { type CObject, type CScope, littleEndian } from './cScope';

export type CNumber = bigint | number;

export const isFloat = (type: CType): boolean => type.kind === 'base' && type.encoding === ATE.float;
export const isSigned = (type: CType): boolean =>
  (type.kind === 'base' && (type.encoding === ATE.signed || type.encoding === ATE.signedChar)) || (type.kind === 'enum' && type.signed);
export const isScalar = (type: CType): boolean => type.kind === 'base' || type.kind === 'pointer' || type.kind === 'enum';
export const isCharacter = (type: CType): boolean => type.kind === 'base' && type.size === 1 && (type.encoding === ATE.signedChar || type.encoding === ATE.unsignedChar);

/** A double from the ten bytes of an x87 extended number: near enough to look at. */
function fromExtended(view: DataView): number {
  const fraction = Number(view.getBigUint64(0, true)) / 2 ** 63;
  const top = view.getUint16(8, true);
  const exponent = top & 0x7fff;
  const magnitude = exponent === 0x7fff ? (fraction === 1 ? Number.POSITIVE_INFINITY : Number.NaN) : fraction * 2 ** (exponent - 16383);
  return top & 0x8000 ? -magnitude : magnitude;
}

function floatFrom(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return view.getFloat32(0, true);
  return bytes.length === 8 ? view.getFloat64(0, true) : bytes.length >= 10 ? fromExtended(view) : Number.NaN;
}

/** The number that a scalar holds; undefined when it is optimised away or cannot be read. */
export function numberOf(scope: CScope, object: CObject): CNumber | undefined {
  const bytes = scope.bytes(object);
  if (!bytes || !isScalar(object.type)) return undefined;
  if (isFloat(object.type)) return floatFrom(bytes);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  const { bits } = object;
  if (bits) value = (value >> BigInt(bits.offset)) & ((1n << BigInt(bits.size)) - 1n);
  return isSigned(object.type) ? BigInt.asIntN(bits?.size ?? bytes.length * 8, value) : value;
}

/** `value` as an object of this type holds it. */
export function bytesFor(type: CType, value: CNumber): Uint8Array {
  const size = sizeOf(type);
  if (!isFloat(type)) return littleEndian(typeof value === 'bigint' ? value : BigInt(Math.trunc(Number.isFinite(value) ? value : 0)), size);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) view.setFloat32(0, Number(value), true);
  else if (size === 8) view.setFloat64(0, Number(value), true);
  else throw expressionError(`A ${type.name} cannot be written: only float and double.`);
  return bytes;
}

/** Write a number into a scalar, or into the bits of one. */
export function storeNumber(scope: CScope, object: CObject, value: CNumber): void {
  const { type, bits } = object;
  if (!isScalar(type)) throw expressionError(`A ${type.name} cannot be assigned as a whole: assign its parts.`);
  const size = sizeOf(type);
  if (!isFloat(type)) checkRange(object, typeof value === 'bigint' ? value : BigInt(Math.trunc(value)), bits?.size ?? size * 8);
  if (!bits) return scope.store(object, bytesFor(type, value));
  const whole = numberOf(scope, { type: { kind: 'base', name: '', size, encoding: ATE.unsigned }, location: object.location });
  if (typeof whole !== 'bigint') throw expressionError('It cannot be read, and so not be changed in part.');
  const mask = ((1n << BigInt(bits.size)) - 1n) << BigInt(bits.offset);
  const field = (typeof value === 'bigint' ? value : BigInt(Math.trunc(value))) << BigInt(bits.offset);
  scope.store(object, littleEndian((whole & ~mask) | (field & mask), size));
}

function checkRange({ type }: CObject, value: bigint, bits: number): void {
  if (value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1))) throw expressionError(`${value} does not fit in ${bits} bits of ${type.name}.`);
}

/** Values of attributes as they stand in .debug_info (DWARF 5, 7.5.5), by form. What a value refers to is looked up by the unit. */
import type { ByteReader } from '../byteReader';
import { FORM } from './constants';

/** How wide things are in a unit. */
export interface Encoding {
  readonly version: number;
  readonly addressSize: number;
  /** 4, or 8 in the 64-bit format. */
  readonly offsetSize: number;
}

export interface AttributeValue {
  readonly form: number;
  readonly value: number | bigint | string | Uint8Array;
  /** Of a block: where it begins in its section. */
  readonly at: number;
}

type Read = (reader: ByteReader, encoding: Encoding) => AttributeValue['value'];

const block =
  (length: (reader: ByteReader) => number): Read =>
  (reader) =>
    reader.take(length(reader));
const sized =
  (bytes: number): Read =>
  (reader) =>
    reader.unsigned(bytes);
const offset: Read = (reader, { offsetSize }) => reader.unsigned(offsetSize);
const uleb: Read = (reader) => reader.ulebBig();

const READ: Readonly<Record<number, Read>> = {
  [FORM.addr]: (reader, { addressSize }) => reader.unsigned(addressSize),
  [FORM.block1]: block((r) => r.u8()),
  [FORM.block2]: block((r) => r.u16()),
  [FORM.block4]: block((r) => r.u32()),
  [FORM.block]: block((r) => r.uleb()),
  [FORM.exprloc]: block((r) => r.uleb()),
  [FORM.data16]: block(() => 16),
  [FORM.data1]: sized(1),
  [FORM.data2]: sized(2),
  [FORM.data4]: sized(4),
  [FORM.data8]: (reader) => reader.u64(),
  [FORM.refSig8]: (reader) => reader.u64(),
  [FORM.sdata]: (reader) => reader.slebBig(),
  [FORM.udata]: uleb,
  [FORM.string]: (reader) => reader.cstring(),
  [FORM.strp]: offset,
  [FORM.lineStrp]: offset,
  [FORM.strpSup]: offset,
  [FORM.secOffset]: offset,
  [FORM.refAddr]: (reader, { version, addressSize, offsetSize }) => reader.unsigned(version < 3 ? addressSize : offsetSize),
  [FORM.ref1]: sized(1),
  [FORM.ref2]: sized(2),
  [FORM.ref4]: sized(4),
  [FORM.ref8]: sized(8),
  [FORM.refSup4]: sized(4),
  [FORM.refSup8]: sized(8),
  [FORM.refUdata]: uleb,
  [FORM.flag]: sized(1),
  [FORM.flagPresent]: () => 1,
  [FORM.strx]: uleb,
  [FORM.addrx]: uleb,
  [FORM.loclistx]: uleb,
  [FORM.rnglistx]: uleb,
  [FORM.strx1]: sized(1),
  [FORM.strx2]: sized(2),
  [FORM.strx3]: sized(3),
  [FORM.strx4]: sized(4),
  [FORM.addrx1]: sized(1),
  [FORM.addrx2]: sized(2),
  [FORM.addrx3]: sized(3),
  [FORM.addrx4]: sized(4),
};

export function readAttribute(reader: ByteReader, form: number, constant: number | bigint, encoding: Encoding): AttributeValue {
  if (form === FORM.implicitConst) return { form: FORM.sdata, value: constant, at: reader.at };
  if (form === FORM.indirect) {
    const actual = reader.uleb();
    return actual === FORM.indirect || actual === FORM.implicitConst ? reader.fail('an indirect form of an indirect form') : readAttribute(reader, actual, 0, encoding);
  }
  const read = READ[form];
  if (!read) reader.fail(`attribute form ${form.toString(16)}h is unknown`);
  const value = read(reader, encoding);
  return { form, value, at: value instanceof Uint8Array ? reader.at - value.length : reader.at };
}

/** Location lists: .debug_loc of DWARF 2 to 4 (DWARF 4, 2.6.2), .debug_loclists of DWARF 5 (7.7.3). */
import { ByteReader, type NamedBytes } from '../byteReader';
import type { AttributeValue } from './attribute';
import { AT, FORM, LIST, LLE } from './constants';
import type { Unit } from './unit';

/** The expression of a location attribute that holds at `address` of the file; undefined where the object is nowhere. */
export function locationAt(unit: Unit, { form, value, at }: AttributeValue, address: number): NamedBytes | undefined {
  if (value instanceof Uint8Array) return { what: `${unit.sections.info.what}, expression at ${at.toString(16).toUpperCase()}h`, bytes: value };
  if (unit.version < 5) return oldList(unit, Number(value), address);
  return newList(unit, form === FORM.loclistx ? listOffset(unit, Number(value)) : Number(value), address);
}

function listOffset(unit: Unit, index: number): number {
  const base = unit.constant(unit.root, AT.loclistsBase) ?? (unit.offsetSize === 8 ? 20 : 12);
  return base + new ByteReader(unit.sections.loclists, base + index * unit.offsetSize).unsigned(unit.offsetSize);
}

function oldList(unit: Unit, offset: number, address: number): NamedBytes | undefined {
  const reader = new ByteReader(unit.sections.loc, offset);
  const selection = unit.addressSize === 4 ? 0xffffffff : 2 ** 64;
  for (let base = unit.lowPc; ; ) {
    const [low, high] = [reader.unsigned(unit.addressSize), reader.unsigned(unit.addressSize)];
    if (low === 0 && high === 0) return undefined;
    if (low === selection) {
      base = high;
      continue;
    }
    const bytes = reader.take(reader.u16());
    if (address >= base + low && address < base + high) return { what: reader.source.what, bytes };
  }
}

function newList(unit: Unit, offset: number, address: number): NamedBytes | undefined {
  const reader = new ByteReader(unit.sections.loclists, offset);
  const pointer = () => reader.unsigned(unit.addressSize);
  const indexed = () => unit.indexedAddress(reader.uleb());
  let fallback: NamedBytes | undefined;
  const expression = (): NamedBytes => ({ what: reader.source.what, bytes: reader.take(reader.uleb()) });
  for (let base = unit.lowPc; ; ) {
    const kind = reader.u8();
    let range: [low: number, high: number] | undefined;
    if (kind === LIST.end) return fallback;
    if (kind === LIST.basex) base = indexed();
    else if (kind === LLE.baseAddress) base = pointer();
    else if (kind === LLE.defaultLocation) fallback = expression();
    else if (kind === LIST.startxEndx) range = [indexed(), indexed()];
    else if (kind === LIST.startxLength) range = lengthened(indexed(), reader.uleb());
    else if (kind === LIST.offsetPair) range = [base + reader.uleb(), base + reader.uleb()];
    else if (kind === LLE.startEnd) range = [pointer(), pointer()];
    else if (kind === LLE.startLength) range = lengthened(pointer(), reader.uleb());
    else reader.fail(`location list entry of kind ${kind}`);
    if (!range) continue;
    const found = expression();
    if (address >= range[0] && address < range[1]) return found;
  }
}

const lengthened = (low: number, length: number): [number, number] => [low, low + length];

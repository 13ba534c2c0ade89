/** Lists of address ranges: .debug_ranges of DWARF 2 to 4 (DWARF 4, 2.17.3), .debug_rnglists of DWARF 5 (7.25). */
import { ByteReader } from '../byteReader';
import type { AttributeValue } from './attribute';
import { AT, FORM, LIST, RLE } from './constants';
import type { Unit } from './unit';

/** Without the last address. */
export interface AddressRange {
  readonly low: number;
  readonly high: number;
}

export const covers = (ranges: readonly AddressRange[], address: number): boolean => ranges.some(({ low, high }) => address >= low && address < high);

export function readRangeList(unit: Unit, { form, value }: AttributeValue): AddressRange[] {
  if (unit.version < 5) return oldList(unit, Number(value));
  return newList(unit, form === FORM.rnglistx ? listOffset(unit, Number(value)) : Number(value));
}

/** Entry `index` of the offset table that the unit's DW_AT_rnglists_base points to. */
function listOffset(unit: Unit, index: number): number {
  const base = unit.constant(unit.root, AT.rnglistsBase) ?? (unit.offsetSize === 8 ? 20 : 12);
  return base + new ByteReader(unit.sections.rnglists, base + index * unit.offsetSize).unsigned(unit.offsetSize);
}

function oldList(unit: Unit, offset: number): AddressRange[] {
  const reader = new ByteReader(unit.sections.ranges, offset);
  const selection = unit.addressSize === 4 ? 0xffffffff : 2 ** 64;
  const ranges: AddressRange[] = [];
  for (let base = unit.lowPc; ; ) {
    const [low, high] = [reader.unsigned(unit.addressSize), reader.unsigned(unit.addressSize)];
    if (low === 0 && high === 0) return ranges;
    if (low === selection) base = high;
    else if (high > low) ranges.push({ low: base + low, high: base + high });
  }
}

function newList(unit: Unit, offset: number): AddressRange[] {
  const reader = new ByteReader(unit.sections.rnglists, offset);
  const address = () => reader.unsigned(unit.addressSize);
  const indexed = () => unit.indexedAddress(reader.uleb());
  const ranges: AddressRange[] = [];
  const add = (low: number, high: number) => high > low && ranges.push({ low, high });
  for (let base = unit.lowPc; ; ) {
    const kind = reader.u8();
    if (kind === LIST.end) return ranges;
    if (kind === LIST.basex) base = indexed();
    else if (kind === LIST.startxEndx) add(indexed(), indexed());
    else if (kind === LIST.startxLength) {
      const low = indexed();
      add(low, low + reader.uleb());
    } else if (kind === LIST.offsetPair) add(base + reader.uleb(), base + reader.uleb());
    else if (kind === RLE.baseAddress) base = address();
    else if (kind === RLE.startEnd) add(address(), address());
    else if (kind === RLE.startLength) {
      const low = address();
      add(low, low + reader.uleb());
    } else reader.fail(`range list entry of kind ${kind}`);
  }
}

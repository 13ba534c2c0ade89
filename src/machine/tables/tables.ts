/** Where the tables are: the pointers that guests search for on 16-byte boundaries of the ROM, the rest behind them. */
import { FACS, TABLES, TABLES_END } from '../memoryMap';
import { dsdt, facs, fadt, madt, rsdp, rsdt, xsdt } from './acpi';
import { mpConfiguration, mpFloatingPointer } from './multiprocessor';
import { type Processor, hasLocalApic } from './platform';

export interface PlacedTable {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const ALIGNMENT = 16;
const POINTER_LENGTH = 48;

/** Tables in the ROM. */
export const romTables = (processor: Processor): PlacedTable[] => {
  const placed: PlacedTable[] = [];
  let next = TABLES + 2 * POINTER_LENGTH;
  const place = (bytes: Uint8Array, address = next): number => {
    placed.push({ address, bytes });
    if (address === next) next += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
    if (next > TABLES_END) throw new RangeError('the firmware tables do not fit');
    return address;
  };
  const tables = [place(fadt(place(dsdt())))];
  if (hasLocalApic(processor)) {
    tables.push(place(madt()));
    place(mpFloatingPointer(place(mpConfiguration(processor))), TABLES + POINTER_LENGTH);
  }
  const [root, extendedRoot] = [place(rsdt(tables)), place(xsdt(tables))];
  place(rsdp(root, extendedRoot), TABLES);
  return placed;
};

/** The table in RAM. */
export const ramTables = (): PlacedTable[] => [{ address: FACS, bytes: facs() }];

/**
 * The ACPI tables for a BIOS image: files of fw_cfg, and the script that tells it where to put them, what to add to their
 * pointers and which checksums to mend. Source: SeaBIOS, src/fw/romfile_loader.h.
 */
import type { FirmwareFile } from '../../devices/fwCfg';
import { CHECKSUM, dsdt, facs, fadt, FADT_POINTERS, HEADER_LENGTH, madt, RSDP, rsdp, rsdt, xsdt } from './acpi';
import { type Processor, hasLocalApic } from './platform';
import { Table } from './table';

const TABLES = 'etc/acpi/tables';
const ROOT = 'etc/acpi/rsdp';
const COMMAND = { ALLOCATE: 1, ADD_POINTER: 2, ADD_CHECKSUM: 3 } as const;
const ZONE = { HIGH: 1, FSEG: 2 } as const;
const ENTRY_LENGTH = 128;
const NAME_LENGTH = 56;
const ALIGNMENT = 64;

/** Alignment of the FACS (ACPI 2.0, 5.2.9) and of the root pointer. */
const ROOT_ALIGNMENT = 16;

class Script {
  readonly #entries: number[] = [];

  #add(command: number, fill: (entry: Table) => void): void {
    const entry = new Table().dword(command);
    fill(entry);
    this.#entries.push(...entry.zeros(ENTRY_LENGTH - entry.length).done());
  }

  readonly #name = (entry: Table, name: string): Table => entry.bytes([...name.padEnd(NAME_LENGTH, '\0')].map((c) => c.charCodeAt(0)));

  allocate(file: string, alignment: number, zone: number): void {
    this.#add(COMMAND.ALLOCATE, (entry) => this.#name(entry, file).dword(alignment).byte(zone));
  }

  /** What is at `offset` of `file`, `size` bytes, is an offset in TABLES: make it an address. */
  addPointer(file: string, offset: number, size: number): void {
    this.#add(COMMAND.ADD_POINTER, (entry) => this.#name(this.#name(entry, file), TABLES).dword(offset).byte(size));
  }

  addChecksum(file: string, at: number, start: number, length: number): void {
    this.#add(COMMAND.ADD_CHECKSUM, (entry) => this.#name(entry, file).dword(at, start, length));
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#entries);
  }
}

/** The tables one behind the other; their pointers are offsets here. */
class Tables {
  readonly #bytes: number[] = [];

  constructor(private readonly script: Script) {}

  /** Its offset. `pointers`: offset and size of each in the table. */
  place(bytes: Uint8Array, pointers: readonly (readonly [number, number])[] = []): number {
    const start = this.#bytes.length;
    this.#bytes.push(...bytes, ...new Array<number>(-bytes.length & (ALIGNMENT - 1)).fill(0));
    for (const [offset, size] of pointers) this.script.addPointer(TABLES, start + offset, size);
    if (pointers.length > 0) this.script.addChecksum(TABLES, start + CHECKSUM, start, bytes.length);
    return start;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

const entries = (count: number, size: number): [number, number][] => Array.from({ length: count }, (_, i) => [HEADER_LENGTH + i * size, size]);

export const acpiFiles = (processor: Processor): FirmwareFile[] => {
  const script = new Script();
  script.allocate(ROOT, ROOT_ALIGNMENT, ZONE.FSEG);
  script.allocate(TABLES, ALIGNMENT, ZONE.HIGH);
  const tables = new Tables(script);
  const facsAt = tables.place(facs());
  const listed = [tables.place(fadt(tables.place(dsdt()), facsAt), FADT_POINTERS)];
  if (hasLocalApic(processor)) listed.push(tables.place(madt()));
  const rsdtAt = tables.place(rsdt(listed), entries(listed.length, 4));
  const xsdtAt = tables.place(xsdt(listed), entries(listed.length, 8));
  script.addPointer(ROOT, RSDP.RSDT, 4);
  script.addPointer(ROOT, RSDP.XSDT, 8);
  script.addChecksum(ROOT, RSDP.CHECKSUM, 0, RSDP.FIRST_LENGTH);
  script.addChecksum(ROOT, RSDP.EXTENDED_CHECKSUM, 0, RSDP.LENGTH);
  return [
    { name: ROOT, bytes: rsdp(rsdtAt, xsdtAt) },
    { name: TABLES, bytes: tables.done() },
    { name: 'etc/table-loader', bytes: script.done() },
  ];
};

/**
 * RSDP, RSDT, XSDT, FADT, MADT, FACS, and the header of the DSDT. Source: ACPI Specification 2.0, 5.2.
 * The machine is in ACPI mode from the start: there is no SMI command port.
 */
import { PM1_CONTROL, PM1_EVENT, PM_TIMER } from '../../devices/acpiPm';
import { ioApicPin } from '../../devices/interruptLines';
import { FACS, IO_APIC_BASE, LOCAL_APIC_BASE } from '../memoryMap';
import { dsdtTerms } from './dsdt';
import { IO_APIC_ID, LOCAL_APIC_ID, OEM } from './platform';
import { ACPI_PM_PORT, ISA_IRQS, SCI_IRQ, inputFlags } from './routing';
import { Table } from './table';

export const HEADER_LENGTH = 36;
const LENGTH = 4;
export const CHECKSUM = 9;

const definition = (signature: string, revision: number, body: (table: Table) => void): Uint8Array => {
  const table = new Table().text(signature, 4).dword(0).byte(revision, 0).text(OEM, 6).text('PC', 8).dword(1).text('RNGS', 4).dword(1);
  if (table.length !== HEADER_LENGTH) throw new Error('the header of an ACPI table is out of step');
  body(table);
  return table.patch32(LENGTH, table.length).checksum(CHECKSUM).done();
};

/** Revision 1: integers have 32 bits. */
export const dsdt = (): Uint8Array => definition('DSDT', 1, (table) => table.bytes(dsdtTerms()));

const REVISION_2 = 2;

/** Offsets of the root pointer's fields; its first part is that of ACPI 1.0. */
export const RSDP = { CHECKSUM: 8, RSDT: 16, FIRST_LENGTH: 20, XSDT: 24, EXTENDED_CHECKSUM: 32, LENGTH: 36 } as const;

export const rsdp = (rsdt: number, xsdt: number): Uint8Array =>
  new Table()
    .text('RSD PTR ', 8)
    .byte(0)
    .text(OEM, 6)
    .byte(REVISION_2)
    .dword(rsdt, RSDP.LENGTH)
    .address64(xsdt)
    .byte(0, 0, 0, 0)
    .checksum(RSDP.CHECKSUM, RSDP.FIRST_LENGTH)
    .checksum(RSDP.EXTENDED_CHECKSUM)
    .done();

export const rsdt = (tables: readonly number[]): Uint8Array => definition('RSDT', 1, (table) => table.dword(...tables));

export const xsdt = (tables: readonly number[]): Uint8Array =>
  definition('XSDT', 1, (table) => {
    for (const address of tables) table.address64(address);
  });

const FACS_LENGTH = 64;
export const facs = (): Uint8Array => new Table().text('FACS', 4).dword(FACS_LENGTH).zeros(24).byte(1).zeros(31).done();

/** Interrupt controller structures of the MADT. */
const MADT = { LOCAL_APIC: 0, IO_APIC: 1, OVERRIDE: 2, LOCAL_NMI: 4 } as const;
/** The machine has an 8259A pair too. */
const PCAT_COMPAT = 1;
const ALL_PROCESSORS = 0xff;
const ISA_BUS = 0;

export const madt = (): Uint8Array =>
  definition('APIC', 1, (table) => {
    table.dword(LOCAL_APIC_BASE, PCAT_COMPAT);
    table.byte(MADT.LOCAL_APIC, 8, LOCAL_APIC_ID, LOCAL_APIC_ID).dword(1);
    table.byte(MADT.IO_APIC, 12, IO_APIC_ID, 0).dword(IO_APIC_BASE, 0);
    for (const irq of ISA_IRQS) {
      if (ioApicPin(irq) === irq && inputFlags(irq) === 0) continue;
      table.byte(MADT.OVERRIDE, 10, ISA_BUS, irq).dword(ioApicPin(irq)).word(inputFlags(irq));
    }
    table.byte(MADT.LOCAL_NMI, 6, ALL_PROCESSORS).word(0).byte(1);
  });

/** FADT flags: WBINVD works; HLT is C1; no fixed sleep button, no wake by the RTC; there is a reset register. */
const FADT_FLAGS = (1 << 0) | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 10);
/** Latencies that say that C2 and C3 do not exist. */
const NO_C2 = 101;
const NO_C3 = 1001;
const CMOS_CENTURY = 0x32;
/** IA-PC boot architecture: ISA devices, a keyboard controller. */
const BOOT_ARCHITECTURE = 0x0003;
const DESKTOP = 1;
const SYSTEM_IO = 1;
/** The reset register is the keyboard controller's command port: pulse output bit 0. */
const RESET = { port: 0x64, value: 0xfe } as const;
/** ACPI 2.0. */
const FADT_REVISION = 3;

/** Offset and size of its pointers to the FACS and the DSDT. */
export const FADT_POINTERS = [
  [36, 4],
  [40, 4],
  [132, 8],
  [140, 8],
] as const;

export const fadt = (dsdtAddress: number, facsAddress = FACS): Uint8Array =>
  definition('FACP', FADT_REVISION, (table) => {
    const event = ACPI_PM_PORT + PM1_EVENT;
    const control = ACPI_PM_PORT + PM1_CONTROL;
    const timer = ACPI_PM_PORT + PM_TIMER;
    /** Generic address: space, bits, offset, reserved, address. */
    const register = (port: number, bytes: number) => table.byte(port ? SYSTEM_IO : 0, 8 * bytes, 0, 0).address64(port);
    table.dword(facsAddress, dsdtAddress).byte(0, DESKTOP).word(SCI_IRQ);
    table.dword(0).byte(0, 0, 0, 0); // SMI_CMD; ACPI_ENABLE, ACPI_DISABLE, S4BIOS_REQ, PSTATE_CNT
    table.dword(event, 0, control, 0, 0, timer, 0, 0); // PM1a, PM1b, PM1a, PM1b, PM2, timer, GPE0, GPE1
    table.byte(4, 2, 0, 4, 0, 0, 0, 0); // their lengths; GPE1_BASE, CST_CNT
    table.word(NO_C2, NO_C3, 0, 0).byte(0, 0, 0, 0, CMOS_CENTURY); // FLUSH_SIZE, FLUSH_STRIDE; DUTY_OFFSET, DUTY_WIDTH, DAY_ALRM, MON_ALRM
    table.word(BOOT_ARCHITECTURE).byte(0).dword(FADT_FLAGS);
    register(RESET.port, 1);
    table.byte(RESET.value, 0, 0, 0).address64(facsAddress).address64(dsdtAddress);
    for (const [port, bytes] of [
      [event, 4],
      [0, 0],
      [control, 2],
      [0, 0],
      [0, 0],
      [timer, 4],
      [0, 0],
      [0, 0],
    ])
      register(port, bytes);
  }); // prettier-ignore

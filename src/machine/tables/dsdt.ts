/** The differentiated definition block: what an operating system cannot find out by itself about this board. ACPI Specification 2.0, chapters 5 and 6. */
import { SLP_TYP_SOFT_OFF } from '../../devices/acpiPm';
import { ISA_DEVICES_END, PCI_MEMORY } from '../memoryMap';
import {
  type Aml,
  argument0,
  busNumbers,
  device,
  eisaId,
  integer,
  irq,
  memoryRange,
  method,
  name,
  nameString,
  packageOf,
  portRange,
  ports,
  processor,
  resources,
  scope,
  sharedInterrupt,
  store,
} from './aml';
import { PCI_SLOTS, PIRQ_ROUTES, pirqOf } from './routing';

const LINKS = ['LNKA', 'LNKB', 'LNKC', 'LNKD'] as const;
/** Present, enabled, functioning; not shown to the user. */
const STATUS_PRESENT = 0x0b;
const ANY_FUNCTION = 0xffff;

interface IsaDevice {
  readonly name: string;
  readonly id: string;
  readonly unit?: number;
  readonly ports: readonly (readonly [base: number, length: number])[];
  readonly irq?: number;
}

/** Devices of the ISA bus that are not found by probing. */
// biome-ignore format: a table
const ISA_DEVICES: readonly IsaDevice[] = [
  { name: 'PIC',  id: 'PNP0000', ports: [[0x20, 2], [0xa0, 2], [0x4d0, 2]] },
  { name: 'TMR',  id: 'PNP0100', ports: [[0x40, 4]], irq: 0 },
  { name: 'RTC',  id: 'PNP0B00', ports: [[0x70, 2]], irq: 8 },
  { name: 'SPKR', id: 'PNP0800', ports: [[0x61, 1]] },
  { name: 'KBD',  id: 'PNP0303', ports: [[0x60, 1], [0x64, 1]], irq: 1 },
  { name: 'MOU',  id: 'PNP0F13', ports: [], irq: 12 },
  { name: 'COM1', id: 'PNP0501', unit: 1, ports: [[0x3f8, 8]], irq: 4 },
  { name: 'COM2', id: 'PNP0501', unit: 2, ports: [[0x2f8, 8]], irq: 3 },
];

const isaDevice = (d: IsaDevice): Aml =>
  device(
    d.name,
    name('_HID', eisaId(d.id)),
    ...(d.unit === undefined ? [] : [name('_UID', integer(d.unit))]),
    name('_CRS', resources(...d.ports.map(([base, length]) => ports(base, length)), ...(d.irq === undefined ? [] : [irq(d.irq)]))),
  );

/** A PCI interrupt link: the firmware has steered it, and it stays so. */
const link = (pirq: number): Aml =>
  device(
    LINKS[pirq],
    name('_HID', eisaId('PNP0C0F')),
    name('_UID', integer(pirq)),
    name('_STA', integer(STATUS_PRESENT)),
    name('_PRS', resources(sharedInterrupt(PIRQ_ROUTES[pirq]))),
    name('_CRS', resources(sharedInterrupt(PIRQ_ROUTES[pirq]))),
    method('_DIS', 0),
    method('_SRS', 1),
  );

const routes = (): Aml[] => {
  const links = LINKS.map((link) => nameString(`\\_SB.${link}`));
  const list: Aml[] = [];
  for (let slot = 0; slot < PCI_SLOTS; slot++)
    for (let pin = 0; pin < 4; pin++) list.push(packageOf(integer(slot * 0x10000 + ANY_FUNCTION), integer(pin), links[pirqOf(slot, pin)], integer(0)));
  return list;
};

const pciBus = (): Aml =>
  device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_ADR', integer(0)),
    name('_UID', integer(0)),
    name(
      '_CRS',
      resources(
        busNumbers(0, 0xff),
        ports(0xcf8, 8),
        portRange(0, 0xcf7),
        portRange(0xd00, 0xffff),
        memoryRange(0xa0000, ISA_DEVICES_END - 1),
        memoryRange(PCI_MEMORY.start, PCI_MEMORY.end - 1),
      ),
    ),
    name('_PRT', packageOf(...routes())),
    device('ISA', name('_ADR', integer(0x0001_0000)), ...ISA_DEVICES.map(isaDevice)),
  );

/** Everything behind the table's header. */
export const dsdtTerms = (): Aml => [
  // \_PIC: the operating system says whether it uses the 8259A pair (0) or the I/O APIC (1). The lines are the same.
  ...name('\\PICM', integer(0)),
  ...method('\\_PIC', 1, store(argument0, '\\PICM')),
  ...name('\\_S5', packageOf(integer(SLP_TYP_SOFT_OFF), integer(SLP_TYP_SOFT_OFF), integer(0), integer(0))),
  ...scope('\\_PR', processor('CPU0', 0)),
  ...scope('\\_SB', ...LINKS.map((_, pirq) => link(pirq)), pciBus()),
];

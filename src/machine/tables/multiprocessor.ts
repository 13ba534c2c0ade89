/** MP floating pointer and configuration table. Source: Intel MultiProcessor Specification 1.4, chapter 4. */
import { IO_APIC_VERSION } from '../../devices/ioApic';
import { PIC_OUTPUT_PIN, ioApicPin } from '../../devices/interruptLines';
import { VERSION_P6 } from '../../devices/localApicRegisters';
import { IO_APIC_BASE, LOCAL_APIC_BASE } from '../memoryMap';
import type { Processor } from './platform';
import { IO_APIC_ID, LOCAL_APIC_ID, OEM } from './platform';
import { ISA_IRQS, PCI_SLOTS, PIRQ_ROUTES, inputFlags, pirqOf } from './routing';
import { Table } from './table';

const SPECIFICATION = 4; // 1.4
const PARAGRAPH = 16;

const ENTRY = { PROCESSOR: 0, BUS: 1, IO_APIC: 2, IO_INTERRUPT: 3, LOCAL_INTERRUPT: 4 } as const;
const INTERRUPT = { INT: 0, NMI: 1, EXTINT: 3 } as const;
/** A PCI bus goes by its PCI bus number. */
const PCI_BUS = 0;
const ISA_BUS = 1;
const ENABLED = 1;
const BOOTSTRAP = 2;
const ALL_LOCAL_APICS = 0xff;
const HEADER_LENGTH = 44;
const ENTRY_COUNT = 34;

const entries = ({ signature, features }: Processor): Uint8Array[] => {
  const list: Table[] = [];
  const entry = (type: number): Table => {
    const table = new Table().byte(type);
    list.push(table);
    return table;
  };
  entry(ENTRY.PROCESSOR)
    .byte(LOCAL_APIC_ID, VERSION_P6 & 0xff, ENABLED | BOOTSTRAP)
    .dword(signature, features, 0, 0);
  entry(ENTRY.BUS).byte(PCI_BUS).text('PCI', 6);
  entry(ENTRY.BUS).byte(ISA_BUS).text('ISA', 6);
  entry(ENTRY.IO_APIC).byte(IO_APIC_ID, IO_APIC_VERSION, ENABLED).dword(IO_APIC_BASE);
  const input = (type: number, flags: number, bus: number, irq: number, pin: number) => entry(ENTRY.IO_INTERRUPT).byte(type).word(flags).byte(bus, irq, IO_APIC_ID, pin);
  input(INTERRUPT.EXTINT, 0, ISA_BUS, 0, PIC_OUTPUT_PIN);
  for (const irq of ISA_IRQS) input(INTERRUPT.INT, inputFlags(irq), ISA_BUS, irq, ioApicPin(irq));
  for (let slot = 1; slot < PCI_SLOTS; slot++)
    for (let pin = 0; pin < 4; pin++) {
      const irq = PIRQ_ROUTES[pirqOf(slot, pin)];
      input(INTERRUPT.INT, inputFlags(irq), PCI_BUS, (slot << 2) | pin, ioApicPin(irq));
    }
  const local = (type: number, pin: number) => entry(ENTRY.LOCAL_INTERRUPT).byte(type).word(0).byte(ISA_BUS, 0, ALL_LOCAL_APICS, pin);
  local(INTERRUPT.EXTINT, 0);
  local(INTERRUPT.NMI, 1);
  return list.map((table) => table.done());
};

export const mpConfiguration = (processor: Processor): Uint8Array => {
  const all = entries(processor);
  const length = HEADER_LENGTH + all.reduce((total, bytes) => total + bytes.length, 0);
  const table = new Table().text('PCMP', 4).word(length).byte(SPECIFICATION, 0).text(OEM, 8).text('PC', 12).dword(0).word(0);
  if (table.length !== ENTRY_COUNT) throw new Error('the header of the MP table is out of step');
  table.word(all.length).dword(LOCAL_APIC_BASE).word(0).byte(0, 0);
  for (const bytes of all) table.bytes(bytes);
  return table.checksum(7).done();
};

/** Features: a configuration table is there; no IMCR, so the machine starts in virtual wire mode. */
export const mpFloatingPointer = (configuration: number): Uint8Array =>
  new Table().text('_MP_', 4).dword(configuration).byte(1, SPECIFICATION, 0, 0, 0, 0, 0, 0).checksum(10, PARAGRAPH).done();

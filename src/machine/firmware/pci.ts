/**
 * What the power-on self test does with the PCI bus, and the PCI BIOS (INT 1Ah AH=B1h): everything through configuration
 * mechanism 1, as software outside the firmware would. Sources: PCI BIOS Specification 2.1; PCI Local Bus Specification 2.1, §6.2.5.
 */
import { hexh } from '../../base/bits';
import type { AccessSize } from '../../devices/contract';
import { IDETIM, IDETIM_DECODE } from '../../devices/pci/identities';
import { PIRQ_ROUTES } from '../../devices/pci/interruptRouter';
import { BAR_0, COMMAND, COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_PORTS, INTERRUPT_LINE } from '../../devices/pci/pciFunction';
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { outb, unsupported, type BiosMachine, type Service } from './service';

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const NO_FUNCTION = 0xffff;
const VENDOR = 0x00;
const CLASS = 0x08;
const INTERRUPT_PIN = 0x3d;
/** Ports and addresses that no ISA device claims. */
const FIRST_PORT = 0xc000;
const FIRST_MEMORY = 0xe0000000;
/** PIRQA to PIRQD: two interrupts, level-triggered, that no ISA device of ours uses. */
const ROUTES = [10, 10, 11, 11];
const ELCR_SLAVE = 0x4d1;
const ISA_BRIDGE_CLASS = 0x060100;
const IDE_CLASS = 0x010180;
const VGA_CLASS = 0x030000;

/** Bus 0's function `number` = device × 8 + function. */
const select = (machine: BiosMachine, number: number, offset: number): number => {
  machine.bus.write('port', CONFIG_ADDRESS, 4, (0x80000000 | (number << 8) | (offset & 0xfc)) >>> 0);
  return CONFIG_DATA + (offset & 3);
};

const readConfig = (machine: BiosMachine, number: number, offset: number, size: AccessSize): number => machine.bus.read('port', select(machine, number, offset), size);

const writeConfig = (machine: BiosMachine, number: number, offset: number, size: AccessSize, value: number): void =>
  machine.bus.write('port', select(machine, number, offset), size, value);

/** Functions that answer, in order. */
const functions = (machine: BiosMachine): number[] => {
  const found: number[] = [];
  for (let device = 0; device < 32; device++) {
    if (readConfig(machine, device * 8, VENDOR, 2) === NO_FUNCTION) continue;
    const count = readConfig(machine, device * 8, 0x0e, 1) & 0x80 ? 8 : 1;
    for (let fn = 0; fn < count; fn++) if (readConfig(machine, device * 8 + fn, VENDOR, 2) !== NO_FUNCTION) found.push(device * 8 + fn);
  }
  return found;
};

const classOf = (machine: BiosMachine, number: number): number => readConfig(machine, number, CLASS, 4) >>> 8;

/** Where the display's linear frame buffer is now. */
export const displayFrameBuffer = (machine: BiosMachine): number | undefined => {
  const number = functions(machine).find((n) => classOf(machine, n) === VGA_CLASS);
  const base = number === undefined ? 0 : (readConfig(machine, number, BAR_0, 4) & ~15) >>> 0;
  return base || undefined;
};

/** Base addresses one behind the other, each aligned to its size, and the interrupt line of each pin. */
export const initializePci = (machine: BiosMachine): void => {
  const next = { port: FIRST_PORT, memory: FIRST_MEMORY };
  for (const number of functions(machine)) {
    let command = readConfig(machine, number, COMMAND, 2);
    for (let bar = BAR_0; bar < BAR_0 + 24; bar += 4) {
      writeConfig(machine, number, bar, 4, 0xffffffff);
      const probe = readConfig(machine, number, bar, 4);
      if (probe === 0) continue;
      const space = probe & 1 ? 'port' : 'memory';
      const mask = space === 'port' ? (probe | 0xffff0000) & ~3 : probe & ~15;
      const size = -(mask | 0) >>> 0;
      next[space] = Math.ceil(next[space] / size) * size;
      writeConfig(machine, number, bar, 4, next[space]);
      next[space] += size;
      command |= space === 'port' ? COMMAND_PORTS | COMMAND_BUS_MASTER : COMMAND_MEMORY | COMMAND_BUS_MASTER;
    }
    const pin = readConfig(machine, number, INTERRUPT_PIN, 1);
    if (pin) writeConfig(machine, number, INTERRUPT_LINE, 1, ROUTES[((number >> 3) - 1 + pin - 1) & 3]);
    const classCode = classOf(machine, number);
    if (classCode === ISA_BRIDGE_CLASS) ROUTES.forEach((irq, pirq) => writeConfig(machine, number, PIRQ_ROUTES + pirq, 1, irq));
    if (classCode === IDE_CLASS) for (const channel of [0, 2]) writeConfig(machine, number, IDETIM + channel, 2, IDETIM_DECODE);
    writeConfig(machine, number, COMMAND, 2, command);
  }
  outb(machine, ELCR_SLAVE, 0x0e); // and the SCI
  machine.bus.write('port', CONFIG_ADDRESS, 4, 0);
};

const SUCCESSFUL = 0x00;
const BAD_VENDOR = 0x83;
const NOT_FOUND = 0x86;
const BAD_REGISTER = 0x87;

const answer = (context: FirmwareContext, status: number): string => {
  context.write('ah', status);
  context.setReturnFlag('CF', status !== SUCCESSFUL);
  return status === SUCCESSFUL ? 'done' : status === NOT_FOUND ? 'not found' : 'invalid parameter';
};

const present: Service = (context) => {
  context.write('edx', 0x20494350); // "PCI "
  context.write('al', 0x01); // mechanism 1
  context.write('bx', 0x0210);
  context.write('cl', 0);
  return `PCI BIOS 2.1: ${answer(context, SUCCESSFUL)}`;
};

/** The `index`th function that matches. */
const find = (context: FirmwareContext, machine: BiosMachine, what: string, matches: (number: number) => boolean): string => {
  const found = functions(machine).filter(matches)[context.read('si')];
  if (found !== undefined) context.write('bx', found);
  return `find ${what}: ${answer(context, found === undefined ? NOT_FOUND : SUCCESSFUL)}`;
};

const findDevice: Service = (context, machine) => {
  const [vendor, device] = [context.read('dx'), context.read('cx')];
  if (vendor === NO_FUNCTION) return `find device: ${answer(context, BAD_VENDOR)}`;
  return find(context, machine, `device ${hexh(vendor, 4)}:${hexh(device, 4)}`, (n) => readConfig(machine, n, VENDOR, 4) === ((device << 16) | vendor) >>> 0);
};

const findClass: Service = (context, machine) => {
  const wanted = context.read('ecx') & 0xffffff;
  return find(context, machine, `class ${hexh(wanted, 6)}`, (n) => classOf(machine, n) === wanted);
};

const REGISTERS = { 1: 'cl', 2: 'cx', 4: 'ecx' } as const;

/** BX = bus and function, DI = register, (E)CX = value. */
const access =
  (direction: 'read' | 'write', size: AccessSize): Service =>
  (context, machine) => {
    const [bus, number, offset] = [context.read('bx') >> 8, context.read('bx') & 0xff, context.read('di')];
    const what = `${direction} register ${hexh(offset, 2)} of ${bus}:${number >> 3}.${number & 7}`;
    if (offset > 0xff || offset % size) return `${what}: ${answer(context, BAD_REGISTER)}`;
    if (direction === 'read') context.write(REGISTERS[size], bus ? 2 ** (8 * size) - 1 : readConfig(machine, number, offset, size));
    else if (bus === 0) writeConfig(machine, number, offset, size, context.read(REGISTERS[size]));
    return `${what}: ${answer(context, SUCCESSFUL)}`;
  };

const FUNCTIONS: Readonly<Record<number, Service>> = {
  0x01: present,
  0x02: findDevice,
  0x03: findClass,
  0x08: access('read', 1),
  0x09: access('read', 2),
  0x0a: access('read', 4),
  0x0b: access('write', 1),
  0x0c: access('write', 2),
  0x0d: access('write', 4),
};

/** INT 1Ah AH=B1h. */
export const pciService: Service = (context, machine) => {
  const serve = FUNCTIONS[context.read('al')];
  return serve ? serve(context, machine) : unsupported(0x1a, context);
};

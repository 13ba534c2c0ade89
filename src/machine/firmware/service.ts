/** What the services share: the machine they drive, and the conventions of their answers. */
import { hexh } from '../../base/bits';
import type { Bus } from '../../devices/bus';
import type { BlockDevice } from '../../devices/diskImage';
import type { FirmwareContext, Sentence } from '../../vmm/firmwareContext';
import type { Processor } from '../tables/platform';

/** Drive numbers of INT 13h: floppies below. */
export const FIRST_HARD_DISK = 0x80;
export const FIRST_CD = 0xe0;

export interface Drive {
  /** As in DL: 0 and 1 are floppies, 80h and up hard disks, E0h and up CDs. */
  readonly number: number;
  readonly medium: BlockDevice;
  /** Bytes per sector of a CD; those of the others have 512. */
  readonly sectorSize?: number;
  /** Writes are refused. */
  readonly readOnly?: boolean;
  /** Drive type of INT 13h AH=08h, for a floppy. */
  readonly floppyType?: number;
}

export interface BiosMachine {
  readonly bus: Bus;
  readonly drives: readonly Drive[];
  readonly processor: Processor;
}

/** Serves one call and tells the event log what it did. */
export type Service = (context: FirmwareContext, machine: BiosMachine) => Sentence;

export const said = (sentence: Sentence): string => (typeof sentence === 'function' ? sentence() : sentence);

export const AH_UNSUPPORTED = 0x86;

export const inb = (machine: BiosMachine, port: number): number => machine.bus.read('port', port, 1);
export const outb = (machine: BiosMachine, port: number, value: number): void => machine.bus.write('port', port, 1, value);

export const cmosRead = (machine: BiosMachine, register: number): number => {
  outb(machine, 0x70, register);
  return inb(machine, 0x71);
};

export const cmosWrite = (machine: BiosMachine, register: number, value: number): void => {
  outb(machine, 0x70, register);
  outb(machine, 0x71, value);
};

/** `INT 13h AH=02h`: how a sentence begins. */
export const label = (vector: number, context: FirmwareContext): string => labelOf(vector, context.read('ah'));
const labelOf = (vector: number, ah: number): string => `INT ${hexh(vector, 2)} AH=${hexh(ah, 2)}`;

export const farPointer = (selector: number, offset: number): string =>
  `${selector.toString(16).toUpperCase().padStart(4, '0')}:${offset.toString(16).toUpperCase().padStart(4, '0')}`;

export const unsupported = (vector: number, context: FirmwareContext): string => {
  const sentence = `${label(vector, context)}: not a service of this BIOS; CF=1, AH=86h`;
  context.setReturnFlag('CF', true);
  context.write('ah', AH_UNSUPPORTED);
  return sentence;
};

/** Functions of one vector by AH. */
export const byAh = (vector: number, functions: Readonly<Record<number, Service>>): Service => {
  const table = new Map(Object.entries(functions).map(([ah, service]) => [Number(ah), service]));
  return (context, machine) => {
    const ah = context.read('ah');
    const service = table.get(ah);
    if (!service) return unsupported(vector, context);
    const what = service(context, machine);
    return () => `${labelOf(vector, ah)}: ${said(what)}`;
  };
};

/** Non-specific EOI to whoever serves `irq`. */
export const endOfInterrupt = (machine: BiosMachine, irq: number): void => {
  if (irq >= 8) outb(machine, 0xa0, 0x20);
  outb(machine, 0x20, 0x20);
};

/** Store `bytes` at a guest-physical address: RAM, or a device that is mapped there (video memory). */
export const store = (context: FirmwareContext, machine: BiosMachine, address: number, bytes: Uint8Array): void => {
  const end = address + bytes.length;
  if (end <= 0xa0000 || address >= 0x100000) return context.memory.writeBytes(address, bytes);
  bytes.forEach((byte, i) => {
    if (machine.bus.memoryRegion(address + i)) machine.bus.write('memory', address + i, 1, byte);
    else context.memory.write8(address + i, byte);
  });
};

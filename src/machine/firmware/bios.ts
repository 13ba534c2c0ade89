/**
 * The built-in BIOS: a paravirtual interface one can watch. The guest sees a ROM, an interrupt vector table and a data
 * area; each stub in the ROM calls a service here. All state is in guest memory and in the devices: nothing to save.
 */
import { hexh } from '../../base/bits';
import type { PhysicalMemory } from '../../devices/contract';
import type { Firmware, FirmwareContext } from '../../vmm/firmwareContext';
import { BASE_MEMORY_KIB, EBDA, ROM_BASE } from '../memoryMap';
import { BDA, read16, write16 } from './dataArea';
import { diskService } from './disk';
import { keyboardInterrupt, keyboardService } from './keyboard';
import { initializePci } from './pci';
import { buildRom, DEAD_LOOP, DISKETTE_TABLE, IDLE_LOOP, ROM_SEGMENT, SERVICE_POWER_ON, SERVICE_TIMER_EOI, stubOffset } from './rom';
import { endOfInterrupt, farPointer, inb, outb, unsupported, type BiosMachine, type Service } from './service';
import { equipmentService, memorySizeService, serialService, systemService } from './system';
import { clockInterrupt, startTicks, timeService, timerEnd, timerInterrupt } from './time';
import { TextScreen } from './textScreen';
import { videoService } from './video';

const BOOT_ADDRESS = 0x7c00;
/** Hardware a program can ask INT 11h for: coprocessor, 80 x 25 colour, two serial ports, PS/2 … */
const EQUIPMENT = 0x0422;
const FLOPPY_PRESENT = 0x0001;

/** Exceptions that would only repeat if the stub returned. Vectors 0Ch and 0Dh are shared with IRQ 4 and 5. */
const FATAL: Readonly<Record<number, string>> = { 0: 'divide error', 6: 'invalid opcode', 7: 'no coprocessor', 12: 'stack fault', 13: 'general protection' };

/** ICW1..4 and mask: the master at 08h, the slave at 70h; timer, keyboard and cascade enabled. */
// biome-ignore format: a table
const PIC_PROGRAM: readonly (readonly [number, number])[] = [
  [0x20, 0x11], [0x21, 0x08], [0x21, 0x04], [0x21, 0x01], [0x21, 0xf8],
  [0xa0, 0x11], [0xa1, 0x70], [0xa1, 0x02], [0xa1, 0x01], [0xa1, 0xff],
];
/** Counter 0: square wave of 65536 ticks, 18.2 Hz. */
// biome-ignore format: a table
const PIT_PROGRAM: readonly (readonly [number, number])[] = [
  [0x43, 0x36], [0x40, 0x00], [0x40, 0x00],
];

const halt = (context: FirmwareContext, machine: BiosMachine, message: string, loop: number): string => {
  new TextScreen(machine, context.memory).print(`${message}\r\n`);
  context.jump(ROM_SEGMENT, loop);
  return message;
};

/** The interrupted CS:IP, on the guest's stack. */
const returnAddress = (context: FirmwareContext): string => {
  const at = (n: number) => read16(context.memory, context.physical(context.read('ss'), (context.read('sp') + n) & 0xffff));
  return farPointer(at(2), at(0));
};

const exception =
  (vector: number): Service =>
  (context, machine) =>
    halt(context, machine, `Exception ${hexh(vector, 2)} (${FATAL[vector]}) at ${returnAddress(context)}; system halted`, DEAD_LOOP);

const inService = (machine: BiosMachine, irq: number): boolean => {
  const port = irq < 8 ? 0x20 : 0xa0;
  outb(machine, port, 0x0b);
  const isr = inb(machine, port);
  outb(machine, port, 0x0a);
  return (isr & (1 << (irq & 7))) !== 0;
};

/** An interrupt nobody hooked. */
const defaultIrq =
  (vector: number, irq: number): Service =>
  (context, machine) => {
    if (inService(machine, irq)) {
      endOfInterrupt(machine, irq);
      return `IRQ ${irq}: nobody hooked vector ${hexh(vector, 2)}; end of interrupt`;
    }
    if (FATAL[vector]) return exception(vector)(context, machine);
    if (irq === 15) outb(machine, 0x20, 0x20); // spurious: the master did see the slave
    return `vector ${hexh(vector, 2)}: spurious interrupt`;
  };

const boot: Service = (context, machine) => {
  for (const { number, medium } of machine.drives) {
    const sector = medium.read(0, 1);
    if (sector[510] !== 0x55 || sector[511] !== 0xaa) continue;
    context.memory.writeBytes(BOOT_ADDRESS, sector);
    context.write('dx', number);
    context.jump(0, BOOT_ADDRESS);
    return `INT 19h: boot from drive ${hexh(number, 2)}, jump to 0000:7C00`;
  }
  return `INT 19h: ${halt(context, machine, 'No bootable disk', IDLE_LOOP)}`;
};

const ignored =
  (vector: number, what: string): Service =>
  () =>
    `INT ${hexh(vector, 2)}: ${what}; nothing to do`;

const SERVICES: ReadonlyMap<number, Service> = new Map<number, Service>([
  [0x00, exception(0x00)],
  [0x01, ignored(0x01, 'debug trap')],
  [0x02, ignored(0x02, 'NMI')],
  [0x03, ignored(0x03, 'breakpoint')],
  [0x04, ignored(0x04, 'overflow')],
  [0x05, ignored(0x05, 'print screen')],
  [0x06, exception(0x06)],
  [0x07, exception(0x07)],
  [0x08, timerInterrupt],
  [0x09, keyboardInterrupt],
  ...[2, 3, 4, 5, 6, 7].map((irq): [number, Service] => [8 + irq, defaultIrq(8 + irq, irq)]),
  [0x10, videoService],
  [0x11, equipmentService],
  [0x12, memorySizeService],
  [0x13, diskService],
  [0x14, serialService],
  [0x15, systemService],
  [0x16, keyboardService],
  [0x18, (context, machine) => `INT 18h: ${halt(context, machine, 'No bootable disk', IDLE_LOOP)}`],
  [0x19, boot],
  [0x1a, timeService],
  [0x1b, ignored(0x1b, 'Ctrl+Break')],
  [0x70, clockInterrupt],
  ...[9, 10, 11, 12, 13, 14, 15].map((irq): [number, Service] => [0x68 + irq, defaultIrq(0x68 + irq, irq)]),
  [SERVICE_TIMER_EOI, timerEnd],
]);

export class Bios implements Firmware {
  readonly rom = buildRom();

  constructor(private readonly machine: BiosMachine) {}

  /** What the power-on self test leaves behind: ROM, vectors, data area, programmed timer and interrupt controllers. */
  powerOn(memory: PhysicalMemory): void {
    memory.writeBytes(ROM_BASE, this.rom);
    for (let vector = 0; vector < 256; vector++) {
      write16(memory, vector * 4, vector === 0x1e ? DISKETTE_TABLE : stubOffset(vector));
      write16(memory, vector * 4 + 2, ROM_SEGMENT);
    }
    this.#dataArea(memory);
    for (const [port, value] of [...PIC_PROGRAM, ...PIT_PROGRAM]) outb(this.machine, port, value);
    initializePci(this.machine);
    startTicks(this.machine, memory);
    new TextScreen(this.machine, memory).setMode(true);
  }

  #dataArea(memory: PhysicalMemory): void {
    memory.writeBytes(0x400, new Uint8Array(0x100));
    const floppies = this.machine.drives.filter((d) => d.number < 0x80).length;
    write16(memory, BDA.serialPorts, 0x3f8);
    write16(memory, BDA.serialPorts + 2, 0x2f8);
    write16(memory, BDA.ebdaSegment, EBDA >> 4);
    write16(memory, BDA.equipment, EQUIPMENT | (floppies ? FLOPPY_PRESENT | ((floppies - 1) << 6) : 0));
    write16(memory, BDA.memoryKib, BASE_MEMORY_KIB);
    const buffer = BDA.keyboardBuffer - 0x400;
    write16(memory, BDA.keyboardHead, buffer);
    write16(memory, BDA.keyboardTail, buffer);
    write16(memory, BDA.keyboardStart, buffer);
    write16(memory, BDA.keyboardEnd, buffer + 32);
    memory.write8(BDA.keyboardMode, 0x10); // an enhanced keyboard
    memory.write8(BDA.diskCount, this.machine.drives.length - floppies);
    memory.write8(EBDA, 1); // its size in KiB
  }

  call(service: number, context: FirmwareContext): string {
    if (service === SERVICE_POWER_ON) {
      this.powerOn(context.memory);
      context.write('esp', BOOT_ADDRESS);
      return 'power-on: vectors, data area and devices initialized';
    }
    const serve = SERVICES.get(service);
    return serve ? serve(context, this.machine) : unsupported(service, context);
  }
}

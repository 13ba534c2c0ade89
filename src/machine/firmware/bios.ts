/**
 * The built-in BIOS: a paravirtual interface one can watch. The guest sees a ROM, an interrupt vector table and a data
 * area; each stub in the ROM calls a service here. All state is in guest memory and in the devices: nothing to save.
 */
import { hexh } from '../../base/bits';
import type { PhysicalMemory } from '../../devices/contract';
import { rateOf } from '../../devices/floppyCommands';
import type { Firmware, FirmwareContext, Sentence } from '../../vmm/firmwareContext';
import { type BootImage, findBootImage } from '../loader/elTorito';
import { BASE_MEMORY_KIB, EBDA, EMULATED_CD, LOCAL_APIC_BASE, ROM_BASE } from '../memoryMap';
import { BDA, read16, write16 } from './dataArea';
import { startEmulation } from './cdEmulation';
import { diskService } from './disk';
import { keyboardInterrupt, keyboardService } from './keyboard';
import { initializePci } from './pci';
import { buildRom, DEAD_LOOP, DISKETTE_TABLE, IDLE_LOOP, ROM_SEGMENT, SERVICE_POWER_ON, SERVICE_TIMER_EOI, stubOffset } from './rom';
import { endOfInterrupt, farPointer, FIRST_CD, FIRST_HARD_DISK, inb, outb, unsupported, type BiosMachine, type Drive, type Service } from './service';
import { equipmentService, memorySizeService, serialService, systemService } from './system';
import { clockInterrupt, startTicks, timeService, timerEnd, timerInterrupt } from './time';
import { resume } from './resume';
import { ramTables, romTables } from '../tables/tables';
import { Screen } from './video/screen';
import { videoService } from './video/services';

const BOOT_ADDRESS = 0x7c00;
/** Hardware a program can ask INT 11h for: coprocessor, 80 x 25 colour, two serial ports, PS/2 … */
const EQUIPMENT = 0x0422;
const FLOPPY_PRESENT = 0x0001;

/** Exceptions that would only repeat if the stub returned. Vectors 0Ch and 0Dh are shared with IRQ 4 and 5. */
const FATAL: Readonly<Record<number, string>> = { 0: 'divide error', 6: 'invalid opcode', 7: 'no coprocessor', 12: 'stack fault', 13: 'general protection' };

/** ICW1..4 and mask: the master at 08h, the slave at 70h; timer, keyboard and cascade enabled. SCI and PCI interrupts are levels. */
// biome-ignore format: a table
const PIC_PROGRAM: readonly (readonly [number, number])[] = [
  [0x20, 0x11], [0x21, 0x08], [0x21, 0x04], [0x21, 0x01], [0x21, 0xf8],
  [0xa0, 0x11], [0xa1, 0x70], [0xa1, 0x02], [0xa1, 0x01], [0xa1, 0xff],
  [0x4d1, 0x0e],
];
/** Counter 0: square wave of 65536 ticks, 18.2 Hz. */
// biome-ignore format: a table
const PIT_PROGRAM: readonly (readonly [number, number])[] = [
  [0x43, 0x36], [0x40, 0x00], [0x40, 0x00],
];

/** Configuration control register of the floppy controller: the data rate. */
const FLOPPY_RATE = 0x3f7;

/** Virtual wire mode (MultiProcessor Specification 1.4, 3.6.2.2): enabled, LINT0 is ExtINT from the 8259A pair, LINT1 is NMI. */
// biome-ignore format: a table
const LOCAL_APIC_PROGRAM: readonly (readonly [number, number])[] = [
  [0x0f0, 0x1ff], [0x350, 0x700], [0x360, 0x400],
];

const halt = (context: FirmwareContext, machine: BiosMachine, message: string, loop: number): string => {
  new Screen(machine, context.memory).print(`${message}\r\n`);
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

/** Where the first sector of a disk, or the boot image of a CD, is put and started; undefined when the drive does not boot. */
const bootCode = ({ number, medium }: Drive): Pick<BootImage, 'segment' | 'bytes' | 'emulation'> | undefined => {
  if (number >= FIRST_CD) {
    const image = findBootImage(medium);
    return typeof image === 'string' ? undefined : image;
  }
  const bytes = medium.read(0, 1);
  return bytes[510] === 0x55 && bytes[511] === 0xaa ? { segment: BOOT_ADDRESS >> 4, bytes } : undefined;
};

const boot: Service = (context, machine) => {
  for (const drive of machine.drives) {
    const code = bootCode(drive);
    if (!code) continue;
    const [segment, offset] = code.segment === BOOT_ADDRESS >> 4 ? [0, BOOT_ADDRESS] : [code.segment, 0];
    context.memory.writeBytes(segment * 16 + offset, code.bytes);
    if (code.emulation) startEmulation(context.memory, drive.number, code.emulation);
    context.write('dx', code.emulation?.drive ?? drive.number);
    context.jump(segment, offset);
    return `INT 19h: boot from drive ${hexh(drive.number, 2)}, jump to ${farPointer(segment, offset)}`;
  }
  return `INT 19h: ${halt(context, machine, 'No bootable disk', IDLE_LOOP)}`;
};

/** INT 41h and 46h point to the parameters of the first two hard disks (IBM PC/AT Technical Reference, "fixed disk parameter table"). */
const FIXED_DISK_VECTORS = [0x41, 0x46];
const FIXED_DISK_TABLES = 0x3d;
const FIXED_DISK_TABLE_SIZE = 16;

const writeFixedDiskTables = (machine: BiosMachine, memory: PhysicalMemory): void => {
  FIXED_DISK_VECTORS.forEach((vector, i) => {
    const at = EBDA + FIXED_DISK_TABLES + i * FIXED_DISK_TABLE_SIZE;
    write16(memory, vector * 4, FIXED_DISK_TABLES + i * FIXED_DISK_TABLE_SIZE);
    write16(memory, vector * 4 + 2, EBDA >> 4);
    memory.writeBytes(at, new Uint8Array(FIXED_DISK_TABLE_SIZE));
    const drive = machine.drives.find((d) => d.number === FIRST_HARD_DISK + i);
    if (!drive) return;
    const { cylinders, heads, sectors } = drive.medium.geometry;
    write16(memory, at, cylinders);
    memory.write8(at + 2, heads);
    write16(memory, at + 5, 0xffff); // no write precompensation
    memory.write8(at + 8, heads > 8 ? 0xc8 : 0xc0);
    write16(memory, at + 12, cylinders); // landing zone
    memory.write8(at + 14, sectors);
  });
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
  readonly rom: Uint8Array;

  constructor(private readonly machine: BiosMachine) {
    this.rom = buildRom();
    for (const { address, bytes } of romTables(machine.processor)) this.rom.set(bytes, address - ROM_BASE);
  }

  /** What the power-on self test leaves behind: ROM, vectors, data area, programmed timer and interrupt controllers. */
  powerOn(memory: PhysicalMemory): void {
    memory.writeBytes(ROM_BASE, this.rom);
    for (let vector = 0; vector < 256; vector++) {
      write16(memory, vector * 4, vector === 0x1e ? DISKETTE_TABLE : stubOffset(vector));
      write16(memory, vector * 4 + 2, ROM_SEGMENT);
    }
    this.#dataArea(memory);
    writeFixedDiskTables(this.machine, memory);
    for (const [port, value] of [...PIC_PROGRAM, ...PIT_PROGRAM]) outb(this.machine, port, value);
    const floppy = this.machine.drives.find(({ number }) => number === 0);
    if (floppy) outb(this.machine, FLOPPY_RATE, rateOf(floppy.medium.geometry.sectors));
    this.programLocalApic();
    initializePci(this.machine);
    startTicks(this.machine, memory);
    new Screen(this.machine, memory).setMode(3, true);
  }

  #dataArea(memory: PhysicalMemory): void {
    memory.writeBytes(0x400, new Uint8Array(0x100));
    const count = (from: number, to: number) => this.machine.drives.filter((d) => d.number >= from && d.number < to).length;
    const floppies = count(0, FIRST_HARD_DISK);
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
    memory.write8(BDA.diskCount, count(FIRST_HARD_DISK, FIRST_CD));
    memory.write8(EMULATED_CD, 0);
    memory.write8(EBDA, 1); // its size in KiB
    for (const { address, bytes } of ramTables()) memory.writeBytes(address, bytes);
  }

  #selfTest(context: FirmwareContext): string {
    this.powerOn(context.memory);
    context.write('esp', BOOT_ADDRESS);
    return 'power-on: vectors, data area and devices initialized';
  }

  /** Virtual wire mode: the local APIC was reset with its processor. */
  programLocalApic(): void {
    for (const [register, value] of LOCAL_APIC_PROGRAM) this.machine.bus.write('memory', LOCAL_APIC_BASE + register, 4, value);
  }

  call(service: number, context: FirmwareContext): Sentence {
    if (service === SERVICE_POWER_ON) return resume(context, this.machine) ?? this.#selfTest(context);
    const serve = SERVICES.get(service);
    return serve ? serve(context, this.machine) : unsupported(service, context);
  }
}

/** IRQ 0 and IRQ 8, INT 1Ah, and the wait of INT 15h AH=86h. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../base/bits';
import type { PhysicalMemory } from '../../devices/contract';
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { BDA, read32, write32 } from './dataArea';
import { pciService } from './pci';
import { byAh, cmosRead, cmosWrite, endOfInterrupt, inb, outb, type BiosMachine, type Service } from './service';

/** Timer ticks in a day at 1193182/65536 Hz, as the BIOS counts them. */
const TICKS_PER_DAY = 0x1800b0;
const RTC = { seconds: 0x00, minutes: 0x02, hours: 0x04, day: 0x07, month: 0x08, year: 0x09, b: 0x0b, c: 0x0c, century: 0x32 } as const;
const B_PERIODIC = 0x40;
const B_SET = 0x80;
const PIC_CASCADE = 0x04;

const fromBcd = (value: number): number => (value >> 4) * 10 + (value & 15);

/** Seconds since midnight to ticks, at power-on. */
export const startTicks = (machine: BiosMachine, memory: PhysicalMemory): void => {
  const [hours, minutes, seconds] = [RTC.hours, RTC.minutes, RTC.seconds].map((register) => fromBcd(cmosRead(machine, register)));
  write32(memory, BDA.ticks, Math.floor(((hours * 60 + minutes) * 60 + seconds) * (1_193_182 / 65536)));
  memory.write8(BDA.midnight, 0);
};

/** The stub calls INT 1Ch next, then `timerEnd`. */
export const timerInterrupt: Service = (context) => {
  const ticks = read32(context.memory, BDA.ticks) + 1;
  const midnight = ticks >= TICKS_PER_DAY;
  write32(context.memory, BDA.ticks, midnight ? 0 : ticks);
  if (midnight) context.memory.write8(BDA.midnight, 1);
  return () => `IRQ 0: tick ${midnight ? 0 : ticks}`;
};

export const timerEnd: Service = (_context, machine) => {
  endOfInterrupt(machine, 0);
  return 'IRQ 0: end of interrupt';
};

export const clockInterrupt: Service = (_context, machine) => {
  const flags = cmosRead(machine, RTC.c);
  endOfInterrupt(machine, 8);
  return () => `IRQ 8: clock flags ${hexh(flags, 2)}`;
};

const enablePeriodic = (machine: BiosMachine): void => {
  cmosWrite(machine, RTC.b, cmosRead(machine, RTC.b) | B_PERIODIC);
  outb(machine, 0xa1, inb(machine, 0xa1) & ~1);
  outb(machine, 0x21, inb(machine, 0x21) & ~PIC_CASCADE);
};

/** INT 15h AH=86h: CX:DX microseconds. The clock's periodic interrupt, 1024 a second, wakes the guest to look again. */
export const wait = (context: FirmwareContext, machine: BiosMachine): string => {
  const { memory } = context;
  const now = Math.floor(context.now() / 1000) % 2 ** 32;
  const microseconds = context.read('cx') * 65536 + context.read('dx');
  if (!(memory.read8(BDA.waitActive) & 1)) {
    write32(memory, BDA.waitDeadline, (now + microseconds) % 2 ** 32);
    memory.write8(BDA.waitActive, 1);
    enablePeriodic(machine);
  }
  const left = (read32(memory, BDA.waitDeadline) - now) | 0;
  if (left > 0) {
    context.retryAfterInterrupt();
    return `wait ${microseconds} microseconds, ${left} left`;
  }
  memory.write8(BDA.waitActive, 0);
  cmosWrite(machine, RTC.b, cmosRead(machine, RTC.b) & ~B_PERIODIC);
  context.setReturnFlag('CF', false);
  return `waited ${microseconds} microseconds`;
};

const setTicks: Service = (context) => {
  write32(context.memory, BDA.ticks, context.read('cx') * 65536 + context.read('dx'));
  context.memory.write8(BDA.midnight, 0);
  return `set ${read32(context.memory, BDA.ticks)} ticks since midnight`;
};

const bcd = (value: number): string => value.toString(16).padStart(2, '0');

const getTime: Service = (context, machine) => {
  context.write('ch', cmosRead(machine, RTC.hours));
  context.write('cl', cmosRead(machine, RTC.minutes));
  context.write('dh', cmosRead(machine, RTC.seconds));
  context.write('dl', cmosRead(machine, RTC.b) & 1);
  context.setReturnFlag('CF', false);
  return `the time is ${bcd(context.read('ch'))}:${bcd(context.read('cl'))}:${bcd(context.read('dh'))}`;
};

const getDate: Service = (context, machine) => {
  context.write('ch', cmosRead(machine, RTC.century));
  context.write('cl', cmosRead(machine, RTC.year));
  context.write('dh', cmosRead(machine, RTC.month));
  context.write('dl', cmosRead(machine, RTC.day));
  context.setReturnFlag('CF', false);
  return `the date is ${bcd(context.read('ch'))}${bcd(context.read('cl'))}-${bcd(context.read('dh'))}-${bcd(context.read('dl'))}`;
};

const setRegisters =
  (what: string, registers: readonly (readonly [number, string])[]): Service =>
  (context, machine) => {
    const b = cmosRead(machine, RTC.b);
    cmosWrite(machine, RTC.b, b | B_SET);
    for (const [register, name] of registers) cmosWrite(machine, register, context.read(name));
    cmosWrite(machine, RTC.b, b & ~B_SET);
    context.setReturnFlag('CF', false);
    return `set the ${what}`;
  };

export const timeService = byAh(0x1a, {
  1: setTicks,
  2: getTime,
  3: setRegisters('time', [
    [RTC.hours, 'ch'],
    [RTC.minutes, 'cl'],
    [RTC.seconds, 'dh'],
  ]),
  4: getDate,
  // Day 1 first would be safer on a real clock; year before month before day does the same.
  5: setRegisters('date', [
    [RTC.century, 'ch'],
    [RTC.year, 'cl'],
    [RTC.month, 'dh'],
    [RTC.day, 'dl'],
  ]),
  0xb1: pciService,
});

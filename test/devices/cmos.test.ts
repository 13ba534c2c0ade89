import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Cmos } from '../../src/devices/cmos';
import { out, RecordingLine, roundTrip } from './support';

const SECOND = 1_000_000_000;

const make = (memory = 64 << 20) => {
  const clock = new GuestClock();
  const irq = new RecordingLine();
  const cmos = new Cmos(clock, irq, { start: Date.UTC(1999, 11, 31, 23, 59, 58), memory });
  const read = (register: number) => {
    out(cmos, 0, 0, register);
    return cmos.read(0, 1, 1);
  };
  const write = (register: number, value: number) => {
    out(cmos, 0, 0, register);
    out(cmos, 0, 1, value);
  };
  const date = () => [0x32, 9, 8, 7, 4, 2, 0].map((r) => read(r).toString(16).padStart(2, '0')).join(' ');
  return { clock, irq, cmos, read, write, date };
};

test('time is the start date plus guest time, in BCD', () => {
  const { clock, date, read } = make();
  assert.equal(date(), '19 99 12 31 23 59 58');
  clock.advanceTo(2 * SECOND);
  assert.equal(date(), '20 00 01 01 00 00 00');
  assert.equal(read(6), 7, 'a Saturday');
});

test('12-hour and binary formats', () => {
  const { read, write } = make();
  write(0x0b, 0x00);
  assert.equal(read(4), 0x91, '11 p.m.');
  write(0x0b, 0x06);
  assert.deepEqual([read(4), read(0)], [23, 58]);
});

test('a set time goes on from there; SET holds it', () => {
  const { clock, read, write, date } = make();
  write(0x0b, 0x82);
  write(0, 0x30);
  clock.advanceTo(10 * SECOND);
  assert.equal(read(0), 0x30);
  write(0x0b, 0x02);
  clock.advanceTo(12 * SECOND);
  assert.equal(date(), '19 99 12 31 23 59 32');
});

test('memory size bytes', () => {
  const { read } = make(64 << 20);
  assert.equal(read(0x15) | (read(0x16) << 8), 640);
  assert.equal(read(0x17) | (read(0x18) << 8), 63 * 1024);
  assert.equal(read(0x34) | (read(0x35) << 8), 48 * 16);
  assert.equal(read(0x0d), 0x80);
});

test('periodic interrupt at 1024 Hz until register C is read', () => {
  const { clock, irq, read, write } = make();
  write(0x0b, 0x42);
  clock.advanceTo(1_000_000);
  assert.equal(irq.edges, 1);
  clock.advanceTo(5_000_000);
  assert.equal(irq.edges, 1);
  assert.equal(read(0x0c), 0xc0);
  assert.equal(read(0x0c), 0x00);
  clock.advanceTo(6_000_000);
  assert.equal(irq.edges, 2);
});

test('alarm and update-ended', () => {
  const { clock, irq, read, write } = make();
  write(1, 0x00);
  write(3, 0xff);
  write(5, 0xff);
  write(0x0b, 0x22);
  clock.advanceTo(1.5 * SECOND);
  assert.equal(irq.edges, 0);
  clock.advanceTo(2 * SECOND);
  assert.equal(irq.edges, 1);
  assert.equal(read(0x0c) & 0xb0, 0xb0);
});

test('an alarm that may match any minute goes off every hour, one that matches anything every second', () => {
  const { clock, irq, read, write } = make();
  write(1, 0x30);
  write(3, 0x00);
  write(5, 0xc0);
  write(0x0b, 0x22);
  const alarms = (until: number) => {
    let seen = 0;
    for (let due = clock.nextDue(); due !== undefined && due <= until * SECOND; due = clock.nextDue()) {
      clock.advanceTo(due);
      if (read(0x0c) & 0x20) seen++;
    }
    return seen;
  };
  assert.equal(alarms(31), 0);
  assert.equal(alarms(32), 1, 'at 00:00:30');
  assert.equal(alarms(2 + 3 * 3600), 2);
  for (const register of [1, 3, 5]) write(register, 0xff);
  assert.equal(alarms(12 + 3 * 3600), 10);
  write(0x0b, 0x02);
  assert.equal(clock.nextDue(), undefined);
  assert.ok(irq.edges >= 13);
});

test('alarms in 12-hour and binary format', () => {
  for (const [format, hour] of [
    [0x20, 0x92],
    [0x24, 0x8c],
    [0x26, 12],
  ] as const) {
    const { clock, irq, read, write } = make();
    write(0x0b, format & 0x07);
    write(1, 0);
    write(3, 0);
    write(5, hour);
    write(0x0b, format);
    clock.advanceTo((2 + 12 * 3600 - 1) * SECOND);
    assert.equal(irq.edges, 0);
    clock.advanceTo((2 + 12 * 3600) * SECOND);
    assert.equal(irq.edges, 1, 'at noon');
    assert.equal(read(0x0c) & 0xa0, 0xa0);
    assert.ok(!irq.level);
  }
}); // prettier-ignore

test('flags are set without their interrupts, for whoever asks', () => {
  const { clock, irq, read, write } = make();
  write(1, 0x00);
  write(3, 0x01);
  write(5, 0x00);
  assert.equal(read(0x0c), 0x00);
  clock.advanceTo(SECOND);
  assert.equal(read(0x0c), 0x50, 'periodic and update-ended');
  assert.equal(read(0x0c), 0x00);
  clock.advanceTo(61 * SECOND);
  assert.equal(read(0x0c), 0x50, '00:00:59');
  clock.advanceTo(63 * SECOND);
  assert.equal(read(0x0c), 0x70, 'the alarm was at 00:01:00');
  clock.advanceTo(64 * SECOND);
  assert.equal(read(0x0c), 0x50);
  assert.equal(irq.edges, 0);
});

test('every periodic rate', () => {
  const { clock, read, write } = make();
  for (let rate = 1; rate < 16; rate++) {
    write(0x0a, 0x20 | rate);
    write(0x0b, 0x42);
    const hz = rate < 3 ? 256 >> (rate - 1) : 32768 >> (rate - 1);
    const first = clock.nextDue() as number;
    clock.advanceTo(first);
    assert.ok(Math.abs((clock.nextDue() as number) - first - 1e9 / hz) < 1, `${hz} Hz`);
    assert.equal(read(0x0c) & 0xc0, 0xc0);
  }
  write(0x0a, 0x20);
  assert.equal(clock.nextDue(), undefined, 'rate 0: off');
});

test('update in progress just before the second', () => {
  const { clock, read } = make();
  assert.equal(read(0x0a), 0x26);
  clock.advanceTo(SECOND - 100_000);
  assert.equal(read(0x0a), 0xa6);
});

test('a date set register by register is that date, whatever lies between; the weekday is its own counter', () => {
  const { clock, read, write, date } = make();
  write(0x0b, 0x82);
  for (const [register, value] of [
    [0x32, 0x20],
    [9, 0x26],
    [8, 0x02],
    [7, 0x10],
    [6, 0x05],
    [4, 0x01],
    [2, 0x02],
    [0, 0x03],
  ])
    write(register, value);
  assert.equal(date(), '20 26 02 10 01 02 03');
  write(0x0b, 0x02);
  clock.advanceTo(clock.now() + SECOND);
  assert.equal(date(), '20 26 02 10 01 02 04');
  assert.equal(read(6), 5);
  clock.advanceTo(clock.now() + 86400 * SECOND);
  assert.equal(read(6), 6);
  write(8, 0x12);
  assert.equal(date(), '20 26 12 11 01 02 04', 'set while it runs');
});

test('the divider held in reset stops the clock; the first update comes half a second after it', () => {
  const { clock, read, write, date } = make();
  write(0x0a, 0x76);
  clock.advanceTo(10 * SECOND);
  write(2, 0x30);
  assert.equal(date(), '19 99 12 31 23 30 58');
  assert.equal(read(0x0c), 0);
  write(0x0a, 0x26);
  clock.advanceTo(10.4 * SECOND);
  assert.equal(read(0), 0x58);
  clock.advanceTo(10.5 * SECOND);
  assert.equal(read(0), 0x59);
});

test('a flag that is set already interrupts when its interrupt is enabled; disabling takes the request back', () => {
  const { clock, irq, read, write } = make();
  clock.advanceTo(1.5 * SECOND);
  write(0x0b, 0x12);
  assert.ok(irq.level);
  write(0x0b, 0x02);
  assert.ok(!irq.level);
  write(0x0b, 0x12);
  assert.equal(read(0x0c), 0xd0);
  assert.ok(!irq.level);
  write(0x0b, 0x92);
  assert.equal(read(0x0b), 0x82, 'SET clears UIE');
  clock.advanceTo(9 * SECOND);
  assert.equal(irq.edges, 2);
});

test('equipment and types of the floppy drives; a reset keeps memory and disables interrupts', () => {
  for (const [types, equipment] of [
    [0x00, 0x22],
    [0x40, 0x23],
    [0x42, 0x63],
  ]) {
    const cmos = new Cmos(new GuestClock(), new RecordingLine(), { start: 0, memory: 4 << 20, floppyTypes: types });
    const read = (register: number) => [out(cmos, 0, 0, register), cmos.read(0, 1, 1)][1];
    assert.deepEqual([read(0x10), read(0x14)], [types, equipment]);
    out(cmos, 0, 0, 0x0f);
    out(cmos, 0, 1, 0x0a);
    out(cmos, 0, 0, 0x0b);
    out(cmos, 0, 1, 0x7a);
    cmos.reset();
    assert.equal(cmos.shutdownStatus, 0x0a);
    assert.equal(read(0x0b), 0x02);
  }
});

test('nonsense in the time registers gives bytes', () => {
  const { clock, read, write } = make();
  for (const format of [0x02, 0x00, 0x06]) {
    write(0x0b, 0x80 | format);
    for (const register of [0, 2, 4, 6, 7, 8, 9, 0x32]) write(register, 0xff);
    write(0x0b, format);
    clock.advanceTo(clock.now() + 5 * SECOND);
    for (const register of [0, 2, 4, 6, 7, 8, 9, 0x32]) assert.ok(read(register) >= 0 && read(register) < 256, `register ${register}: ${read(register)}`);
  }
});

test('NMI mask is kept; state survives', () => {
  const { cmos, write } = make();
  write(0x50, 0x77);
  out(cmos, 0, 0, 0x8f);
  assert.ok(cmos.nmiMasked);
  const [after, before] = roundTrip(cmos, () => write(0x50, 1));
  assert.deepEqual(after, before);
});

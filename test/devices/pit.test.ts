import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Pit, ticksAt, timeOfTick } from '../../src/devices/pit';
import { Port61 } from '../../src/devices/port61';
import { out, RecordingLine, roundTrip } from './support';

const make = () => {
  const clock = new GuestClock();
  const irq = new RecordingLine();
  const pit = new Pit(clock, irq);
  /** Advance by whole ticks. */
  const ticks = (n: number) => clock.advanceTo(timeOfTick(ticksAt(clock.now()) + n));
  const count = (channel: number) => {
    out(pit, 0, 3, channel << 6);
    return pit.read(0, channel, 1) | (pit.read(0, channel, 1) << 8);
  };
  const status = (channel: number) => {
    out(pit, 0, 3, 0xe0 | (2 << channel));
    return pit.read(0, channel, 1);
  };
  const program = (channel: number, mode: number, n: number) => {
    out(pit, 0, 3, (channel << 6) | 0x30 | (mode << 1));
    out(pit, 0, channel, n & 0xff, (n >> 8) & 0xff);
  };
  return { clock, irq, pit, ticks, count, status, program };
};

test('ticks and times are inverse, also after ninety days', () => {
  for (const tick of [0, 1, 2, 1193181, 1193182, 1193183, 9_278_183_232_001]) {
    assert.equal(ticksAt(timeOfTick(tick)), tick);
    if (tick) assert.equal(ticksAt(timeOfTick(tick) - 1), tick - 1);
  }
});

test('mode 2 counts down and interrupts once a period', () => {
  const { irq, ticks, count, program, status } = make();
  program(0, 2, 1000);
  const edges = irq.edges;
  ticks(1);
  assert.equal(count(0), 1000);
  ticks(999);
  assert.equal(count(0), 1);
  assert.equal(status(0) & 0x80, 0, 'OUT is low for one tick');
  assert.equal(irq.edges, edges);
  ticks(1);
  assert.equal(irq.edges, edges + 1);
  ticks(5000);
  assert.equal(irq.edges, edges + 6);
});

test('mode 3 counts by two; 0 means 65536', () => {
  const { irq, ticks, count, program, clock } = make();
  program(0, 3, 0);
  const edges = irq.edges;
  ticks(1 + 3);
  assert.equal(count(0), 65536 - 6);
  clock.advanceTo(1_000_000_000);
  assert.equal(irq.edges, edges + 18, '18.2 a second');
});

test('mode 3 with an odd count is high one tick longer', () => {
  const { ticks, program, status } = make();
  program(1, 3, 5);
  ticks(1);
  const levels = Array.from({ length: 10 }, () => {
    const out = status(1) >> 7;
    ticks(1);
    return out;
  });
  assert.deepEqual(levels, [1, 1, 1, 0, 0, 1, 1, 1, 0, 0]);
});

test('mode 0 interrupts once at terminal count', () => {
  const { irq, ticks, program } = make();
  program(0, 0, 100);
  assert.ok(!irq.level);
  const edges = irq.edges;
  ticks(100);
  assert.equal(irq.edges, edges);
  ticks(1);
  assert.equal(irq.edges, edges + 1);
  ticks(100_000);
  assert.equal(irq.edges, edges + 1);
});

test('a new count in mode 2 takes over at the end of the period', () => {
  const { irq, ticks, pit, program } = make();
  program(0, 2, 1000);
  ticks(501);
  const edges = irq.edges;
  out(pit, 0, 0, 100, 0);
  ticks(499);
  assert.equal(irq.edges, edges);
  ticks(1);
  assert.equal(irq.edges, edges + 1);
  ticks(100);
  assert.equal(irq.edges, edges + 2);
});

test('the latch holds until read; status shows mode and a missing count', () => {
  const { pit, ticks, status } = make();
  out(pit, 0, 3, 0x34);
  assert.equal(status(0), 0xf4, 'OUT high, null count, access 3, mode 2');
  out(pit, 0, 0, 0x10, 0x20);
  ticks(1);
  out(pit, 0, 3, 0x00);
  ticks(5);
  out(pit, 0, 3, 0x00);
  assert.equal(pit.read(0, 0, 1), 0x10);
  assert.equal(pit.read(0, 0, 1), 0x20);
  assert.equal(pit.read(0, 0, 1), 0x0b, 'not latched any more');
});

test('BCD counts decimally', () => {
  const { pit, ticks, count } = make();
  out(pit, 0, 3, 0x35);
  out(pit, 0, 0, 0x00, 0x10);
  ticks(2);
  assert.equal(count(0), 0x0999);
});

test('port 61h gates counter 2 and shows its output', () => {
  const { clock, pit, ticks, program } = make();
  const port61 = new Port61(clock, pit);
  program(2, 0, 50);
  ticks(200);
  assert.equal(port61.read(0, 0, 1) & 0x20, 0, 'the gate is closed');
  out(port61, 0, 0, 0x01);
  ticks(40);
  assert.equal(port61.read(0, 0, 1) & 0x21, 0x01);
  ticks(20);
  assert.equal(port61.read(0, 0, 1) & 0x21, 0x21);
});

/** Counter 2, whose gate a program moves; `level` is its OUT. */
const gated = (mode: number, n: number) => {
  const made = make();
  const gate = (on: boolean) => made.pit.setGate2(on);
  made.program(2, mode, n);
  return { ...made, gate, level: () => Number(made.pit.out2), levels: (length: number) => Array.from({ length }, () => [Number(made.pit.out2), made.ticks(1)][0]).join('') };
};

test('mode 1: a one-shot for each rising gate; a new count waits for the next one', () => {
  const { gate, levels, level, program, pit, status, ticks } = gated(1, 3);
  assert.equal(status(2), 0xf2, 'OUT high, null count');
  gate(true);
  assert.equal(levels(6), '100011');
  gate(false);
  gate(true);
  ticks(2);
  assert.equal(level(), 0);
  gate(false);
  gate(true);
  ticks(3);
  assert.equal(level(), 0, 'triggered again: low for three more ticks');
  out(pit, 0, 2, 5, 0);
  assert.equal(status(2) & 0x40, 0x40, 'the new count is not loaded');
  ticks(1);
  assert.equal(level(), 1, 'and does not lengthen this pulse');
  gate(false);
  gate(true);
  assert.equal(levels(7), '1000001');
  program(2, 1, 1);
  assert.equal(level(), 1);
});

test('mode 2 and 3: a low gate stops the count with OUT high, a rising one reloads', () => {
  for (const mode of [2, 3]) {
    const { gate, level, ticks, count, levels } = gated(mode, 6);
    gate(true);
    ticks(mode === 2 ? 6 : 5);
    assert.equal(level(), 0, `mode ${mode}`);
    gate(false);
    assert.equal(level(), 1);
    const stopped = count(2);
    ticks(100);
    assert.equal(count(2), stopped);
    gate(true);
    assert.equal(levels(8), mode === 2 ? '11111101' : '11110001');
  }
});

test('mode 0: a low gate holds the count; the first of two bytes stops it', () => {
  const { gate, level, ticks, count, pit } = gated(0, 10);
  gate(true);
  ticks(4);
  gate(false);
  const held = count(2);
  ticks(50);
  assert.equal(count(2), held);
  gate(true);
  ticks(held - 1);
  assert.equal(level(), 0);
  ticks(1);
  assert.equal(level(), 1);
  out(pit, 0, 2, 8);
  assert.equal(level(), 0, 'OUT goes low at once');
  ticks(1000);
  assert.equal(level(), 0);
  out(pit, 0, 2, 0);
  ticks(9);
  assert.equal(level(), 1);
  ticks(3);
  assert.equal(count(2), 0xfffd, 'it counts on behind 0');
});

test('mode 4: a strobe N + 1 ticks behind the count, once; mode 5: behind each rising gate', () => {
  const software = gated(4, 3);
  software.gate(true);
  software.program(2, 4, 3);
  assert.equal(software.levels(8), '11110111');
  software.ticks(70_000);
  assert.equal(software.levels(3), '111', 'not again when the count wraps');
  const hardware = gated(5, 3);
  assert.equal(hardware.levels(8), '11111111');
  hardware.gate(true);
  assert.equal(hardware.levels(8), '11110111');
  hardware.gate(false);
  hardware.gate(true);
  hardware.ticks(2);
  out(hardware.pit, 0, 2, 9, 0);
  assert.equal(hardware.levels(4), '1101', 'a new count leaves the sequence alone');
});

test('counter 0 interrupts in mode 4 and by its gate never', () => {
  const { irq, program, ticks } = make();
  program(0, 4, 100);
  const edges = irq.edges;
  ticks(101);
  assert.equal(irq.edges, edges);
  ticks(1);
  assert.equal(irq.edges, edges + 1);
  program(0, 5, 100);
  ticks(1000);
  assert.equal(irq.edges, edges + 1);
});

test('read-back latches count and status of several counters; the status is read first', () => {
  const { pit, program, ticks } = make();
  program(0, 2, 0x1234);
  program(1, 3, 0x0456);
  ticks(1);
  out(pit, 0, 3, 0xc0 | 0x06);
  ticks(3);
  assert.equal(pit.read(0, 0, 1), 0xb4);
  assert.deepEqual([pit.read(0, 0, 1), pit.read(0, 0, 1)], [0x34, 0x12]);
  assert.equal(pit.read(0, 1, 1), 0xb6);
  assert.deepEqual([pit.read(0, 1, 1), pit.read(0, 1, 1)], [0x56, 0x04]);
  assert.equal(pit.read(0, 0, 1), 0x31, 'live again');
});

test('one-byte counts; BCD 0 is 10000', () => {
  const { pit, ticks, count } = make();
  out(pit, 0, 3, 0x14);
  out(pit, 0, 0, 0x80);
  ticks(3);
  assert.equal(pit.read(0, 0, 1), 0x7e);
  assert.equal(pit.read(0, 0, 1), 0x7e);
  out(pit, 0, 3, 0x64);
  out(pit, 0, 1, 0x80);
  ticks(2);
  assert.equal(pit.read(0, 1, 1), 0x7f, 'the high byte of 7FFFh');
  out(pit, 0, 3, 0x31);
  out(pit, 0, 0, 0, 0);
  ticks(1);
  assert.equal(count(0), 0x0000);
  ticks(1);
  assert.equal(count(0), 0x9999);
});

test('state survives, with the interrupt to come', () => {
  const { clock, pit, irq, program, ticks } = make();
  program(0, 3, 1000);
  ticks(300);
  const time = clock.save();
  const [after, before] = roundTrip(pit, () => ticks(123_456));
  assert.deepEqual(after, before);
  clock.restore(time);
  const edges = irq.edges;
  ticks(701);
  assert.equal(irq.edges, edges + 1);
});

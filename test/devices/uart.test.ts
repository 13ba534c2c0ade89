import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Uart } from '../../src/devices/uart';
import { out, RecordingLine, roundTrip } from './support';

const make = () => {
  const clock = new GuestClock();
  const irq = new RecordingLine();
  const uart = new Uart('uart0', clock, irq);
  const sent: number[] = [];
  uart.output.on((byte) => sent.push(byte));
  const read = (offset: number) => uart.read(0, offset, 1);
  return { clock, irq, uart, sent, read };
};

test('sends, and says it is empty', () => {
  const { uart, sent, read } = make();
  out(uart, 0, 0, 0x48, 0x69);
  assert.deepEqual(sent, [0x48, 0x69]);
  assert.equal(read(5), 0x60);
});

test('the divisor latch hides data and interrupt registers', () => {
  const { uart, read, sent } = make();
  out(uart, 0, 3, 0x83);
  out(uart, 0, 0, 0x01);
  out(uart, 0, 1, 0x02);
  assert.deepEqual([read(0), read(1)], [1, 2]);
  out(uart, 0, 3, 0x03);
  assert.equal(read(1), 0);
  assert.deepEqual(sent, []);
});

test('receives at the guest’s pace, with and without FIFO', () => {
  const { uart, read } = make();
  uart.receive([1, 2, 3]);
  assert.equal(read(5) & 1, 1);
  assert.deepEqual([read(0), read(0), read(0), read(5) & 1], [1, 2, 3, 0]);
  out(uart, 0, 2, 0x01);
  assert.equal(read(2), 0xc1, 'FIFOs enabled, no interrupt');
  uart.receive(Array.from({ length: 40 }, (_, i) => i));
  assert.deepEqual(
    Array.from({ length: 40 }, () => read(0)),
    Array.from({ length: 40 }, (_, i) => i),
  );
});

test('interrupts by priority: data, then transmitter; OUT2 or not', () => {
  const { uart, irq, read } = make();
  assert.ok(!irq.level);
  out(uart, 0, 1, 0x03);
  assert.ok(irq.level, 'transmitter empty');
  uart.receive([0x41]);
  assert.equal(read(2), 0x04);
  read(0);
  assert.equal(read(2), 0x02);
  assert.equal(read(2), 0x01, 'reading IIR ended it');
  assert.ok(!irq.level);
  const edges = irq.edges;
  out(uart, 0, 0, 0x42);
  assert.equal(irq.edges, edges + 1);
  out(uart, 0, 0, 0x43);
  assert.equal(irq.edges, edges + 2, 'every byte sent is an edge');
});

test('below the trigger level a character timeout interrupts', () => {
  const { clock, uart, irq, read } = make();
  out(uart, 0, 2, 0xc1);
  out(uart, 0, 1, 0x01);
  out(uart, 0, 4, 0x08);
  uart.receive([1, 2]);
  assert.ok(!irq.level);
  clock.advanceTo(10_000_000);
  assert.ok(irq.level);
  assert.equal(read(2), 0xcc);
  read(0);
  assert.ok(!irq.level);
});

test('loopback returns data and modem lines', () => {
  const { uart, sent, read } = make();
  assert.equal(read(6) & 0xf0, 0xb0);
  out(uart, 0, 3, 0x03);
  out(uart, 0, 4, 0x1a);
  out(uart, 0, 0, 0x5a);
  assert.deepEqual(sent, []);
  assert.equal(read(0), 0x5a);
  assert.equal(read(6) & 0xf0, 0x90, 'RTS and OUT2 come back as CTS and DCD');
});

test('scratch register and state', () => {
  const { uart, read } = make();
  out(uart, 0, 7, 0xa5);
  uart.receive([9, 8]);
  const [after, before] = roundTrip(uart, () => uart.reset());
  assert.deepEqual(after, before);
  assert.equal(read(7), 0xa5);
});

test('the FIFO interrupts at its trigger level, and falls silent below it', () => {
  for (const [code, level] of [
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ] as const) {
    const { uart, irq, read } = make();
    out(uart, 0, 2, code);
    out(uart, 0, 1, 0x01);
    out(uart, 0, 4, 0x08);
    uart.receive(new Array<number>(level - 1).fill(7));
    assert.ok(!irq.level, `${level - 1} of ${level}`);
    uart.receive([7]);
    assert.ok(irq.level);
    assert.equal(read(2), 0xc4);
    read(0);
    assert.ok(!irq.level, 'the line falls with the level');
  }
}); // prettier-ignore

test('clearing or switching the FIFO empties it; the bits of FCR that clear do not stay', () => {
  const { uart, read } = make();
  out(uart, 0, 2, 0x01);
  uart.receive([1, 2, 3]);
  out(uart, 0, 2, 0x03);
  assert.equal(read(5) & 1, 0);
  uart.receive([4]);
  assert.equal(read(0), 4);
  uart.receive([5]);
  out(uart, 0, 2, 0x00);
  assert.equal(read(5) & 1, 0);
  assert.equal(read(2), 0x01, 'no FIFOs');
});

test('line status comes first, modem status last', () => {
  const { uart, irq, read } = make();
  out(uart, 0, 1, 0x0f);
  out(uart, 0, 4, 0x10); // loopback
  out(uart, 0, 0, 1, 2); // the second overruns the first
  out(uart, 0, 4, 0x08);
  assert.ok(irq.level);
  assert.equal(read(2), 0x06);
  assert.equal(read(5), 0x63, 'overrun, data ready');
  assert.equal(read(5), 0x61, 'reading ended it');
  assert.equal(read(2), 0x04);
  assert.equal(read(0), 1);
  assert.equal(read(2), 0x02);
  assert.equal(read(2), 0x00, 'modem lines changed with the loopback');
  assert.equal(read(6) & 0x0f, 0x0b);
  assert.equal(read(2), 0x01);
  assert.ok(!irq.level);
});

test('enabling the transmitter interrupt again asks again', () => {
  const { uart, read } = make();
  for (let n = 0; n < 2; n++) {
    out(uart, 0, 1, 0x02);
    assert.equal(read(2), 0x02);
    assert.equal(read(2), 0x01);
    out(uart, 0, 1, 0x00);
  }
});

test('the character timeout follows divisor and frame; loopback keeps to the word, a break is a null character', () => {
  const { uart, irq, clock, read } = make();
  out(uart, 0, 2, 0xc1);
  out(uart, 0, 1, 0x01);
  for (const [lcr, bits] of [
    [0x03, 10],
    [0x00, 7],
    [0x1f, 12],
  ]) {
    out(uart, 0, 3, lcr);
    uart.receive([0x41]);
    const due = clock.nextDue() as number;
    assert.ok(Math.abs(due - clock.now() - (4 * bits * 1e9) / 9600) < 1000, `${bits} bits`);
    clock.advanceTo(due - 1);
    assert.ok(!irq.level);
    clock.advanceTo(due);
    assert.equal(read(2), 0xcc);
    read(0);
  }
  out(uart, 0, 4, 0x10);
  out(uart, 0, 3, 0x00);
  out(uart, 0, 0, 0xff);
  assert.equal(read(0), 0x1f);
  out(uart, 0, 3, 0x43);
  out(uart, 0, 0, 0x41);
  assert.equal(read(5) & 0x1f, 0x11);
  assert.equal(read(0), 0x00);
  for (let i = 0; i < 17; i++) out(uart, 0, 0, i);
  assert.equal(read(5) & 0x02, 0x02, 'overrun');
});

test('modem status: what changed since it was read; a falling ring indicator counts only', () => {
  const { uart, read } = make();
  read(6);
  out(uart, 0, 4, 0x1f);
  assert.equal(read(6), 0xf0, 'the cable’s CTS, DSR and DCD, and all four of ours: nothing but the ring has risen');
  out(uart, 0, 4, 0x10);
  assert.equal(read(6), 0x0f);
  assert.equal(read(6), 0x00);
  out(uart, 0, 4, 0x14);
  assert.equal(read(6), 0x40);
  out(uart, 0, 4, 0x10);
  assert.equal(read(6), 0x04);
});

test('steady registers are those that a read leaves as they are', () => {
  const { uart, read } = make();
  const steady = () => [0, 1, 2, 3, 4, 5, 6, 7].filter((offset) => uart.isSteady(0, offset));
  assert.deepEqual(steady(), [3, 4, 5, 6, 7]);
  out(uart, 0, 5, 0x02);
  assert.deepEqual(steady(), [3, 4, 6, 7], 'an overrun is seen once');
  assert.equal(read(5), 0x62);
  assert.deepEqual(steady(), [3, 4, 5, 6, 7]);
  out(uart, 0, 4, 0x10);
  assert.deepEqual(steady(), [3, 4, 5, 7], 'modem lines have changed');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pic } from '../../src/devices/pic';
import { out, roundTrip } from './support';

const pc = (icw4 = 0x01): Pic => {
  const pic = new Pic();
  out(pic, 0, 0, 0x11);
  out(pic, 0, 1, 0x08, 0x04, icw4, 0x00);
  out(pic, 1, 0, 0x11);
  out(pic, 1, 1, 0x70, 0x02, 0x01, 0x00);
  return pic;
};

/** A new edge, whose line stays high. */
const pulse = (pic: Pic, irq: number) => {
  pic.input(irq).lower();
  pic.input(irq).raise();
};

const eoi = (pic: Pic) => out(pic, 0, 0, 0x20);

test('an edge is requested, acknowledged and ended', () => {
  const pic = pc();
  let rose = 0;
  pic.intr = (level) => {
    if (level) rose++;
  };
  pulse(pic, 1);
  assert.ok(pic.pending);
  assert.equal(rose, 1);
  assert.equal(pic.read(0, 0, 1), 0x02, 'IRR');
  assert.equal(pic.acknowledge(), 0x09);
  assert.ok(!pic.pending);
  out(pic, 0, 0, 0x0b);
  assert.equal(pic.read(0, 0, 1), 0x02, 'ISR');
  eoi(pic);
  assert.equal(pic.read(0, 0, 1), 0x00);
});

test('priority: a lower request waits, a higher one interrupts', () => {
  const pic = pc();
  pulse(pic, 5);
  assert.equal(pic.acknowledge(), 0x0d);
  pulse(pic, 6);
  assert.ok(!pic.pending);
  pulse(pic, 0);
  assert.ok(pic.pending);
  assert.equal(pic.acknowledge(), 0x08);
  eoi(pic);
  assert.ok(!pic.pending, 'IRQ 5 is still in service');
  eoi(pic);
  assert.equal(pic.acknowledge(), 0x0e);
});

test('the slave goes through input 2 and needs two EOIs', () => {
  const pic = pc();
  pulse(pic, 8);
  pulse(pic, 3);
  assert.equal(pic.acknowledge(), 0x70, 'IRQ 8 comes before IRQ 3');
  out(pic, 1, 0, 0x20);
  assert.ok(!pic.pending, 'the master has input 2 in service');
  eoi(pic);
  assert.equal(pic.acknowledge(), 0x0b);
});

test('a line held high gives one edge; a level input asks until it falls', () => {
  const pic = pc();
  pic.input(4).raise();
  pic.acknowledge();
  eoi(pic);
  assert.ok(!pic.pending);
  out(pic, 2, 1, 0xff);
  assert.equal(pic.read(2, 1, 1), 0xde, 'RTC and coprocessor stay edge-triggered');
  pic.input(11).raise();
  assert.equal(pic.acknowledge(), 0x73);
  out(pic, 1, 0, 0x20);
  eoi(pic);
  assert.ok(pic.pending);
  pic.input(11).lower();
  assert.ok(!pic.pending);
});

test('masking hides a request without losing it; an acknowledge without a request gives IRQ 7', () => {
  const pic = pc();
  out(pic, 0, 1, 0x02);
  pulse(pic, 1);
  assert.ok(!pic.pending);
  assert.equal(pic.acknowledge(), 0x0f, 'spurious');
  out(pic, 0, 0, 0x0b);
  assert.equal(pic.read(0, 0, 1), 0, 'spurious sets no service bit');
  out(pic, 0, 1, 0x00);
  assert.equal(pic.acknowledge(), 0x09);
});

test('automatic EOI leaves nothing in service', () => {
  const pic = pc(0x03);
  pulse(pic, 6);
  pic.acknowledge();
  pulse(pic, 7);
  assert.ok(pic.pending);
});

test('rotation on EOI makes the served input the last', () => {
  const pic = pc();
  pulse(pic, 0);
  pic.acknowledge();
  out(pic, 0, 0, 0xa0);
  pulse(pic, 0);
  pulse(pic, 7);
  assert.equal(pic.acknowledge(), 0x0f);
  out(pic, 0, 0, 0x67, 0xc7);
  pulse(pic, 7);
  assert.equal(pic.acknowledge(), 0x08, 'priority set: 7 lowest');
});

test('special mask mode lets lower inputs through', () => {
  const pic = pc();
  pulse(pic, 1);
  pic.acknowledge();
  out(pic, 0, 1, 0x02);
  out(pic, 0, 0, 0x68);
  pulse(pic, 6);
  assert.equal(pic.acknowledge(), 0x0e);
});

test('poll acknowledges', () => {
  const pic = pc();
  out(pic, 0, 0, 0x0c);
  assert.equal(pic.read(0, 0, 1), 0x00);
  pulse(pic, 6);
  out(pic, 0, 0, 0x0c);
  assert.equal(pic.read(0, 0, 1), 0x86);
  assert.ok(!pic.pending);
});

const isr = (pic: Pic) => {
  out(pic, 0, 0, 0x0b);
  out(pic, 1, 0, 0x0b);
  return pic.read(0, 0, 1) | (pic.read(1, 0, 1) << 8);
};

test('a request whose line falls before the acknowledge is gone: IRQ 7', () => {
  const pic = pc();
  pulse(pic, 4);
  pic.input(4).lower();
  assert.ok(!pic.pending);
  assert.equal(pic.acknowledge(), 0x0f);
  assert.equal(isr(pic), 0);
  pulse(pic, 10);
  out(pic, 0, 0, 0x0c);
  assert.equal(pic.read(0, 0, 1), 0x82);
  pic.input(10).lower();
  out(pic, 1, 0, 0x0c);
  assert.equal(pic.read(1, 0, 1) & 0x80, 0, 'polled: no request');
  assert.equal(isr(pic), 0x0004, 'the master alone waits for an EOI');
});

test('initialization clears mask, service and edges, and resets priorities, special mask and the read register', () => {
  const pic = pc();
  pulse(pic, 3);
  pic.acknowledge();
  pulse(pic, 4);
  out(pic, 0, 0, 0xc2, 0x6b);
  out(pic, 0, 1, 0xff);
  out(pic, 0, 0, 0x11);
  assert.equal(pic.read(0, 0, 1), 0, 'IRR is what is read, without the edge');
  out(pic, 0, 1, 0x20, 0x04, 0x01);
  assert.equal(pic.read(0, 1, 1), 0, 'nothing is masked');
  assert.equal(isr(pic), 0);
  assert.ok(!pic.pending, 'the line is high, but an edge is what counts');
  pulse(pic, 4);
  pulse(pic, 3);
  assert.equal(pic.acknowledge(), 0x23, 'input 7 has the lowest priority again');
});

test('without ICW4 its functions are off; a single controller has no slave', () => {
  const pic = pc(0x03);
  out(pic, 0, 0, 0x12);
  out(pic, 0, 1, 0x40);
  out(pic, 0, 1, 0x00);
  pulse(pic, 5);
  assert.equal(pic.acknowledge(), 0x45);
  assert.equal(isr(pic) & 0xff, 0x20, 'no automatic EOI');
  pulse(pic, 8);
  assert.equal(pic.acknowledge(), 0x42);
});

test('level mode of ICW1: a line that stays high asks again', () => {
  const pic = pc();
  out(pic, 0, 0, 0x19);
  out(pic, 0, 1, 0x08, 0x04, 0x01, 0x00);
  pic.input(5).raise();
  assert.equal(pic.acknowledge(), 0x0d);
  assert.ok(!pic.pending);
  eoi(pic);
  assert.ok(pic.pending);
  pic.input(5).lower();
  assert.ok(!pic.pending);
});

test('ELCR takes effect on a line that is high already', () => {
  const pic = pc();
  pic.input(11).raise();
  pic.acknowledge();
  out(pic, 1, 0, 0x20);
  eoi(pic);
  assert.ok(!pic.pending);
  out(pic, 2, 1, 0x08);
  assert.ok(pic.pending);
  assert.equal(pic.acknowledge(), 0x73);
});

test('special fully nested mode: a higher request of the slave interrupts one of its own', () => {
  for (const [icw4, nested] of [
    [0x01, false],
    [0x11, true],
  ] as const) {
    const pic = pc(icw4);
    pulse(pic, 12);
    assert.equal(pic.acknowledge(), 0x74);
    pulse(pic, 9);
    assert.equal(pic.pending, nested);
    if (!nested) continue;
    assert.equal(pic.acknowledge(), 0x71);
    out(pic, 1, 0, 0x20);
    out(pic, 1, 0, 0x0b);
    assert.equal(pic.read(1, 0, 1), 0x10, 'input 4 is in service still, so the master gets no EOI yet');
    pulse(pic, 14);
    assert.ok(!pic.pending);
  }
});

test('rotation: specific EOI, automatic EOI, set priority', () => {
  const pic = pc();
  pulse(pic, 2 + 1);
  pic.acknowledge();
  out(pic, 0, 0, 0xe3); // rotate on specific EOI
  pulse(pic, 3);
  pulse(pic, 4);
  assert.equal(pic.acknowledge(), 0x0c, 'input 3 has become the last');
  out(pic, 0, 0, 0x64);
  assert.equal(pic.acknowledge(), 0x0b);
  const automatic = pc(0x03);
  out(automatic, 0, 0, 0x80);
  pulse(automatic, 0);
  pulse(automatic, 1);
  assert.equal(automatic.acknowledge(), 0x08);
  pulse(automatic, 0);
  assert.equal(automatic.acknowledge(), 0x09, 'input 0 was served last');
  out(automatic, 0, 0, 0x00);
  pulse(automatic, 6);
  assert.equal(automatic.acknowledge(), 0x0e);
  pulse(automatic, 5);
  pulse(automatic, 1);
  assert.deepEqual([automatic.acknowledge(), automatic.acknowledge(), automatic.acknowledge()], [0x0d, 0x08, 0x09], 'priorities stay: input 1 is last');
});

test('a non-specific EOI leaves a masked level in service under special mask mode; OCW2 without EOI does nothing', () => {
  const pic = pc();
  pulse(pic, 1);
  pic.acknowledge();
  out(pic, 0, 1, 0x02);
  out(pic, 0, 0, 0x68);
  pulse(pic, 6);
  pic.acknowledge();
  out(pic, 0, 0, 0x40);
  assert.equal(isr(pic), 0x42);
  eoi(pic);
  assert.equal(isr(pic), 0x02);
  eoi(pic);
  assert.equal(isr(pic), 0x02);
  out(pic, 0, 0, 0x48);
  eoi(pic);
  assert.equal(isr(pic), 0x00);
});

test('state survives', () => {
  const pic = pc();
  pulse(pic, 9);
  const [after, before] = roundTrip(pic, () => pic.reset());
  assert.deepEqual(after, before);
  assert.equal(pic.acknowledge(), 0x71);
});

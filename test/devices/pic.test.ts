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

const pulse = (pic: Pic, irq: number) => {
  pic.input(irq).raise();
  pic.input(irq).lower();
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

test('state survives', () => {
  const pic = pc();
  pulse(pic, 9);
  const [after, before] = roundTrip(pic, () => pic.reset());
  assert.deepEqual(after, before);
  assert.equal(pic.acknowledge(), 0x71);
});

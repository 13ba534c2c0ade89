import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApicMessage } from '../../src/devices/apicMessage';
import { InterruptLines } from '../../src/devices/interruptLines';
import { IoApic } from '../../src/devices/ioApic';
import { Pic } from '../../src/devices/pic';
import { out, roundTrip } from './support';

const LEVEL = 0x8000;
const LOW = 0x2000;
const MASKED = 0x10000;
const REMOTE_IRR = 0x4000;

const make = () => {
  const sent: ApicMessage[] = [];
  const host = {
    accepts: true,
    send: (message: ApicMessage) => {
      sent.push(message);
      return host.accepts;
    },
  };
  const apic = new IoApic(host, 2);
  const get = (register: number) => {
    apic.write(0, 0, 4, register);
    return apic.read(0, 0x10, 4);
  };
  const set = (register: number, value: number) => {
    apic.write(0, 0, 4, register);
    apic.write(0, 0x10, 4, value);
  };
  const program = (pin: number, low: number, high = 0) => {
    set(0x11 + 2 * pin, high);
    set(0x10 + 2 * pin, low);
  };
  const vectors = () => sent.splice(0).map((m) => m.vector);
  return { apic, host, sent, get, set, program, vectors };
};

test('identification, and 24 masked entries after reset', () => {
  const { apic, get, set } = make();
  assert.equal(get(0), 0x02000000);
  assert.equal(get(1), 0x00170011);
  assert.equal(get(2), 0x02000000);
  set(0, 0x0f000000);
  assert.equal(get(0), 0x0f000000);
  for (let pin = 0; pin < 24; pin++) assert.deepEqual([get(0x10 + 2 * pin), get(0x11 + 2 * pin)], [MASKED, 0]);
  assert.equal(get(0x40), 0, 'no such register');
  set(0x40, 0xffffffff);
  apic.write(0, 0, 1, 0x01);
  assert.equal(apic.read(0, 0x12, 1), 0x17);
  assert.throws(() => apic.pin(24));
});

test('an entry keeps what can be written', () => {
  const { get, set } = make();
  set(0x10 + 2 * 5, 0xffffffff);
  set(0x11 + 2 * 5, 0xffffffff);
  assert.equal(get(0x10 + 2 * 5), 0x0001afff, 'delivery status and remote IRR are read-only');
  assert.equal(get(0x11 + 2 * 5), 0xff000000);
});

test('an edge sends one message; at a masked pin it is lost', () => {
  const { apic, sent, program, vectors } = make();
  const line = apic.pin(4);
  line.raise();
  line.lower();
  program(4, 0x34, 0x03000000);
  assert.deepEqual(vectors(), []);
  line.raise();
  line.raise();
  assert.deepEqual(sent, [{ delivery: 0, vector: 0x34, levelTriggered: false, destination: 3, logical: false }]);
  line.lower();
  line.raise();
  assert.equal(sent.length, 2);
  program(4, 0x934, 0x81000000);
  line.lower();
  line.raise();
  assert.deepEqual(sent[2], { delivery: 1, vector: 0x34, levelTriggered: false, destination: 0x81, logical: true });
});

test('a level asks once, and again after the EOI while it stands', () => {
  const { apic, get, program, vectors } = make();
  program(11, 0x51 | LEVEL);
  const line = apic.pin(11);
  line.raise();
  line.raise();
  assert.deepEqual(vectors(), [0x51]);
  assert.equal(get(0x10 + 22), 0x51 | LEVEL | REMOTE_IRR);
  apic.endOfInterrupt(0x50);
  assert.deepEqual(vectors(), [], 'another vector’s');
  apic.endOfInterrupt(0x51);
  assert.deepEqual(vectors(), [0x51]);
  line.lower();
  apic.endOfInterrupt(0x51);
  assert.deepEqual(vectors(), []);
  assert.equal(get(0x10 + 22), 0x51 | LEVEL);
});

test('a level waits behind its mask, and for somebody who takes it', () => {
  const { apic, host, get, program, vectors } = make();
  program(11, 0x51 | LEVEL | MASKED);
  apic.pin(11).raise();
  assert.deepEqual(vectors(), []);
  host.accepts = false;
  program(11, 0x51 | LEVEL);
  assert.deepEqual(vectors(), [0x51]);
  assert.equal(get(0x10 + 22) & REMOTE_IRR, 0, 'nobody took it');
  host.accepts = true;
  program(11, 0x51 | LEVEL);
  assert.equal(get(0x10 + 22) & REMOTE_IRR, REMOTE_IRR);
  program(11, 0x51);
  assert.equal(get(0x10 + 22) & REMOTE_IRR, 0, 'edge-triggered: forgotten');
});

test('polarity: an active-low pin asks while its line is low', () => {
  const { apic, program, vectors } = make();
  const line = apic.pin(9);
  line.raise();
  program(9, 0x39 | LEVEL | LOW);
  assert.deepEqual(vectors(), []);
  line.lower();
  assert.deepEqual(vectors(), [0x39]);
  program(10, 0x3a | LOW);
  apic.pin(10).raise();
  assert.deepEqual(vectors(), []);
  apic.pin(10).lower();
  assert.deepEqual(vectors(), [0x3a]);
});

test('every line goes to the 8259A pair and to the I/O APIC, the timer to pin 2', () => {
  const { apic, program, vectors } = make();
  const pic = new Pic();
  out(pic, 0, 0, 0x11);
  out(pic, 0, 1, 0x08, 0x04, 0x01, 0x00);
  out(pic, 1, 0, 0x11);
  out(pic, 1, 1, 0x70, 0x02, 0x01, 0x00);
  const lines = new InterruptLines(pic, apic);
  for (let pin = 0; pin < 24; pin++) program(pin, 0x40 + pin);
  for (const irq of [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]) {
    const line = lines.line(irq);
    line.raise();
    assert.deepEqual(vectors(), [0x40 + (irq === 0 ? 2 : irq)], `IRQ ${irq}`);
    assert.equal(pic.acknowledge(), irq < 8 ? 0x08 + irq : 0x68 + irq);
    line.lower();
    if (irq >= 8) out(pic, 1, 0, 0x20);
    out(pic, 0, 0, 0x20);
  }
  assert.throws(() => lines.line(2));
  assert.throws(() => lines.line(16));
});

test('save, restore, reset', () => {
  const { apic, get, set, program } = make();
  set(0, 0x07000000);
  program(3, 0x53 | LEVEL, 0x01000000);
  apic.pin(3).raise();
  const [after, before] = roundTrip(apic, () => apic.reset());
  assert.deepEqual(after, before);
  apic.reset();
  assert.equal(get(0), 0x02000000);
  assert.equal(get(0x16), MASKED);
});

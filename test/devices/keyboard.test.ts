import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Keyboard } from '../../src/devices/keyboard';
import { out, RecordingLine, roundTrip } from './support';

const make = () => {
  const clock = new GuestClock();
  const irq = new RecordingLine();
  const host = { a20: true, resets: 0, reset: () => void host.resets++ };
  const keyboard = new Keyboard(clock, irq, host, new RecordingLine());
  const status = () => keyboard.read(1, 0, 1);
  const data = () => keyboard.read(0, 0, 1);
  /** Every byte that arrives within `ms` milliseconds. */
  const collect = (ms = 500): number[] => {
    const bytes: number[] = [];
    for (const end = clock.now() + ms * 1_000_000; clock.now() < end; ) {
      clock.advanceTo(Math.min(end, clock.nextDue() ?? end));
      if (status() & 1) bytes.push(data());
    }
    return bytes;
  };
  return { clock, irq, host, keyboard, status, data, collect };
};

test('typed text arrives as set 1 codes, with Shift', () => {
  const { keyboard, irq, collect } = make();
  assert.equal(keyboard.type('aB\n€'), '€');
  assert.deepEqual(collect(), [0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa, 0x1c, 0x9c]);
  assert.equal(irq.edges, 8);
});

test('without translation it sends set 2; cursor keys have a prefix', () => {
  const { keyboard, collect } = make();
  out(keyboard, 1, 0, 0x60);
  out(keyboard, 0, 0, 0x25);
  keyboard.type('a\x1b[A');
  assert.deepEqual(collect(), [0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75]);
});

test('a byte stays until it is read', () => {
  const { clock, keyboard, status, data, irq } = make();
  keyboard.type('ab');
  clock.advanceTo(1_000_000_000);
  assert.equal(status() & 1, 1);
  assert.equal(irq.edges, 1);
  assert.equal(data(), 0x1e);
  assert.equal(status() & 1, 0);
  assert.equal(data(), 0x1e, 'an empty buffer shows the last byte');
});

test('controller commands answer', () => {
  const { keyboard, data } = make();
  for (const [command, reply] of [
    [0xaa, 0x55],
    [0xab, 0x00],
    [0x20, 0x65],
    [0xd0, 0xc3],
  ]) {
    out(keyboard, 1, 0, command);
    assert.equal(data(), reply, command.toString(16));
  }
});

test('output port and commands move A20 and the reset line', () => {
  const { keyboard, host } = make();
  out(keyboard, 1, 0, 0xd1);
  out(keyboard, 0, 0, 0xdd);
  assert.equal(host.a20, false);
  out(keyboard, 1, 0, 0xdf);
  assert.equal(host.a20, true);
  assert.equal(host.resets, 0);
  out(keyboard, 1, 0, 0xfe);
  assert.equal(host.resets, 1);
});

test('keyboard commands: reset, identify, LEDs, unknown', () => {
  const { keyboard, collect } = make();
  out(keyboard, 0, 0, 0xff);
  assert.deepEqual(collect(), [0xfa, 0xaa]);
  out(keyboard, 0, 0, 0xf2);
  assert.deepEqual(collect(), [0xfa, 0xab, 0x41], 'translated, as on a PC');
  out(keyboard, 0, 0, 0xed);
  assert.deepEqual(collect(), [0xfa]);
  out(keyboard, 0, 0, 0x02);
  assert.deepEqual(collect(), [0xfa]);
  assert.equal(keyboard.leds, 2);
  out(keyboard, 0, 0, 0xe1);
  assert.deepEqual(collect(), [0xfe]);
});

test('a disabled interface holds keys back', () => {
  const { keyboard, collect } = make();
  out(keyboard, 1, 0, 0xad);
  keyboard.type('x');
  assert.deepEqual(collect(), []);
  out(keyboard, 1, 0, 0xae);
  assert.deepEqual(collect(), [0x2d, 0xad]);
});

test('state survives', () => {
  const { keyboard, clock } = make();
  keyboard.type('hello');
  clock.advanceTo(1_000_000);
  const [after, before] = roundTrip(keyboard, () => keyboard.reset());
  assert.deepEqual(after, before);
});

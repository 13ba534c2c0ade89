import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { Keyboard } from '../../src/devices/keyboard';
import { type Key, KEYS, translateToSet1 } from '../../src/devices/keyboardLayout';
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

test('every key: what the controller makes of set 2 is set 1', () => {
  for (const [name, key] of Object.entries<Key>(KEYS)) if (name !== 'Pause') assert.equal(translateToSet1(key.set2), key.set1, name);
  for (const code of Object.keys(KEYS)) {
    const [translated, direct] = [make(), make()];
    out(direct.keyboard, 1, 0, 0x60);
    out(direct.keyboard, 0, 0, 0x25);
    out(direct.keyboard, 0, 0, 0xf0, 1);
    direct.collect(5);
    for (const down of [true, false]) {
      translated.keyboard.event(code, down);
      direct.keyboard.event(code, down);
      assert.deepEqual(translated.collect(10), direct.collect(10), `${code} ${down ? 'pressed' : 'released'}`);
    }
  }
});

test('Pause and Print Screen send sequences of their own', () => {
  const { keyboard, collect } = make();
  keyboard.event('Pause', true);
  keyboard.event('Pause', false);
  keyboard.event('PrintScreen', true);
  keyboard.event('PrintScreen', false);
  assert.deepEqual(collect(), [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa]);
  assert.ok(!keyboard.event('Nonsense', true));
});

test('scan code sets, typematic rate, echo, resend, defaults', () => {
  const { keyboard, collect } = make();
  out(keyboard, 1, 0, 0x60);
  out(keyboard, 0, 0, 0x25); // no translation
  const send = (...bytes: number[]) => bytes.flatMap((byte) => [out(keyboard, 0, 0, byte), collect(5)][1] as number[]);
  assert.deepEqual(send(0xf0, 0), [0xfa, 0xfa, 2]);
  assert.deepEqual(send(0xf0, 1, 0xf0, 0), [0xfa, 0xfa, 0xfa, 0xfa, 1]);
  keyboard.type('a');
  assert.deepEqual(collect(), [0x1e, 0x9e]);
  assert.deepEqual(send(0xf0, 3), [0xfa, 0xfe], 'sets 1 and 2 only');
  assert.deepEqual(send(0xf3, 0x20), [0xfa, 0xfa]);
  assert.equal(keyboard.keys.typematic, 0x20);
  assert.deepEqual(send(0xf3, 0xa0), [0xfa, 0xfe]);
  assert.deepEqual(send(0xee), [0xee]);
  assert.deepEqual(send(0xf2, 0xfe), [0xfa, 0xab, 0x83, 0x83], 'the last byte again');
  assert.deepEqual(send(0xf6, 0xf0, 0), [0xfa, 0xfa, 0xfa, 2]);
  assert.equal(keyboard.keys.typematic, 0x2b);
  assert.deepEqual(send(0xed, 0xf2), [0xfa, 0xfa, 0xab, 0x83], 'a command in the place of a parameter');
  assert.deepEqual(send(0xf8, 0x00), [0xfa, 0xfe]);
});

test('a keyboard that was told to be quiet keeps what is typed until it may speak; answers go before keys', () => {
  const { keyboard, collect, clock, data } = make();
  out(keyboard, 0, 0, 0xf5);
  assert.deepEqual(collect(5), [0xfa]);
  keyboard.type('a');
  assert.deepEqual(collect(), []);
  out(keyboard, 0, 0, 0xf4);
  assert.deepEqual(collect(), [0xfa, 0x1e, 0x9e]);
  keyboard.type('b');
  clock.advanceTo(clock.now() + 300_100);
  out(keyboard, 0, 0, 0xed);
  assert.deepEqual([data(), ...collect()], [0x30, 0xfa, 0xb0]);
});

test('the controller: its memory, password, test inputs; unknown commands do nothing', () => {
  const { keyboard, data, status } = make();
  const ask = (command: number) => {
    out(keyboard, 1, 0, command);
    return status() & 1 ? data() : undefined;
  };
  out(keyboard, 1, 0, 0x7f);
  out(keyboard, 0, 0, 0x99);
  assert.equal(ask(0x3f), 0x99);
  assert.equal(ask(0x21), 0);
  assert.equal(ask(0xa4), 0xf1);
  assert.equal(ask(0xe0), 0);
  assert.equal(ask(0xc0), 0x80);
  for (const command of [0x00, 0x80, 0xa2, 0xb0, 0xc5, 0xe5, 0xff]) assert.equal(ask(command), undefined, command.toString(16));
  assert.equal(status() & 0x0c, 0x0c);
  out(keyboard, 1, 0, 0xd2);
  out(keyboard, 0, 0, 0x42);
  assert.equal(status() & 0x29, 0x01);
  assert.equal(data(), 0x42);
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMachine } from './support';

test('power-on leaves vectors, data area and an 18.2 Hz timer', () => {
  const { memory, bus, runUntil } = makeMachine();
  const word = (a: number) => memory.read8(a) | (memory.read8(a + 1) << 8);
  assert.equal(word(0x10 * 4 + 2), 0xf000);
  assert.deepEqual([...memory.readBytes(0xf0000 + word(0x10 * 4), 4)], [0x0f, 0x3f, 0x10, 0xcf]);
  assert.equal(memory.read8(0xffff0), 0xea);
  assert.equal(word(0x413), 639);
  assert.equal(bus.read('port', 0x21, 1), 0xf8);
  const before = word(0x46c);
  assert.equal(runUntil(1_000_000_000).filter((v) => v === 8).length, 18);
  assert.equal(word(0x46c), before + 18);
});

test('devices answer at their PC addresses', () => {
  const { board, bus, log } = makeMachine();
  const text: number[] = [];
  board.console.on((byte) => text.push(byte));
  board.serial.on((byte) => text.push(byte));
  bus.write('port', 0xe9, 1, 0x41);
  bus.write('port', 0x3f8, 1, 0x42);
  assert.deepEqual(text, [0x41, 0x42]);
  assert.equal(bus.read('port', 0xe9, 1), 0xe9);
  bus.write('memory', 0xb8000, 2, 0x0758);
  assert.equal(board.screen().lines[0][0], 'X');
  bus.write('port', 0x80, 1, 0x37);
  assert.equal(board.debugPorts.postCode, 0x37);
  bus.write('port', 0xf4, 4, 0x1234);
  bus.write('port', 0x92, 1, 0x00);
  bus.write('port', 0x92, 1, 0x03);
  bus.write('port', 0x64, 1, 0xfe);
  assert.deepEqual(log, ['exit 4660', 'a20 false', 'a20 true', 'reset', 'reset']);
  assert.equal(bus.read('port', 0x2e8, 1), 0xff, 'nothing is there');
});

test('saving and restoring gives the same machine', () => {
  const { board, clock, bus, runUntil } = makeMachine();
  bus.write('memory', 0xb8000, 2, 0x0758);
  bus.write('port', 0x92, 1, 0x00);
  board.typeKeys('abc');
  runUntil(30_000_000);
  const state = structuredClone(board.save());
  const first = runUntil(200_000_000);
  const after = structuredClone(board.save());
  board.reset();
  board.restore(structuredClone(state));
  assert.equal(clock.now(), 30_000_000);
  assert.equal(board.a20, false);
  assert.deepEqual(board.save(), state);
  assert.deepEqual(runUntil(200_000_000), first);
  assert.deepEqual(board.save(), after);
});

test('after power-on the 8259A reaches the CPU through the local APIC, with an APIC and without', () => {
  for (const enabled of [true, false]) {
    const { board, clock } = makeMachine([], 16 << 20, { apicEnabled: () => enabled });
    clock.advanceTo(100_000_000);
    assert.ok(board.localApic.pending);
    assert.equal(board.localApic.acknowledge(), 0x08);
    assert.ok(!board.localApic.pending);
  }
});

test('the registers of both APICs answer at their addresses, whole doublewords', () => {
  const { bus } = makeMachine();
  const seen: string[] = [];
  bus.accesses.on(({ device, size, write }) => seen.push(`${device} ${size} ${write}`));
  assert.equal(bus.read('memory', 0xfee00030, 4), 0x00040014);
  bus.write('memory', 0xfec00000, 4, 1);
  assert.equal(bus.read('memory', 0xfec00010, 4), 0x00170011);
  assert.deepEqual(seen, ['localApic 4 false', 'ioApic 4 true', 'ioApic 4 false']);
});

test('a device’s line reaches the CPU through the I/O APIC', () => {
  const { board, bus, clock } = makeMachine();
  const set = (register: number, value: number) => {
    bus.write('memory', 0xfec00000, 4, register);
    bus.write('memory', 0xfec00010, 4, value);
  };
  bus.write('port', 0x21, 1, 0xff);
  set(0x14, 0x60); // pin 2: the timer
  clock.advanceTo(100_000_000);
  assert.equal(board.localApic.acknowledge(), 0x60);
  bus.write('memory', 0xfee000b0, 4, 0);
  board.acpiPm.pressPowerButton();
  set(0x22, 0x8069); // pin 9: the SCI
  bus.write('port', 0x602, 2, 0x0100);
  assert.equal(board.localApic.acknowledge(), 0x69);
  bus.write('port', 0x600, 2, 0x0100);
  bus.write('memory', 0xfee000b0, 4, 0);
  assert.ok(!board.localApic.pending);
});

test('soft off ends the session as port F4h does', () => {
  const { bus, log } = makeMachine();
  bus.write('port', 0x604, 2, 0x2000);
  assert.deepEqual(log, ['exit 0']);
});

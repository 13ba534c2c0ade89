/** The bus: who answers, what is refused when it is attached, and what is said of accesses that nobody answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bus, type BusAccess } from '../../src/devices/bus';
import type { BusDevice } from '../../src/devices/contract';

/** Answers with its region's number and the offset, byte by byte, and keeps what is written. */
function echo(name: string): BusDevice & { readonly written: [index: number, offset: number, size: number, value: number][] } {
  const written: [number, number, number, number][] = [];
  return {
    name,
    written,
    read: (index, offset, size) => (size === 1 ? (index << 6) | offset : 0xabcd),
    write: (...what) => void written.push(what),
    reset: () => {},
    save: () => ({}),
    restore: () => {},
  };
}

test('a port belongs to the device that was attached to it, until it is detached', () => {
  const bus = new Bus();
  const detach = bus.attach('port', 0x60, 4, echo('a'), 2);
  assert.equal(bus.read('port', 0x61, 1), 0x81);
  assert.equal(bus.read('memory', 0x61, 1), 0xff);
  detach.dispose();
  assert.equal(bus.read('port', 0x61, 1), 0xff);
});

test('an access that goes beyond its region is split into bytes', () => {
  const bus = new Bus();
  const [low, high] = [echo('low'), echo('high')];
  bus.attach('memory', 0x1000, 2, low);
  bus.attach('memory', 0x1002, 2, high, 1);
  assert.equal(bus.read('memory', 0x1001, 2), 0x4001);
  bus.write('memory', 0x1001, 2, 0x3412);
  assert.deepEqual([low.written, high.written], [[[0, 1, 1, 0x12]], [[1, 0, 1, 0x34]]]);
});

test('what is empty, beyond the space or taken is refused, in words', () => {
  const bus = new Bus();
  bus.attach('port', 0x60, 4, echo('a'));
  assert.throws(() => bus.attach('port', 0x63, 2, echo('b')), /b: port region 63h\.\.64h overlaps a/);
  assert.throws(() => bus.attach('port', 0x70, 0, echo('b')), RangeError);
  assert.throws(() => bus.attach('port', 0xffff, 2, echo('b')), /outside the address space/);
  assert.throws(() => bus.attach('memory', -1, 2, echo('b')), RangeError);
});

test('the open bus reads as ones, and is told of once for each address, space and direction', () => {
  const bus = new Bus();
  const said: string[] = [];
  bus.unclaimed.on((what) => said.push(what));
  for (let n = 0; n < 3; n++) {
    assert.equal(bus.read('port', 0x2f, 2), 0xffff);
    assert.equal(bus.read('memory', 0xfff0_0000, 4), 0xffff_ffff);
    bus.write('port', 0x2f, 1, 0);
    bus.write('memory', 0x2f, 1, 0);
  }
  assert.deepEqual(said, ['port 2Fh read', 'memory 0FFF00000h read', 'port 2Fh write', 'memory 2Fh write']);
});

test('a guest that clears memory it does not have is told often enough', () => {
  const bus = new Bus();
  let said = 0;
  bus.unclaimed.on(() => said++);
  for (let address = 0x4000_0000; address < 0x4001_0000; address++) bus.write('memory', address, 1, 0);
  assert.ok(said > 1000 && said < 5000, `${said}`);
});

test('whoever watches sees every access, and who answered', () => {
  const bus = new Bus();
  const seen: BusAccess[] = [];
  bus.attach('port', 0x60, 1, echo('a'));
  bus.accesses.on((access) => seen.push(access));
  bus.write('port', 0x60, 1, -1);
  bus.read('port', 0x61, 1);
  assert.deepEqual(seen, [
    { space: 'port', address: 0x60, size: 1, write: true, value: 0xffff_ffff, device: 'a' },
    { space: 'port', address: 0x61, size: 1, write: false, value: 0xff, device: undefined },
  ]);
});

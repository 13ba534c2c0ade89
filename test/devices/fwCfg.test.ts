import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FwCfg, ramMapFile } from '../../src/devices/fwCfg';
import { roundTrip } from './support';

const RAM = 48 << 20;
const make = () => {
  const device = new FwCfg(RAM, [ramMapFile(RAM), { name: 'etc/other', bytes: Uint8Array.of(1, 2, 3) }]);
  const item = (key: number, length: number) => {
    device.write(0, 0, 2, key);
    return Array.from({ length }, () => device.read(0, 1, 1));
  };
  return { device, item };
};

const text = (bytes: number[]) => String.fromCharCode(...bytes);

test('signature, interface, memory and processors', () => {
  const { item } = make();
  assert.equal(text(item(0, 4)), 'QEMU');
  assert.deepEqual(item(1, 4), [1, 0, 0, 0]);
  assert.deepEqual(item(3, 8), [0, 0, 0, 3, 0, 0, 0, 0]);
  assert.deepEqual(
    [item(5, 2), item(0x0f, 2)],
    [
      [1, 0],
      [1, 0],
    ],
  ); // prettier-ignore
  assert.deepEqual(item(0, 6).slice(4), [0, 0], 'zeros behind the end');
  assert.deepEqual(item(0x1234, 2), [0, 0], 'no such item');
  assert.equal(text(item(0x4000, 4)), 'QEMU', 'asking to write does not change what is read');
});

test('the directory names the files, big-endian', () => {
  const { item } = make();
  const bytes = item(0x19, 4 + 2 * 64);
  assert.deepEqual(bytes.slice(0, 4), [0, 0, 0, 2]);
  const entry = (n: number) => bytes.slice(4 + 64 * n, 68 + 64 * n);
  assert.deepEqual(entry(0).slice(0, 8), [0, 0, 0, 20, 0, 0x20, 0, 0]);
  assert.equal(text(entry(0).slice(8)), 'etc/e820'.padEnd(56, '\0'));
  assert.deepEqual(entry(1).slice(0, 8), [0, 0, 0, 3, 0, 0x21, 0, 0]);
  assert.deepEqual(item(0x20, 20), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0]);
  assert.deepEqual(item(0x21, 4), [1, 2, 3, 0]);
  assert.throws(() => new FwCfg(RAM, [{ name: 'x'.repeat(56), bytes: new Uint8Array() }]));
});

test('the selector takes words, the data port bytes', () => {
  const { device, item } = make();
  item(0, 1);
  device.write(0, 0, 1, 1);
  device.write(0, 1, 1, 1);
  assert.equal(text([device.read(0, 1, 1)]), 'E');
  assert.equal(device.read(0, 0, 2), 0);
});

test('save, restore, reset', () => {
  const { device, item } = make();
  item(3, 3);
  const [after, before] = roundTrip(device, () => item(0, 2));
  assert.deepEqual(after, before);
  assert.equal(device.read(0, 1, 1), 3);
  device.reset();
  assert.equal(text([device.read(0, 1, 1)]), 'Q');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskImage } from '../../../src/devices/diskImage';
import { VirtioBlock } from '../../../src/devices/virtio/block';
import { numbered } from '../ideSupport';
import { type Buffer, type Driver, makeDriver } from './driver';

const HEADER = 0x1000;
const DATA = 0x2000;
const STATUS = 0x8000;
const [IN, OUT, FLUSH, GET_ID] = [0, 1, 4, 8];
const SECTORS = 64;

const makeDisk = (legacy = false) => {
  const image = new DiskImage(numbered(SECTORS), 'hardDisk');
  const d = makeDriver(new VirtioBlock('virtioBlock0', image), { legacy });
  d.start();
  return { image, d };
};

/** A request with these data buffers; the status it ends with, and how many bytes were written. */
const request = (d: Driver, type: number, sector: number, ...data: Buffer[]): { status: number; length: number } => {
  d.view.setUint32(HEADER, type, true);
  d.view.setBigUint64(HEADER + 8, BigInt(sector), true);
  d.memory.bytes[STATUS] = 0xee;
  d.add(0, { address: HEADER, length: 16 }, ...data, { address: STATUS, length: 1, write: true });
  d.notify(0);
  d.settle();
  const [{ length }] = d.completed(0);
  return { status: d.memory.bytes[STATUS], length };
};

for (const legacy of [false, true])
  test(`reads and writes sectors through ${legacy ? 'legacy' : 'modern'} registers`, () => {
    const { image, d } = makeDisk(legacy);
    assert.deepEqual(request(d, IN, 5, { address: DATA, length: 512, write: true }), { status: 0, length: 513 });
    assert.deepEqual([...d.memory.bytes.slice(DATA, DATA + 512)], [...numbered(SECTORS).slice(5 * 512, 6 * 512)]);
    d.fill(DATA, Array(1024).fill(0xa5));
    assert.deepEqual(request(d, OUT, 7, { address: DATA, length: 1024 }), { status: 0, length: 1 });
    assert.deepEqual([...image.read(7, 2)], Array(1024).fill(0xa5));
    assert.equal(image.written, 2, 'in the overlay alone');
    assert.deepEqual(request(d, FLUSH, 0), { status: 0, length: 1 });
  });

test('data in pieces of any size', () => {
  const { d } = makeDisk();
  const pieces = [100, 411, 1, 512].map((length, i) => ({ address: DATA + 0x1000 * i, length, write: true }));
  assert.equal(request(d, IN, 3, ...pieces).status, 0);
  assert.deepEqual(
    pieces.flatMap(({ address, length }) => d.bytes(address, length)),
    [...numbered(SECTORS).slice(3 * 512, 5 * 512)],
  );
});

test('beyond the end, half sectors and unknown requests end in a status', () => {
  const { d } = makeDisk();
  const into = { address: DATA, length: 512, write: true };
  assert.deepEqual(request(d, IN, SECTORS, into), { status: 1, length: 1 });
  assert.deepEqual(request(d, IN, SECTORS - 1, { ...into, length: 1024 }), { status: 1, length: 1 });
  assert.deepEqual(request(d, IN, 2 ** 52, into), { status: 1, length: 1 });
  assert.deepEqual(request(d, IN, 0, { ...into, length: 100 }), { status: 1, length: 1 });
  assert.deepEqual(request(d, OUT, SECTORS - 1, { address: DATA, length: 1024 }), { status: 1, length: 1 });
  assert.deepEqual(request(d, 99, 0), { status: 2, length: 1 });
  assert.deepEqual(d.failures, []);
});

test('its name', () => {
  const { d } = makeDisk();
  assert.deepEqual(request(d, GET_ID, 0, { address: DATA, length: 20, write: true }), { status: 0, length: 21 });
  assert.equal(String.fromCharCode(...d.bytes(DATA, 12)), 'virtioBlock0');
});

test('a request without a header or a status needs a reset', () => {
  for (const buffers of [
    [
      { address: HEADER, length: 15 },
      { address: STATUS, length: 1, write: true },
    ],
    [{ address: HEADER, length: 16 }],
  ]) {
    const { d } = makeDisk();
    d.add(0, ...buffers);
    d.notify(0);
    d.settle();
    assert.match(d.failures.join(), /expected a header of 16 and a status/);
  }
});

test('the configuration space tells the capacity and the geometry', () => {
  const { image, d } = makeDisk();
  assert.equal(d.config(0, 4), SECTORS);
  assert.equal(d.config(4, 4), 0);
  assert.equal(d.config(20, 4), 512);
  assert.equal(d.config(18, 1), image.geometry.heads);
  assert.equal(d.config(0x3c, 4), 0, 'zeros behind it');
});

test('many requests at once take their time, one after the other', () => {
  const { d } = makeDisk();
  d.view.setUint32(HEADER, IN, true);
  for (let i = 0; i < 10; i++) d.add(0, { address: HEADER, length: 16 }, { address: DATA, length: 512, write: true }, { address: STATUS, length: 1, write: true });
  d.notify(0);
  d.clock.advanceTo(d.clock.now() + 25_000);
  const soon = d.completed(0).length;
  assert.ok(soon > 0 && soon < 10, `${soon}`);
  d.settle();
  assert.equal(soon + d.completed(0).length, 10);
});

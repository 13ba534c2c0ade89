import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { DiskImage } from '../../src/devices/diskImage';

test('a short floppy reads as zeros behind its end', () => {
  const disk = new DiskImage(new Uint8Array(700).fill(7), 'floppy');
  assert.equal(disk.sectors, 2880);
  const bytes = disk.read(1, 2);
  assert.deepEqual([bytes[0], bytes[187], bytes[188], bytes[1023]], [7, 7, 0, 0]);
});

test('writes stay in the overlay', () => {
  const image = new Uint8Array(1024);
  const disk = new DiskImage(image, 'hardDisk');
  disk.write(1, new Uint8Array(512).fill(9));
  assert.equal(disk.read(0, 2)[512], 9);
  assert.equal(image[512], 0);
  const state = structuredClone(disk.save());
  disk.write(0, new Uint8Array(512).fill(8));
  disk.restore(state);
  assert.equal(disk.written, 1);
  assert.equal(disk.read(0, 1)[0], 0);
});

test('sizes and ranges are checked', () => {
  assert.throws(() => new DiskImage(new Uint8Array(0), 'floppy'), UserError);
  assert.throws(() => new DiskImage(new Uint8Array(513), 'hardDisk'), /513 bytes: not a multiple of 512/);
  assert.throws(() => new DiskImage(new Uint8Array(3 << 20), 'floppy'), UserError);
  const disk = new DiskImage(new Uint8Array(1024), 'hardDisk');
  for (const [lba, count] of [
    [2, 1],
    [-1, 1],
    [0, 3],
    [0.5, 1],
    [Number.NaN, 1],
  ])
    assert.throws(() => disk.read(lba, count), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { arrayStorage, type Change, DiskImage } from '../../src/devices/diskImage';

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

test('a snapshot is cheap and does not follow later writes', () => {
  const disk = new DiskImage(new Uint8Array(4096), 'hardDisk');
  disk.write(2, new Uint8Array(512).fill(1));
  const before = disk.save();
  disk.write(2, new Uint8Array(512).fill(2));
  disk.write(3, new Uint8Array(512).fill(3));
  disk.restore(before);
  assert.deepEqual([disk.read(2, 1)[0], disk.read(3, 1)[0], disk.written], [1, 0, 1]);
});

test('persisting gives the storage what the guest wrote, once', () => {
  const updates: number[][] = [];
  const storage = { ...arrayStorage(new Uint8Array(2048)), update: (changes: readonly Change[]) => void updates.push(changes.map((c) => c.offset)) };
  const disk = new DiskImage(storage, 'hardDisk');
  disk.persist();
  disk.write(1, new Uint8Array(1024));
  disk.persist();
  disk.persist();
  assert.deepEqual(updates, [[512, 1024]]);
  const memoryOnly = new DiskImage(new Uint8Array(512), 'hardDisk', 'x.img');
  memoryOnly.write(0, new Uint8Array(512));
  assert.throws(() => memoryOnly.persist(), /^UserError: x\.img: the guest's writes cannot be kept/);
});

test('CD images: whole sectors of 2048 bytes', () => {
  assert.equal(new DiskImage(new Uint8Array(4096), 'cdrom').sectors, 8);
  assert.throws(() => new DiskImage(new Uint8Array(2049), 'cdrom', 'x.iso'), /x\.iso has 2049 bytes: expected an ISO image, a multiple of 2048/);
  const raw = new Uint8Array(2352);
  raw.fill(0xff, 1, 11);
  assert.throws(() => new DiskImage(raw, 'cdrom', 'x.bin'), /x\.bin has raw sectors of 2352 bytes/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpio } from '../systems/lib/initramfs.mjs';

/** Read a newc archive as the kernel does: header of 13 numbers in hexadecimal, name and content padded to four bytes. */
function list(archive: Uint8Array): { name: string; mode: number; rdev: number[]; content: string }[] {
  const text = (from: number, length: number) => new TextDecoder().decode(archive.subarray(from, from + length));
  const entries = [];
  for (let at = 0; at < archive.length; ) {
    assert.equal(text(at, 6), '070701');
    const field = (n: number) => Number.parseInt(text(at + 6 + 8 * n, 8), 16);
    const [size, nameSize] = [field(6), field(11)];
    const name = text(at + 110, nameSize - 1);
    const start = (at + 110 + nameSize + 3) & ~3;
    entries.push({ name, mode: field(1), rdev: [field(9), field(10)], content: text(start, size) });
    at = (start + size + 3) & ~3;
  }
  return entries;
}

test('an initial RAM disk is a newc archive that ends in its trailer', () => {
  const archive = cpio([
    { name: 'dev', kind: 'directory', permissions: 0o755 },
    { name: 'dev/console', kind: 'device', permissions: 0o600, device: [5, 1] },
    { name: 'init', kind: 'file', permissions: 0o755, content: '#!/bin/sh' },
  ]);
  assert.deepEqual(list(archive), [
    { name: 'dev', mode: 0o040755, rdev: [0, 0], content: '' },
    { name: 'dev/console', mode: 0o020600, rdev: [5, 1], content: '' },
    { name: 'init', mode: 0o100755, rdev: [0, 0], content: '#!/bin/sh' },
    { name: 'TRAILER!!!', mode: 0, rdev: [0, 0], content: '' },
  ]);
});

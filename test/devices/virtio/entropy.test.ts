import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtioEntropy } from '../../../src/devices/virtio/entropy';
import { makeDriver } from './driver';

const draw = (seed: number, ...lengths: number[]): number[] => {
  const d = makeDriver(new VirtioEntropy('entropy', seed));
  d.start();
  return lengths.flatMap((length) => {
    d.add(0, { address: 0x1000, length, write: true });
    d.notify(0);
    d.settle();
    return d.bytes(0x1000, d.completed(0)[0].length);
  });
};

test('one seed, one stream', () => {
  assert.deepEqual(draw(7, 64), draw(7, 64));
  assert.notDeepEqual(draw(7, 64), draw(8, 64));
  assert.notDeepEqual(draw(7, 64).slice(0, 32), draw(7, 64).slice(32));
});

test('bytes are spread evenly', () => {
  const counts = new Array<number>(256).fill(0);
  for (const byte of draw(0, 4096, 4096, 4096, 4096)) counts[byte]++;
  // 64 expected each; chi-squared with 255 degrees of freedom lies below 341 in all but one of 5000 cases.
  const chiSquared = counts.reduce((sum, n) => sum + (n - 64) ** 2 / 64, 0);
  assert.ok(chiSquared < 341, `${chiSquared}`);
});

test('a large buffer is filled in part', () => {
  assert.equal(draw(1, 10_000).length, 4096);
});

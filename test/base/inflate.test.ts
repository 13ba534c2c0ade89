import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { inflate } from '../../src/base/inflate';

const text = new TextEncoder().encode(Array.from({ length: 3000 }, (_, n) => `line ${n * n} of ${n % 7}`).join('\n'));
const noise = Uint8Array.from({ length: 70_000 }, (_, n) => (n * 2654435761) >>> 13);
const zeros = new Uint8Array(100_000);

test('what zlib packs comes out again: stored, fixed and dynamic codes', () => {
  for (const bytes of [new Uint8Array(0), Uint8Array.of(7), text, noise, zeros])
    for (const options of [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: zlib.constants.Z_FIXED }, { strategy: zlib.constants.Z_HUFFMAN_ONLY }])
      assert.deepEqual(Buffer.compare(inflate(new Uint8Array(zlib.deflateSync(bytes, options)), bytes.length), bytes), 0);
});

test('damaged data is an error that says so, and ends', () => {
  const packed = new Uint8Array(zlib.deflateSync(text));
  assert.throws(() => inflate(packed.subarray(0, packed.length >> 1), text.length), /the end is missing/);
  assert.throws(() => inflate(packed, text.length - 1), /more than/);
  assert.throws(() => inflate(packed, text.length + 1), /instead of/);
  assert.throws(() => inflate(new Uint8Array(20), 5), /not zlib/);
  for (let n = 2; n < 300; n++) {
    const wrong = packed.slice();
    wrong[n] ^= 1 << (n & 7);
    try {
      inflate(wrong, text.length);
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }
});

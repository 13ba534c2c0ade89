import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeArea, encodeArea } from '../../src/base/pixels';
import { decodeRuns, encodeRuns } from '../../src/base/runs';

/** A sequence that is the same every time. */
const random = (seed: number) => (n: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % n;

test('runs come back, whatever the bytes', () => {
  const pick = random(3);
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: pick(700) }, () => 0);
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + pick(pick(2) ? 3 : 300);
      bytes.fill(pick(256), at, at + length);
      at += length;
    }
    assert.deepEqual(decodeRuns(encodeRuns(bytes), bytes.length), bytes);
  }
  assert.ok(encodeRuns(new Uint8Array(64_000)).length <= 1000);
});

test('broken runs give as many bytes as were asked for', () => {
  const pick = random(5);
  for (let round = 0; round < 200; round++)
    assert.equal(
      decodeRuns(
        Uint8Array.from({ length: pick(50) }, () => pick(256)),
        100,
      ).length,
      100,
    );
});

const picture = (width: number, height: number, color: (x: number, y: number) => number): Int32Array =>
  Int32Array.from({ length: width * height }, (_, i) => 0xff000000 | color(i % width, Math.floor(i / width)));

test('few colours travel as indices, many as themselves; both come back', () => {
  const area = { x: 3, y: 2, width: 20, height: 30 };
  for (const [color, indexed] of [
    [(x: number, y: number) => (x + y) % 7, true],
    [(x: number, y: number) => x * 0x010203 + y * 0x1000, false],
  ] as const) {
    const whole = picture(40, 40, color);
    const encoded = encodeArea(whole, 40, area);
    assert.equal(encoded.palette !== undefined, indexed);
    assert.deepEqual(
      decodeArea(encoded),
      picture(20, 30, (x, y) => color(x + 3, y + 2)),
    );
  }
});

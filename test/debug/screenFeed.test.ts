import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeArea } from '../../src/base/pixels';
import { ScreenFeed } from '../../src/debug/screenFeed';
import type { Picture } from '../../src/devices/vga/render';
import type { ScreenFrame } from '../../src/protocol/screen';

const make = (width = 100, height = 50) => {
  const screen = { width, height, pixels: new Int32Array(width * height) };
  const draw = (into?: Int32Array): Picture => {
    const pixels = into?.length === screen.pixels.length ? into : new Int32Array(screen.pixels.length);
    pixels.set(screen.pixels);
    return { kind: 'graphics', width: screen.width, height: screen.height, fourByThree: false, pixels };
  };
  return { screen, feed: new ScreenFeed(draw) };
};

/** Draw a frame over what somebody has. */
const apply = (onto: Int32Array, { width, rectangles }: ScreenFrame): void => {
  for (const rectangle of rectangles) {
    const pixels = decodeArea(rectangle);
    for (let y = 0; y < rectangle.height; y++) onto.set(pixels.subarray(y * rectangle.width, (y + 1) * rectangle.width), (rectangle.y + y) * width + rectangle.x);
  }
};

test('the first frame is the whole picture, the next only what changed', () => {
  const { screen, feed } = make();
  const first = feed.frame(0);
  assert.deepEqual(
    first.rectangles.map(({ x, y, width, height }) => [x, y, width, height]),
    [[0, 0, 100, 50]],
  );
  assert.deepEqual(feed.frame(first.sequence).rectangles, [], 'nothing changed');
  screen.pixels[20 * 100 + 70] = -1;
  const second = feed.frame(first.sequence);
  assert.equal(second.since, first.sequence);
  assert.deepEqual(
    second.rectangles.map(({ x, y, width, height }) => [x, y, width, height]),
    [[64, 16, 32, 16]],
  );
});

test('several may follow, each from the frame that he has', () => {
  const { screen, feed } = make();
  const opaque = (n: number) => 0xff000000 | n;
  screen.pixels.fill(opaque(0));
  const first = new Int32Array(screen.pixels.length);
  const second = first.slice();
  let [a, b] = [0, 0];
  for (let round = 1; round < 60; round++) {
    screen.pixels[(round * 997) % screen.pixels.length] = opaque(round);
    const frame = feed.frame(a);
    apply(first, frame);
    a = frame.sequence;
    assert.deepEqual(first, screen.pixels);
    if (round % 7) continue;
    const late = feed.frame(b);
    apply(second, late);
    b = late.sequence;
    assert.deepEqual(second, screen.pixels);
  }
});

test('another shape, or a frame nobody sent, starts over', () => {
  const { screen, feed } = make();
  const { sequence } = feed.frame(0);
  Object.assign(screen, { width: 32, height: 16, pixels: new Int32Array(512) });
  const frame = feed.frame(sequence);
  assert.deepEqual([frame.since, frame.width, frame.rectangles.length], [0, 32, 1]);
  assert.equal(feed.frame(sequence + 1000).since, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { CP437 } from '../../src/devices/cp437';
import { VgaText } from '../../src/devices/vgaText';
import { out, roundTrip } from './support';

const make = () => {
  const clock = new GuestClock();
  const vga = new VgaText(clock);
  const crtc = (index: number, value: number) => vga.write(2, 4, 2, index | (value << 8));
  return { clock, vga, crtc };
};

test('code page 437 has 256 characters', () => {
  assert.equal(CP437.length, 256);
  assert.deepEqual(
    [CP437[0x41], CP437[0x01], CP437[0x7f], CP437[0x80], CP437[0xb0], CP437[0xc4], CP437[0xdb], CP437[0xe0], CP437[0xfe]],
    ['A', '☺', '⌂', 'Ç', '░', '─', '█', 'α', '■'],
  );
});

test('the screen is 80 x 25 of what is in text memory', () => {
  const { vga } = make();
  vga.write(0, 0, 2, 0x1f41);
  vga.write(0, 160, 4, 0x07c407c4);
  const { columns, rows, lines } = vga.screen();
  assert.deepEqual([columns, rows, lines.length], [80, 25, 25]);
  assert.equal(lines[0].trimEnd(), 'A');
  assert.equal(lines[1].trimEnd(), '──');
  assert.equal(vga.attributes()[0], 0x1f);
});

test('start address scrolls, the cursor follows its registers', () => {
  const { vga, crtc } = make();
  vga.write(0, 160, 1, 0x42);
  crtc(0x0c, 0);
  crtc(0x0d, 80);
  assert.equal(vga.screen().lines[0][0], 'B');
  crtc(0x0e, 0);
  crtc(0x0f, 80 + 83);
  assert.deepEqual(vga.screen().cursor, { column: 3, row: 1 });
  assert.ok(vga.cursorVisible);
  crtc(0x0a, 0x20);
  assert.ok(!vga.cursorVisible);
});

test('changes are announced once until somebody looks', () => {
  const { vga } = make();
  vga.screen();
  let changes = 0;
  vga.changed.on(() => changes++);
  vga.write(0, 0, 1, 0x41);
  vga.write(0, 2, 1, 0x42);
  assert.equal(changes, 1);
  vga.screen();
  vga.write(0, 2, 1, 0x42);
  assert.equal(changes, 1, 'the same again is no change');
  vga.write(0, 2, 1, 0x43);
  assert.equal(changes, 2);
});

test('retrace is a function of guest time', () => {
  const { clock, vga } = make();
  const status = () => vga.read(2, 10, 1);
  assert.equal(status(), 0);
  clock.advanceTo(31_000);
  assert.equal(status(), 0x01, 'horizontal');
  clock.advanceTo(413 * 31_778);
  assert.equal(status(), 0x09, 'vertical');
  clock.advanceTo(449 * 31_778);
  assert.equal(status(), 0);
});

test('attribute controller takes index and value by turns', () => {
  const { vga } = make();
  vga.read(2, 10, 1);
  out(vga, 1, 0, 0x10, 0x0c, 0x30);
  assert.equal(vga.read(1, 0, 1), 0x30);
  vga.read(2, 10, 1);
  out(vga, 1, 0, 0x10);
  assert.equal(vga.read(1, 1, 1), 0x0c);
});

test('state survives', () => {
  const { vga } = make();
  vga.write(0, 0, 1, 0x58);
  const [after, before] = roundTrip(vga, () => vga.reset());
  assert.deepEqual(after, before);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { CP437 } from '../../src/devices/cp437';
import { videoMode, type VideoMode } from '../../src/devices/vga/modes';
import { defaultPalette } from '../../src/devices/vga/palettes';
import { VGA_REGION as R, Vga } from '../../src/devices/vga/vga';
import { out, roundTrip } from './support';

const TEXT = 0x18000; // B8000h in the window
const WHITE = 0xffffffff | 0;
const BLACK = 0xff000000 | 0;

const make = (memory = 1 << 20) => {
  const clock = new GuestClock();
  const vga = new Vga(clock, new Uint8Array(memory));
  const word = (region: number, offset: number) => (index: number, value: number) => vga.write(region, offset, 2, index | (value << 8));
  const crtc = word(R.color, 4);
  const sequencer = word(R.ports3C0, 4);
  const graphics = word(R.ports3C0, 0xe);
  const attribute = (index: number, value: number) => {
    vga.read(R.color, 10, 1);
    out(vga, R.ports3C0, 0, index, value, 0x20);
  };
  const color = (n: number, red: number, green: number, blue: number) => {
    out(vga, R.ports3C0, 8, n);
    out(vga, R.ports3C0, 9, red, green, blue);
  };
  const dispi = (index: number, value: number) => {
    vga.write(R.dispi, 0, 2, index);
    vga.write(R.dispi, 1, 2, value);
  };
  const readDispi = (index: number) => {
    vga.write(R.dispi, 0, 2, index);
    return vga.read(R.dispi, 1, 2);
  };
  const setMode = (number: number) => {
    const mode = videoMode(number) as VideoMode;
    out(vga, R.ports3C0, 2, mode.miscellaneous);
    mode.sequencer.forEach((v, i) => sequencer(i, v));
    crtc(0x11, 0);
    mode.crtc.forEach((v, i) => crtc(i, v));
    mode.graphics.forEach((v, i) => graphics(i, v));
    mode.attribute.forEach((v, i) => attribute(i, v));
    out(vga, R.ports3C0, 8, 0);
    for (const byte of defaultPalette(mode.palette)) out(vga, R.ports3C0, 9, byte);
    vga.memory.fill(0);
  };
  const poke = (address: number, value: number, size: 1 | 2 | 4 = 1) => vga.write(R.memory, address, size, value);
  const peek = (address: number, size: 1 | 2 | 4 = 1) => vga.read(R.memory, address, size);
  const pixel = (x: number, y: number) => {
    const { pixels, width } = vga.picture();
    return pixels[y * width + x];
  };
  return { clock, vga, crtc, sequencer, graphics, attribute, color, dispi, readDispi, setMode, poke, peek, pixel };
};

test('code page 437 has 256 characters', () => {
  assert.equal(CP437.length, 256);
  assert.deepEqual(
    [CP437[0x41], CP437[0x01], CP437[0x7f], CP437[0x80], CP437[0xb0], CP437[0xc4], CP437[0xdb], CP437[0xe0], CP437[0xfe]],
    ['A', '☺', '⌂', 'Ç', '░', '─', '█', 'α', '■'],
  );
});

test('the screen is 80 x 25 of what is in text memory', () => {
  const { vga, poke } = make();
  poke(TEXT, 0x1f41, 2);
  poke(TEXT + 160, 0x07c407c4, 4);
  const { columns, rows, lines } = vga.text();
  assert.deepEqual([columns, rows, lines.length], [80, 25, 25]);
  assert.equal(lines[0].trimEnd(), 'A');
  assert.equal(lines[1].trimEnd(), '──');
});

test('start address scrolls, the cursor follows its registers', () => {
  const { vga, crtc, poke } = make();
  poke(TEXT + 160, 0x42);
  crtc(0x0c, 0);
  crtc(0x0d, 80);
  assert.equal(vga.text().lines[0][0], 'B');
  crtc(0x0e, 0);
  crtc(0x0f, 80 + 83);
  assert.deepEqual(vga.text().cursor, { column: 3, row: 1, visible: true });
  crtc(0x0a, 0x20);
  assert.ok(!vga.text().cursor.visible);
});

test('retrace is a function of guest time and of the CRTC', () => {
  const { clock, vga } = make();
  const status = () => vga.read(R.color, 10, 1);
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
  vga.read(R.color, 10, 1);
  out(vga, R.ports3C0, 0, 0x10, 0x0c, 0x30);
  assert.equal(vga.read(R.ports3C0, 0, 1), 0x30);
  vga.read(R.color, 10, 1);
  out(vga, R.ports3C0, 0, 0x10);
  assert.equal(vga.read(R.ports3C0, 1, 1), 0x0c);
});

test('glyphs come from plane 2, colours from palette and DAC, 9 dots a cell', () => {
  const { vga, sequencer, graphics, color, poke, crtc } = make();
  crtc(0x0a, 0x20);
  color(7, 63, 63, 63);
  color(1, 0, 0, 63);
  poke(TEXT, 0x1741, 2);
  sequencer(2, 4);
  sequencer(4, 7);
  graphics(5, 0);
  graphics(6, 4);
  poke(0x41 * 32, 0x81);
  graphics(6, 0x0e);
  graphics(5, 0x10);
  sequencer(4, 2);
  sequencer(2, 3);
  const { kind, width, height, pixels } = vga.picture();
  assert.deepEqual([kind, width, height], ['text', 720, 400]);
  const blue = 0xffff0000 | 0;
  assert.deepEqual([...pixels.slice(0, 10)], [WHITE, blue, blue, blue, blue, blue, blue, WHITE, blue, BLACK]);
  assert.equal(pixels[width], blue, 'the second line of the glyph is blank');
});

test('the cursor blinks, and so do characters with bit 7 of the attribute', () => {
  const { vga, clock, color, poke, pixel } = make();
  color(7, 63, 63, 63);
  poke(TEXT, 0x8720, 2);
  assert.equal(pixel(0, 13), WHITE, 'cursor on');
  clock.advanceTo(8 * 449 * 31_778);
  assert.equal(vga.frame, 8);
  assert.equal(pixel(0, 13), BLACK, 'cursor off');
});

test('write mode 0: map mask, rotate, set/reset, logical unit and bit mask', () => {
  const { setMode, sequencer, graphics, poke, peek, vga } = make();
  setMode(0x12);
  sequencer(2, 0x05);
  poke(100, 0xf0);
  assert.deepEqual([...vga.memory.slice(400, 404)], [0xf0, 0, 0xf0, 0]);
  sequencer(2, 0x0f);
  graphics(0, 0x02); // set/reset value
  graphics(1, 0x03); // for planes 0 and 1
  graphics(3, 0x04); // rotate by 4
  poke(101, 0x1f);
  assert.deepEqual([...vga.memory.slice(404, 408)], [0x00, 0xff, 0xf1, 0xf1]);
  graphics(1, 0);
  graphics(3, 0x18); // exclusive or
  graphics(8, 0x0f);
  peek(100);
  poke(100, 0xff);
  assert.deepEqual([...vga.memory.slice(400, 404)], [0xff, 0x0f, 0xff, 0x0f]);
});

test('write mode 1 copies latches, 2 takes colours, 3 masks with the byte', () => {
  const { setMode, graphics, poke, peek, vga } = make();
  setMode(0x12);
  graphics(5, 2);
  graphics(8, 0x80);
  poke(0, 0x0a);
  assert.deepEqual([...vga.memory.slice(0, 4)], [0, 0x80, 0, 0x80]);
  graphics(5, 1);
  peek(0);
  poke(7, 0);
  assert.deepEqual([...vga.memory.slice(28, 32)], [0, 0x80, 0, 0x80]);
  graphics(5, 3);
  graphics(8, 0xff);
  graphics(0, 0x0f);
  peek(7);
  poke(7, 0x01);
  assert.deepEqual([...vga.memory.slice(28, 32)], [0x01, 0x81, 0x01, 0x81]);
});

test('read mode 0 takes a plane, 1 compares colours in those that matter', () => {
  const { setMode, graphics, peek, vga } = make();
  setMode(0x12);
  vga.memory.set([0xf0, 0xcc, 0xaa, 0x00]);
  graphics(4, 1);
  assert.equal(peek(0), 0xcc);
  graphics(5, 0x08);
  graphics(2, 0x07);
  graphics(7, 0x0f);
  assert.equal(peek(0), 0x80);
  graphics(7, 0x03);
  assert.equal(peek(0), 0xc0, 'colour 3 in two planes');
});

test('planar pixels are 16 colours through the palette', () => {
  const { setMode, vga, pixel } = make();
  setMode(0x12);
  vga.memory.set([0x80, 0x80, 0x80, 0x80, 0x01, 0, 0, 0]);
  const { kind, width, height } = vga.picture();
  assert.deepEqual([kind, width, height], ['graphics', 640, 480]);
  assert.equal(pixel(0, 0), WHITE);
  assert.equal(pixel(15, 0), 0xffaa0000 | 0, 'blue');
  assert.equal(pixel(1, 0), BLACK);
});

test('mode 13h is linear, mode X reaches the same pixels plane by plane', () => {
  const { setMode, sequencer, crtc, poke, peek, vga, pixel, color } = make();
  setMode(0x13);
  color(200, 63, 0, 0);
  poke(320 * 5 + 7, 200);
  assert.equal(peek(320 * 5 + 4, 4), 200 * 2 ** 24);
  assert.deepEqual([vga.picture().width, vga.picture().height], [320, 200]);
  assert.equal(pixel(7, 5), 0xff0000ff | 0);
  sequencer(4, 0x06); // unchained
  crtc(0x14, 0);
  crtc(0x17, 0xe3);
  sequencer(2, 0x04); // plane 2
  poke(80 * 5 + 1, 200);
  assert.equal(pixel(6, 5), 0xff0000ff | 0);
  crtc(0x0d, 80); // scrolled by a line
  assert.equal(pixel(6, 4), 0xff0000ff | 0);
});

test('a split screen starts again at offset 0', () => {
  const { setMode, crtc, vga, pixel } = make();
  setMode(0x13);
  vga.memory[0] = 15;
  crtc(0x0c, 0x40); // the upper part is elsewhere
  crtc(0x09, 0x01); // line compare bit 9 clear
  crtc(0x07, 0x0f);
  crtc(0x18, 199); // 100 lines, each twice
  assert.equal(pixel(0, 99), BLACK);
  assert.equal(pixel(0, 100), WHITE);
});

test('CGA modes interleave lines and have two bits a pixel', () => {
  const { setMode, poke, vga, pixel } = make();
  setMode(0x04);
  poke(TEXT, 0x1b); // 0, 1, 2, 3
  poke(TEXT + 0x2000, 0xc0);
  assert.deepEqual([vga.picture().width, vga.picture().height], [320, 200]);
  assert.deepEqual(
    [0, 1, 2, 3].map((x) => pixel(x, 0)),
    [BLACK, 0xffffff55 | 0, 0xffff55ff | 0, WHITE],
    'black, cyan, magenta, white',
  );
  assert.equal(pixel(0, 1), WHITE, 'the odd lines are 8 KiB behind');
  setMode(0x06);
  poke(TEXT, 0x80);
  assert.deepEqual([vga.picture().width, vga.picture().height, pixel(0, 0), pixel(1, 0)], [640, 200, WHITE, BLACK]);
});

for (const [depth, bytes, color] of [
  [8, [15], WHITE],
  [15, [0x00, 0x7c], 0xff0000ff | 0],
  [16, [0xe0, 0x07], 0xff00ff00 | 0],
  [24, [0xff, 0x80, 0x40], 0xffff8040 | 0],
  [32, [0xff, 0x80, 0x40, 0], 0xffff8040 | 0],
] as const)
  test(`VBE, ${depth} bits a pixel, through the frame buffer and the bank`, () => {
    const { vga, setMode, dispi, readDispi, pixel } = make(4 << 20);
    setMode(0x13);
    dispi(1, 640);
    dispi(2, 480);
    dispi(3, depth);
    dispi(4, 0x41);
    assert.equal(readDispi(4), 0x41);
    assert.deepEqual([vga.picture().kind, vga.picture().width, vga.picture().height], ['graphics', 640, 480]);
    const pixelBytes = (depth + 7) >> 3;
    bytes.forEach((byte, i) => {
      vga.write(R.frameBuffer, (640 * 2 + 3) * pixelBytes + i, 1, byte);
    });
    assert.equal(pixel(3, 2), color);
    const line = 640 * pixelBytes * 300;
    dispi(5, line >> 16);
    bytes.forEach((byte, i) => {
      vga.write(R.memory, (line & 0xffff) + i, 1, byte);
    });
    assert.equal(pixel(0, 300), color);
    dispi(9, 300);
    assert.equal(pixel(0, 0), color, 'panned');
  });

test('nonsense modes of the Bochs extension are refused, and the picture stays', () => {
  const { vga, dispi, readDispi } = make();
  for (const [width, height, depth] of [
    [0, 480, 8],
    [640, 0, 8],
    [65535, 65535, 32],
    [641, 480, 8],
    [640, 480, 7],
    [1600, 1200, 32],
  ]) {
    dispi(1, width);
    dispi(2, height);
    dispi(3, depth);
    dispi(4, 1);
    assert.equal(readDispi(4) & 1, 0, `${width} × ${height} × ${depth}`);
    assert.equal(vga.picture().kind, 'text');
  }
  assert.equal(readDispi(0), 0xb0c5);
  assert.equal(readDispi(10), 16, 'in units of 64 KiB');
  dispi(4, 2);
  assert.equal(readDispi(1), 1600, 'the largest');
  dispi(200, 1);
  assert.equal(readDispi(200), 0);
});

test('the picture exists for any register contents', () => {
  const { vga, crtc, sequencer, graphics, attribute } = make();
  let seed = 1;
  const random = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < 12; i++) {
      crtc(random(0x19), random(256));
      sequencer(random(5), random(256));
      graphics(random(9), random(256));
      attribute(random(0x15), random(256));
      vga.write(R.memory, random(0x20000 - 4), 4, random(2 ** 32));
      vga.read(R.memory, random(0x20000 - 4), 4);
    }
    const { width, height, pixels } = vga.picture();
    assert.ok(width > 0 && height > 0 && pixels.length === width * height);
    vga.text();
  }
});

test('state survives, with the memory’s pages that hold something', () => {
  const { vga, setMode, poke, dispi } = make();
  setMode(0x12);
  poke(0x8000, 0x58);
  dispi(1, 640);
  const [after, before] = roundTrip(vga, () => vga.reset());
  assert.deepEqual(after, before);
});

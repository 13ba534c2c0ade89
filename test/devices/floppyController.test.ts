import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { DiskImage } from '../../src/devices/diskImage';
import { Dma8237 } from '../../src/devices/dma8237';
import { FloppyController } from '../../src/devices/floppyController';
import { FlatMemory } from '../machine/support';
import { numbered } from './ideSupport';
import { out, RecordingLine, roundTrip } from './support';

const makeFloppy = () => {
  const clock = new GuestClock();
  const memory = new FlatMemory(1 << 20);
  const dma = new Dma8237(memory);
  const irq = new RecordingLine();
  const image = new DiskImage(numbered(2880), 'floppy');
  const fdc = new FloppyController({ clock, irq, dma: dma.line(2), media: [image, undefined] });
  const settle = () => {
    for (let due = clock.nextDue(); due !== undefined; due = clock.nextDue()) clock.advanceTo(due);
  };
  const status = () => fdc.read(0, 4, 1);
  const send = (...bytes: number[]) => {
    for (const byte of bytes) {
      assert.equal(status() & 0xc0, 0x80, 'ready for a command byte');
      out(fdc, 0, 5, byte);
    }
    settle();
  };
  const results = () => {
    const bytes: number[] = [];
    while ((status() & 0xd0) === 0xd0) bytes.push(fdc.read(0, 5, 1));
    return bytes;
  };
  /** Channel 2: `mode` 46h to memory, 4Ah from memory. */
  const program = (address: number, length: number, mode: number) => {
    out(dma, 0, 0x0a, 0x06);
    out(dma, 0, 0x0c, 0);
    out(dma, 0, 0x0b, mode);
    out(dma, 0, 0x04, address & 0xff, (address >> 8) & 0xff);
    out(dma, 2, 0, address >> 16);
    out(dma, 0, 0x05, (length - 1) & 0xff, (length - 1) >> 8);
    out(dma, 1, 0x1c, 0); // clear the cascade's mask
    out(dma, 0, 0x0a, 0x02);
  };
  const seek = (track: number, drive = 0) => {
    send(0x0f, drive, track);
    send(0x08);
    return results();
  };
  out(fdc, 0, 2, 0x1c);
  out(fdc, 1, 0, 0x00); // 500 kbit/s
  return { clock, memory, dma, irq, image, fdc, settle, status, send, results, program, seek };
};

test('reset: an interrupt, and four drives that became ready', () => {
  const { fdc, irq, settle, send, results, status } = makeFloppy();
  out(fdc, 0, 2, 0x18);
  assert.equal(status(), 0);
  out(fdc, 0, 2, 0x1c);
  settle();
  assert.equal(irq.edges, 1);
  for (const drive of [0, 1, 2, 3]) {
    send(0x08);
    assert.deepEqual(results(), [0xc0 | drive, 0]);
    assert.equal(irq.level, false);
  }
  send(0x08);
  assert.deepEqual(results(), [0x80], 'nothing is left');
});

test('VERSION, DUMPREG, SPECIFY, LOCK, an invalid command', () => {
  const { send, results } = makeFloppy();
  send(0x10);
  assert.deepEqual(results(), [0x90]);
  send(0x03, 0xdf, 0x02);
  send(0x0e);
  assert.deepEqual(results(), [0, 0, 0, 0, 0xdf, 0x02, 0, 0, 0x20, 0]);
  send(0x94);
  assert.deepEqual(results(), [0x10]);
  send(0x1f);
  assert.deepEqual(results(), [0x80]);
});

test('SEEK and RECALIBRATE move the heads and clear the disk change line', () => {
  const { fdc, seek, send, results, irq } = makeFloppy();
  assert.equal(fdc.read(1, 0, 1) & 0x80, 0x80);
  assert.deepEqual(seek(33), [0x20, 33]);
  assert.equal(fdc.read(1, 0, 1) & 0x80, 0);
  send(0x07, 0);
  assert.equal(irq.level, true);
  send(0x08);
  assert.deepEqual(results(), [0x20, 0]);
  send(0x04, 0);
  assert.deepEqual(results(), [0x38], 'track 0');
  send(0x07, 3);
  send(0x08);
  assert.deepEqual(results(), [0x73, 0], 'drive 3 is not there');
});

test('READ DATA through DMA, over both sides with MT, until terminal count', () => {
  const { memory, dma, program, seek, send, results, irq } = makeFloppy();
  seek(2);
  program(0x12000, 3 * 512, 0x46);
  send(0xe6, 0x00, 2, 0, 17, 2, 18, 0x1b, 0xff);
  assert.equal(irq.level, true);
  const lba = 2 * 36 + 16;
  assert.deepEqual([memory.bytes[0x12000], memory.bytes[0x12200], memory.bytes[0x12400], memory.bytes[0x12600]], [lba, lba + 1, lba + 2, 0]);
  assert.deepEqual(results(), [0x04, 0, 0, 2, 1, 2, 2]);
  assert.equal(irq.level, false);
  assert.equal(dma.read(0, 8, 1) & 4, 4, 'terminal count');
  assert.equal(dma.read(0, 15, 1) & 4, 4, 'masked again');
});

test('WRITE DATA and FORMAT TRACK', () => {
  const { memory, program, seek, send, results, image } = makeFloppy();
  seek(0);
  memory.bytes.fill(0xab, 0x8000, 0x8200);
  program(0x8000, 512, 0x4a);
  send(0x45, 0x04, 0, 1, 5, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results(), [0x04, 0, 0, 0, 1, 6, 2]);
  assert.deepEqual([image.read(22, 1)[511], image.read(23, 1)[0]], [0xab, 23]);
  for (let r = 1; r <= 18; r++) memory.bytes.set([0, 0, r, 2], 0x8000 + (r - 1) * 4);
  program(0x8000, 72, 0x4a);
  send(0x4d, 0x00, 2, 18, 0x54, 0xf6);
  assert.deepEqual(results().slice(0, 3), [0, 0, 0]);
  assert.deepEqual([image.read(0, 1)[0], image.read(17, 1)[511], image.read(18, 1)[0]], [0xf6, 0xf6, 18]);
});

test('errors: no such sector, wrong cylinder, end of cylinder, empty drive', () => {
  const { program, seek, send, results, settle } = makeFloppy();
  seek(1);
  program(0x8000, 4096, 0x46);
  send(0x46, 0, 1, 0, 19, 2, 19, 0x1b, 0xff);
  assert.deepEqual(results().slice(0, 3), [0x40, 0x04, 0]);
  send(0x46, 0, 5, 0, 1, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results().slice(0, 3), [0x40, 0x04, 0x10]);
  send(0x46, 0, 1, 0, 18, 2, 18, 0x1b, 0xff);
  settle();
  assert.deepEqual(results(), [0x40, 0x80, 0, 2, 0, 1, 2]);
  send(0x46, 1, 0, 0, 1, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results().slice(0, 3), [0x41, 0x01, 0]);
});

test('without DMA the FIFO moves the data', () => {
  const { fdc, seek, send, results, status, settle, irq, image } = makeFloppy();
  seek(0);
  send(0x03, 0xdf, 0x03);
  send(0x46, 0, 0, 0, 3, 2, 3, 0x1b, 0xff);
  assert.equal(status(), 0xf0);
  assert.equal(irq.level, true);
  for (let i = 0; i < 512; i++) assert.equal(fdc.read(0, 5, 1), 2);
  settle();
  assert.deepEqual(results().slice(0, 2), [0x40, 0x80], 'only terminal count ends it well');
  send(0x45, 0, 0, 0, 4, 2, 4, 0x1b, 0xff);
  assert.equal(status(), 0xb0);
  for (let i = 0; i < 512; i++) out(fdc, 0, 5, i & 0xff);
  settle();
  assert.equal(image.read(3, 1)[200], 200);
});

test('READ ID finds a sector of the track', () => {
  const { seek, send, results } = makeFloppy();
  seek(7);
  send(0x4a, 4);
  const [st0, st1, st2, c, h, r, n] = results();
  assert.deepEqual([st0, st1, st2, c, h, n], [4, 0, 0, 7, 1, 2]);
  assert.ok(r >= 1 && r <= 18);
});

test('a transfer waits for the channel to be unmasked; DOR gates the interrupt', () => {
  const { fdc, dma, memory, program, seek, send, settle, irq, results } = makeFloppy();
  seek(0);
  out(fdc, 0, 2, 0x14);
  program(0x8000, 512, 0x46);
  out(dma, 0, 0x0a, 0x06);
  send(0x46, 0, 0, 0, 2, 2, 18, 0x1b, 0xff);
  assert.equal(memory.bytes[0x8000], 0);
  out(dma, 0, 0x0a, 0x02);
  settle();
  assert.equal(memory.bytes[0x8000], 1);
  assert.equal(irq.level, false);
  out(fdc, 0, 2, 0x1c);
  assert.equal(irq.level, true);
  assert.equal(results().length, 7);
});

test('DMA: auto-initialize, decrement, master clear, words', () => {
  const { dma, memory } = makeFloppy();
  const line = dma.line(1);
  out(dma, 0, 0x0c, 0);
  out(dma, 0, 0x02, 0x03, 0x10);
  out(dma, 0, 0x03, 0x03, 0x00);
  out(dma, 0, 0x0b, 0x75); // channel 1: single, decrement, auto-initialize, to memory
  out(dma, 1, 0x1c, 0);
  out(dma, 0, 0x0e, 0);
  assert.deepEqual(line.toMemory(Uint8Array.of(1, 2, 3, 4, 5)), { count: 4, terminal: true });
  assert.deepEqual([...memory.bytes.subarray(0x1000, 0x1004)], [4, 3, 2, 1]);
  assert.equal(line.ready, true);
  out(dma, 0, 0x0d, 0);
  assert.equal(line.ready, false);
  const words = dma.line(5);
  out(dma, 2, 0x0a, 0x03);
  out(dma, 1, 0x18, 0);
  out(dma, 1, 4, 0x80, 0x00);
  out(dma, 1, 6, 0x01, 0x00);
  out(dma, 1, 0x16, 0x45);
  out(dma, 1, 0x14, 0x01);
  assert.deepEqual(words.toMemory(Uint8Array.of(9, 8, 7, 6)), { count: 4, terminal: true });
  assert.deepEqual([...memory.bytes.subarray(0x20100, 0x20104)], [9, 8, 7, 6]);
});

test('at another data rate than the disk was written at there are no address marks', () => {
  const { fdc, send, results } = makeFloppy();
  for (const [rate, found] of [
    [0, true],
    [1, false],
    [2, false],
    [3, false],
  ] as const) {
    out(fdc, 1, 0, rate);
    send(0x4a, 0);
    assert.deepEqual(results().slice(0, 2), found ? [0x00, 0x00] : [0x40, 0x01], `rate ${rate}`);
  }
});

test('RELATIVE SEEK goes inward and outward, and stops at track 0', () => {
  const { send, results, seek } = makeFloppy();
  seek(10);
  const sense = () => [send(0x08), results()][1] as number[];
  send(0xcf, 0, 5);
  assert.deepEqual(sense(), [0x20, 15]);
  send(0x8f, 0, 3);
  assert.deepEqual(sense(), [0x20, 12]);
  send(0x8f, 0, 40);
  assert.deepEqual(sense(), [0x20, 0]);
});

test('READ TRACK begins at the first sector; READ DELETED DATA finds none that is deleted', () => {
  const { send, results, program, memory, seek } = makeFloppy();
  seek(0);
  program(0x2000, 3 * 512, 0x46);
  send(0x42, 0, 0, 0, 7, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results(), [0, 0, 0, 0, 0, 4, 2]);
  assert.deepEqual(
    [0x2000, 0x2200, 0x2400].map((at) => memory.read8(at)),
    [0, 1, 2],
  );
  program(0x2000, 3 * 512, 0x46);
  send(0x4c, 0, 0, 0, 7, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results(), [0x00, 0x00, 0x40, 0, 0, 8, 2], 'one sector, with the control mark');
  program(0x2000, 3 * 512, 0x46);
  send(0x6c, 0, 0, 0, 7, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results(), [0x40, 0x80, 0x40, 1, 0, 1, 2], 'skipped, to the end of the cylinder');
});

test('VERIFY goes to the end of the track, or counts sectors', () => {
  const { send, results, seek } = makeFloppy();
  seek(0);
  send(0x56, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
  assert.deepEqual(results(), [0, 0, 0, 1, 0, 1, 2]);
  send(0x56, 0x80, 0, 0, 1, 2, 18, 0x1b, 4);
  assert.equal(results()[0], 0);
  send(0x56, 0, 0, 0, 1, 2, 19, 0x1b, 0xff);
  assert.deepEqual(results().slice(0, 3), [0x40, 0x04, 0x00], 'sector 19 does not exist');
});

test('SCAN compares the disk with memory: equal, low or equal, high or equal; FFh matches', () => {
  const { send, results, program, memory, seek } = makeFloppy();
  seek(0);
  // Sector 5 holds 04h.
  const compare = (command: number, value: number, first = 5, step = 1): number[] => {
    memory.bytes.fill(value, 0x4000, 0x4000 + 18 * 512);
    memory.write8(0x4000, 0xff);
    program(0x4000, 18 * 512, 0x4a);
    send(command, 0, 0, 0, first, 2, 8, 0x1b, step);
    return results();
  };
  assert.deepEqual(compare(0x51, 4), [0, 0, 0x08, 0, 0, 5, 2]);
  assert.deepEqual(compare(0x51, 7), [0, 0, 0x08, 0, 0, 8, 2], 'three sectors on');
  assert.deepEqual(compare(0x51, 7, 5, 2), [0, 0, 0x04, 1, 0, 1, 2], 'every second sector: 5, 7 and no more');
  assert.deepEqual(compare(0x51, 9).slice(0, 3), [0, 0, 0x04]);
  assert.deepEqual(compare(0x59, 9).slice(0, 3), [0, 0, 0x00], 'lower');
  assert.deepEqual(compare(0x59, 4).slice(0, 3), [0, 0, 0x08]);
  assert.deepEqual(compare(0x59, 3).slice(0, 3), [0, 0, 0x04]);
  assert.deepEqual(compare(0x5d, 3).slice(0, 3), [0, 0, 0x00], 'higher');
  assert.deepEqual(compare(0x5d, 9).slice(0, 3), [0, 0, 0x04]);
});

test('change line: set by power-on, seen while the motor turns, cleared by the next step with a disk in', () => {
  const { fdc, seek } = makeFloppy();
  assert.equal(fdc.read(1, 0, 1), 0x80);
  out(fdc, 0, 2, 0x0c);
  assert.equal(fdc.read(1, 0, 1), 0x00, 'the motor is off');
  out(fdc, 0, 2, 0x1c);
  seek(1);
  assert.equal(fdc.read(1, 0, 1), 0x00);
  seek(1, 1);
  out(fdc, 0, 2, 0x2d);
  assert.equal(fdc.read(1, 0, 1), 0x80, 'no disk in drive 1');
});

test('state survives in the middle of a command and of a transfer', () => {
  const { fdc, dma, clock, seek, send, results, settle, program, memory } = makeFloppy();
  seek(4);
  out(fdc, 0, 5, 0x4a);
  const [after, before] = roundTrip(fdc, () => fdc.reset());
  assert.deepEqual(after, before);
  send(0);
  assert.equal(results()[3], 4);
  program(0x8000, 1024, 0x46);
  for (const byte of [0x46, 0, 4, 0, 1, 2, 18, 0x1b, 0xff]) out(fdc, 0, 5, byte);
  const saved = structuredClone([fdc.save(), dma.save(), clock.save()]);
  settle();
  memory.bytes.fill(0, 0x8000, 0x8400);
  [fdc, dma, clock].forEach((device, i) => device.restore(saved[i]));
  settle();
  assert.deepEqual([memory.bytes[0x8000], memory.bytes[0x8200]], [144, 145]);
});

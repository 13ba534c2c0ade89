import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Plugged, makeChannel, numbered, word } from './ideSupport';
import { roundTrip } from './support';

const DISC = 40;

const makeDrive = (kind: Plugged = 'cdrom') => {
  const channel = makeChannel([kind], numbered(DISC * 4));
  const { command, get, settle, writeBytes, readWords } = channel;
  /** Send a packet; returns all data, and the status, error and interrupt reason at the end. */
  const packet = (bytes: readonly number[], limit = 2048, dma = false) => {
    command(0xa0, { features: dma ? 1 : 0, mid: limit & 0xff, high: limit >> 8, device: 0xa0 });
    assert.deepEqual([get(7), get(2)], [0x58, 1], 'ready for the packet');
    writeBytes(Uint8Array.from({ length: 12 }, (_, i) => bytes[i] ?? 0));
    const data: number[] = [];
    const lengths: number[] = [];
    for (settle(); get(7) & 0x08; settle()) {
      assert.equal(get(2), 2, 'data to the host');
      const length = get(4) | (get(5) << 8);
      lengths.push(length);
      data.push(...readWords(Math.ceil(length / 2)).subarray(0, length));
    }
    return { data, lengths, status: get(7), error: get(1), reason: get(2) };
  };
  const sense = () => {
    const { data } = packet([0x03, 0, 0, 0, 18]);
    return [data[2], data[12], data[13]];
  };
  return { ...channel, packet, sense };
};

const ready = () => {
  const drive = makeDrive();
  drive.packet([0x00]);
  return drive;
};

test('signature, IDENTIFY PACKET DEVICE; disk commands are aborted', () => {
  const { command, get, settle, readWords } = makeDrive();
  assert.deepEqual([get(2), get(3), get(4), get(5), get(7)], [1, 1, 0x14, 0xeb, 0]);
  command(0xec);
  assert.deepEqual([get(7) & 1, get(1), get(4), get(5)], [1, 4, 0x14, 0xeb]);
  command(0xa1);
  settle();
  assert.equal(word(readWords(256), 0), 0x85c0);
  command(0x08);
  settle();
  assert.deepEqual([get(7), get(4)], [0, 0x14], 'DEVICE RESET');
});

test('the first command after power-on hears of it, the second works', () => {
  const { packet, sense } = makeDrive();
  const first = packet([0x00]);
  assert.deepEqual([first.status, first.error >> 4, first.reason], [0x51, 6, 3]);
  assert.deepEqual(sense(), [6, 0x29, 0]);
  assert.deepEqual(sense(), [0, 0, 0]);
  assert.equal(packet([0x00]).status, 0x50);
});

test('INQUIRY and READ CAPACITY', () => {
  const { packet } = ready();
  const inquiry = packet([0x12, 0, 0, 0, 36]);
  assert.equal(inquiry.data.length, 36);
  assert.equal(String.fromCharCode(...inquiry.data.slice(8, 16)), 'RINGSIDE');
  assert.deepEqual(packet([0x25]).data, [0, 0, 0, DISC - 1, 0, 0, 8, 0]);
});

test('READ(10) in blocks of the host’s limit, READ(12) by DMA', () => {
  const { packet, startDma, memory, command, writeBytes, settle, get, line } = ready();
  const one = packet([0x28, 0, 0, 0, 0, 3, 0, 0, 2], 1000);
  assert.deepEqual(one.lengths, [1000, 1000, 1000, 1000, 96]);
  assert.deepEqual([one.data[0], one.data[2047], one.data[2048], one.data[4095]], [12, 15, 16, 19]);
  assert.deepEqual([one.status, one.reason], [0x50, 3]);
  const before = line.edges;
  startDma([[0x4000, 20 * 2048]], true); // prettier-ignore
  command(0xa0, { features: 1, device: 0xa0 });
  writeBytes(Uint8Array.of(0xa8, 0, 0, 0, 0, 5, 0, 0, 0, 20, 0, 0));
  settle();
  assert.deepEqual([memory.bytes[0x4000], memory.bytes[0x4000 + 19 * 2048]], [20, 96]);
  assert.deepEqual([get(2), get(7), line.edges - before], [3, 0x50, 1]);
});

test('mistakes have sense codes', () => {
  const { packet, sense } = ready();
  for (const [bytes, expected] of [
    [
      [0x28, 0, 0, 0, 0, DISC, 0, 0, 1],
      [5, 0x21, 0],
    ],
    [[0x77], [5, 0x20, 0]],
    [
      [0x5a, 0, 0x11, 0, 0, 0, 0, 0, 64],
      [5, 0x24, 0],
    ],
    [
      [0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8],
      [5, 0x24, 0],
    ],
  ]) {
    assert.equal(packet(bytes).status, 0x51);
    assert.deepEqual(sense(), expected);
  }
});

test('READ TOC, MODE SENSE, GET CONFIGURATION, GET EVENT STATUS', () => {
  const { packet } = ready();
  assert.deepEqual(packet([0x43, 0, 0, 0, 0, 0, 0, 0, 64]).data, [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, DISC]);
  assert.deepEqual(packet([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 64]).data.slice(-4), [0, 0, 2, DISC]);
  const page = packet([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64]).data;
  assert.deepEqual([page[1], page[2], page[8]], [page.length - 2, 1, 0x2a]);
  assert.deepEqual(packet([0x46, 0, 0, 0, 0, 0, 0, 0, 8]).data.slice(6), [0, 8]);
  assert.deepEqual(packet([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8]).data, [0, 6, 4, 0x10, 0, 2, 0, 0]);
});

test('eject, unless locked; the disc is gone until the tray closes', () => {
  const { packet, sense } = ready();
  packet([0x1e, 0, 0, 0, 1]);
  packet([0x1b, 0, 0, 0, 2]);
  assert.deepEqual(sense(), [5, 0x53, 2]);
  packet([0x1e, 0, 0, 0, 0]);
  assert.equal(packet([0x1b, 0, 0, 0, 2]).status, 0x50);
  packet([0x25]);
  assert.deepEqual(sense(), [2, 0x3a, 2]);
  packet([0x1b, 0, 0, 0, 3]);
  packet([0x00]);
  assert.deepEqual(sense(), [6, 0x28, 0]);
  assert.equal(packet([0x25]).data[3], DISC - 1);
});

test('an empty drive says so', () => {
  const { packet, sense } = makeDrive('empty cdrom');
  packet([0x00]);
  packet([0x25]);
  assert.deepEqual(sense(), [2, 0x3a, 0]);
});

test('state survives in the middle of a read', () => {
  const { ide, command, writeBytes, settle, readWords } = ready();
  command(0xa0, { mid: 0, high: 8, device: 0xa0 });
  writeBytes(Uint8Array.of(0x28, 0, 0, 0, 0, 7, 0, 0, 2, 0, 0, 0));
  settle();
  readWords(512);
  const [after, before] = roundTrip(ide, () => ide.reset());
  assert.deepEqual(after, before);
  assert.equal(readWords(512)[1023], 31);
  settle();
  assert.equal(readWords(1024)[0], 32);
});

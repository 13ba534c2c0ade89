import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeChannel, SECTORS, word } from './ideSupport';
import { roundTrip } from './support';

const BSY = 0x80;

test('IDENTIFY DEVICE: strings, capacity, checksum', () => {
  const { command, get, line, settle, readWords } = makeChannel(['disk']);
  command(0xec);
  assert.ok(get(7) & BSY);
  settle();
  assert.equal(line.edges, 1);
  assert.equal(get(7), 0x58);
  assert.equal(line.level, false, 'reading status takes the request back');
  const id = readWords(256);
  assert.equal(get(7), 0x50);
  const text = Array.from({ length: 8 }, (_, i) => String.fromCharCode(word(id, 27 + i) >> 8, word(id, 27 + i) & 0xff)).join('');
  assert.equal(text, 'RINGSIDE HARD DI');
  assert.deepEqual([word(id, 0), word(id, 1), word(id, 3), word(id, 6)], [0x0040, 2, 16, 63]);
  assert.equal(word(id, 60) | (word(id, 61) << 16), SECTORS);
  assert.equal(word(id, 100), SECTORS);
  assert.equal(id.reduce((sum, byte) => sum + byte, 0) & 0xff, 0);
});

test('READ SECTORS gives one block and one interrupt a sector, by LBA and by C/H/S', () => {
  const { command, get, line, settle, readWords } = makeChannel(['disk']);
  command(0x20, { count: 2, low: 5 });
  for (const sector of [5, 6]) {
    settle();
    assert.equal(get(7), 0x58);
    assert.deepEqual([...new Set(readWords(256))], [sector]);
  }
  assert.equal(line.edges, 2);
  assert.equal(get(7), 0x50);
  assert.deepEqual([get(2), get(3)], [0, 6], 'count and address of the last sector');
  command(0x20, { count: 1, low: 3, mid: 1, device: 0xa2 }); // C/H/S 1/2/3
  settle();
  assert.equal(readWords(256)[0], ((1 * 16 + 2) * 63 + 2) & 0xff);
});

test('48-bit commands take the registers twice deep, HOB shows the first', () => {
  const { ide, set, get, settle, readWords } = makeChannel(['disk']);
  set(6, 0x40);
  for (const values of [
    [0, 0, 0, 0],
    [1, 7, 0, 0],
  ])
    values.forEach((v, i) => set(2 + i, v)); // prettier-ignore
  set(7, 0x24);
  settle();
  assert.equal(readWords(256)[0], 7);
  set(3, 0x12);
  set(3, 0x34);
  assert.equal(get(3), 0x34);
  ide.write(1, 0, 1, 0x80);
  assert.equal(get(3), 0x12);
});

test('WRITE SECTORS: no interrupt before the first block, one behind each', () => {
  const { command, get, line, settle, writeBytes, image } = makeChannel(['disk']);
  command(0x30, { count: 2, low: 9 });
  assert.equal(get(7), 0x58);
  assert.equal(line.edges, 0);
  writeBytes(new Uint8Array(512).fill(0xaa));
  assert.ok(get(7) & BSY);
  settle();
  assert.equal(line.edges, 1);
  assert.equal(get(7), 0x58);
  writeBytes(new Uint8Array(512).fill(0xbb));
  settle();
  assert.equal(line.edges, 2);
  assert.equal(get(7), 0x50);
  assert.deepEqual([image.read(9, 1)[0], image.read(10, 1)[511], image.read(11, 1)[0]], [0xaa, 0xbb, 11]);
});

test('READ MULTIPLE needs SET MULTIPLE, and gives blocks', () => {
  const { command, get, line, settle, readWords } = makeChannel(['disk']);
  command(0xc4, { count: 1 });
  assert.deepEqual([get(7), get(1)], [0x51, 0x04], 'aborted');
  command(0xc6, { count: 3 });
  assert.equal(get(7) & 1, 1, 'not a power of two');
  command(0xc6, { count: 4 });
  settle();
  assert.equal(get(7), 0x50);
  const before = line.edges;
  command(0xc4, { count: 6, low: 1 });
  settle();
  assert.equal(get(7), 0x58);
  assert.equal(readWords(4 * 256)[3 * 512], 4);
  settle();
  assert.equal(readWords(2 * 256)[512], 6);
  assert.equal(line.edges - before, 2);
});

test('beyond the end: the sectors there are, then ID not found at the first that is not', () => {
  const { command, get, settle, readWords } = makeChannel(['disk']);
  const last = SECTORS - 1;
  command(0x20, { count: 2, low: last & 0xff, mid: last >> 8 });
  settle();
  assert.equal(readWords(256)[0], last & 0xff);
  settle();
  assert.deepEqual([get(7), get(1), get(3)], [0x51, 0x10, SECTORS & 0xff]);
  command(0x20, { count: 1, low: 0, device: 0xa0 });
  assert.deepEqual([get(7), get(1)], [0x51, 0x10], 'C/H/S sectors count from 1');
  command(0x40, { count: 0, low: 0 });
  settle();
  assert.equal(get(7), 0x50, 'READ VERIFY of 256 sectors');
  command(0x99 + 0x40);
  assert.deepEqual([get(7), get(1)], [0x51, 0x04], 'no such command');
});

test('INITIALIZE DEVICE PARAMETERS, CHECK POWER MODE, FLUSH, SET FEATURES', () => {
  const { command, get, settle, readWords } = makeChannel(['disk']);
  command(0x91, { count: 17, device: 0xa3 });
  settle();
  command(0x20, { count: 1, low: 1, mid: 1, device: 0xa0 });
  settle();
  assert.equal(readWords(256)[0], 4 * 17);
  for (const code of [0xe0, 0xe1, 0xe7, 0xea, 0x10, 0x70]) {
    command(code);
    settle();
    assert.equal(get(7), 0x50, code.toString(16));
  }
  command(0xe5);
  settle();
  assert.equal(get(2), 0xff);
  command(0xef, { features: 0x03, count: 0x22 });
  settle();
  command(0xec);
  settle();
  assert.equal(word(readWords(256), 63), 0x0407, 'multiword DMA mode 2');
  command(0xef, { features: 0x03, count: 0x7f });
  assert.equal(get(7), 0x51);
});

test('nIEN holds the interrupt back; it is still there when nIEN goes', () => {
  const { command, ide, line, settle } = makeChannel(['disk']);
  ide.write(1, 0, 1, 0x02);
  command(0xe7);
  settle();
  assert.equal(line.level, false);
  ide.write(1, 0, 1, 0x00);
  assert.equal(line.level, true);
  assert.equal(ide.read(1, 0, 1), 0x50);
  assert.equal(line.level, true, 'the alternate status leaves it');
});

test('soft reset ends what is under way and shows the signature', () => {
  const { command, get, ide, settle } = makeChannel(['disk']);
  command(0x20, { count: 1, low: 77 });
  ide.write(1, 0, 1, 0x04);
  assert.equal(get(7), 0x80);
  settle();
  assert.equal(get(7), 0x80, 'as long as SRST is set');
  ide.write(1, 0, 1, 0x00);
  settle();
  assert.deepEqual([get(7), get(1), get(2), get(3), get(4), get(5)], [0x50, 1, 1, 1, 0, 0]);
});

test('a missing slave has status 0, a channel without devices floats with DD7 low', () => {
  const { command, get, set, settle } = makeChannel(['disk']);
  set(6, 0xb0);
  assert.equal(get(7), 0);
  set(2, 0x55);
  assert.equal(get(2), 0x55, 'the master answers for it');
  command(0xec, { device: 0xb0 });
  settle();
  assert.equal(get(7), 0, 'nobody executes');
  command(0x90, { device: 0xb0 });
  settle();
  assert.deepEqual([get(1), get(7), get(6)], [1, 0x50, 0xa0], 'diagnostics select the master');
  const empty = makeChannel([]);
  assert.equal(empty.get(7), 0x7f);
  empty.command(0xec);
  assert.equal(empty.get(7), 0x7f);
});

test('two disks: both see the task file, the selected one answers', () => {
  const { command, get, set, line, settle, readWords } = makeChannel(['disk', 'disk']);
  command(0x20, { count: 1, low: 3, device: 0xf0 });
  settle();
  assert.equal(line.level, true);
  set(6, 0xe0);
  assert.equal(line.level, false, 'only the selected device drives INTRQ');
  assert.equal(get(7), 0x50);
  set(6, 0xf0);
  assert.equal(get(7), 0x58);
  assert.equal(readWords(256)[0], 3);
});

test('READ DMA scatters over the descriptors and interrupts once', () => {
  const { command, busMaster, memory, line, settle, startDma, get } = makeChannel(['disk']);
  command(0xc8, { count: 3, low: 20 });
  settle();
  assert.equal(line.edges, 0, 'it waits for the bus master');
  startDma(
    [
      [0x2000, 512],
      [0x3000, 1024],
    ],
    true,
  ); // prettier-ignore
  assert.equal(busMaster.read(0, 2, 1) & 1, 1, 'active');
  settle();
  assert.deepEqual([memory.bytes[0x2000], memory.bytes[0x21ff], memory.bytes[0x3000], memory.bytes[0x33ff], memory.bytes[0x3400]], [20, 20, 21, 22, 0]);
  assert.equal(busMaster.read(0, 2, 1), 0x04, 'interrupt, no longer active');
  assert.equal(line.edges, 1);
  assert.equal(get(7), 0x50);
  busMaster.write(0, 2, 1, 0x04);
  assert.equal(busMaster.read(0, 2, 1), 0);
});

test('WRITE DMA gathers; a table too short leaves the transfer hanging, one too long stays active', () => {
  const { command, busMaster, memory, line, settle, startDma, image, get, ide } = makeChannel(['disk']);
  memory.bytes.fill(0x5a, 0x2000, 0x2400);
  startDma([[0x2000, 2048]], false); // prettier-ignore
  command(0xca, { count: 2, low: 30 });
  settle();
  assert.deepEqual([image.read(30, 1)[0], image.read(31, 1)[511], image.read(32, 1)[0]], [0x5a, 0x5a, 32]);
  assert.equal(busMaster.read(0, 2, 1), 0x05, 'interrupt and active: descriptors are left');
  get(7);
  busMaster.write(0, 0, 1, 0);
  assert.equal(busMaster.read(0, 2, 1), 0x04);
  command(0xca, { count: 2, low: 40 });
  startDma([[0x2000, 512]], false); // prettier-ignore
  settle();
  assert.equal(busMaster.read(0, 2, 1), 0x00);
  assert.equal(line.edges, 1);
  assert.ok(get(7) & BSY);
  ide.write(1, 0, 1, 4);
  ide.write(1, 0, 1, 0);
  settle();
  assert.equal(get(7), 0x50);
});

test('a long DMA transfer arrives whole', () => {
  const { command, memory, settle, startDma, get } = makeChannel(['disk']);
  command(0xc8, { count: 0 });
  startDma(
    [
      [0x10000, 0],
      [0x30000, 0],
    ],
    true,
  ); // prettier-ignore
  settle();
  assert.equal(get(7), 0x50);
  assert.deepEqual([memory.bytes[0x10000 + 5 * 512], memory.bytes[0x30000 + 127 * 512]], [5, 255]);
});

test('state survives in the middle of transfers', () => {
  const { command, ide, busMaster, settle, readWords, startDma, clock, memory } = makeChannel(['disk']);
  command(0x20, { count: 2, low: 5 });
  settle();
  readWords(100);
  const [after, before] = roundTrip(ide, () => ide.reset());
  assert.deepEqual(after, before);
  assert.deepEqual([...new Set(readWords(156))], [5]);
  settle();
  assert.equal(readWords(256)[0], 6);
  command(0xc8, { count: 1, low: 50 });
  startDma([[0x2000, 512]], true); // prettier-ignore
  const saved = structuredClone([ide.save(), busMaster.save(), clock.save()]);
  settle();
  memory.bytes.fill(0, 0x2000, 0x2200);
  [ide, busMaster, clock].forEach((device, i) => device.restore(saved[i]));
  settle();
  assert.equal(memory.bytes[0x2000], 50);
});

test('a function that may not master the bus moves nothing; the transfer goes on when it may', () => {
  const { pci, busMaster, command, get, line, settle, startDma, memory } = makeChannel(['disk']);
  pci.busMaster = false;
  command(0xc8, { count: 1, low: 9 });
  startDma([[0x4000, 512]], true);
  settle();
  assert.equal(busMaster.read(0, 2, 1) & 5, 1, 'active, no interrupt');
  assert.ok(!line.level);
  assert.equal(memory.read8(0x4000), 0);
  pci.busMaster = true;
  busMaster.commandChanged();
  settle();
  assert.ok(line.level);
  assert.equal(get(7), 0x50);
  assert.equal(memory.read8(0x4000), 9);
});

test('SET FEATURES shows in IDENTIFY; READ NATIVE MAX ADDRESS', () => {
  const { command, settle, readWords, get, set } = makeChannel(['disk']);
  const identify = () => [command(0xec), settle(), readWords(256)][2] as Uint8Array;
  assert.equal(word(identify(), 85) & 0x20, 0x20);
  for (const [features, count] of [
    [0x82, 0],
    [0x03, 0x22],
    [0x55, 0],
  ]) {
    command(0xef, { features, count });
    settle();
    assert.equal(get(7), 0x50);
  }
  assert.equal(word(identify(), 85) & 0x20, 0);
  assert.deepEqual([word(identify(), 63), word(identify(), 88)], [0x0407, 0x003f]);
  command(0xef, { features: 0x03, count: 0x45 });
  settle();
  assert.deepEqual([word(identify(), 63), word(identify(), 88)], [0x0007, 0x203f]);
  for (const [features, count] of [
    [0x03, 0x46],
    [0x03, 0x23],
    [0x10, 0],
  ]) {
    command(0xef, { features, count });
    settle();
    assert.deepEqual([get(7), get(1)], [0x51, 0x04]);
  }
  command(0xf8);
  settle();
  assert.equal(get(3) | (get(4) << 8) | (get(5) << 16) | ((get(6) & 15) << 24), SECTORS - 1);
  set(6, 0xe0);
});

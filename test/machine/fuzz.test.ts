/** Whatever a guest does to ports, video memory and BIOS services, nothing throws and time goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cd, floppy, hardDisk, makeMachine } from './support';

/** A linear congruential generator: the same guest every time. */
const random = (seed: number) => {
  let state = seed >>> 0;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

const PORTS = [
  0x20, 0x21, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0, 0xa1, 0xe9, 0xf4, 0x2f8, 0x2ff, 0x3c0, 0x3c4, 0x3c9, 0x3ce, 0x3d4, 0x3d5, 0x3da, 0x3f8, 0x3f9,
  0x3fa, 0x3fb, 0x3fc, 0x4d0, 0x4d1, 0xcf8, 0xcf9, 0xcfc, 0xcfe, 0xc000, 0xc002, 0xc004, 0x1f0, 0x1f1, 0x1f2, 0x1f6, 0x1f7, 0x1f7, 0x3f6, 0x170, 0x175, 0x176, 0x177, 0x376, 0x3f0,
  0x3f2, 0x3f4, 0x3f5, 0x3f5, 0x3f7, 0x04, 0x05, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x81, 0x8f, 0xd4, 0xd6, 0xde,
];
const SIZES = [1, 2, 4] as const;

test('random port I/O', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const pick = random(seed);
    const { bus, board, clock } = makeMachine([floppy(), hardDisk(), cd()], 1 << 20);
    for (let i = 0; i < 3000; i++) {
      const port = PORTS[pick(PORTS.length)];
      const size = SIZES[pick(3)];
      if (pick(2)) bus.write('port', port, size, pick(2) ? pick(0x100) : pick(2 ** 32));
      else {
        const value = bus.read('port', port, size);
        assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size), `port ${port.toString(16)}: ${value}`);
      }
      if (pick(10) === 0) {
        board.typeKeys('a');
        board.receiveSerial([pick(256)]);
      }
      if (board.pic.pending && pick(2)) assert.ok(board.pic.acknowledge() < 256);
      clock.advanceTo(clock.now() + pick(2_000_000));
    }
    const state = structuredClone(board.save());
    board.reset();
    board.restore(structuredClone(state));
    assert.deepEqual(board.save(), state, `seed ${seed}`);
    const { lines } = board.screen();
    assert.ok(lines.every((l) => l.length === lines[0].length));
  }
});

test('random BIOS calls', () => {
  const pick = random(7);
  const vectors = [0x00, 0x08, 0x09, 0x0d, 0x10, 0x10, 0x10, 0x11, 0x12, 0x13, 0x13, 0x13, 0x14, 0x15, 0x15, 0x16, 0x16, 0x19, 0x1a, 0x21, 0x70, 0xf8];
  const { call, memory } = makeMachine([floppy(), hardDisk()], 2 << 20);
  for (let i = 0; i < 4000; i++) {
    if (pick(50) === 0) memory.writeBytes(0x400 + pick(0x100), Uint8Array.of(pick(256), pick(256)));
    const [eax, ebx, ecx, edx] = [pick(0x10000), pick(2) ? 0 : pick(2 ** 32), pick(0x400), pick(2) ? pick(0x10000) : pick(3) * 0x80];
    const { sentence } = call(vectors[pick(vectors.length)], {
      eax: pick(2) ? eax & 0x1fff : eax,
      ebx,
      ecx,
      edx,
      ebp: pick(0x10000),
      esi: pick(0x10000),
      edi: pick(0x10000),
      es: pick(0x10000),
      ds: pick(0x10000),
      ss: 0,
      esp: 0x7000,
    });
    assert.ok(sentence.length > 0 && !/undefined|NaN/.test(sentence), sentence);
  }
});

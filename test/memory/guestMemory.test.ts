/** ROM at the top of the address space, and the first megabyte as the host bridge cuts it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../src/memory/guestMemory';
import { RAM, ROM_BYTES } from '../../src/memory/layout';

const SIZE = 0x200000;
const KIB = 1024;

/** Bytes that tell their place. */
const romImage = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i >> 12) + 1);

const make = (romSize: number) => {
  const stores: string[] = [];
  const bus = {
    read: () => 0xee,
    write: (address: number, size: number, value: number) => void stores.push(`${address.toString(16)} ${size} ${value.toString(16)}`),
  };
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: (RAM + SIZE + ROM_BYTES) / 65536 }), SIZE, bus);
  memory.mapRom(romImage(romSize));
  memory.setShadow(0xc0000, 0x100000, { loads: false, stores: false });
  return { memory, stores };
};

for (const [size, below] of [
  [64, 0xf0000],
  [128, 0xe0000],
  [256, 0xe0000],
])
  test(`a ROM of ${size} KiB ends at 4 GiB, and at 1 MiB from ${below.toString(16)}h`, () => {
    const { memory } = make(size * KIB);
    const start = 2 ** 32 - size * KIB;
    const pages = size / 4;
    assert.equal(memory.read(start, 1), 1);
    assert.equal(memory.read(0xffffffff, 1), pages);
    assert.equal(memory.read(start - 1, 1), 0xee, 'the bus below');
    assert.equal(memory.read(0xfffff, 1), pages);
    assert.equal(memory.read(below, 1), pages - (0x100000 - below) / 0x1000 + 1);
    assert.equal(memory.read(below - 1, 1), 0xee);
    assert.deepEqual([...memory.readBytes(0xffffe, 4)], [pages, pages, 0, 0], 'RAM behind it');
    assert.deepEqual([memory.read8(2 ** 32), memory.read8(2 ** 32 + 0x1000)], [0xff, 0xff], 'nothing beyond 4 GiB');
  });

test('stores to ROM vanish, wherever it is seen', () => {
  const { memory, stores } = make(128 * KIB);
  for (const address of [0xfffffff0, 0xffff0]) {
    memory.write(address, 4, 0);
    memory.write8(address, 0);
    memory.writeBytes(address, new Uint8Array(4));
    assert.equal(memory.read(address, 4), 0x20202020);
  }
  assert.deepEqual(stores, []);
});

test('shadow RAM: copied while loads come from the ROM, then read, then protected', () => {
  const { memory } = make(128 * KIB);
  memory.setShadow(0xf0000, 0x100000, { loads: false, stores: true });
  memory.write(0xf0000, 4, 0x12345678);
  assert.equal(memory.read(0xf0000, 4), 0x11111111, 'still the ROM');
  assert.ok(!memory.isPlain(0xf0000), 'its stores and loads differ');
  memory.setShadow(0xf0000, 0x100000, { loads: true, stores: true });
  assert.equal(memory.read(0xf0000, 4), 0x12345678);
  assert.ok(memory.isPlain(0xf0000));
  memory.setShadow(0xf0000, 0x100000, { loads: true, stores: false });
  memory.write(0xf0000, 4, 0);
  assert.equal(memory.read(0xf0000, 4), 0x12345678);
  assert.equal(memory.read(0xffff0000, 4), 0x11111111, 'the ROM itself is where it was');
  memory.setShadow(0xf0000, 0x100000, { loads: false, stores: false });
  assert.equal(memory.read(0xf0000, 4), 0x11111111);
});

test('where no ROM is, accesses that RAM does not get are the bus’s', () => {
  const { memory, stores } = make(64 * KIB);
  memory.setShadow(0xc0000, 0xc4000, { loads: false, stores: true });
  memory.write(0xc0000, 2, 0x1234);
  assert.deepEqual([memory.read(0xc0000, 1), memory.hostOffset(0xc0000)], [0xee, -1]);
  memory.setShadow(0xc0000, 0xc4000, { loads: true, stores: false });
  assert.equal(memory.read(0xc0000, 2), 0x1234);
  memory.write(0xc4000, 2, 0x5678);
  assert.deepEqual(stores, ['c4000 2 5678']);
});

test('a store below the ROM can be taken back', () => {
  const { memory } = make(128 * KIB);
  memory.setShadow(0xf0000, 0x100000, { loads: false, stores: true });
  memory.write(0xf0000, 2, 0xabcd);
  memory.journal = [];
  memory.write(0xf0000, 2, 0x1111);
  assert.deepEqual(memory.journal, [{ address: 0xf0000, size: 2, before: 0xabcd, after: 0x1111 }]);
});

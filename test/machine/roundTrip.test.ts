/**
 * Every device, whatever a program has done to it: restored behind a reset it goes on as if nothing had happened. And whatever is
 * written to its registers, nothing throws, time goes on, and reads give values of their width.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessSize, AddressSpace } from '../../src/devices/contract';
import { PLACEMENTS } from '../../src/machine/board';
import { cd, floppy, hardDisk, makeMachine, type makeMachine as Make } from './support';

type Machine = ReturnType<typeof Make>;

interface Range {
  readonly device: string;
  readonly space: AddressSpace;
  readonly start: number;
  readonly length: number;
}

const SIZES: readonly AccessSize[] = [1, 1, 1, 2, 4];

const random = (seed: number) => {
  let state = seed >>> 0;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

const make = (): Machine =>
  makeMachine([floppy(), hardDisk(), cd()], 1 << 20, {
    virtio: { kinds: ['console', 'network', 'entropy'], entropySeed: 1 },
  });

const configuration = ({ bus }: Machine, slot: number, register: number, value?: number): number => {
  bus.write('port', 0xcf8, 4, (0x80000000 | (slot << 8) | register) >>> 0);
  if (value !== undefined) bus.write('port', 0xcfc, 4, value);
  return bus.read('port', 0xcfc, 4);
};

/** What decodes at base addresses, found as an operating system does. */
const mapped = (machine: Machine): Range[] => {
  const ranges: Range[] = [];
  for (let slot = 0; slot < 64; slot++) {
    if (configuration(machine, slot, 0) === 0xffffffff) continue;
    const command = configuration(machine, slot, 4) & 0xffff;
    for (let register = 0x10; register < 0x28; register += 4) {
      const value = configuration(machine, slot, register);
      configuration(machine, slot, 4, 0);
      const mask = configuration(machine, slot, register, 0xffffffff);
      configuration(machine, slot, register, value);
      configuration(machine, slot, 4, command);
      const bits = value & 1 ? 3 : 15;
      if (mask === 0 || (value & ~bits) === 0) continue;
      ranges.push({ device: `PCI ${slot >> 3}.${slot & 7}`, space: value & 1 ? 'port' : 'memory', start: (value & ~bits) >>> 0, length: (~(mask & ~bits) + 1) >>> 0 });
    }
  }
  return ranges;
};

const ranges = (): Range[] => [...PLACEMENTS.map(([device, , space, start, length]): Range => ({ device, space, start, length })), ...mapped(make())];
const byDevice = new Map<string, Range[]>();
for (const range of ranges()) byDevice.set(range.device, [...(byDevice.get(range.device) ?? []), range]);

/** Random accesses to a device; what came of them. Memory regions are large and alike: mostly their beginning. */
const play = (machine: Machine, regions: readonly Range[], seed: number, count: number): string[] => {
  const pick = random(seed);
  const { bus, board, clock, log } = machine;
  const trace: string[] = [];
  for (let i = 0; i < count; i++) {
    const { space, start, length } = regions[pick(regions.length)];
    const size = SIZES[pick(SIZES.length)];
    const offset = space === 'memory' && pick(4) ? pick(Math.min(length, 0x400)) & ~(size - 1) : pick(length);
    const address = start + Math.min(offset, length - 1);
    if (pick(2)) bus.write(space, address, size, pick(3) ? pick(0x100) : pick(2 ** 32) % 2 ** (8 * size));
    else {
      const value = bus.read(space, address, size);
      assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size), `${space} ${address.toString(16)}: ${value}`);
      trace.push(`${address.toString(16)}=${value.toString(16)}`);
    }
    if (pick(16) === 0) board.typeKeys('a');
    if (pick(16) === 0) board.moveMouse({ dx: pick(20), buttons: pick(8) });
    if (pick(16) === 0) board.receiveSerial([pick(256)]);
    clock.advanceTo(clock.now() + pick(pick(20) ? 50_000 : 20_000_000));
    if (pick(4) === 0 && board.localApic.pending) trace.push(`vector ${board.localApic.acknowledge().toString(16)}`);
    trace.push(...log.splice(0), JSON.stringify(board.pic.registers));
  }
  return trace;
};

for (const [device, regions] of byDevice) {
  test(`${device}: nonsense does no harm, and a restored device goes on`, () => {
    for (let seed = 1; seed <= 2; seed++) {
      const machine = make();
      const { board, memory } = machine;
      play(machine, regions, seed, 1500);
      const [ram, state] = [memory.bytes.slice(), structuredClone(board.save())];
      const expected = play(machine, regions, seed + 100, 400);
      play(machine, regions, seed + 200, 100);
      board.reset();
      memory.bytes.set(ram);
      board.restore(structuredClone(state));
      assert.deepEqual(board.save(), state, 'what is restored is what was saved');
      machine.log.length = 0;
      assert.deepEqual(play(machine, regions, seed + 100, 400), expected, `seed ${seed}`);
    }
  });
}

test('all devices at once', () => {
  const all = [...byDevice.values()].flat();
  for (let seed = 1; seed <= 3; seed++) {
    const machine = make();
    const { board, memory } = machine;
    play(machine, all, seed, 4000);
    const [ram, state] = [memory.bytes.slice(), structuredClone(board.save())];
    const expected = play(machine, all, seed + 100, 1500);
    // Another machine of the same kind takes the state over.
    const other = make();
    other.memory.bytes.set(ram);
    other.board.restore(state);
    other.log.length = 0;
    assert.deepEqual(play(other, all, seed + 100, 1500), expected, `seed ${seed}`);
  }
});

/** Whatever a guest writes to the interrupt controllers, the ACPI registers and the mouse, nothing throws and the state can be saved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMachine } from './support';

const random = (seed: number) => {
  let state = seed >>> 0;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

const LOCAL_APIC = 0xfee00000;
const IO_APIC = 0xfec00000;
const PORTS = [0x20, 0x21, 0xa0, 0xa1, 0x43, 0x40, 0x60, 0x64, 0x3f9, 0x3fc, 0x4d0, 0x4d1, 0x510, 0x511, 0x600, 0x602, 0x604, 0x605, 0x608, 0x70, 0x71];
const SIZES = [1, 2, 4] as const;

test('random interrupt controller programs', () => {
  for (let seed = 1; seed <= 15; seed++) {
    const pick = random(seed);
    const { bus, board, clock } = makeMachine();
    let vectors = 0;
    for (let i = 0; i < 4000; i++) {
      const size = pick(4) ? 4 : SIZES[pick(3)];
      const value = [pick(0x100), pick(0x20000), pick(2 ** 32), 0x1ff][pick(4)];
      const port = PORTS[pick(PORTS.length)];
      switch (pick(6)) {
        case 0:
          bus.write('memory', LOCAL_APIC + (pick(4) ? 16 * pick(64) : pick(0x1000 - 4)), size, value);
          break;
        case 1:
          bus.write('memory', IO_APIC, 4, pick(0x44));
          bus.write('memory', IO_APIC + 0x10, size, value);
          break;
        case 2: {
          const read = bus.read('memory', (pick(2) ? LOCAL_APIC : IO_APIC) + pick(0x1000 - 4), size);
          assert.ok(Number.isInteger(read) && read >= 0 && read < 2 ** (8 * size), String(read));
          break;
        }
        case 3:
          bus.write('port', port, SIZES[pick(3)], value);
          break;
        case 4:
          assert.ok(bus.read('port', port, 1) < 256);
          break;
        default:
          board.moveMouse({ dx: pick(1000) - 500, dy: pick(1000) - 500, wheel: pick(20) - 10, buttons: pick(8) });
      }
      if (board.localApic.nmiPending) board.localApic.acknowledgeNmi();
      while (board.localApic.pending && pick(3)) {
        const vector = board.localApic.acknowledge();
        assert.ok(Number.isInteger(vector) && vector >= 0 && vector < 256);
        vectors++;
        if (pick(3)) bus.write('memory', LOCAL_APIC + 0xb0, 4, 0);
      }
      clock.advanceTo(clock.now() + pick(10_000));
    }
    assert.ok(vectors > 0, `seed ${seed}: no interrupt ever came`);
    const state = structuredClone(board.save());
    board.reset();
    board.restore(structuredClone(state));
    assert.deepEqual(board.save(), state, `seed ${seed}`);
  }
});

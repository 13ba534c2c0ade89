/** The state of the hypercall interface: what is saved in the middle of a guest is restored behind a reset, and the guest goes on as if nothing had happened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boot } from '../../guest/play';

const GUESTS = ['test/guest/hypercalls.asm'];
const SLICE = 60;
const LIMIT = 3_000_000;

function play(file: string, disturb: boolean) {
  const { vm: view, board } = boot(file, 'pv');
  const vm = view.machine;
  let used = 0;
  let stop = vm.run(SLICE, 10_000);
  while (stop.kind === 'budget' && vm.retired < LIMIT) {
    const { hypercalls } = vm;
    if (disturb && hypercalls?.used) {
      used++;
      const state = structuredClone(hypercalls.save());
      const timer = board.clock.save();
      hypercalls.reset();
      assert.notDeepEqual(hypercalls.save(), state);
      hypercalls.restore(structuredClone(state));
      board.clock.restore(timer);
      assert.deepEqual(hypercalls.save(), state);
    }
    stop = vm.run(SLICE, 10_000);
  }
  return { used, stop, retired: vm.retired, hash: view.stateHash() };
}

for (const file of GUESTS)
  test(`${file}: saved, reset and restored every ${SLICE} instructions`, () => {
    const { used, ...disturbed } = play(file, true);
    assert.ok(used > 0);
    const { used: _, ...free } = play(file, false);
    assert.deepEqual(disturbed, free);
  });

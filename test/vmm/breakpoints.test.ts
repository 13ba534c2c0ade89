/** Breakpoints in the places where instructions run one at a time: after STI and MOV SS, in unreal mode, under TF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { boot } from '../guest/play';

const PLACES: readonly (readonly [guest: string, symbol: string, plus: number])[] = [
  ['test/guest/timer.asm', 'start.wait', 1], // HLT, behind STI
  ['test/guest/modes.asm', 'start.again', 1],
  ['test/guest/singleStep.asm', 'start.five', 0],
  ['test/guest/realMode.asm', 'handler', 0],
  ['test/guest/paging.asm', 'bring_in', 0],
  ['test/guest/rings.asm', 'user.same', 0],
  ['test/guest/v86.asm', 'next_v86', 0],
];

for (const { id } of TECHNIQUES)
  test(`${id}: a breakpoint stops before its instruction, every time, and is not in the way of what follows`, () => {
    for (const [guest, symbol, plus] of PLACES) {
      const straight = boot(guest, id).vm;
      const end = straight.run(2_000_000, 10_000);
      const { vm, assembly } = boot(guest, id);
      const address = assembly?.symbols.find((s) => s.name === symbol)?.value;
      assert.ok(address !== undefined, `${guest} has no ${symbol}`);
      vm.setBreakpoints(new Set([address + plus]));
      let stops = 0;
      for (;;) {
        const stop = vm.run(2_000_000, 10_000);
        if (stop.kind !== 'breakpoint') {
          assert.deepEqual(stop, end, guest);
          break;
        }
        assert.equal(stop.linear, address + plus);
        assert.equal(vm.readRegister('eip')! + vm.segment('cs').base, address + plus, guest);
        stops++;
      }
      assert.ok(stops > 0, `${guest}: nothing stopped at ${symbol}`);
      assert.equal(vm.retired, straight.retired, guest);
      assert.equal(vm.stateHash(), straight.stateHash(), guest);
    }
  });

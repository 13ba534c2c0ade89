/** A run whose time is up at once: it still goes on by one turn, and looks like any other run afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { boot } from '../guest/play';

for (const { id } of TECHNIQUES)
  test(`${id}: a step that takes longer than its deadline retires its instruction, and its block can be shown`, () => {
    const { vm } = boot('test/guest/realMode.asm', id);
    vm.recordEvents = true;
    assert.deepEqual(vm.run(1, -1), { kind: 'budget' });
    assert.equal(vm.retired, 1);
    vm.showBlock();
    assert.ok(vm.blocks().length > 0);
  });

/** Code segments that a guest makes up: each is a mode of its own, and there is an end to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MODES } from '../../src/engine/modes';
import { CS, EAX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

test('code at ever new bases of CS is forgotten before it is too much', () => {
  const bench = new TestCpu();
  const { cpu, vm } = bench;
  bench.realMode();
  bench.write(0x8000, [0x40, 0xeb, 0xfd]); // inc ax; jmp short to it
  let largest = 0;
  for (let n = 1; n <= MAX_MODES + 64; n++) {
    bench.setRealSegment(CS, n & 0x7ff);
    if (n > 0x7ff) cpu.setSegment(CS, { ...cpu.segment(CS), limit: 0xf000 + n });
    cpu.eip = 0x8000 - 16 * (n & 0x7ff);
    vm.engine.step();
    vm.engine.run(4);
    largest = Math.max(largest, vm.engine.cache.size);
  }
  assert.equal(cpu.reg(EAX), 3 * (MAX_MODES + 64));
  assert.ok(vm.engine.cache.generation > 0);
  assert.ok(largest <= 2 * MAX_MODES, `${largest} blocks`);
  assert.ok(vm.engine.cache.size < 200, `${vm.engine.cache.size} blocks left`);
  vm.engine.cache.checkInvariants();
  vm.engine.regions.checkInvariants();
});

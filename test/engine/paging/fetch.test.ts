/** A fetch that faults sets CR2 when the fault happens, and not when somebody looks ahead to where a jump leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../../src/x86/cpuState';
import { PF } from '../../../src/x86/exceptions';
import { TestCpu } from '../../harness/testCpu';

const LAST = 0x8000;

for (const translation of ['off', 'eager'] as const)
  for (const [where, target, address] of [
    ['to a page that is not there', 0x20000, 0x20000],
    ['to an instruction that crosses into one', LAST + 0xffe, LAST + 0x1000],
  ])
    test(`a jump ${where}, translation ${translation}`, () => {
      const bench = new TestCpu({ translation });
      const { cpu, vm } = bench;
      bench.flat32();
      bench.page(
        0x40000,
        [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ linear: n << 12, physical: n << 12 })),
      );
      bench.write(LAST + 0xffe, [0xc7, 0x05]); // the first bytes of a MOV of ten
      bench.load(`jmp ${target}`);
      assert.deepEqual(vm.engine.run(1), { kind: 'budget' });
      assert.deepEqual([cpu.eip, cpu.get(CPU.CR2)], [target, 0]);
      vm.engine.showBlock();
      vm.engine.translateHere();
      assert.equal(cpu.get(CPU.CR2), 0);
      const exit = vm.engine.run(1);
      assert.ok(exit.kind === 'fault' && exit.vector === PF);
      assert.deepEqual([cpu.eip, cpu.get(CPU.CR2)], [target, address]);
    });

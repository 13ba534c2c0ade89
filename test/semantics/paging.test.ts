/** What a load of CR3 leaves in the TLB. SDM Vol. 3, 4.10.2.4 and 4.10.4.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PTE_A, PTE_G, PTE_P } from '../../src/memory/pageWalker';
import { CPU } from '../../src/x86/cpuState';
import { PF } from '../../src/x86/exceptions';
import { CR4_PGE } from '../../src/x86/flags';
import { EAX, EBX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

/** Read a page, take it away, load CR3, read it again. */
function readAfterReload(entry: number, cr4: number) {
  const bench = new TestCpu();
  const { cpu, vm } = bench;
  bench.flat32();
  bench.page(0x100000, [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x8000, physical: 0x20000 },
  ]);
  const at = (vm.physical.read(0x100000, 4) & ~0xfff) + 4 * 8;
  vm.physical.write(at, 4, 0x20000 | entry);
  cpu.set(CPU.CR4, cr4);
  vm.context.stateChanged('translation');
  cpu.setReg(EBX, 0x8000);
  assert.equal(bench.execute('mov ecx, [ebx]').kind, 'budget');
  vm.physical.write(at, 4, 0);
  cpu.setReg(EAX, 0x100000);
  assert.equal(bench.execute('mov cr3, eax').kind, 'budget');
  return bench.execute('mov ecx, [ebx]');
}

test('with CR4.PGE a global page outlives a load of CR3, and nothing else does', () => {
  const missing = { kind: 'fault', vector: PF, errorCode: 0 };
  assert.equal(readAfterReload(PTE_P | PTE_G, CR4_PGE).kind, 'budget');
  assert.deepEqual(readAfterReload(PTE_P, CR4_PGE), missing);
  assert.deepEqual(readAfterReload(PTE_P | PTE_G, 0), missing);
});

test('an instruction across two pages sets the accessed flags of both as it runs, and not before', () => {
  const bench = new TestCpu();
  bench.flat32({ eip: 0x1ffe });
  bench.write(0x1ffe, [0x90, 0x89, 0xc8]); // nop; mov eax, ecx
  bench.page(
    0x100000,
    [1, 2].map((page) => ({ linear: page << 12, physical: page << 12 })),
  );
  const accessed = (): boolean => (bench.read32(0x101000 + 4 * 2) & PTE_A) !== 0;
  bench.vm.engine.run(1);
  assert.equal(accessed(), false);
  bench.vm.engine.run(1);
  assert.equal(accessed(), true);
});

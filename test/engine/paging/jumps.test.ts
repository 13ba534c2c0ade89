/** Jumps between pages go where the page tables lead now, and look for no block when they lead where they led. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PTE_A } from '../../../src/memory/pageWalker';
import { CPU } from '../../../src/x86/cpuState';
import { PF } from '../../../src/x86/exceptions';
import { EAX, EBX, ECX, EDI, ESI } from '../../../src/x86/registers';
import { TestCpu } from '../../harness/testCpu';

const [FIRST, SECOND] = [0x100000, 0x110000];
const CODE = 0x20000;
const OTHER = 0x30000;
const TIMES = 100;

/** Two address spaces, in which the page at CODE is one frame or the other. */
function bench(frames: readonly [number, number]): TestCpu {
  const made = new TestCpu();
  const { cpu } = made;
  made.flat32();
  made.load('add eax, 1\nret', CODE);
  made.load('add eax, 0x10000\nret', OTHER);
  const common = [0x1000, 0x7000, 0x101000].map((page) => ({ linear: page, physical: page }));
  made.page(SECOND, [...common, { linear: CODE, physical: frames[1] }]);
  made.page(FIRST, [...common, { linear: CODE, physical: frames[0] }]);
  cpu.setReg(EAX, 0);
  cpu.setReg(EBX, CODE);
  cpu.setReg(ECX, TIMES);
  cpu.setReg(ESI, FIRST);
  cpu.setReg(EDI, SECOND);
  return made;
}

const pteOf = (made: TestCpu, directory: number): number => (made.read32(directory) & ~0xfff) + 4 * (CODE >>> 12);
const SWITCHING = 'again: mov cr3, edi\ncall ebx\nmov cr3, esi\ncall ebx\ndec ecx\njnz again\nhlt';

test('after MOV CR3 a call reaches the frame that the new tables have', () => {
  const made = bench([CODE, OTHER]);
  made.load(SWITCHING);
  assert.equal(made.runToHalt().kind, 'halted');
  assert.equal(made.cpu.reg(EAX), TIMES * 0x10001);
});

test('where both address spaces have the same frame, blocks are not looked for again, and the accessed flags are set', () => {
  const made = bench([CODE, CODE]);
  const { cache } = made.vm.engine;
  const lookup = cache.lookup.bind(cache);
  let looked = 0;
  cache.lookup = (...key) => {
    looked++;
    return lookup(...key);
  };
  made.load(SWITCHING);
  made.vm.engine.run(100 * TIMES);
  assert.ok(made.cpu.get(CPU.HALTED));
  assert.equal(made.cpu.reg(EAX), 2 * TIMES);
  assert.ok(looked < TIMES, `${looked} blocks were looked for at ${2 * TIMES} new CR3s`);
  for (const directory of [FIRST, SECOND]) assert.ok(made.read32(pteOf(made, directory)) & PTE_A);
});

test('after INVLPG a call reaches the frame that the entry has now', () => {
  const made = bench([CODE, CODE]);
  const pte = pteOf(made, FIRST);
  const turn = (frame: number): string => `mov dword [${pte}], ${frame | 7}\ninvlpg [ebx]\ncall ebx\n`;
  made.load(`again: ${turn(OTHER)}${turn(CODE)}dec ecx\njnz again\nhlt`);
  assert.equal(made.runToHalt().kind, 'halted');
  assert.equal(made.cpu.reg(EAX), TIMES * 0x10001);
});

test('a page of code that is gone is a page fault at its first instruction', () => {
  const made = bench([CODE, CODE]);
  made.load('call ebx\nmov cr3, edi\ncall ebx\nhlt');
  const { cpu, vm } = made;
  vm.physical.write(pteOf(made, SECOND), 4, 0);
  assert.deepEqual(vm.engine.run(256), { kind: 'fault', vector: PF, errorCode: 0 });
  assert.deepEqual([cpu.eip, cpu.get(CPU.CR2), cpu.reg(EAX)], [CODE, CODE, 1]);
});

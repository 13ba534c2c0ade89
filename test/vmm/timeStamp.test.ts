/** The time-stamp counter is the count of retired instructions, wherever RDTSC runs: alone, interpreted, or in a region. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EAX, EBX, ECX, EDI, EDX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const LOOP = ['rdtsc', 'sub eax,edi', 'add ebx,eax', 'dec ecx', 'jnz $-7'];
const ROUNDS = 5000;
/** Of round n it is 5n, less what EDI holds. */
const sumOf = (start: number): number => ((5 * ROUNDS * (ROUNDS - 1)) / 2 - ROUNDS * start) | 0;

for (const translation of ['off', 'on', 'eager'] as const)
  for (const slice of [1, 777, 5 * ROUNDS])
    test(`RDTSC reads what has retired before it (translation ${translation}, ${slice} at a time)`, () => {
      const cpu = new TestCpu({ translation: translation === 'on' ? { threshold: 64, warm: 4, patience: 100 } : translation });
      cpu.flat32();
      cpu.cpu.setReg(ECX, ROUNDS);
      cpu.cpu.setReg(EDI, 3);
      let at = cpu.eip;
      for (const line of LOOP) at += cpu.load(line, at);
      while (cpu.vm.retired < 5 * ROUNDS) cpu.vm.run(Math.min(slice, 5 * ROUNDS - cpu.vm.retired), 10_000);
      assert.equal(cpu.cpu.reg(EBX) | 0, sumOf(3));
      assert.equal(cpu.cpu.reg(ECX), 0);
      assert.equal(cpu.cpu.reg(EDX), 0);
      assert.equal(cpu.cpu.reg(EAX) | 0, 5 * (ROUNDS - 1) - 3);
      assert.equal(cpu.vm.desk.counts.sensitive, ROUNDS);
    });

test('what WRMSR writes into it counts on from there, over 32 bits', () => {
  const cpu = new TestCpu({ translation: 'off' });
  cpu.flat32();
  cpu.cpu.setReg(ECX, 0x10);
  cpu.cpu.setReg(EAX, 0xffff_fffe);
  let at = cpu.eip;
  for (const line of ['wrmsr', 'nop', 'rdtsc']) at += cpu.load(line, at);
  cpu.vm.run(3, 10_000);
  assert.deepEqual([cpu.cpu.reg(EDX), cpu.cpu.reg(EAX) >>> 0], [1, 0]);
});

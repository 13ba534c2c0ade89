/** MOV to and from control registers. SDM Vol. 2, MOV—Move to/from Control Registers; Vol. 3, 2.5. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../src/x86/cpuState';
import { GP } from '../../src/x86/exceptions';
import { CR0_CD, CR0_EM, CR0_ET, CR0_MP, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP } from '../../src/x86/flags';
import { EAX, EBX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

function ring0(): TestCpu {
  const bench = new TestCpu();
  bench.flat32();
  return bench;
}

test('MOV CR0 sets and clears every combination of MP, EM and TS, and nothing else', () => {
  const bench = ring0();
  const others = bench.cpu.cr0 & ~(CR0_MP | CR0_EM | CR0_TS);
  for (const bits of [CR0_TS, CR0_EM | CR0_TS, CR0_MP, CR0_MP | CR0_EM | CR0_TS, 0]) {
    bench.cpu.setReg(EAX, others | bits);
    assert.equal(bench.execute('mov cr0, eax').kind, 'budget');
    assert.equal(bench.cpu.cr0, (others | bits) >>> 0);
  }
});

test('MOV CR0 of other bits has their consequences, with TS beside them too', () => {
  const bench = ring0();
  const { cpu } = bench;
  const before = cpu.cr0;
  cpu.setReg(EAX, before ^ (CR0_WP | CR0_TS));
  assert.notEqual(bench.execute('mov cr0, eax').kind, 'fault');
  assert.equal(cpu.cr0, (before ^ (CR0_WP | CR0_TS)) >>> 0);
  for (const refused of [CR0_PG, CR0_PE | CR0_NW, CR0_PG | CR0_TS]) {
    cpu.setReg(EAX, refused);
    assert.deepEqual(bench.execute('mov cr0, eax'), { kind: 'fault', vector: GP, errorCode: 0 });
  }
  cpu.setReg(EAX, (before & ~CR0_ET) | CR0_CD);
  assert.notEqual(bench.execute('mov cr0, eax').kind, 'fault');
  assert.equal(cpu.cr0, (before | CR0_CD) >>> 0, 'ET cannot be cleared');
});

test('MOV from each control register reads that one', () => {
  const bench = ring0();
  bench.cpu.set(CPU.CR2, 0x12345678);
  bench.cpu.set(CPU.CR3, 0x9000);
  for (const [n, cell] of [
    [0, CPU.CR0],
    [2, CPU.CR2],
    [3, CPU.CR3],
    [4, CPU.CR4],
  ] as const) {
    bench.execute(`mov ebx, cr${n}`);
    assert.equal(bench.cpu.reg(EBX), bench.cpu.get(cell));
  }
});

test('outside CPL 0 both are #GP(0)', () => {
  const bench = ring0();
  bench.cpu.set(CPU.CPL, 3);
  for (const source of ['mov cr0, eax', 'mov eax, cr2']) assert.deepEqual(bench.execute(source), { kind: 'fault', vector: GP, errorCode: 0 });
});

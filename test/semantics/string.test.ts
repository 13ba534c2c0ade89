/** Repeated string instructions stop and resume between two elements. SDM Vol. 2, REP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../src/x86/cpuState';
import { PF } from '../../src/x86/exceptions';
import { EFLAGS_DF, EFLAGS_ZF } from '../../src/x86/flags';
import { EAX, ECX, EDI, ESI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const bench = new TestCpu();
const { cpu } = bench;

const registers = (): number[] => [cpu.reg(ECX), cpu.reg(ESI), cpu.reg(EDI)];

function start(ecx: number, esi: number, edi: number): void {
  cpu.setReg(ECX, ecx);
  cpu.setReg(ESI, esi);
  cpu.setReg(EDI, edi);
}

test('a count of zero touches nothing, not even memory that is not there', () => {
  for (const source of ['rep movsd', 'rep stosb', 'rep lodsw', 'repe cmpsb', 'repne scasd']) {
    bench.flat32({ cpl: 3 });
    bench.page(0x100000, [{ linear: 0x1000, physical: 0x1000 }]);
    cpu.eflags = 0x246;
    start(0, 0xdead0000, 0xbeef0000);
    const length = bench.load(source);
    assert.equal(bench.step().kind, 'budget', source);
    assert.deepEqual(registers(), [0, 0xdead0000, 0xbeef0000], source);
    assert.equal(cpu.eflags, 0x246, source);
    assert.equal(bench.eip, 0x1000 + length, source);
  }
});

test('a fault in the middle leaves the elements done and resumes at the next', () => {
  bench.flat32({ cpl: 3 });
  const pages = [0x1000, 0x8000, 0xa000].map((linear) => ({ linear, physical: linear }));
  bench.page(0x100000, pages);
  bench.write(
    0x8000,
    Uint8Array.from({ length: 32 }, (_, n) => n + 1),
  );
  start(8, 0x8000, 0xaff0);
  bench.load('rep movsd');
  assert.deepEqual(bench.step(), { kind: 'fault', vector: PF, errorCode: 6 });
  assert.equal(cpu.get(CPU.CR2), 0xb000);
  assert.deepEqual([...registers(), bench.eip], [4, 0x8010, 0xb000, 0x1000]);
  bench.page(0x100000, [...pages, { linear: 0xb000, physical: 0xc000 }]);
  assert.equal(bench.step().kind, 'budget');
  assert.deepEqual([...registers(), bench.eip], [0, 0x8020, 0xb010, 0x1002]);
  assert.deepEqual(
    [...bench.ram.subarray(0xaff0, 0xb000), ...bench.ram.subarray(0xc000, 0xc010)],
    Array.from({ length: 32 }, (_, n) => n + 1),
  );
});

test('an element that crosses into a missing page is not half done', () => {
  bench.flat32({ cpl: 3 });
  bench.page(
    0x100000,
    [0x1000, 0x8000].map((linear) => ({ linear, physical: linear })),
  );
  bench.write(0x8ff0, new Uint8Array(16));
  start(2, 0, 0x8ffa);
  cpu.setReg(EAX, 0x01020304);
  bench.load('rep stosd');
  assert.deepEqual(bench.step(), { kind: 'fault', vector: PF, errorCode: 6 });
  assert.deepEqual(registers(), [1, 0, 0x8ffe]);
  assert.deepEqual([...bench.ram.subarray(0x8ffa, 0x9000)], [4, 3, 2, 1, 0, 0]);
});

test('a long repetition looks up from time to time with an exact state', () => {
  const count = 0x60000;
  const run = new TestCpu({ ram: 4 * 1024 * 1024 });
  run.flat32();
  run.load('rep lodsd\nhlt');
  run.cpu.setReg(ECX, count);
  run.cpu.setReg(ESI, 0x10000);
  run.write(0x10000 + 4 * (count - 1), [0x5a, 0x5a, 0x5a, 0x5a]);
  const exit = run.vm.engine.run(1000);
  assert.equal(exit.kind, 'fuel');
  const done = (run.cpu.reg(ESI) - 0x10000) / 4;
  assert.ok(done > 0 && done < count);
  assert.equal(run.cpu.reg(ECX), count - done);
  assert.equal(run.eip, 0x1000);
  assert.equal(run.vm.engine.retired, 0);
  assert.equal(run.cpu.reg(EAX), 0);
  let rest = run.vm.engine.run(1000);
  while (rest.kind === 'fuel') rest = run.vm.engine.run(1000);
  assert.equal(rest.kind, 'dispatch');
  assert.equal(run.vm.engine.retired, 2);
  assert.deepEqual([run.cpu.reg(ECX), run.cpu.reg(ESI), run.eip], [0, 0x10000 + 4 * count, 0x1003]);
  assert.equal(run.cpu.reg(EAX), 0x5a5a5a5a);
});

test('REPE stops behind the first difference, REPNE behind the match', () => {
  bench.flat32();
  bench.write(0x8000, Buffer.from('abcdX'));
  bench.write(0x9000, Buffer.from('abcdY'));
  start(5, 0x8000, 0x9000);
  bench.execute('repe cmpsb');
  assert.deepEqual(registers(), [0, 0x8005, 0x9005]);
  assert.equal(cpu.eflags & EFLAGS_ZF, 0);
  start(5, 0, 0x8000);
  cpu.setReg(EAX, 'c'.charCodeAt(0));
  bench.execute('repne scasb');
  assert.deepEqual(registers(), [2, 0, 0x8003]);
  assert.ok(cpu.eflags & EFLAGS_ZF);
});

test('16-bit addresses use CX, SI and DI and keep the upper halves', () => {
  bench.flat32();
  bench.write(0xfffe, [1, 2]);
  bench.write(0, [3, 4]);
  start(0x11110002, 0x2222fffe, 0x33339000);
  bench.write(bench.eip, [0x67, 0xf3, 0x66, 0xa5]); // rep movsw, 16-bit addresses
  bench.step();
  assert.deepEqual(registers(), [0x11110000, 0x22220002, 0x33339004]);
  assert.equal(bench.read32(0x9000), 0x04030201);
});

test('DF counts down', () => {
  bench.flat32();
  cpu.eflags |= EFLAGS_DF;
  bench.write(0x8000, [1, 2, 3, 4]);
  start(2, 0x8002, 0x9002);
  bench.execute('rep movsw');
  assert.deepEqual(registers(), [0, 0x7ffe, 0x8ffe]);
  assert.equal(bench.read32(0x9000), 0x04030201);
});

test('MOVS that overlaps by one byte fills', () => {
  bench.flat32();
  bench.write(0x8000, [0xaa]);
  start(6, 0x8000, 0x8001);
  bench.execute('rep movsb');
  assert.deepEqual([...bench.ram.subarray(0x8000, 0x8007)], new Array(7).fill(0xaa));
});

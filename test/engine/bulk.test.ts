/** Repeated MOVS and STOS do many elements at once: with the same result, byte by byte, and the same registers at a fault. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PF } from '../../src/x86/exceptions';
import { EAX, ECX, EDI, ESI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const bench = new TestCpu();
const { cpu, vm } = bench;
const SIZES = { b: 1, w: 2, d: 4 } as const;
const BYTES = 0x6000;
const DATA = 0x10000;

const pattern = (): Uint8Array => Uint8Array.from({ length: BYTES }, (_, n) => (n * 7 + (n >> 8)) & 0xff);

/** Element by element, as the manual has it. */
function expected(memory: Uint8Array, size: number, count: number, to: number, from: (n: number) => number): Uint8Array {
  for (let n = 0; n < count; n++) {
    const element = Array.from({ length: size }, (_, byte) => from(n * size + byte));
    memory.set(element, to + n * size);
  }
  return memory;
}

const run = (source: string): void => {
  bench.load(`${source}\nhlt`);
  assert.equal(bench.runToHalt(64).kind, 'halted');
};

for (const [suffix, size] of Object.entries(SIZES))
  for (const [from, to, bytes] of [
    [0x10, 0x3000, 0x1800],
    [0x13, 0x3001, 0x1804],
    [0x100, 0x101, 0x400],
    [0x100, 0x10c, 0x2400],
    [0x110, 0x100, 0x2400],
    [0x100, 0x100, 0x1400],
    [0xffc, 0x1ffa, 0x20],
  ])
    test(`rep movs${suffix}, ${bytes} bytes from ${from} to ${to}`, () => {
      bench.flat32();
      bench.write(DATA, pattern());
      const count = bytes / size;
      cpu.setReg(ESI, DATA + from);
      cpu.setReg(EDI, DATA + to);
      cpu.setReg(ECX, count);
      const before = vm.retired;
      run(`rep movs${suffix}`);
      assert.equal(vm.retired - before, 2);
      const memory = pattern();
      assert.deepEqual(
        new Uint8Array(bench.ram.subarray(DATA, DATA + BYTES)),
        expected(memory, size, count, to, (n) => memory[from + n]),
      );
      assert.deepEqual([cpu.reg(ECX), cpu.reg(ESI), cpu.reg(EDI)], [0, DATA + from + bytes, DATA + to + bytes]);
    });

for (const [suffix, size] of Object.entries(SIZES))
  for (const value of [0, 0x11223344])
    test(`rep stos${suffix} of ${value.toString(16)}`, () => {
      bench.flat32();
      bench.write(DATA, pattern());
      cpu.setReg(EAX, value);
      cpu.setReg(EDI, DATA + 0x7fe);
      cpu.setReg(ECX, 0x2000 / size);
      run(`rep stos${suffix}`);
      const memory = expected(pattern(), size, 0x2000 / size, 0x7fe, (n) => (value >>> (8 * (n % size))) & 0xff);
      assert.deepEqual(new Uint8Array(bench.ram.subarray(DATA, DATA + BYTES)), memory);
      assert.deepEqual([cpu.reg(ECX), cpu.reg(EDI)], [0, DATA + 0x27fe]);
    });

test('a page that is not there stops it between two elements', () => {
  bench.flat32({ cpl: 3 });
  bench.page(
    0x40000,
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x12].map((n) => ({ linear: n << 12, physical: n << 12 })),
  );
  bench.write(DATA, pattern());
  cpu.setReg(EAX, 0);
  cpu.setReg(EDI, DATA + 0x1002);
  cpu.setReg(ECX, 0x1000);
  bench.load('rep stosd');
  const before = vm.retired;
  let exit = vm.engine.run(1000);
  while (exit.kind === 'fuel') exit = vm.engine.run(1000);
  assert.ok(exit.kind === 'fault' && exit.vector === PF);
  assert.equal(vm.retired, before);
  // The element across the end of the page has not been stored, in no part.
  const done = Math.floor((0x3000 - 0x1002) / 4);
  assert.deepEqual([cpu.reg(ECX), cpu.reg(EDI), cpu.eip], [0x1000 - done, DATA + 0x1002 + 4 * done, 0x1000]);
  assert.equal(bench.ram[DATA + 0x1002 + 4 * done], pattern()[0x1002 + 4 * done]);
});

test('backwards', () => {
  bench.flat32();
  bench.write(DATA, pattern());
  cpu.setReg(EAX, 0xaa);
  cpu.setReg(EDI, DATA + 99);
  cpu.setReg(ECX, 100);
  run('std\nrep stosb\ncld');
  assert.ok(bench.ram.subarray(DATA, DATA + 100).every((byte) => byte === 0xaa));
  assert.equal(cpu.reg(EDI), DATA - 1);
});

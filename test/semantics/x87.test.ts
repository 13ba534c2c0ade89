/** What no captured case shows: environments in the four formats, pointers, loads and stores that fault half way, CPUs without an instruction. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRegister, writeRegister } from '../../src/vmm/registerFile';
import { CPU } from '../../src/x86/cpuState';
import { GP, MF, NM, UD } from '../../src/x86/exceptions';
import { CR0_EM, CR0_NE } from '../../src/x86/flags';
import { TestCpu } from '../harness/testCpu';

function execute(t: TestCpu, ...lines: string[]): void {
  for (const line of lines) assert.ok(['budget', 'dispatch'].includes(t.execute(line).kind), line);
}

const words = (t: TestCpu, at: number, count: number, size: 2 | 4): string[] =>
  Array.from({ length: count }, (_, n) => (size === 2 ? t.ram.readUInt16LE(at + 2 * n) : t.ram.readUInt32LE(at + 4 * n)).toString(16));

/** 1.0 and 0.0 pushed at 12345h, the operand at 23456h. */
function prepare(t: TestCpu, protectedMode: boolean): void {
  if (protectedMode) t.flat32({ eip: 0x12340 });
  else {
    t.realMode({ ip: 0x2340 });
    t.setRealSegment(1, 0x1000);
    t.setRealSegment(3, 0x2000);
  }
  execute(t, 'fninit', 'fldz');
  t.cpu.eip = protectedMode ? 0x12345 : 0x2345;
  execute(t, protectedMode ? 'fld dword [0x23456]' : 'fld dword [0x3456]');
  if (!protectedMode) t.setRealSegment(3, 0);
}

const FORMATS: readonly (readonly [name: string, protectedMode: boolean, prefix: string, size: 2 | 4, image: readonly string[]])[] = [
  ['32-bit protected', true, '', 4, ['ffff037f', 'ffff3000', 'ffff5fff', '12345', '1050000', '23456', 'ffff0000']],
  ['16-bit protected', true, 'o16 ', 2, ['37f', '3000', '5fff', '2345', '0', '3456', '0']],
  ['16-bit real', false, '', 2, ['37f', '3000', '5fff', '2345', '1106', '3456', '2000']],
  ['32-bit real', false, 'o32 ', 4, ['ffff037f', 'ffff3000', 'ffff5fff', 'ffff2345', '1106', 'ffff3456', '2000']],
];

for (const [name, protectedMode, prefix, size, image] of FORMATS)
  test(`environment in ${name} format`, () => {
    const t = new TestCpu();
    prepare(t, protectedMode);
    execute(t, `${prefix}fnstenv [0x6000]`);
    // D9 /0 with a displacement of 32 bits, or of 16.
    const opcode = protectedMode ? '1050000' : '1106';
    assert.deepEqual(
      words(t, 0x6000, 7, size),
      image.map((word) => (word === '1050000' ? opcode : word)),
    );
    execute(t, 'fninit', `${prefix}fldenv [0x6000]`, 'fninit', `${prefix}fldenv [0x6000]`, `${prefix}fnstenv [0x7000]`);
    assert.deepEqual(words(t, 0x7000, 7, size), words(t, 0x6000, 7, size), 'what was loaded is stored again');
  });

test('of the tags of an image only empty registers are believed', () => {
  const t = new TestCpu();
  t.flat32();
  execute(t, 'fninit', 'fldpi', 'fldz', 'fnstenv [0x6000]');
  t.ram.writeUInt16LE(0b01_10_00_11_10_01_00_11, 0x6008); // R7 holds pi, all others zero
  execute(t, 'fldenv [0x6000]');
  assert.equal(t.cpu.get(CPU.X87_TAGS), 0b00_00_00_11_00_00_00_11);
  assert.equal(readRegister(t.cpu, 'ftag'), 0b00_01_01_11_01_01_01_11);
  execute(t, 'fnstenv [0x6000]');
  assert.equal(t.ram.readUInt16LE(0x6008), 0b00_01_01_11_01_01_01_11);
  writeRegister(t.vm.context, 'ftag', 0x5aff);
  assert.equal(t.cpu.get(CPU.X87_TAGS), 0x00ff);
});

test('FNSAVE and FRSTOR keep registers in stack order', () => {
  const t = new TestCpu();
  t.flat32();
  execute(t, 'fninit', 'fldpi', 'fld1', 'o16 fnsave [0x6000]');
  assert.equal(t.cpu.get(CPU.X87_TAGS), 0xffff);
  assert.equal(t.ram.readBigUInt64LE(0x6000 + 14), 0x8000000000000000n);
  assert.equal(t.ram.readBigUInt64LE(0x6000 + 24), 0xc90fdaa22168c235n);
  execute(t, 'o16 frstor [0x6000]', 'fstp st0', 'fstp qword [0x6000]');
  assert.equal(t.ram.readDoubleLE(0x6000), Math.PI);
});

test('a store that faults in its second page changes neither memory nor stack', () => {
  const t = new TestCpu();
  t.flat32();
  t.page(0x10000, [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x6000, physical: 0x6000 },
    { linear: 0x7000, physical: 0x7000, writable: false },
  ]);
  execute(t, 'fninit', 'fldpi');
  for (const store of ['fstp qword [0x6ffc]', 'fstp tword [0x6ffc]', 'fstp dword [0x6ffe]', 'fistp qword [0x6ffa]', 'fbstp [0x6ff8]', 'fnsave [0x6ff0]', 'movq [0x6ffc],mm7']) {
    const exit = t.execute(store);
    assert.equal(exit.kind, 'fault', store);
    assert.deepEqual([...t.ram.subarray(0x6ff0, 0x7010)], new Array(32).fill(0), store);
    assert.equal(t.cpu.get(CPU.X87_STATUS), 0x3800, store);
  }
});

test('faults in their order: #NM, a pending exception, the operand', () => {
  const t = new TestCpu();
  t.flat32();
  t.page(0x10000, [{ linear: 0x1000, physical: 0x1000 }]);
  const vector = (line: string): number => {
    const exit = t.execute(line);
    return exit.kind === 'fault' ? exit.vector : -1;
  };
  execute(t, 'fninit');
  t.cpu.set(CPU.X87_CONTROL, 0x37b);
  execute(t, 'fldz', 'fld1', 'fdiv st0,st1');
  assert.equal(vector('fld dword [0x9000]'), MF);
  assert.equal(vector('paddb mm0,[0x9000]'), MF);
  t.cpu.set(CPU.CR0, t.cpu.cr0 | CR0_EM);
  assert.equal(vector('fld dword [0x9000]'), NM);
  assert.equal(vector('paddb mm0,[0x9000]'), UD);
  t.cpu.set(CPU.CR0, t.cpu.cr0 & ~CR0_EM);
  execute(t, 'fnclex');
  assert.equal(vector('fld dword [0x9000]'), 14);
  assert.equal(t.cpu.get(CPU.X87_STATUS) & 0x3800, 0x3000);
});

test('without CR0.NE the processor waits for an interrupt, and tries again', () => {
  const t = new TestCpu();
  t.flat32();
  t.cpu.set(CPU.CR0, t.cpu.cr0 & ~CR0_NE);
  execute(t, 'fninit');
  t.cpu.set(CPU.X87_CONTROL, 0x37b);
  execute(t, 'fldz', 'fld1', 'fdiv st0,st1');
  const { eip } = t.cpu;
  const before = t.vm.engine.retired;
  assert.equal(t.execute('fwait').kind, 'dispatch');
  assert.deepEqual([t.cpu.eip, t.cpu.get(CPU.HALTED), t.vm.engine.retired], [eip, 1, before]);
});

test('FCOMI and FCMOV came with the P6; FISTTP is of SSE3', () => {
  const kind = (model: 'pentium' | 'p6', ...bytes: number[]): string => {
    const t = new TestCpu({ model });
    t.flat32();
    t.write(0x1000, bytes);
    const exit = t.step();
    return exit.kind === 'fault' && exit.vector === UD ? '#UD' : exit.kind === 'fault' && exit.vector === GP ? '#GP' : 'runs';
  };
  for (const code of [
    [0xdb, 0xf1],
    [0xda, 0xc1],
  ])
    assert.deepEqual([kind('pentium', ...code), kind('p6', ...code)], ['#UD', 'runs']);
  assert.equal(kind('p6', 0xdb, 0x0d, 0, 0, 0, 0), '#UD');
});

test('FYL2XP1 far below its range comes to an end, near a power of two exactly', () => {
  const t = new TestCpu();
  t.flat32();
  const of = (x: number): number => {
    t.ram.writeDoubleLE(x, 0x6000);
    execute(t, 'fninit', 'fld1', 'fld qword [0x6000]', 'fyl2xp1', 'fstp qword [0x7000]');
    return t.ram.readDoubleLE(0x7000);
  };
  for (const [x, expected] of [
    [-0.5, -1],
    [-0.75, -2],
    [-(1 - 2 ** -53), -53],
    [-0.94140625, Math.log2(1 - 0.94140625)],
    [0.75, Math.log2(1.75)],
    [3, 2],
  ] as const)
    assert.ok(Math.abs(of(x) - expected) <= Math.abs(expected) * 2 ** -51, `${x}: ${of(x)}, not ${expected}`);
});

/** The stack where operand size and stack size differ, which captured cases do not cover. SDM Vol. 1, 6.2; Vol. 2: PUSH, POP, ENTER, LEAVE. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTR_RW } from '../../src/x86/cpuState';
import { GP, SS_FAULT } from '../../src/x86/exceptions';
import { EFLAGS_ZF } from '../../src/x86/flags';
import { DS, EAX, EBP, ESP, SS } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const bench = new TestCpu();
const { cpu } = bench;

test('a 32-bit push on a 16-bit stack moves SP alone', () => {
  bench.flat32({ esp: 0x12348000 });
  bench.narrowStack();
  cpu.setReg(EAX, 0xcafef00d);
  assert.equal(bench.execute('push eax').kind, 'budget');
  assert.equal(cpu.reg(ESP), 0x12347ffc);
  assert.equal(bench.read32(0x7ffc), 0xcafef00d);
});

test('a 16-bit stack wraps from 0 to FFFFh', () => {
  bench.realMode({ sp: 0 });
  cpu.setReg(ESP, 0xabcd0000);
  cpu.setReg(EAX, 0x1234);
  bench.execute('push ax');
  assert.equal(cpu.reg(ESP), 0xabcdfffe);
  assert.equal(bench.ram.readUInt16LE(0xfffe), 0x1234);
});

test('a push across the wrap is #SS(0) and moves nothing', () => {
  bench.realMode({ sp: 1 });
  assert.deepEqual(bench.execute('push ax'), { kind: 'fault', vector: SS_FAULT, errorCode: 0 });
  assert.equal(cpu.reg(ESP), 1);
  assert.equal(bench.eip, 0x1000);
});

test('a 16-bit push in 32-bit code moves ESP by two', () => {
  bench.flat32({ esp: 0x8000 });
  bench.execute('push ax');
  assert.equal(cpu.reg(ESP), 0x7ffe);
});

test('a 32-bit push of a selector stores 16 bits and moves ESP by four', () => {
  bench.flat32({ esp: 0x8000 });
  bench.write(0x7ffc, [0xef, 0xbe, 0xad, 0xde]);
  bench.execute('push ss');
  assert.equal(cpu.reg(ESP), 0x7ffc);
  assert.equal(bench.read32(0x7ffc), (0xdead0000 | cpu.segment(SS).selector) >>> 0);
});

test('PUSH ESP stores the old value, POP ESP keeps the popped one', () => {
  bench.flat32({ esp: 0x8000 });
  bench.execute('push esp');
  assert.equal(bench.read32(0x7ffc), 0x8000);
  bench.execute('pop esp');
  assert.equal(cpu.reg(ESP), 0x8000);
});

test('POP to memory addressed by ESP uses the popped ESP', () => {
  bench.flat32({ esp: 0x8000 });
  bench.write(0x8000, [0x44, 0x33, 0x22, 0x11]);
  bench.execute('pop dword [esp + 8]');
  assert.equal(bench.read32(0x800c), 0x11223344);
});

test('ENTER 8, 2 on a 16-bit stack copies the chain through BP and keeps the upper half of ESP', () => {
  bench.flat32({ esp: 0x12348000 });
  bench.narrowStack();
  cpu.setReg(EBP, 0x55559000);
  bench.write(0x8ffc, [0x78, 0x56, 0x34, 0x12]);
  bench.execute('enter 8, 2');
  assert.equal(bench.read32(0x7ffc), 0x55559000);
  assert.equal(bench.read32(0x7ff8), 0x12345678);
  assert.equal(bench.read32(0x7ff4) & 0xffff, 0x7ffc);
  assert.equal(cpu.reg(EBP) & 0xffff, 0x7ffc);
  assert.equal(cpu.reg(ESP), 0x12347fec);
});

test('ENTER whose locals do not fit the stack faults before it changes a register', () => {
  bench.flat32({ esp: 0x1010 });
  cpu.setReg(EBP, 0x2222);
  cpu.setSegment(SS, { ...cpu.segment(SS), limit: 0x0fff, attributes: cpu.segment(SS).attributes | 4 }); // expand-down: above 0FFFh
  const exit = bench.execute('enter 0x20, 0');
  assert.deepEqual(exit, { kind: 'fault', vector: SS_FAULT, errorCode: 0 });
  assert.equal(cpu.reg(ESP), 0x1010);
  assert.equal(cpu.reg(EBP), 0x2222);
});

test('LEAVE with a 16-bit stack takes SP from BP and pops EBP', () => {
  bench.flat32({ esp: 0x12340000 });
  bench.narrowStack();
  cpu.setReg(EBP, 0x99998000);
  bench.write(0x8000, [4, 3, 2, 1]);
  bench.execute('leave');
  assert.equal(cpu.reg(EBP), 0x01020304);
  assert.equal(cpu.reg(ESP), 0x12348004);
});

test('RET 4 on a 16-bit stack releases the bytes within SP', () => {
  bench.flat32({ esp: 0x5555fffc });
  bench.narrowStack();
  bench.write(0xfffc, [0x00, 0x20, 0, 0]);
  bench.execute('ret 4');
  assert.equal(bench.eip, 0x2000);
  assert.equal(cpu.reg(ESP), 0x55550004);
});

test('POPAD skips the stored ESP', () => {
  bench.flat32({ esp: 0x8000 });
  for (let n = 0; n < 8; n++) bench.write(0x8000 + 4 * n, [n + 1, 0, 0, 0]);
  bench.execute('popad');
  assert.deepEqual(
    [7, 6, 5, 3, 2, 1, 0].map((n) => cpu.reg(n)),
    [1, 2, 3, 5, 6, 7, 8],
  );
  assert.equal(cpu.reg(ESP), 0x8020);
});

test('ENTER with a 32-bit operand size takes all of ESP for the frame, on a 16-bit stack too', () => {
  bench.flat32({ esp: 0x12348000 });
  bench.narrowStack();
  cpu.setReg(EBP, 0x55667788);
  bench.execute('enter 16, 1');
  assert.equal(cpu.reg(EBP), 0x12347ffc);
  assert.equal(bench.read32(0x7ffc), 0x55667788);
  assert.equal(bench.read32(0x7ff8), 0x12347ffc);
  assert.equal(cpu.reg(ESP), 0x12347fe8);
});

test('ARPL that changes nothing writes nothing: a read-only segment is good enough', () => {
  bench.flat32();
  const ds = cpu.segment(DS);
  cpu.setSegment(DS, { ...ds, attributes: ds.attributes & ~ATTR_RW });
  bench.write(0x4000, [0xf3, 0xff]);
  cpu.setReg(EAX, 2);
  assert.equal(bench.execute('arpl [0x4000], ax').kind, 'budget');
  assert.equal(cpu.eflags & EFLAGS_ZF, 0);
  bench.write(0x4000, [0xf1, 0xff]);
  assert.deepEqual(bench.execute('arpl [0x4000], ax'), { kind: 'fault', vector: GP, errorCode: 0 });
});

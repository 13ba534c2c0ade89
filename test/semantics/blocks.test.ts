/** Code as a chain of blocks means the same as instruction by instruction: self-modification, links, pages, breakpoints. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { assembleInstruction } from '../../src/asm/assembleInstruction';
import { CPU } from '../../src/x86/cpuState';
import { PF } from '../../src/x86/exceptions';
import { EAX, EBX, ECX, EDI, ESI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const bench = new TestCpu();
const { cpu, vm } = bench;

afterEach(() => vm.engine.cache.checkInvariants());

function halts(source: string): void {
  bench.load(source);
  assert.equal(bench.runToHalt().kind, 'halted');
}

test('a store to the very next instruction takes effect', () => {
  bench.flat32();
  const retired = vm.retired;
  // The immediate of MOV EAX is rewritten by the instruction before it, in the same block.
  halts('mov byte [0x1008], 7\nmov eax, 1\nhlt');
  assert.equal(cpu.reg(EAX), 7);
  assert.equal(vm.retired - retired, 3);
});

test('a store to the next instruction takes effect in 16-bit code', () => {
  bench.realMode();
  halts('mov byte [0x1006], 7\nmov al, 1\nhlt');
  assert.equal(cpu.reg(EAX) & 0xff, 7);
});

test('a loop that rewrites its own body sees every version', () => {
  bench.flat32();
  cpu.setReg(EBX, 0);
  cpu.setReg(ECX, 20);
  const retired = vm.retired;
  halts('again: add ebx, 1\ninc byte [again + 2]\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.reg(EBX), (20 * 21) / 2);
  assert.equal(vm.retired - retired, 20 * 4 + 1);
});

test('a push or call that writes over its own block', () => {
  bench.flat32({ esp: 0x1010 });
  bench.write(0x1000, new Uint8Array(32).fill(0x90));
  // CALL pushes its return address over the instruction it returns to.
  bench.load('call 0x1100');
  bench.write(0x100c, [0x90, 0x90, 0x90, 0x90]);
  bench.load('mov eax, 0x1234\nhlt', 0x1100);
  assert.equal(bench.runToHalt().kind, 'halted');
  assert.deepEqual([cpu.reg(EAX), bench.read32(0x100c), cpu.reg(4)], [0x1234, 0x1005, 0x100c]);
});

test('REP MOVS over the code that follows it', () => {
  bench.flat32();
  bench.load('mov ebx, 99\nhlt', 0x8000);
  cpu.setReg(ESI, 0x8000);
  cpu.setReg(EDI, 0x1002);
  cpu.setReg(ECX, 6);
  halts('rep movsb\nmov ebx, 1\nhlt');
  assert.equal(cpu.reg(EBX), 99);
});

test('REP STOS over itself ends where the new bytes say', () => {
  bench.flat32();
  cpu.setReg(EDI, 0x1000);
  cpu.setReg(ECX, 64);
  cpu.setReg(EAX, 0xf4);
  bench.load('rep stosb\nnop');
  assert.equal(bench.runToHalt().kind, 'halted');
  // The first byte, F3, is gone after one element: HLT stands there.
  assert.deepEqual([cpu.reg(EDI), cpu.reg(ECX), bench.eip], [0x1001, 63, 0x1001]);
});

test('rewriting a block that others are linked to unlinks it', () => {
  bench.flat32();
  bench.load('jmp 0x1800');
  bench.load('mov eax, 1\nhlt', 0x1800);
  assert.equal(bench.runToHalt().kind, 'halted');
  for (const value of [2, 3, 4]) {
    cpu.eip = 0x1000;
    cpu.set(CPU.HALTED, 0);
    bench.write(0x1801, [value]);
    assert.equal(bench.runToHalt().kind, 'halted');
    assert.equal(cpu.reg(EAX), value);
    vm.engine.cache.checkInvariants();
  }
});

test('an indirect jump to a rewritten block runs the new code', () => {
  bench.flat32();
  bench.load('jmp ebx');
  cpu.setReg(EBX, 0x1800);
  for (const value of [2, 3, 4]) {
    cpu.eip = 0x1000;
    cpu.set(CPU.HALTED, 0);
    bench.load(`mov eax, ${value}\nhlt`, 0x1800);
    assert.equal(bench.runToHalt().kind, 'halted');
    assert.equal(cpu.reg(EAX), value);
  }
});

test('a remapped page is another program, also where a jump is remembered', () => {
  bench.flat32();
  const map = (physical: number) =>
    bench.page(0x100000, [
      { linear: 0x1000, physical: 0x1000 },
      { linear: 0x40000, physical },
    ]); // prettier-ignore
  bench.load('jmp ebx', 0x1000);
  bench.load('mov eax, 1\nhlt', 0x20000);
  bench.load('mov eax, 2\nhlt', 0x30000);
  for (const [physical, value] of [
    [0x20000, 1],
    [0x30000, 2],
    [0x20000, 1],
  ] as const) {
    map(physical);
    cpu.eip = 0x1000;
    cpu.setReg(EBX, 0x40000);
    cpu.set(CPU.HALTED, 0);
    assert.equal(bench.runToHalt().kind, 'halted');
    assert.equal(cpu.reg(EAX), value);
  }
});

test('user code cannot jump into a supervisor page that ran before', () => {
  const pages = [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x3000, physical: 0x3000, user: false },
  ];
  const enter = (cpl: number): void => {
    bench.flat32({ cpl });
    bench.page(0x100000, pages);
    cpu.setReg(EBX, 0x3000);
  };
  enter(0);
  bench.load('jmp ebx', 0x1000);
  bench.load('mov eax, 0x666\nnop\njmp ebx', 0x3000);
  vm.engine.run(200);
  assert.equal(cpu.reg(EAX), 0x666);
  // Only the privilege changes, as it does when a kernel returns: nothing is flushed.
  cpu.setReg(EAX, 0);
  cpu.eip = 0x1000;
  for (let s = 0; s < 6; s++) cpu.setSegment(s, { ...cpu.segment(s), attributes: cpu.segment(s).attributes | 0x60 });
  cpu.set(CPU.CPL, 3);
  vm.context.stateChanged('privilege');
  assert.deepEqual(vm.engine.run(200), { kind: 'fault', vector: PF, errorCode: 5 });
  assert.deepEqual([cpu.get(CPU.CR2), cpu.reg(EAX)], [0x3000, 0]);
});

test('a block that crosses into a second page notices when that page is rewritten or remapped', () => {
  bench.flat32();
  const map = (second: number) =>
    bench.page(0x100000, [
      { linear: 0x1000, physical: 0x1000 },
      { linear: 0x2000, physical: second },
    ]); // prettier-ignore
  bench.write(0x1ffe, [0xb8, 1]); // mov eax, imm32
  for (const [at, value] of [
    [0x20000, 0x10],
    [0x30000, 0x20],
  ] as const)
    bench.write(at, [value, 0, 0, 0xf4]);
  const value = (): number => {
    cpu.eip = 0x1ffe;
    cpu.set(CPU.HALTED, 0);
    assert.equal(bench.runToHalt().kind, 'halted');
    return cpu.reg(EAX);
  };
  map(0x20000);
  assert.equal(value(), 0x1001);
  map(0x30000);
  assert.equal(value(), 0x2001);
  bench.write(0x30000, [0x30]);
  assert.equal(value(), 0x3001);
});

test('a loop through an instruction on two pages finds its block without looking, until the second page leads elsewhere', () => {
  bench.flat32();
  const pages = (second: number) => [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x2000, physical: second },
  ];
  bench.load('jmp 0x1ffe');
  for (const [at, value] of [
    [0x20000, 1],
    [0x30000, 2],
  ] as const) {
    bench.write(0x1ffe, [0xb8, value]); // mov eax, imm32
    bench.write(at, [0, 0, 0]);
    const { bytes } = assembleInstruction('add ebx, eax\ndec ecx\njnz 0x1000\nhlt', 32, 0x2003);
    bench.write(at + 3, bytes);
  }
  bench.write(0x30000, [1]);
  bench.page(0x100000, pages(0x20000));
  let fetches = 0;
  const { linear } = vm;
  const fetch = linear.fetch;
  linear.fetch = (at) => {
    fetches++;
    return fetch.call(linear, at);
  };
  const sum = (): number => {
    cpu.eip = 0x1000;
    cpu.set(CPU.HALTED, 0);
    cpu.setReg(ECX, 40);
    cpu.setReg(EBX, 0);
    assert.equal(bench.runToHalt().kind, 'halted');
    return cpu.reg(EBX);
  };
  assert.equal(sum(), 40 * 2);
  assert.ok(fetches < 30, `${fetches} fetches`);
  const entry = (vm.physical.read(0x100000, 4) & ~0xfff) + 4 * 2;
  vm.physical.write(entry, 4, 0x30000 | (vm.physical.read(entry, 4) & 0xfff));
  vm.context.stateChanged('page', 0x2000);
  assert.equal(sum(), 40 * 0x102);
  Reflect.deleteProperty(linear, 'fetch');
});

test('a slice may end before an instruction that the last one of it changes', () => {
  for (const source of ['mov byte [0x1008], 7\nmov eax, 1\nnop\nhlt', 'mov byte [0x1007], 0x40\nnop\nnop\nhlt', 'mov byte [0x1008], 0xf4\nnop\nnop\nhlt']) {
    const end = (slices: readonly number[]): number[] => {
      bench.flat32();
      cpu.setReg(EAX, 0);
      bench.load(source);
      const start = vm.retired;
      for (const slice of slices) vm.engine.run(slice);
      return [vm.retired - start, cpu.eip, cpu.reg(EAX)];
    };
    assert.deepEqual(end([1, 1, 1]), end([3]), source);
    assert.deepEqual(end([2, 1]), end([3]), source);
  }
});

test('every budget retires exactly as many instructions as it allows', () => {
  const source = 'top: add eax, 1\nadd ebx, eax\ncmp eax, 500\njne top\nhlt';
  const at = (steps: number): number[] => [cpu.eip, cpu.eflags, ...Array.from({ length: 8 }, (_, n) => cpu.reg(n)), steps];
  for (const budget of [1, 2, 3, 63, 64, 65, 66, 100, 129, 777]) {
    bench.flat32();
    bench.load(source);
    const start = vm.retired;
    vm.engine.run(budget);
    assert.equal(vm.retired - start, budget);
    const inBlocks = at(budget);
    bench.flat32();
    for (let n = 0; n < budget; n++) bench.step();
    assert.deepEqual(inBlocks, at(budget), `budget ${budget}`);
  }
});

test('a breakpoint stops a run wherever in its budget it is reached', () => {
  for (const budget of [20, 70, 1000]) {
    bench.flat32();
    bench.load(`${'nop\n'.repeat(10)}inc eax\nhlt`);
    vm.engine.setBreakpoints(new Set([0x100a]));
    const exit = vm.engine.run(budget);
    vm.engine.setBreakpoints(new Set());
    assert.equal(exit.kind === 'attend' && exit.attention.kind, 'breakpoint', `budget ${budget}`);
    assert.deepEqual([bench.eip, cpu.reg(EAX)], [0x100a, 0], `budget ${budget}`);
  }
});

test('a full code cache starts over', () => {
  const big = new TestCpu();
  big.flat32();
  big.write(0x10000, new Uint8Array(0x100000).fill(0x90));
  for (let round = 0; round < 12; round++)
    for (let page = 0x10000; page < 0x110000; page += 4096) {
      big.cpu.eip = page + round * 64 + 1;
      big.vm.engine.run(1000);
    }
  big.vm.engine.cache.checkInvariants();
});

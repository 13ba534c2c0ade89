/**
 * Guests that rewrite instructions where they stand: the block goes on where it can, is another one where it cannot, and either way
 * the guest does what one does whose code is decoded anew before every instruction.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Heat, Translation } from '../../src/engine/heat';
import { CPU } from '../../src/x86/cpuState';
import { EAX, EBX, ECX, EDI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';

const WARM: Heat = { threshold: 8, warm: 2, patience: 0 };

function bench(translation: Translation | Heat = WARM): TestCpu {
  const cpu = new TestCpu({ translation });
  cpu.flat32();
  return cpu;
}

function halts(cpu: TestCpu, source: string): void {
  cpu.load(source);
  assert.equal(cpu.runToHalt(4000).kind, 'halted');
  cpu.vm.engine.cache.checkInvariants();
  cpu.vm.engine.regions.checkInvariants();
}

/** Blocks that stores have thrown away. */
const lost = (cpu: TestCpu): number => cpu.vm.engine.cache.forgotten.filter(({ invalidatedBy }) => invalidatedBy === 'code written').length;

/** EAX += n for every n from ECX down, by way of an immediate that a function in a page of its own has. */
const CALLS = 'again: mov [2001h], ecx\ncall 2000h\ndec ecx\njnz again\nhlt';

test('translated code reads an immediate that keeps changing, and is compiled once', () => {
  const cpu = bench();
  cpu.load('add eax, 12345678h\nret', 0x2000);
  cpu.cpu.setReg(ECX, 1000);
  halts(cpu, CALLS);
  assert.equal(cpu.cpu.reg(EAX), (1000 * 1001) / 2);
  assert.equal(lost(cpu), 0);
  const region = [...cpu.vm.engine.regions.regions()].find(({ root }) => root.linear === 0x2000);
  assert.ok(region, 'the function is a region');
  assert.equal(region.root.code.instructions.at(0)?.instruction.immediate, 1, 'the block shows what stands there now');
  assert.ok(cpu.vm.engine.regions.statistics.compiled < 8);
});

test('so it does with a displacement', () => {
  const cpu = bench();
  cpu.load('mov edx, [12345678h]\nadd eax, edx\nret', 0x2000);
  for (let n = 0; n <= 200; n++) cpu.write(0x4000 + 4 * n, [n]);
  cpu.cpu.setReg(ECX, 200);
  halts(cpu, 'again: lea edx, [4 * ecx + 4000h]\nmov [2002h], edx\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EAX), (200 * 201) / 2);
  assert.equal(lost(cpu), 0);
});

test('another instruction of the same length takes the place of the old one', () => {
  const cpu = bench();
  cpu.load('add eax, 5\nadd ebx, 1\nret', 0x2000);
  cpu.cpu.setReg(ECX, 60);
  // ADD and SUB of EAX by turns: 83 C0, 83 E8.
  halts(cpu, 'again: xor byte [2001h], 28h\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.deepEqual([cpu.cpu.reg(EAX), cpu.cpu.reg(EBX)], [0, 60]);
  assert.equal(lost(cpu), 0);
});

test('a store of the bytes that are there changes nothing', () => {
  const cpu = bench();
  cpu.load('add eax, 5\nret', 0x2000);
  cpu.cpu.setReg(ECX, 400);
  halts(cpu, 'again: mov byte [2000h], 83h\nmov word [2001h], 5C0h\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EAX), 2000);
  assert.equal(lost(cpu), 0);
  assert.ok([...cpu.vm.engine.regions.regions()].some(({ root }) => root.linear === 0x2000));
});

test('code of another shape is another block', () => {
  const cpu = bench();
  cpu.load('add eax, 5\nret', 0x2000);
  cpu.cpu.setReg(ECX, 40);
  // INC EAX, INC EAX, NOP and back.
  halts(cpu, 'again: xor dword [2000h], 0C3904040h ^ 0C305C083h\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EAX), 20 * 2 + 20 * 5);
  assert.ok(lost(cpu) >= 39);
});

test('an instruction that rewrites itself ends as it began', () => {
  for (const translation of ['off', 'eager'] as const) {
    const cpu = bench(translation);
    cpu.cpu.setReg(ECX, 3);
    // ADD [its own immediate], imm32: the flags are those of the immediate that was there.
    halts(cpu, 'again: add dword [1006h], 70000000h\nsetc al\nshl eax, 8\ndec ecx\njnz again\nhlt');
    // 7 + 7 = E; E + E = 1C; C + C = 18.
    assert.equal(cpu.read32(0x1006) >>> 0, 0x80000000);
    assert.equal(cpu.cpu.reg(EAX), 0x010100, translation);
  }
});

test('a store over the end of one instruction and the beginning of the next', () => {
  const cpu = bench();
  cpu.load('mov eax, 11111111h\nmov ebx, 22222222h\nret', 0x2000);
  cpu.cpu.setReg(ECX, 40);
  halts(cpu, 'again: mov dword [2003h], 7BB3344h\nmov [2006h], cl\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.deepEqual([cpu.cpu.reg(EAX), cpu.cpu.reg(EBX)], [0x33441111, 0x22222201]);
  assert.equal(lost(cpu), 0);
});

test('a device and a linear alias rewrite code like anybody', () => {
  const cpu = bench();
  cpu.page(0x100000, [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x2000, physical: 0x2000 },
    { linear: 0x7000, physical: 0x7000 },
    { linear: 0x40000, physical: 0x2000 },
  ]);
  cpu.load('add eax, 1\nret', 0x2000);
  cpu.cpu.setReg(ECX, 100);
  halts(cpu, 'again: mov [40002h], cl\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EAX), (100 * 101) / 2);
  for (const value of [3, 4]) {
    cpu.write(0x2002, [value]); // as DMA does, between two instructions
    Object.assign(cpu.cpu, { eip: 0x1000 });
    cpu.cpu.set(CPU.HALTED, 0);
    cpu.cpu.setReg(EAX, 0);
    cpu.cpu.setReg(ECX, 100);
    halts(cpu, 'again: call 2000h\ndec ecx\njnz again\nhlt');
    assert.equal(cpu.cpu.reg(EAX), 100 * value);
  }
  cpu.write(0x2000, [0x83, 0xc3, 9, 0xc3]); // ADD EBX, 9
  cpu.cpu.eip = 0x1000;
  cpu.cpu.set(CPU.HALTED, 0);
  cpu.cpu.setReg(ECX, 10);
  halts(cpu, 'again: call 2000h\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EBX), 90);
});

test('an instruction that reaches into a second page is decoded anew', () => {
  const cpu = bench();
  cpu.write(0x2ffc, [0x90, 0x05, 0, 0, 0, 0, 0xc3]); // ADD EAX, imm32 over the boundary
  cpu.cpu.setReg(ECX, 100);
  halts(cpu, 'again: mov [3000h], cl\ncall 2ffch\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.cpu.reg(EAX), ((100 * 101) / 2) << 16);
});

test('what was once entered in the middle does not go on being rewritten', () => {
  const cpu = bench('off');
  cpu.load('add eax, 1\nadd eax, 1\nadd eax, 1\nret', 0x2000);
  cpu.cpu.eip = 0x2003;
  cpu.cpu.setReg(4, 0x7ff0);
  cpu.write(0x7ff0, [0, 0x10, 0, 0]);
  cpu.load('hlt', 0x1000);
  cpu.vm.engine.run(100);
  cpu.cpu.eip = 0x1000;
  cpu.cpu.set(CPU.HALTED, 0);
  cpu.cpu.setReg(ECX, 200);
  halts(cpu, 'again: mov [2008h], cl\ncall 2000h\ndec ecx\njnz again\nhlt');
  assert.deepEqual(
    [...cpu.vm.engine.cache.blocksOn(2)].map(({ linear }) => linear),
    [0x2000],
  );
});

test('a page whose code is gone is stored to like any other again', () => {
  const cpu = bench('off');
  cpu.load('nop\nret', 0x2000);
  cpu.cpu.setReg(ECX, 200);
  halts(cpu, 'call 2000h\nagain: mov [2000h], ecx\nxor ebx, [2000h]\ndec ecx\njnz again\nhlt');
  const { physical, linear } = cpu.vm;
  assert.deepEqual([physical.hasCode(0x2000), physical.hasCode(0x1000)], [false, true]);
  assert.deepEqual([linear.hostOffset(0x2000, 4, true) >= 0, linear.hostOffset(0x1000, 4, true) >= 0], [true, false]);
  assert.equal(cpu.read32(0x2000), 1);
});

const REGISTERS = ['eax', 'ebx', 'edx', 'esi'];
const ALU = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'];
const ITEMS = 24;

/** A loop of instructions, and of stores that change immediates, displacements, opcodes, ModRM bytes and lengths of them. */
function program(seed: number): string {
  const random = generator(seed);
  const value = (): number => random(2 ** 32);
  const register = (): string => REGISTERS[random(REGISTERS.length)];
  const plain = [
    () => `${ALU[random(8)]} eax, ${(0x40000000 + random(0x1000000)) >>> 0}`,
    () => `${ALU[random(8)]} ${register()}, strict dword ${value()}`,
    () => `${ALU[random(8)]} ${register()}, strict byte ${random(127)}`,
    () => `mov ${register()}, ${value()}`,
    () => `mov ${register()}, [${0x9000 + 4 * random(64)}]`,
    () => `mov [${0x9000 + 4 * random(64)}], ${register()}`,
    () => `${ALU[random(8)]} dword [${0x9000 + 4 * random(64)}], strict dword ${value()}`,
    () => `lea ${register()}, [${register()} + ${random(0x10000) + 256}]`,
    () => `imul ${register()}, ${register()}, strict dword ${value()}`,
    () => `shl ${register()}, ${1 + random(30)}`,
    () => `setc ${'abd'[random(3)]}l`,
    () => `push dword ${value()}\npop ${register()}`,
  ];
  const place = (): string => `i${random(ITEMS)}`;
  const stores = [
    () => `mov byte [${place()} + ${1 + random(4)}], ${random(128)}`,
    () => `inc byte [${place()} + 2]`,
    () => `mov [${place()} + 1], bl`,
    () => `xor byte [${place()}], ${8 * (1 + random(7))}`,
    () => `xor byte [${place()} + 1], ${[1, 2, 3, 8, 16, 24, 32][random(7)]}`,
    () => `add dword [${place()} + 2], ${value()}`,
    () => `mov word [${place()}], 9090h`,
    () => `mov dword [${place()} + ${random(3)}], ${value()}`,
  ];
  const items = Array.from({ length: ITEMS }, (_, n) => `i${n}: ${(random(3) === 0 ? stores[random(stores.length)] : plain[random(plain.length)])()}`);
  return `again:\n${items.slice(0, ITEMS / 2).join('\n')}\njmp other\nother:\n${items.slice(ITEMS / 2).join('\n')}\ndec ecx\njnz again\nhlt`;
}

const LIMIT = 1500;

/** Where the guest is after LIMIT instructions, or at its first fault. `anew`: with all code decoded before each instruction. */
function run(source: string, cpu: TestCpu, anew = false): unknown {
  const { vm } = cpu;
  vm.engine.cache.clear('another program');
  cpu.write(0, new Uint8Array(0x10000));
  cpu.flat32();
  vm.engine.retired = 0;
  cpu.load(source);
  cpu.cpu.setReg(ECX, 60);
  cpu.cpu.setReg(EDI, 0x9000);
  let kind = 'budget';
  while (vm.retired < LIMIT && !cpu.cpu.get(CPU.HALTED)) {
    if (anew) vm.engine.cache.clear('decoded anew');
    cpu.cpu.set(CPU.INHIBIT, 0);
    const exit = anew ? vm.engine.step() : vm.engine.run(Math.min(300, LIMIT - vm.retired));
    if (exit.kind !== 'fault' && exit.kind !== 'attend') continue;
    kind = exit.kind;
    break;
  }
  vm.engine.cache.checkInvariants();
  vm.engine.regions.checkInvariants();
  return {
    kind,
    retired: vm.retired,
    eip: cpu.eip,
    flags: cpu.cpu.eflags,
    registers: Array.from({ length: 8 }, (_, n) => cpu.cpu.reg(n)),
    code: cpu.ram.toString('hex', 0x1000, 0x1200),
  };
}

test('random programs that rewrite themselves do what they do when nothing is kept of their code', () => {
  const seeds = Array.from({ length: 24 }, (_, n) => 1000 + n);
  const [reference, ...others] = (['off', 'off', 'eager', WARM] as const).map(bench);
  let finished = 0;
  for (const seed of seeds) {
    const source = program(seed);
    const expected = run(source, reference, true) as { kind: string; retired: number };
    for (const [n, cpu] of others.entries())
      assert.deepEqual(
        run(source, cpu),
        expected,
        `seed ${seed}, ${['off', 'eager', 'warm'][n]}:
${source}`,
      );
    if (expected.retired > 300) finished++;
  }
  assert.ok(finished > 5, `only ${finished} programs got far`);
});

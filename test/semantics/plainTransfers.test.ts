/**
 * INT n, faults, IRET and segment loads in their ordinary course and by the helpers: two CPUs run the same guest, whose descriptors, gates, flags and
 * stacks are as they should be or not quite, one of them without any ordinary course. They must not differ in anything.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCK_INSTRUCTIONS } from '../../src/engine/blockInstructions';
import { CPU } from '../../src/x86/cpuState';
import { EFLAGS_FIXED } from '../../src/x86/flags';
import { EBX, ECX, EDI, EDX, ESI, TR } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';

const [CODE, GDT, IDT, TSS, HANDLERS, TABLES] = [0x1000, 0x3000, 0x4000, 0x5000, 0x6000, 0x40000];
const INSTRUCTIONS = 300;
const CASES = 160;

/** Code and data of ring 0, of ring 3, a TSS, code of ring 1. */
const DESCRIPTORS = [0n, 0x00cf9b000000ffffn, 0x00cf93000000ffffn, 0x00cffb000000ffffn, 0x00cff3000000ffffn, 0x0000890050000067n, 0x00cfbb000000ffffn];
const SELECTORS = [0, 3, 0x10, 0x13, 0x23, 0x20, 0x18, 0x1b, 0x28, 0x33, 0x77];
const VECTORS = [0, 6, 10, 11, 12, 13, 14, 0x30];
const PUSHES_CODE = [10, 11, 12, 13, 14];

type Random = (below: number) => number;

const doublewords = (values: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(values).buffer);
const flip = (value: bigint, random: Random): bigint => value ^ (1n << BigInt(random(64)));

/** Each handler steps over two bytes, which every instruction that faults has, and counts. */
const handler = (vector: number): readonly string[] => [
  ...(PUSHES_CODE.includes(vector) ? ['add esp, 4'] : []),
  ...(vector === 0x30 ? [] : ['add dword [esp], 2']),
  'inc edi',
  'iretd',
];

function assemble(bench: TestCpu, at: number, lines: readonly string[]): void {
  for (const line of lines) at += bench.load(line, at);
}

/** The same for every bench that is given the same random numbers. */
function setUp(bench: TestCpu, random: Random): void {
  const { cpu, vm } = bench;
  const often = (): boolean => random(4) > 0;
  const cpl = random(2) ? 3 : 0;
  const near = random(3) === 0 ? random(40) - 4 : 0x100;
  bench.ram.fill(0);
  vm.engine.cache.clear('another case');
  bench.flat32({ eip: CODE, esp: 0xa000 + near, cpl });
  for (let s = 0; s < 6; s++) if (cpl === 3) cpu.setSegment(s, { ...cpu.segment(s), selector: s === 1 ? 0x1b : s === 2 || random(2) ? 0x23 : 0x13 });
  assemble(
    bench,
    CODE,
    ['div bl', 'int 0x30', 'mov [esi], eax', 'ud2', 'push fs', 'pop fs', 'mov ds, cx', 'mov gs, dx', 'inc esi', `jmp 0x${CODE.toString(16)}`].filter(
      (_, n) => n === 0 || n > 4 || random(2),
    ),
  );
  VECTORS.forEach((vector, n) => assemble(bench, HANDLERS + 0x20 * n, handler(vector)));
  const descriptors = [...DESCRIPTORS];
  if (!often()) {
    const n = 1 + random(descriptors.length - 1);
    descriptors[n] = flip(descriptors[n], random);
  }
  bench.write(GDT, doublewords(descriptors));
  VECTORS.forEach((vector, n) => {
    const gate = (BigInt([0x8e00, 0xee00, 0xef00, 0x8f00][random(4)]) << 32n) | BigInt((random(8) ? 8 : 0x33) << 16) | BigInt(HANDLERS + 0x20 * n);
    bench.write(IDT + 8 * vector, doublewords([random(12) ? gate : flip(gate, random)]));
  });
  const kernelStack = 0x8000 + (random(3) === 0 ? random(64) - 8 : 0x200);
  bench.write(TSS, doublewords([BigInt(kernelStack) << 32n, BigInt(random(20) ? 0x10 : 0x18)]));
  cpu.setSegment(TR, { selector: 0x28, base: TSS, limit: random(20) ? 0x67 : 8, attributes: random(30) ? 0x8b : 0x83 });
  cpu.set(CPU.GDTR_BASE, GDT);
  cpu.set(CPU.GDTR_LIMIT, random(20) ? 0x37 : 0x0f);
  cpu.set(CPU.IDTR_BASE, IDT);
  cpu.set(CPU.IDTR_LIMIT, random(20) ? 0x7ff : 0x7f);
  cpu.eflags =
    EFLAGS_FIXED | (random(4) << 12) | (random(2) << 9) | (random(0x900) & 0x8d5) | (often() ? 0 : [1 << 8, 1 << 14, 1 << 18, 1 << 19, 1 << 20, 1 << 10, 1 << 16][random(7)]);
  cpu.setReg(EBX, 0);
  for (const register of [ECX, EDX]) cpu.setReg(register, SELECTORS[random(SELECTORS.length)]);
  cpu.setReg(ESI, 0x300000 + 0x1000 * random(4));
  if (!random(2)) return;
  const kept = (page: number): boolean => page === CODE || random(12) > 0;
  const pages = Array.from({ length: 0x10 }, (_, n) => n * 0x1000).filter(kept);
  bench.page(
    TABLES,
    pages.map((linear) => ({ linear, physical: linear, user: random(16) > 0, writable: random(16) > 0 })),
  );
  vm.context.stateChanged('translation');
}

const DERIVED = [CPU.STACK_MASK, CPU.READ_MASK, CPU.WRITE_MASK, CPU.FLAT, CPU.MODE] as const;

function describe(bench: TestCpu): unknown {
  const { cpu, vm } = bench;
  const { guestFault } = vm.desk.counts;
  return {
    registers: [...cpu.saveRegisters()].filter((_, n) => n !== (CPU.RESULT - CPU.GPR) / 4 && n !== (CPU.AUX - CPU.GPR) / 4),
    flags: cpu.eflags,
    derived: DERIVED.map((at) => cpu.get(at)),
    guestFault,
  };
}

/** In slices, whose ends are everywhere. */
function play(bench: TestCpu, random: Random): unknown {
  const { vm } = bench;
  const end = vm.retired + INSTRUCTIONS;
  for (;;) {
    const stop = vm.run(Math.min(1 + random(200), end - vm.retired), 5000);
    if (stop.kind !== 'budget' || vm.retired >= end) return { stop: stop.kind, left: end - vm.retired, state: describe(bench) };
  }
}

test('the ordinary course of transfers differs in nothing from that of the helpers', () => {
  const plain = new TestCpu({ model: 'p4', translation: { threshold: 8, warm: 2, patience: 0 } });
  const helped = new TestCpu({ model: 'p4', translation: 'off' });
  (helped.vm.technique.policy as { goesOn: boolean }).goesOn = false;
  for (let seed = 1; seed <= CASES; seed++) {
    setUp(plain, generator(seed));
    setUp(helped, generator(seed));
    assert.deepEqual(play(plain, generator(3 * seed)), play(helped, generator(5 * seed)), `seed ${seed}`);
    assert.ok(plain.ram.equals(helped.ram), `seed ${seed}: memory`);
  }
});

test('where all is as it should be, nothing comes to the helpers', () => {
  const bench = new TestCpu({ model: 'p4' });
  setUp(bench, (below) => below - 1);
  const { cpu, vm } = bench;
  vm.run(INSTRUCTIONS, 5000);
  const before = cpu.reg(EDI);
  // The last instructions of a slice are run block by block.
  const end = vm.retired + INSTRUCTIONS - MAX_BLOCK_INSTRUCTIONS;
  const changes: string[] = [];
  vm.stateChanged = (what) => {
    if (vm.retired < end) changes.push(what);
  };
  vm.run(INSTRUCTIONS, 5000);
  assert.ok(cpu.reg(EDI) > before + 20, `${cpu.reg(EDI) - before} transfers`);
  assert.deepEqual(changes, []);
});

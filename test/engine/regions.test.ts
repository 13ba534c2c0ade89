/** Regions as text, their limits, and what becomes of them when the guest stores into its code. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { printStatements } from '../../src/ir/printer';
import { BlockLowering } from '../../src/engine/region/lowerBlock';
import { regionText } from '../../src/engine/region/regionText';
import { CPU } from '../../src/x86/cpuState';
import { CR4_OSFXSR } from '../../src/x86/flags';
import { EAX, EBX, ECX, EDI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const GOLDEN = path.join(process.cwd(), 'test/golden/regions.txt');

/** One block or two each; the last instruction leads out. */
const CASES: readonly (readonly [mode: 16 | 32, source: string])[] = [
  [32, 'nop'],
  [32, 'mov eax, ebx'],
  [32, 'mov al, bh'],
  [32, 'mov ch, 7'],
  [32, 'mov ax, 1234h'],
  [32, 'lea eax, [ebx + 4 * ecx + 8]'],
  [32, 'mov eax, [ebx + 4]'],
  [32, 'mov [5000h], cl'],
  [32, 'mov ax, [fs:esi]'],
  [32, 'add eax, ebx'],
  [32, 'add eax, 1\nadd ecx, 2'],
  [32, 'add [ebx], eax'],
  [32, 'adc eax, ecx'],
  [32, 'cmp eax, 10\nsetl bl'],
  [32, 'sub al, ah\nsetbe cl'],
  [32, 'test eax, eax\nsetz dl'],
  [32, 'inc ecx\nseto al'],
  [32, 'dec byte [ebx]'],
  [32, 'shl eax, 4'],
  [32, 'shr eax, cl'],
  [32, 'shr eax, 8\nxor eax, [ebx]\nsar eax, 1'],
  [32, 'movzx ecx, byte [ebx]\nxor cl, al\nmov dl, cl\nsub dl, 9\nsetb ah\nmovzx ecx, cl'],
  [32, 'rol ax, 1'],
  [32, 'imul eax, ecx, 10'],
  [32, 'mul ecx'],
  [32, 'div ecx'],
  [32, 'movzx eax, byte [esi]'],
  [32, 'push eax'],
  [32, 'pop ecx'],
  [32, 'xchg eax, [ebx]'],
  [32, 'cmove eax, ecx'],
  [32, 'bswap eax'],
  [32, 'cpuid'],
  [16, 'mov ax, [bx + si]'],
  [16, 'push ax'],
  [16, 'add ax, [bp + 2]'],
];

/** Of the x87 and SSE: arithmetic in line, registers in locals. */
const FLOATING: readonly string[] = [
  'fld1\nfld st0\nfaddp st1, st0',
  'fld1\nfmul st0, st0\nfstp qword [5000h]',
  'fldz\nfcomip st0, st1',
  'fild dword [5000h]\nfdiv qword [5008h]',
  'fld tword [5000h]\nfxch st1\nfnstsw ax',
  'movq mm0, [5000h]\nemms\nfldz',
  'addsd xmm0, xmm1\nmulsd xmm0, xmm0',
  'mulpd xmm0, xmm1',
  'comisd xmm0, [5000h]',
];

/** Loops and calls: the structure of the code is what they show. */
const LOOPS: readonly string[] = [
  'again: dec ecx\njnz again',
  'outer: mov edx, 3\ninner: dec edx\njnz inner\ndec ecx\njnz outer',
  'again: test ecx, 1\njz even\nadd eax, 3\neven: dec ecx\njnz again',
  'jmp start\nsub: inc eax\nret\nstart: call sub\ndec ecx\njnz start',
  'again: mov edx, ecx\nand edx, 3\njmp [table + 4 * edx]\nalign 4\ntable: dd c0, c1, c2, c3\nalign 4\nc0: inc eax\nalign 4\nc1: inc eax\nalign 4\nc2: inc eax\nalign 4\nc3: inc eax\ndec ecx\njnz again',
  'mov edx, 2\njmp body\nouter: mov edx, 2\nhead: test ecx, 16\njnz tail\nbody: inc eax\ntest eax, 3\njz after\ntail: dec edx\njnz head\nafter: dec ecx\njnz outer',
];

const cpu = new TestCpu({ translation: 'eager' });
/** With SSE2. */
const floating = new TestCpu({ translation: 'eager', model: 'p4' });
/** Compiles what has run a few times: whole loops. */
const warm = new TestCpu({ translation: { threshold: 8, warm: 2, patience: 0 } });

/** Between what every region begins and ends with. */
const essence = (lines: readonly string[]): readonly string[] => lines.slice(lines.indexOf('block') + 1, lines.lastIndexOf('  unreachable'));

function translate(bench: TestCpu, mode: 16 | 32, source: string, whole: boolean): string {
  const { vm } = bench;
  vm.engine.cache.clear('another case');
  if (mode === 32) bench.flat32();
  else bench.realMode();
  bench.cpu.setReg(ECX, 40);
  bench.cpu.set(CPU.CR4, CR4_OSFXSR);
  bench.cpu.set(CPU.X87_CONTROL, 0x37f);
  bench.cpu.set(CPU.X87_TAGS, 0xfff0);
  bench.load(`${source}\njmp behind\nbehind: hlt`);
  assert.equal(bench.runToHalt(64).kind, 'halted');
  vm.engine.cache.checkInvariants();
  vm.engine.regions.checkInvariants();
  const lowering = new BlockLowering(vm.cpu, vm.engine.translator.forms);
  const [largest] = [...vm.engine.regions.regions()].sort((a, b) => b.length - a.length || a.id - b.id);
  if (!largest) return 'not translated';
  const microOps = largest.blocks.flatMap((block) => block.code.instructions.list().flatMap((one) => printStatements(lowering.microOps(one), '  ')));
  const text = regionText(largest).lines;
  return [...microOps, '--', ...(whole ? text : essence(text))].join('\n');
}

test('regions read as they did', () => {
  const cases = CASES.map(([mode, source], n) => `== bits ${mode}\n${source}\n${translate(cpu, mode, source, n === 0)}`);
  const loops = LOOPS.map((source) => `== a loop\n${source}\n${translate(warm, 32, source, false)}`);
  const floats = FLOATING.map((source) => `== floating point\n${source}\n${translate(floating, 32, source, false)}`);
  const actual = `${[...cases, ...loops, ...floats].join('\n\n')}\n`;
  const expected = fs.existsSync(GOLDEN) ? fs.readFileSync(GOLDEN, 'utf8') : '';
  if (actual !== expected) fs.writeFileSync(`${GOLDEN}.actual`, actual);
  assert.ok(actual === expected, `read the difference to ${GOLDEN}.actual, and keep it if it is right`);
});

test('a loop runs in its region, and ends where the interpreter ends it', () => {
  cpu.vm.engine.cache.clear('another case');
  cpu.flat32();
  cpu.cpu.setReg(ECX, 100_000);
  cpu.cpu.setReg(EAX, 0);
  cpu.load('again: add eax, ecx\ndec ecx\njnz again\nhlt');
  const before = cpu.vm.retired;
  for (const budget of [1000, 10_001, 1]) for (const end = cpu.vm.retired + budget; cpu.vm.retired < end; ) cpu.vm.engine.run(end - cpu.vm.retired);
  assert.equal(cpu.vm.retired - before, 11_002);
  const rounds = Math.floor(11_002 / 3);
  assert.equal(cpu.cpu.reg(ECX), 100_000 - rounds);
  assert.equal(cpu.eip, 0x1002);
});

test('every line of a region names its instruction', () => {
  warm.vm.engine.cache.clear('another case');
  warm.flat32();
  warm.cpu.setReg(ECX, 400);
  warm.load('again: add eax, ecx\nlea edx, [eax + 1]\ndec ecx\njnz again\nhlt');
  assert.equal(warm.runToHalt(2000).kind, 'halted');
  const region = [...warm.vm.engine.regions.regions()].find(({ length }) => length === 4);
  assert.ok(region, 'the loop is a region');
  const { lines, origins } = regionText(region);
  const linesOf = (eip: number) => lines.filter((_, i) => origins[i] === eip).map((line) => line.trim());
  const [add, lea, dec, jnz] = region.root.code.instructions.list().map(({ eip }) => eip);
  assert.deepEqual(new Set(origins), new Set([undefined, add, lea, dec, jnz]));
  assert.ok(linesOf(add).includes('local.set $eax') && !linesOf(add).includes('local.set $edx'));
  assert.ok(linesOf(lea).includes('local.set $edx') && !linesOf(lea).includes('local.set $eax'));
  assert.ok(linesOf(dec).includes('local.set $ecx'));
  assert.ok(linesOf(jnz).some((line) => line.startsWith('br_if')));
});

test('a computed jump goes to each of its targets, those that came late too', () => {
  const { vm } = warm;
  const cases = [0, 1, 2, 3, 4, 5, 6];
  vm.engine.cache.clear('another case');
  warm.flat32();
  const targets = cases.map((n) => `align 8\nc${n}: lea eax, [8 * eax + ${n + 1}]\nmov esi, ${n}\nxor eax, ebx\njmp next`).join('\n');
  const source = `again: mov edx, ecx\nshr edx, 4\nand edx, 7\ncmp edx, 6\njbe inside\nmov edx, 1\ninside: jmp [table + 4 * edx]\nalign 4\ntable: dd ${cases.map((n) => `c${n}`).join(', ')}\n${targets}\nnext: dec ecx\njnz again\nhlt`;
  warm.load(source);
  warm.cpu.setReg(EAX, 1);
  warm.cpu.setReg(EBX, 0x12345);
  warm.cpu.setReg(ECX, 900);
  assert.equal(warm.runToHalt(20_000).kind, 'halted');
  let expected = 1;
  for (let n = 900; n > 0; n--) {
    const choice = (n >> 4) & 7;
    expected = ((8 * expected + (choice > 6 ? 1 : choice) + 1) ^ 0x12345) | 0;
  }
  assert.equal(warm.cpu.reg(EAX) | 0, expected);
  assert.ok([...vm.engine.regions.regions()].some((region) => regionText(region).lines.some((line) => line.includes('br_table'))));
});

/** Blocks that go to any others: loops with several entries, in all ways of nesting. */
function tangle(seed: number): string {
  let state = seed;
  const random = (below: number): number => {
    state = Math.imul(state, 0x5d588b65) + 1;
    return (state >>> 8) % below;
  };
  const blocks = 3 + random(10);
  const block = (): string => `b${random(blocks)}`;
  const ways = [
    () => `jmp ${block()}`,
    () => `jmp [table + 4 * edx]`,
    () => `push ${block()}\nret`,
    ...[0, 1, 2].map(() => () => `test eax, ${1 << random(12)}\n${['jz', 'jnz', 'jpe'][random(3)]} ${block()}\njmp ${block()}`),
  ];
  const bodies = Array.from(
    { length: blocks },
    (_, n) => `b${n}: lea eax, [4 * eax + eax + ${n}]\nmov edx, eax\nshr edx, 9\nand edx, 3\ndec ecx\njz out\n${ways[random(ways.length)]()}`,
  );
  return `jmp b0\nalign 4\ntable: dd ${[0, 1, 2, 3].map(block).join(', ')}\n${bodies.join('\n')}\nout: hlt`;
}

test('whatever way loops are entered: the same as interpreted', () => {
  const off = new TestCpu({ translation: 'off' });
  const run = (bench: TestCpu, source: string): number[] => {
    bench.vm.engine.cache.clear('another case');
    bench.flat32();
    bench.load(source);
    bench.cpu.setReg(EAX, 1);
    bench.cpu.setReg(ECX, 1500);
    const before = bench.vm.retired;
    assert.equal(bench.runToHalt(200).kind, 'halted');
    return [bench.cpu.reg(EAX), bench.cpu.reg(ECX), bench.vm.retired - before];
  };
  for (let seed = 1; seed <= 60; seed++) {
    const source = tangle(seed);
    assert.deepEqual(run(warm, source), run(off, source), `seed ${seed}:\n${source}`);
  }
});

test('a store into a block throws its regions away; the new code runs', () => {
  const { vm } = cpu;
  vm.engine.cache.clear('another case');
  cpu.flat32();
  cpu.cpu.setReg(EAX, 0);
  cpu.cpu.setReg(ECX, 40);
  const before = vm.engine.regions.statistics;
  cpu.load('again: jmp body\nbody: add eax, 1\njmp store\nstore: inc byte [body + 2]\ndec ecx\njnz again\nhlt');
  assert.equal(cpu.runToHalt(400).kind, 'halted');
  assert.equal(cpu.cpu.reg(EAX), (40 * 41) / 2);
  const after = vm.engine.regions.statistics;
  assert.ok(after.invalidated > before.invalidated);
  assert.ok(after.compiled - before.compiled < 40, 'a page that is rewritten all the time is left to the interpreter');
  vm.engine.regions.checkInvariants();
});

test('at the ceiling all regions go, and the guest goes on', () => {
  const small = new TestCpu({ translation: 'eager', regionLimits: { bytes: 6000, modules: 5 } });
  small.flat32();
  small.cpu.setReg(EAX, 0);
  const blocks = Array.from({ length: 40 }, (_, n) => `b${n}: inc eax\njmp b${n + 1}`).join('\n');
  small.cpu.setReg(ECX, 30);
  small.load(`start:\n${blocks}\nb40: dec ecx\njnz start\nhlt`);
  assert.equal(small.runToHalt(4000).kind, 'halted');
  assert.equal(small.cpu.reg(EAX), 1200);
  const { regions } = small.vm.engine;
  assert.ok(regions.statistics.evictions > 0);
  assert.ok(regions.statistics.modules <= 5 && regions.statistics.bytes <= 6000);
  regions.checkInvariants();
  small.vm.engine.cache.checkInvariants();
});

test('x87 and MMX in one region, and a way out of it between them: the same as interpreted', () => {
  const source = `again: fldpi
  fstp st0
  test ecx, 3
  jnz other
  movd edx, mm7
  add ebx, edx
  mov cr2, eax
  jmp join
other: movd eax, mm7
  lea ebx, [ebx + 2 * eax]
  mov cr2, eax
join: pxor mm7, mm7
  emms
  dec ecx
  jnz again`;
  const run = (translation: 'off' | { threshold: number; warm: number; patience: number }): [number, number] => {
    const bench = new TestCpu({ translation, model: 'p4' });
    bench.flat32();
    bench.cpu.setReg(ECX, 400);
    bench.cpu.set(CPU.X87_CONTROL, 0x37f);
    bench.cpu.set(CPU.X87_TAGS, 0xffff);
    bench.load(`${source}\nhlt`);
    assert.equal(bench.runToHalt(64).kind, 'halted');
    return [bench.cpu.reg(EBX), bench.vm.engine.regions.regions().size];
  };
  const [interpreted] = run('off');
  const [translated, regions] = run({ threshold: 8, warm: 2, patience: 0 });
  assert.ok(regions > 0);
  assert.equal(translated, interpreted);
});

/** Zeros, neighbours, terms far apart, ends of the range, significands that carry; a denormal and an infinity, with which the region is left. */
const NUMBERS: readonly string[] = [
  '0, 0000h',
  '0, 8000h',
  '8000000000000000h, 3fffh',
  '8000000000000000h, 0bfffh',
  '8000000000000001h, 3fffh',
  '0ffffffffffffffffh, 3ffeh',
  '0ffffffffffffffffh, 0bfffh',
  '0c90fdaa22168c235h, 4000h',
  '0aaaaaaaaaaaaaaabh, 3fbfh',
  '0aaaaaaaaaaaaaaabh, 0bfbeh',
  '8000000000000000h, 3fbdh',
  '9a784bcd1b8afe49h, 3ee0h',
  '0ffffffffffffffffh, 7ffeh',
  '8000000000000000h, 8001h',
  '1, 0000h',
  '8000000000000000h, 7fffh',
];

/** Each number with each: every bit of every result, C1 and PE go into EBX. */
const arithmeticOf = (before: string): string => {
  const sum = 'fnstsw ax\nand eax, 3bfh\nrol ebx, 5\nadd ebx, eax\nadd ebx, [result]\nrol ebx, 3\nadd ebx, [result + 4]\nmovzx edx, word [result + 8]\nadd ebx, edx';
  const operation = (instruction: string): string => `fld tword [esi]\n${instruction}\nfstp tword [result]\n${sum}`;
  const binary = ['fadd st0, st1', 'fsub st0, st1', 'fmul st0, st1', 'fdiv st0, st1', 'fdivr st0, st1', 'fadd st0, st0', 'fmul st0, st0', 'fabs\nfsqrt'];
  const stores = `fld st0\nfstp qword [result]\nfld qword [result]\nfadd st0, st1\nfstp tword [result]\n${sum}`;
  const comparison = 'fld tword [esi]\nfcomi st0, st1\nsetb dl\nsete dh\nmovzx edx, dx\nrol ebx, 2\nadd ebx, edx\nfcomp st1\nfnstsw ax\nand eax, 4500h\nadd ebx, eax';
  return `mov esi, table
outer: mov edi, table
inner: ${before}
  fld tword [edi]
  ${[...binary.map(operation), comparison, stores].join('\n')}
  fstp st0
  add edi, 16
  cmp edi, table.end
  jne inner
  fnclex
  add esi, 16
  cmp esi, table.end
  jne outer
  dec ecx
  jnz near again
  hlt
align 16
controls: dw 37fh, 0f7fh, 27fh, 37fh
result: dq 0, 0
align 16
table: ${NUMBERS.map((number) => `dq ${number.replace(',', '\ndw')}\ntimes 6 db 0`).join('\n')}
table.end:`;
};

for (const [name, control, inside, outside = ''] of [
  ['the plain control word', 0x37f, ''],
  ['another precision', 0x27f, ''],
  ['another rounding in the loop', 0x37f, 'mov eax, edi\nshr eax, 4\nand eax, 3\nfldcw [controls + 2 * eax]'],
  ['another rounding at times', 0x37f, '', 'mov eax, ecx\nand eax, 3\nfldcw [controls + 2 * eax]'],
] as const)
  test(`x87 arithmetic in regions with ${name}: the same as interpreted`, () => {
    const run = (translation: 'off' | { threshold: number; warm: number; patience: number }): [number, number] => {
      const bench = new TestCpu({ translation, model: 'p4' });
      bench.flat32();
      bench.cpu.setReg(ECX, 5);
      bench.cpu.set(CPU.X87_CONTROL, control);
      bench.cpu.set(CPU.X87_TAGS, 0xffff);
      bench.load(`again: ${outside}\n${arithmeticOf(inside)}`);
      while (bench.cpu.get(CPU.HALTED) === 0) bench.vm.engine.run(1_000_000);
      return [bench.cpu.reg(EBX), bench.vm.engine.regions.statistics.compiled];
    };
    const [interpreted] = run('off');
    const [translated, compiled] = run({ threshold: 8, warm: 2, patience: 0 });
    assert.ok(compiled > 0);
    assert.equal(translated, interpreted);
  });

test('rounding changes for good after a region was compiled: it gets another one, which runs', () => {
  const run = (translation: 'off' | { threshold: number; warm: number; patience: number }): [string, number, number] => {
    const bench = new TestCpu({ translation, model: 'p4' });
    bench.flat32();
    bench.cpu.setReg(EDI, 2);
    bench.cpu.set(CPU.X87_CONTROL, 0x37f);
    bench.cpu.set(CPU.X87_TAGS, 0xffff);
    bench.load(`
      outer: mov ecx, 20000
      again: fld qword [third]
      fmul qword [third]
      fadd qword [sum]
      fstp qword [sum]
      dec ecx
      jnz again
      fldcw [down]
      dec edi
      jnz outer
      mov eax, [sum]
      mov ebx, [sum + 4]
      hlt
      align 4096
      third: dq 0.3333
      sum: dq 0.0
      down: dw 077Fh`);
    while (bench.cpu.get(CPU.HALTED) === 0) bench.vm.engine.run(20_000);
    const compiled = bench.vm.engine.regions.statistics;
    return [`${bench.cpu.reg(EAX)} ${bench.cpu.reg(EBX)} ${bench.cpu.get(CPU.X87_STATUS)}`, compiled.compiled, compiled.regions];
  };
  const [interpreted] = run('off');
  const [translated, compiled, regions] = run({ threshold: 8, warm: 2, patience: 0 });
  assert.equal(translated, interpreted);
  assert.deepEqual({ compiled, regions }, { compiled: 2, regions: 1 });
});

test('loads and stores outside the window that a region is confined to: as interpreted, and for good they get a region that makes them', () => {
  const run = (translation: 'off' | { threshold: number; warm: number; patience: number }): [string, number, number] => {
    const bench = new TestCpu({ translation });
    const code = 0x10000;
    bench.flat32({ eip: code });
    bench.cpu.setReg(EDI, 2);
    bench.cpu.setReg(EBX, 0x100000);
    // Stores to what precedes the code lie in no window, and loads have theirs everywhere.
    bench.load(`
      outer: mov ecx, 20000
      again: add eax, [ebx]
      add [ebx], ecx
      rol dword [ebx + 4], 1
      adc eax, [ebx + 4]
      dec ecx
      jnz again
      mov ebx, 4000h
      dec edi
      jnz outer
      hlt`);
    while (bench.cpu.get(CPU.HALTED) === 0) bench.vm.engine.run(20_000);
    const { compiled, regions } = bench.vm.engine.regions.statistics;
    bench.vm.engine.regions.checkInvariants();
    bench.vm.linear.windows.checkInvariants();
    return [`${bench.cpu.reg(EAX)} ${[0x4000, 0x4004, 0x100000, 0x100004].map((at) => bench.read32(at))} ${bench.vm.retired}`, compiled, regions];
  };
  const [interpreted] = run('off');
  const [translated, compiled, regions] = run({ threshold: 8, warm: 2, patience: 0 });
  assert.equal(translated, interpreted);
  assert.deepEqual({ compiled, regions }, { compiled: 2, regions: 1 });
});

test('blocks that became hot together share the region of the first, and get their own once they stay hot', () => {
  const bench = new TestCpu({ translation: 'on' });
  bench.flat32();
  bench.cpu.setReg(ECX, 2_000_000);
  bench.load('outer: test ecx, 1\njz even\nadd eax, 3\neven: test ecx, 2\njz next\nadd eax, 5\nnext: dec ecx\njnz outer\nhlt');
  while (bench.cpu.get(CPU.HALTED) === 0) bench.vm.engine.run(1_000_000);
  const { regions, compiled } = bench.vm.engine.regions.statistics;
  assert.deepEqual({ regions, compiled }, { regions: 1, compiled: 1 });
});

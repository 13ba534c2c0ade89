/** Accesses of a block that lie near each other: looked up once, with the same effects and the same faults as one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regionText } from '../../src/engine/region/regionText';
import { CPU } from '../../src/x86/cpuState';
import { PF } from '../../src/x86/exceptions';
import { EAX, EBX, ECX, EDX, ESI, ESP } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const WARM = { threshold: 8, warm: 2, patience: 0 };
const PAGE = 0x1000;
const DATA = 0x10000;
const ROUNDS = 20_000;

const FIRST = 0x20000;
const SECOND = 0x18000;
const LOW_PAGES = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ linear: n * PAGE, physical: n * PAGE }));

/** Of a byte in the two pages at DATA. */
const physical = (linear: number): number => (linear < DATA + PAGE ? FIRST - DATA : SECOND - DATA - PAGE) + linear;
const writeBytes = (bench: TestCpu, at: number, value: number): void => [0, 1, 2, 3].forEach((n) => bench.write(physical(at + n), [(value >>> (8 * n)) & 0xff]));
const readBytes = (bench: TestCpu, at: number): number => [0, 1, 2, 3].reduce((value, n) => value | (bench.ram[physical(at + n)] << (8 * n)), 0);

const fill = (bench: TestCpu, at: number, words: readonly number[]): void => bench.write(at, new Uint8Array(Uint32Array.from(words).buffer));

/** How often the regions look into the TLB. */
function lookUps(source: string): number {
  const bench = new TestCpu({ translation: 'eager', model: 'p4' });
  bench.flat32();
  // Without paging regions look nothing up.
  bench.page(0x40000, [...LOW_PAGES, { linear: DATA, physical: DATA }]);
  for (const register of [EBX, ESI]) bench.cpu.setReg(register, DATA);
  bench.load(`${source}\njmp behind\nbehind: hlt`);
  assert.equal(bench.runToHalt(64).kind, 'halted');
  const [largest] = [...bench.vm.engine.regions.regions()].sort((a, b) => b.length - a.length);
  return regionText(largest).lines.filter((line) => line.includes('i32.load offset=0x100000')).length;
}

const LOOK_UPS: Readonly<Record<string, number>> = {
  'mov eax, [ebx]': 1,
  'mov eax, [ebx]\nmov ecx, [ebx + 4]\nmov [ebx + 8], ecx': 1,
  'mov eax, [ebx]\nmov ecx, [ebx + 400h]': 2,
  'push eax\npush ecx\npush edx\npop edx\npop ecx\npop eax': 1,
  'mov ecx, ebx\nadd ecx, 16\nmov eax, [ecx]\nmov eax, [ebx]': 1,
  'mov edx, 3\nmov eax, [ebx + 4 * edx]\nmov ecx, [ebx + 4 * edx + 4]': 1,
  'mov eax, [5000h]\nadd [5004h], eax': 1,
  // Another register, another value of the same one, or a part of it.
  'mov eax, [ebx]\nmov ecx, [esi]': 2,
  'mov eax, [ebx]\nmov ebx, esi\nmov ecx, [ebx]': 2,
  'mov eax, [ebx]\nmov bl, 8\nmov ecx, [ebx]': 2,
  'mov eax, [ebx]\nxor ecx, ecx\ncmovne ebx, esi\nmov ecx, [ebx]': 2,
};

for (const [source, count] of Object.entries(LOOK_UPS))
  test(`looked up ${count === 1 ? 'once' : 'twice'}: ${source.replaceAll('\n', '; ')}`, () => {
    assert.equal(lookUps(source), count);
  });

/** A loop over three words at EBX. */
const SUM = `again: mov eax, [ebx]
  add eax, [ebx + 4]
  add [ebx + 8], eax
  dec ecx
  jnz again
  hlt`;

for (const [where, offset] of [
  ['in a page', 0],
  ['in two pages', PAGE - 8],
] as const)
  test(`words ${where} are summed up, by a region in the end`, () => {
    const run = (translation: 'off' | typeof WARM): { readonly sum: number; readonly retired: number; readonly regions: number } => {
      const bench = new TestCpu({ translation });
      bench.flat32();
      // Next to each other, but not in memory.
      bench.page(0x40000, [...LOW_PAGES, { linear: DATA, physical: FIRST }, { linear: DATA + PAGE, physical: SECOND }]);
      [3, 4, 5].forEach((value, n) => writeBytes(bench, DATA + offset + 4 * n, value));
      bench.cpu.setReg(EBX, DATA + offset);
      bench.cpu.setReg(ECX, ROUNDS);
      bench.load(SUM);
      while (bench.cpu.get(CPU.HALTED) === 0) bench.vm.engine.run(1000);
      const { engine } = bench.vm;
      engine.regions.checkInvariants();
      const [region] = engine.regions.regions();
      return { sum: readBytes(bench, DATA + offset + 8), retired: engine.retired, regions: region ? engine.hits(region.root) : 0 };
    };
    const interpreted = run('off');
    const translated = run(WARM);
    assert.equal(interpreted.sum, 5 + 7 * ROUNDS);
    assert.deepEqual({ ...translated, regions: 0 }, interpreted);
    // Whoever left a region every time would count as many entries as rounds.
    assert.ok(translated.regions > 0 && translated.regions < ROUNDS / 2, `${translated.regions} times round in tier 0`);
  });

test('a fault at one of them is that one’s: what stands before it has happened', () => {
  const bench = new TestCpu({ translation: WARM });
  bench.flat32({ cpl: 3 });
  bench.page(0x40000, [...LOW_PAGES, { linear: DATA, physical: DATA }]);
  fill(bench, DATA, [0, 0, 0, 0]);
  fill(bench, DATA + PAGE - 8, [11, 22]);
  bench.cpu.setReg(ESP, 0x8000);
  bench.cpu.setReg(EBX, DATA);
  bench.cpu.setReg(ECX, 1000);
  bench.load(`again: mov eax, [ebx]
    mov edx, [ebx + 4]
    mov esi, [ebx + 8]
    loop again
    mov ebx, ${DATA + PAGE - 8}
    mov ecx, 1
    jmp again`);
  let exit = bench.vm.engine.run(100_000);
  while (exit.kind !== 'fault') exit = bench.vm.engine.run(100_000);
  const { cpu } = bench;
  assert.deepEqual([exit.vector, cpu.eip, cpu.get(CPU.CR2) >>> 0], [PF, 0x1005, DATA + PAGE]);
  assert.deepEqual([cpu.reg(EAX), cpu.reg(EDX), cpu.reg(ESI)], [11, 22, 0]);
});

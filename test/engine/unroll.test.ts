/** Loops of one block are compiled as copies of it: any number of rounds ends where it does in the interpreter, and so does any slice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../src/x86/cpuState';
import { EAX, EBX, ECX, EDX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const WARM = { threshold: 8, warm: 2, patience: 0 };

/** Bodies of loops that go on at `again`: the branch leads back, or out. */
const LOOPS: Readonly<Record<string, string>> = {
  'counts down': 'again: add eax, ecx\ndec ecx\njnz again',
  'leaves by its branch': 'again: add eax, ecx\ndec ecx\njz out\njmp again\nout: nop',
  'needs the flags of the round before': 'again: adc eax, 7\nlea ecx, [ecx - 1]\nrcl edx, 1\njecxz out\njmp again\nout: nop',
  'is long': `again: ${'xor eax, ecx\nrol eax, 3\n'.repeat(9)}dec ecx\njnz again`,
  'is one instruction': 'again: loop again',
  'stores and loads': 'again: mov [5000h + 4 * ecx], eax\nadd eax, [5000h + 4 * ecx]\nadd eax, ecx\ndec ecx\njnz again',
};

const REGISTERS = [EAX, EBX, ECX, EDX];

for (const [name, loop] of Object.entries(LOOPS)) {
  /** Warmed up, then so many rounds, in slices. */
  const run = (translation: 'off' | typeof WARM, rounds: number, slice: number): { readonly state: readonly number[]; readonly regions: number } => {
    const bench = new TestCpu({ translation });
    const { cpu, vm } = bench;
    bench.flat32();
    cpu.setReg(EBX, 2);
    cpu.setReg(ECX, 300);
    bench.load(`outer: xor edx, edx\n${loop}\nmov ecx, ${rounds}\ndec ebx\njnz outer\nhlt`);
    const positions: number[] = [];
    while (cpu.get(CPU.HALTED) === 0) {
      for (const end = vm.retired + slice; vm.retired < end && cpu.get(CPU.HALTED) === 0; ) vm.engine.run(end - vm.retired);
      positions.push(cpu.eip);
    }
    vm.engine.regions.checkInvariants();
    const { u32 } = { u32: (n: number): number => cpu.reg(n) >>> 0 };
    return { state: [...REGISTERS.map(u32), vm.retired, ...positions], regions: vm.engine.regions.regions().size };
  };
  test(`a loop that ${name}`, () => {
    for (const rounds of [1, 2, 3, 4, 5, 6, 7, 8, 9, 41])
      for (const slice of [97, 1000]) {
        const interpreted = run('off', rounds, slice);
        const translated = run(WARM, rounds, slice);
        assert.deepEqual(translated.state, interpreted.state, `${rounds} rounds, slices of ${slice}`);
        assert.ok(translated.regions > 0);
      }
  });
}

/** SSE before PE has been set: exact results are found by the host's arithmetic, inexact ones by exact arithmetic, both with the flags that it gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMBINATIONS, type CombinationName, DOUBLE, SINGLE, combine } from '../../src/semantics/vector/binaryFloat';
import { FloatEnvironment, MXCSR_RESET } from '../../src/semantics/vector/mxcsr';
import { CPU } from '../../src/x86/cpuState';
import { CR4_OSFXSR } from '../../src/x86/flags';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';

const random = generator(0xe4ac7);
const bench = new TestCpu({ model: 'p4', translation: 'off' });
const { cpu } = bench;
const view = new DataView(cpu.memory.buffer);

/** Numbers with few bits, often: sums and products of them are exact about half of the time. */
const few = (): number => (random(2) ? 1 : -1) * random(2 ** (1 + random(30))) * 2 ** (random(8) - 4);

for (const format of [SINGLE, DOUBLE])
  test(`scalars of ${8 * format.bytes} bits`, () => {
    const read = (at: number): bigint => (format === SINGLE ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true));
    const suffix = format === SINGLE ? 'ss' : 'sd';
    bench.flat32();
    cpu.set(CPU.CR4, CR4_OSFXSR);
    let exact = 0;
    for (const name of Object.keys(COMBINATIONS) as CombinationName[]) {
      bench.load(`${name}${suffix} xmm0, xmm1`, 0x1000);
      for (let n = 0; n < 1500; n++) {
        for (const at of [CPU.XMM, CPU.XMM + 16]) format === SINGLE ? view.setFloat32(at, few(), true) : view.setFloat64(at, few(), true);
        const [a, b] = [read(CPU.XMM), read(CPU.XMM + 16)];
        cpu.set(CPU.MXCSR, MXCSR_RESET);
        const environment = new FloatEnvironment(cpu);
        const expected = combine(name, format, a, b, environment);
        environment.settle();
        const flags = cpu.get(CPU.MXCSR);
        if (flags === MXCSR_RESET) exact++;
        cpu.set(CPU.MXCSR, MXCSR_RESET);
        cpu.eip = 0x1000;
        bench.step();
        assert.equal(`${read(CPU.XMM)} ${cpu.get(CPU.MXCSR)}`, `${expected} ${flags}`, `${name} ${a.toString(16)} ${b.toString(16)}`);
      }
    }
    assert.ok(exact > 1000, `${exact} exact results`);
  });

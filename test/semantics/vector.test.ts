/** SSE and SSE2 beside the captured cases: the host's arithmetic against the exact one, and what faults leave behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMBINATIONS, type CombinationName, DOUBLE, SINGLE, combine, convert, squareRoot, toInteger } from '../../src/semantics/vector/binaryFloat';
import { combineLane, convertElement, readBits, squareRootLane, writeBits } from '../../src/semantics/vector/lanes';
import { FloatEnvironment, MXCSR_PE, MXCSR_RESET } from '../../src/semantics/vector/mxcsr';
import { CPU, CpuState } from '../../src/x86/cpuState';
import { readRegister } from '../../src/vmm/registerFile';
import { GP, PF, UD } from '../../src/x86/exceptions';
import { CR4_OSFXSR } from '../../src/x86/flags';
import { EDI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';

const random = generator(0x55e2);

/** Bits of any kind of number, the interesting ones often: exponents near one another, near the ends, few or many bits set. */
function randomBits(bytes: 4 | 8): bigint {
  const [exponentBits, fractionBits] = bytes === 4 ? [8, 23] : [11, 52];
  const top = (1 << exponentBits) - 1;
  const exponent = [0, 1, top, top - 1, (top >> 1) + random(8) - 4, random(top + 1)][random(6)];
  const noise = (BigInt(random(0x7fffffff)) << 31n) | BigInt(random(0x7fffffff));
  const mask = (1n << BigInt(fractionBits)) - 1n;
  const fraction = [0n, 1n, mask, noise & mask, (noise & mask) >> BigInt(random(fractionBits)), (noise << BigInt(random(fractionBits))) & mask][random(6)];
  return (BigInt(random(2)) << BigInt(8 * bytes - 1)) | (BigInt(exponent) << BigInt(fractionBits)) | fraction;
}

for (const format of [SINGLE, DOUBLE])
  for (const mxcsr of [MXCSR_RESET, MXCSR_RESET | MXCSR_PE])
    test(`the host computes what exact arithmetic does: ${8 * format.bytes} bits, MXCSR ${mxcsr.toString(16)}`, () => {
      const cpu = new CpuState(new WebAssembly.Memory({ initial: 1 }));
      const [x, y, result] = [0, 1, 2].map(() => new DataView(new ArrayBuffer(8)));
      const outcome = (compute: (environment: FloatEnvironment) => bigint): string => {
        cpu.set(CPU.MXCSR, mxcsr);
        const environment = new FloatEnvironment(cpu);
        const bits = compute(environment);
        environment.settle();
        return `${bits.toString(16)} MXCSR ${cpu.get(CPU.MXCSR).toString(16)}`;
      };
      const written = (compute: () => void): bigint => {
        compute();
        return readBits(format, result, 0);
      };
      for (let n = 0; n < 6000; n++) {
        const [a, b] = [randomBits(format.bytes), randomBits(format.bytes)];
        writeBits(format, x, 0, a);
        writeBits(format, y, 0, b);
        for (const name of Object.keys(COMBINATIONS) as CombinationName[]) {
          const host = outcome((e) => written(() => combineLane(name, format, result, x, y, 0, e)));
          assert.equal(
            host,
            outcome((e) => combine(name, format, a, b, e)),
            `${name} ${a.toString(16)} ${b.toString(16)}`,
          );
        }
        const other = format === SINGLE ? DOUBLE : SINGLE;
        const converted = outcome((e) => {
          convertElement(format, other, result, x, 0, false, e);
          return readBits(other, result, 0);
        });
        assert.equal(
          converted,
          outcome((e) => convert(format, other, a, e)),
          `to ${8 * other.bytes} bits ${a.toString(16)}`,
        );
        for (const truncate of [false, true]) {
          const integer = outcome((e) => {
            convertElement(format, 'integer', result, x, 0, truncate, e);
            return BigInt(result.getInt32(0, true));
          });
          assert.equal(
            integer,
            outcome((e) => BigInt(toInteger(format, a, truncate, e))),
            `to an integer ${a.toString(16)}`,
          );
        }
        const root = outcome((e) => written(() => squareRootLane(format, result, x, 0, e)));
        assert.equal(
          root,
          outcome((e) => squareRoot(format, a, e)),
          `sqrt ${a.toString(16)}`,
        );
      }
    });

const TABLES = 0x20000;
const CODE = 0x1000;
const DATA = 0x40000000;

/** A page of data, then nothing; SSE enabled. */
function bench(): TestCpu {
  const cpu = new TestCpu({ model: 'p4' });
  cpu.flat32({ eip: CODE });
  cpu.cpu.set(CPU.CR4, CR4_OSFXSR);
  cpu.page(TABLES, [
    { linear: CODE, physical: CODE },
    { linear: DATA, physical: 0x3000 },
    { linear: DATA + 0x2000, physical: 0x5000, writable: false },
  ]);
  cpu.cpu.u8.fill(0xab, CPU.XMM, CPU.XMM + 16);
  return cpu;
}

/** Load at linear CODE, which is the same physical page, and step. */
function execute(cpu: TestCpu, source: string): string {
  const exit = cpu.execute(source);
  return exit.kind === 'fault' ? `#${exit.vector}(${exit.errorCode})` : 'done';
}

test('a store across pages happens whole or not at all', () => {
  const cpu = bench();
  assert.equal(execute(cpu, `movups [${DATA + 0xff8}], xmm0`), `#${PF}(2)`);
  assert.equal(cpu.cpu.get(CPU.CR2), DATA + 0x1000);
  assert.equal(cpu.read32(0x3ff8), 0);
  assert.equal(execute(cpu, `movups [${DATA + 0xff0}], xmm0`), 'done');
  assert.equal(cpu.read32(0x3ffc), 0xabababab);
});

test('a masked store touches only what it selects', () => {
  const cpu = bench();
  cpu.cpu.setReg(EDI, DATA + 0xffc);
  cpu.cpu.u8.set([0x80, 0, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], CPU.XMM + 16);
  assert.equal(execute(cpu, 'maskmovdqu xmm0, xmm1'), 'done');
  assert.equal(cpu.read32(0x3ffc), 0xab0000ab);
  cpu.cpu.u8[CPU.XMM + 16 + 4] = 0x80;
  cpu.write(0x3ffc, [0, 0, 0, 0]);
  assert.equal(execute(cpu, 'maskmovdqu xmm0, xmm1'), `#${PF}(2)`);
  assert.equal(cpu.read32(0x3ffc), 0);
});

test('FXSAVE checks all 512 bytes, and as a store', () => {
  const cpu = bench();
  assert.equal(execute(cpu, `fxsave [${DATA + 0xf00}]`), `#${PF}(2)`);
  assert.equal(execute(cpu, `fxsave [${DATA + 0x2000}]`), `#${PF}(3)`);
  assert.equal(execute(cpu, `fxsave [${DATA + 8}]`), `#${GP}(0)`);
  assert.equal(execute(cpu, `fxsave [${DATA}]`), 'done');
  assert.equal(cpu.read32(0x3000 + 160), 0xabababab);
  assert.equal(cpu.read32(0x3000 + 24), MXCSR_RESET);
});

test('without CR4.OSFXSR, FXSAVE and FXRSTOR leave XMM registers and MXCSR alone', () => {
  const cpu = bench();
  cpu.cpu.set(CPU.CR4, 0);
  assert.equal(execute(cpu, `fxsave [${DATA}]`), 'done');
  assert.equal(cpu.read32(0x3000 + 160), 0);
  assert.equal(cpu.read32(0x3000 + 24), 0);
  assert.equal(execute(cpu, `fxrstor [${DATA}]`), 'done');
  assert.equal(cpu.cpu.get(CPU.XMM), 0xabababab);
  assert.equal(cpu.cpu.get(CPU.MXCSR), MXCSR_RESET);
  assert.equal(execute(cpu, 'movaps xmm0, xmm1'), `#${UD}(0)`);
});

test('FXRSTOR gives each x87 register the tag of what it holds', () => {
  const cpu = bench();
  const one = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f];
  const infinity = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f];
  cpu.write(0x3000, [0x7f, 3, 0, 7 << 3, 0b1000_0011, 0]); // TOP is 7: ST(0) is R7
  cpu.write(0x3000 + 24, [0x80, 0x1f]);
  cpu.write(0x3000 + 32, one);
  cpu.write(0x3000 + 64, infinity);
  assert.equal(execute(cpu, `fxrstor [${DATA}]`), 'done');
  assert.equal(readRegister(cpu.cpu, 'ftag'), 0b00_11_11_11_11_11_10_01); // R7 valid, R1 special, R0 zero
  assert.equal(cpu.cpu.get(CPU.X87 + 16 * 7 + 8), 0x3fff);
});

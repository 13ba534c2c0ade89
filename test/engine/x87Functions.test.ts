/** x87 arithmetic in WebAssembly against that in TypeScript: the same bits and flags wherever it answers, and it answers what is ordinary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModule } from '../../src/engine/wasm/encoder';
import { sharedFunctions } from '../../src/engine/wasm/sharedFunctions';
import { SHARED_FUNCTIONS } from '../../src/ir/microOp';
import { CPU } from '../../src/x86/cpuState';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';
import * as arithmetic from '../../src/semantics/x87/arithmeticHelpers';
import * as transfers from '../../src/semantics/x87/transferHelpers';

type Native = Record<(typeof SHARED_FUNCTIONS)[number], (...args: (number | bigint)[]) => number>;

const random = generator(0x87);
const bench = new TestCpu({ model: 'p4' });
const { cpu } = bench;
const { context } = bench.vm;
const functions = sharedFunctions(0).map((f, n) => ({ ...f, exportName: SHARED_FUNCTIONS[n] }));
const native = new WebAssembly.Instance(new WebAssembly.Module(encodeModule([], functions, { initial: 1, maximum: 65536 })), { vm: { memory: cpu.memory } })
  .exports as unknown as Native;

const view = new DataView(cpu.memory.buffer);
const at = (n: number): number => CPU.X87 + 16 * n;
const wide = (): bigint => (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));

/** A register of any kind: exponents near one another or anywhere, few bits or many, zeros, and what is not ordinary. */
function fill(n: number): void {
  const kind = random(24);
  const significand = [wide(), wide() & (-1n << BigInt(random(64))), wide() & (-1n << 11n), 0n, -1n, (1n << 63n) + BigInt(random(3))][random(6)];
  const exponent = kind < 14 ? 0x3fff + random(8) - 4 : kind < 20 ? 0x3fff + random(260) - 130 : [0, 1, 0x7fff, 0x7ffe, random(0x8000)][random(5)];
  view.setBigUint64(at(n), BigInt.asUintN(64, kind === 23 ? 0n : random(16) ? significand | (1n << 63n) : significand), true);
  view.setUint16(at(n) + 8, (random(2) << 15) | (kind === 23 ? 0 : exponent), true);
}

const CONTROLS = [0x37f, 0x37f, 0x27f, 0x07f, 0x77f, 0xb7f, 0xf7f, 0x67f, 0xe7f, 0x35f];

function prepare(control: number): void {
  cpu.set(CPU.X87_CONTROL, control);
  cpu.set(CPU.X87_STATUS, 0);
  cpu.set(CPU.X87_TAGS, 0);
}

const bits = (n: number): string => `${view.getUint16(at(n) + 8, true).toString(16)}:${view.getBigUint64(at(n), true).toString(16)}`;
const stored = (): string => view.getBigUint64(CPU.X87_STORED, true).toString(16);

/** Runs both, the one in TypeScript last; each says what it made. */
function compare(name: string, compute: () => number, exact: () => void, result: () => string): boolean {
  const registers = cpu.u8.slice(CPU.X87, CPU.X87 + 128);
  const operands = [0, 1].map(bits).join(' ');
  view.setBigUint64(CPU.X87_STORED, 0n, true);
  const flags = compute();
  const made = result();
  if (flags < 0) assert.deepEqual(cpu.u8.slice(CPU.X87, CPU.X87 + 128), registers, 'nothing is stored');
  cpu.u8.set(registers, CPU.X87);
  view.setBigUint64(CPU.X87_STORED, 0n, true);
  exact();
  const control = cpu.get(CPU.X87_CONTROL).toString(16);
  if (flags >= 0) assert.equal(`${made} ${flags.toString(16)}`, `${result()} ${(cpu.get(CPU.X87_STATUS) & ~0x3800).toString(16)}`, `${name} ${operands} control ${control}`);
  return flags >= 0;
}

/** How many of the operands that are ordinary must be answered, at least. */
function run(name: string, compute: () => number, exact: () => void, result: () => string = () => bits(0)): void {
  test(`${name}: the same bits as exact arithmetic`, () => {
    let answered = 0;
    for (let n = 0; n < 20_000; n++) {
      prepare(CONTROLS[random(CONTROLS.length)]);
      fill(0);
      fill(1);
      if (compare(name, compute, exact, result)) answered++;
    }
    assert.ok(answered > 6000, `only ${answered} answers`);
  });
}

run(
  'add',
  () => native.x87Add(at(0), at(0), at(1), 0),
  () => arithmetic.x87Arithmetic(context, 0, 0, 1, 0),
); // prettier-ignore
run(
  'subtract',
  () => native.x87Add(at(0), at(0), at(1), 0x8000),
  () => arithmetic.x87Arithmetic(context, 2, 0, 1, 0),
);
run(
  'multiply',
  () => native.x87Multiply(at(0), at(0), at(1)),
  () => arithmetic.x87Arithmetic(context, 1, 0, 1, 0),
);
run(
  'divide',
  () => native.x87Divide(at(0), at(0), at(1)),
  () => arithmetic.x87Arithmetic(context, 4, 0, 1, 0),
);
run(
  'square root',
  () => native.x87SquareRoot(at(0), at(0)),
  () => arithmetic.x87Unary(context, 0),
);
run(
  'compare',
  () => native.x87Compare(at(0), at(1)),
  () => arithmetic.x87Compare(context, 1, 0, 0),
);
/** The upper 64 bits of an integer, or a unit beside them, as register n. */
function fillFrom(n: number, integer: bigint): void {
  const length = integer.toString(2).length;
  const significand = (length > 64 ? integer >> BigInt(length - 64) : integer << BigInt(64 - length)) + BigInt(random(3) - 1);
  view.setBigUint64(at(n), significand | (1n << 63n), true);
  view.setUint16(at(n) + 8, 0x3fff + random(5), true);
}

test('quotients and roots that are nearly exact', () => {
  for (let n = 0; n < 30_000; n++) {
    prepare(CONTROLS[random(4)]);
    const [x, y] = [0, 1].map(() => ((wide() | (1n << 63n)) >> BigInt(random(64))) + BigInt(random(3)));
    fillFrom(0, x * y);
    fillFrom(1, [y, x, -1n & ((1n << 64n) - 1n), y << 32n][random(4)]);
    const divided = compare(
      'divide',
      () => native.x87Divide(at(0), at(0), at(1)),
      () => arithmetic.x87Arithmetic(context, 4, 0, 1, 0),
      () => bits(0),
    ); // prettier-ignore
    prepare(0x37f);
    fillFrom(0, x * x);
    const rooted = compare(
      'square root',
      () => native.x87SquareRoot(at(0), at(0)),
      () => arithmetic.x87Unary(context, 0),
      () => bits(0),
    ); // prettier-ignore
    assert.ok(divided && rooted, 'numbers are answered');
  }
});

/** Divisors just above a power of two, dividends by which the quotient is j / 2 units from an integer of 64 bits; roots of the same kind. */
test('quotients and roots that are nearly half a unit from others, or nearly exact', () => {
  const put = (n: number, significand: bigint): void => {
    view.setBigUint64(at(n), significand | (1n << 63n), true);
    view.setUint16(at(n) + 8, 0x3fff + random(6), true);
  };
  const answers = (name: string, compute: () => number, exact: () => void): void =>
    assert.ok(
      compare(name, compute, exact, () => bits(0)),
      'numbers are answered',
    );
  for (let n = 0; n < 20_000; n++) {
    prepare(0x37f);
    const k = BigInt(1 + random(n % 2 ? 50 : 2 ** 31));
    const y = (1n << 63n) + k;
    const j = 2n * k + BigInt(random(Number(2n * k)));
    put(0, (y * j) / (2n * k) + BigInt(random(9) - 4));
    put(1, n % 16 ? y : (1n << 64n) - k);
    answers(
      'divide',
      () => native.x87Divide(at(0), at(0), at(1)),
      () => arithmetic.x87Arithmetic(context, 4, 0, 1, 0),
    );
    prepare(0x37f);
    put(0, n % 4 < 2 ? y : (1n << 64n) - k);
    answers(
      'square root',
      () => native.x87SquareRoot(at(0), at(0)),
      () => arithmetic.x87Unary(context, 0),
    );
  }
});

const convert = (conversion: () => number) => (): void => {
  conversion();
  transfers.x87CompleteStore(context, 0);
};
run(
  'to double',
  () => native.x87ToDouble(at(0)),
  convert(() => transfers.x87ConvertDouble(context)),
  stored,
);
run(
  'to single',
  () => native.x87ToSingle(at(0)),
  convert(() => transfers.x87ConvertSingle(context)),
  stored,
);
for (const size of [2, 4, 8]) {
  const low = (): string => BigInt.asUintN(8 * size, view.getBigUint64(CPU.X87_STORED, true)).toString(16);
  run(
    `to an integer of ${size} bytes`,
    () => native.x87ToInteger(at(0), 8 * size),
    convert(() => transfers.x87ConvertInteger(context, size)),
    low,
  );
}

test('what comes from memory is the same number', () => {
  for (let n = 0; n < 20_000; n++) {
    prepare(0x37f);
    cpu.set(CPU.X87_TAGS, 0xffff);
    const exponent = [0, 1, 0x7fe, 0x7ff, 0x3ff + random(9) - 4, random(0x800)][random(6)];
    const double = (BigInt(random(2)) << 63n) | (BigInt(exponent) << 52n) | (random(4) ? wide() & ((1n << 52n) - 1n) : 0n);
    const single = Number(double >> 32n) | 0;
    const cases: readonly (readonly [number, () => void])[] = [
      [native.x87FromDouble(at(0), double), () => transfers.x87LoadDouble(context, Number(double & 0xffff_ffffn) | 0, Number(double >> 32n) | 0)],
      [native.x87FromSingle(at(1), single), () => transfers.x87LoadSingle(context, single)],
      [native.x87FromInteger(at(2), double), () => transfers.x87LoadInteger(context, Number(double & 0xffff_ffffn) | 0, Number(double >> 32n) | 0)],
    ];
    cases.forEach(([flags, load], i) => {
      const made = bits(i);
      prepare(0x37f);
      cpu.set(CPU.X87_TAGS, 0xffff);
      load();
      if (flags >= 0) assert.equal(`${made} 0`, `${bits(7)} ${(cpu.get(CPU.X87_STATUS) & ~0x3800).toString(16)}`);
      else assert.ok(i < 2, 'every integer is a number');
    });
  }
});

/** Every sensitive and privileged instruction by mode, CPL, IOPL and extensions, on bare metal (sensitiveRows.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vectorName } from '../../src/x86/exceptions';
import { SENSITIVITY } from '../../src/x86/sensitivity';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';
import { TestCpu } from '../harness/testCpu';
import { PLACES, type Place, ROWS, type Row, TRACKED, enter, linesOf } from './sensitiveRows';

const bench = new TestCpu();

function outcome(where: Place, code: string, options: NonNullable<Row[3]>): string {
  const { cpu } = bench;
  enter(bench, where, options);
  const lines = linesOf(code, where);
  const last = lines.pop() as string;
  for (const line of lines) bench.execute(line);
  const before = { eflags: cpu.eflags, cpl: cpu.cpl };
  const exit = bench.execute(last);
  if (exit.kind === 'fault') return `${vectorName(exit.vector).slice(1)}${exit.errorCode ? exit.errorCode.toString(16) : ''}`;
  if (exit.kind !== 'budget' && exit.kind !== 'dispatch') return exit.kind;
  if (cpu.cpl !== before.cpl) return `ring${cpu.cpl}`;
  const changed = TRACKED.filter(([, mask]) => (cpu.eflags ^ before.eflags) & mask).map(([name]) => name);
  return changed.join('+') || 'ok';
}

for (const [, code, expected, options = {}] of ROWS)
  test(`${code}${options.cr4 ? `, CR4 ${options.cr4.toString(16)}h` : ''}${options.flags ? `, EFLAGS ${options.flags.toString(16)}h` : ''}`, () => {
    const outcomes = expected.split(/ +/);
    assert.equal(outcomes.length, PLACES.length);
    const seen = PLACES.map((where) => `${where.name}: ${outcome(where, code, options)}`);
    assert.deepEqual(
      seen,
      PLACES.map(({ name }, n) => `${name}: ${outcomes[n]}`),
    );
  });

test('test registers: all of them on the 486, two on the 386, none later', () => {
  const read = (model: '386' | '486' | 'p6', n: number): string => {
    const cpu = new TestCpu({ model });
    cpu.flat32();
    cpu.write(0x1000, [0x0f, 0x26, 0xc0 | (n << 3) | 1, 0x0f, 0x24, 0xc0 | (n << 3) | 2]); // mov trN, ecx; mov edx, trN
    cpu.cpu.setReg(1, 0x1000 * n);
    const exit = cpu.step();
    if (exit.kind === 'fault') return vectorName(exit.vector);
    cpu.step();
    return cpu.cpu.reg(2) === 0x1000 * n ? 'kept' : 'lost';
  };
  assert.deepEqual(
    [3, 4, 5, 6, 7].map((n) => [read('386', n), read('486', n), read('p6', n)].join(' ')),
    ['#UD kept #UD', '#UD kept #UD', '#UD kept #UD', 'kept kept #UD', 'kept kept #UD'],
  );
});

test('every sensitive instruction is in the table', () => {
  const covered = new Set(ROWS.map(([name]) => name));
  const used = new Set(INSTRUCTIONS.map(({ sensitivity }) => sensitivity).filter((name) => name !== undefined));
  const missing = Object.keys(SENSITIVITY).filter((name) => used.has(name as keyof typeof SENSITIVITY) && !covered.has(name));
  assert.deepEqual(missing, ['movFromTest', 'movToTest']); // above
});

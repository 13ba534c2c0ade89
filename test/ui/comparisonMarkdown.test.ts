import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTechniques } from '../../src/debug/compare';
import { comparisonReport } from '../../src/debug/comparisonReport';
import type { ComparisonReport } from '../../src/protocol/comparison';
import { comparisonMarkdown } from '../../src/ui/comparisonMarkdown';
import { type FakeInstruction, fakeSubject, nops } from '../cli/fakeVm';

let time = 0;
const options = { techniques: ['bare', 'trap', 'bt'], maxInstructions: 1e6, now: () => time++, pause: async () => {} } as const;

/** The script compared, its instructions on lines of their own. */
async function report(script: FakeInstruction[]): Promise<ComparisonReport> {
  const create = fakeSubject(script);
  const located: typeof create = (technique) => ({ ...create(technique), locate: (linear) => `a.asm:${linear - 0x7c00 + 1}` });
  return comparisonReport('/guests/a.asm', await compareTechniques(located, options));
}

const popf: FakeInstruction = {
  text: 'popf',
  run: (vm) => {
    if (vm.technique === 'trap') vm.event('silent', 'POPF left IF clear; bare metal would have set it.');
    else vm.registers.eflags |= 0x200;
  },
};

test('a divergence: counts, the instruction with its line, both states and why', async () => {
  const text = comparisonMarkdown(await report([...nops(4), popf, ...nops(1234)]));
  assert.match(text, /^# a\.asm: techniques compared$/m);
  assert.match(text, /^- \*\*Trap-and-emulate \(classic\)\*\* differs, first after `popf` in a\.asm:5\.$/m);
  assert.match(text, /^- \*\*Binary translation\*\* ends in the same state\.$/m);
  assert.match(text, /^\| {2}\| Bare metal \| Trap-and-emulate \(classic\) \| Binary translation \|\n\| :--- \| ---: \| ---: \| ---: \|$/m);
  assert.match(text, /^\| Retired instructions \| 1,239 \| 1,239 \| 1,239 \|$/m);
  assert.match(text, /^\| Silently wrong \| 0 \| 1 \| 0 \|$/m);
  assert.match(text, /^\| Final state \| reference \| differs \| equal \|$/m);
  assert.match(text, /^First divergence at instruction 5: `popf` in a\.asm:5, at `0000:00007C04`\.$/m);
  assert.match(text, /^\| EFLAGS \(IF\) \| `00000202h` \| `00000002h` \|$/m);
  assert.match(text, /^\*\*Why:\*\* POPF left IF clear; bare metal would have set it\.$/m);
});

test('rows of one table stand together, and each table has its head', async () => {
  const text = comparisonMarkdown(await report([popf]));
  const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
  assert.equal(tables.length, 3);
  for (const table of tables) {
    const bars = table.trimEnd().split('\n');
    assert.match(bars[1], /^\| :---/);
    assert.equal(new Set(bars.map((line) => line.split(' | ').length)).size, 1, table);
  }
});

test('a guest that all techniques run alike has no section of differences', async () => {
  const text = comparisonMarkdown(await report(nops(3)));
  assert.equal(text.match(/ends in the same state/g)?.length, 2);
  assert.match(text, /^Nothing: the guest ran without any event\.$/m);
  assert.doesNotMatch(text, /differs|Why/);
});

test('a run that ends early, and what ended it', async () => {
  const fault: FakeInstruction = {
    text: 'int 3',
    run: (vm) => (vm.technique === 'trap' ? { kind: 'tripleFault', causes: ['#GP(0) while #DF was delivered <here>'] } : undefined),
  };
  const text = comparisonMarkdown(await report([fault, ...nops(2)]));
  assert.match(text, /^## Trap-and-emulate \(classic\): what ended it\n\n- \\#GP\(0\) while \\#DF was delivered \\<here\\>$/m);
  assert.match(text, /^- trap: triple fault$/m);
  assert.match(text, /^- bare: goes on$/m);
});

test('what the guest is called and does cannot become Markdown', async () => {
  const made = await report([{ ...popf, text: 'db `a|b`' }]);
  const text = comparisonMarkdown({ ...made, guest: '/x/$a_b*|<i>.asm' });
  assert.match(text, /^# \\\$a\\_b\\\*\\\|\\<i\\>\.asm: techniques compared$/m);
  assert.ok(text.includes('`` db `a|b` ``'));
});

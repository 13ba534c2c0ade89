import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cli } from './environment';
import { type FakeInstruction, nops } from './fakeVm';

const cliInstruction: FakeInstruction = {
  text: 'cli',
  run: (vm) => {
    if (vm.technique === 'bare') vm.event('sensitive', 'CLI ran directly.', 60);
    if (vm.technique === 'trap') vm.event('trap', 'CLI was emulated.', 2030);
    if (vm.technique === 'bt') vm.event('callout', 'CLI was emulated.', 1254);
  },
};
const popf: FakeInstruction = {
  text: 'popf',
  run: (vm) => {
    if (vm.technique === 'trap') vm.event('silent', 'POPF in user mode left IF clear; bare metal would have set it.');
    else vm.registers.eflags |= 0x200;
  },
};

test('a guest that all techniques run alike', async () => {
  const { code, stdout, stderr } = await cli(['compare', 'a.asm'], { script: [...nops(9), cliInstruction] });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ended by +halted +halted +halted/m);
  assert.match(stdout, /^retired instructions +10 +10 +10/m);
  assert.match(stdout, /^modelled cycles +70 +2,040 +1,264/m);
  assert.match(stdout, /^ {2}relative to bare +1\.00 +29\.14 +18\.06/m);
  assert.match(stdout, /^traps +0 +1 +0/m);
  assert.match(stdout, /^final state +reference +equal +equal/m);
  assert.doesNotMatch(stdout, /silently wrong/);
  assert.match(stdout, /Every technique ends in the state that bare ends in\.\n$/);
});

test('a divergence is shown with its instruction, the registers and the reason', async () => {
  const { code, stdout } = await cli(['compare', 'a.asm'], { script: [...nops(4), popf, ...nops(4)] });
  assert.equal(code, 105);
  assert.match(stdout, /^final state +reference +differs +equal/m);
  assert.match(stdout, /^trap: first divergence at instruction 5: 0000:00007C04 {2}popf$/m);
  assert.match(stdout, /^ {2}eflags +bare 00000202h {2}trap 00000002h {2}\(IF\)$/m);
  assert.match(stdout, /^ {2}why: POPF in user mode left IF clear; bare metal would have set it\.$/m);
});

test('a run that ends early says how', async () => {
  const out: FakeInstruction = { text: 'out 0xf4,al', run: (vm) => (vm.technique === 'trap' ? { kind: 'exited', code: 3 } : undefined) };
  const { stdout } = await cli(['compare', 'a.asm'], { script: [popf, out, ...nops(2)] });
  assert.match(stdout, /^ended by +halted +powered off with 3 +halted/m);
});

test('--json holds the same', async () => {
  const { stdout } = await cli(['compare', 'a.asm', '--json'], { script: [...nops(4), popf] });
  const { runs } = JSON.parse(stdout);
  assert.deepEqual(
    runs.slice(0, 3).map((run: { technique: string; equal: boolean; divergence?: { retired: number } }) => [run.technique, run.equal, run.divergence?.retired]),
    [
      ['bare', true, undefined],
      ['trap', false, 4],
      ['bt', true, undefined],
    ],
  );
});

test('Ctrl+C ends a comparison without a report', async () => {
  assert.deepEqual([(await cli(['compare', 'a.asm'], { interrupted: () => true })).code], [130]);
});

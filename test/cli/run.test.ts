import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StopReason } from '../../src/vmm/debuggable';
import { cli } from './environment';
import { type FakeInstruction, nops } from './fakeVm';

const print = (text: string): FakeInstruction => ({ text: 'out dx,al', run: (vm) => vm.serial.fire(new TextEncoder().encode(text)) });
const stop = (reason: StopReason): FakeInstruction => ({ text: 'hlt', run: () => reason });
const forever: FakeInstruction = { text: 'jmp $', run: (vm) => void vm.registers.eip-- };

test('stdout holds the serial output and nothing else; the report goes to stderr', async () => {
  const { code, stdout, stderr } = await cli(['run', 'a.asm'], { script: [print('hello '), print('world\n')] });
  assert.equal(code, 0);
  assert.equal(stdout, 'hello world\n');
  assert.match(stderr, /^halted after 2 instructions, 2 modelled cycles \(trap, \d+ ms\)\n$/);
});

const misled = (what: string, is: string, bare: string): FakeInstruction => ({
  text: 'popfd',
  run(vm) {
    const place = {
      kind: 'silent',
      retired: vm.retired,
      cs: 8,
      eip: 0x7c01,
      linear: 0x7c01,
      codeSize: 32,
      mnemonic: 'popfd',
      instruction: 'popfd',
      reason: '',
      cycles: 0,
    } as const;
    vm.silentPlaces.push({ count: 1, event: { ...place, sentence: `Afterwards ${what} is ${is}, on bare metal ${bare}.`, differences: [{ what, is, bare }] } });
  },
});

test('a guest that waits for ever is told which silent instruction made it', async () => {
  const { stderr } = await cli(['run', 'a.asm'], { script: [...nops(1), misled('IF', '0', '1'), stop({ kind: 'halted', interruptsEnabled: false })] });
  assert.match(stderr, /^why: HLT waits with IF=0, for ever; bare metal would have set IF at POPFD, below$/m);
  assert.match(stderr, /^silently wrong at one place:\n {2}0008:00007C01 {2}popfd, once, last at instruction 2\n {4}Afterwards IF is 0, on bare metal 1\.$/m);
});

test('another silent misbehaviour is listed, and not blamed', async () => {
  const { stderr } = await cli(['run', 'a.asm'], { script: [misled('EAX', '0Bh', '08h'), stop({ kind: 'halted', interruptsEnabled: false })] });
  assert.match(stderr, /^silently wrong at one place:$/m);
  assert.doesNotMatch(stderr, /^why:/m);
});

const ENDINGS: [StopReason, number][] = [
  [{ kind: 'exited', code: 0 }, 0],
  [{ kind: 'exited', code: 42 }, 42],
  [{ kind: 'halted', interruptsEnabled: false }, 0],
  [{ kind: 'tripleFault', causes: ['#GP in the handler of #PF.'] }, 101],
  [{ kind: 'unimplemented', what: 'VMRUN' }, 103],
];
for (const [reason, expected] of ENDINGS)
  test(`exit code when the guest ends with ${JSON.stringify(reason)}`, async () => {
    assert.equal((await cli(['run', 'a.asm'], { script: [stop(reason)] })).code, expected);
  });

test('a triple fault lists what led to it', async () => {
  const { stderr } = await cli(['run', 'a.asm'], { script: [stop({ kind: 'tripleFault', causes: ['first', 'second'] })] });
  assert.match(stderr, /triple fault .*\n {2}first\n {2}second\n/);
});

test('--max-instructions ends the run', async () => {
  const { code, stderr } = await cli(['run', 'a.asm', '--max-instructions', '2k'], { script: [forever] });
  assert.equal(code, 102);
  assert.match(stderr, /instruction limit after 2,000 instructions/);
});

test('Ctrl+C ends the run with a report', async () => {
  let slices = 0;
  const { code, stderr } = await cli(['run', 'a.asm', '-n', '10'], { script: [forever], interrupted: () => slices++ >= 0 });
  assert.equal(code, 130);
  assert.match(stderr, /^interrupted/);
});

test('settings reach the machine', async () => {
  const { requests } = await cli(['run', 'kernel.elf', '-t', 'bt', '--append', 'quiet', '--mem', '64M', '--cpu', '486', '--load-address', '0x8000', '-D', 'A=1', '-D', 'B']);
  assert.deepEqual(requests, [{ program: 'kernel.elf', technique: 'bt', append: 'quiet', memory: '64M', cpu: '486', loadAddress: '0x8000', define: { A: '1', B: '' } }]);
});

test('--json is one line of JSON on stderr', async () => {
  const { stdout, stderr } = await cli(['run', 'a.asm', '--json'], { script: [...nops(3), print('x')] });
  assert.equal(stdout, 'x');
  const report = JSON.parse(stderr);
  assert.deepEqual([report.guest, report.technique, report.stop.kind, report.exitCode, report.retired], ['a.asm', 'trap', 'halted', 0, 4]);
});

test('several guests: their lines are named, each has its own settings, and the first failure is the exit code', async () => {
  const { code, stdout, stderr, requests } = await cli(['run', '-t', 'bt', 'a.asm', 'dir/a.asm,technique=bare,weight=512', 'odd,name.img'], {
    script: [print('one\r\ntwo'), stop({ kind: 'exited', code: 7 })],
  });
  assert.equal(code, 7);
  for (const name of ['a.asm', 'a.asm 2', 'odd,name.img']) {
    assert.ok(stdout.includes(`[${name}] one\n`), stdout);
    assert.ok(stdout.includes(`[${name}] two\n`), stdout);
    assert.ok(stderr.includes(`== ${name}\npowered off with 7 after 2 instructions`), stderr);
  }
  assert.deepEqual(requests, [
    { technique: 'bt', program: 'a.asm' },
    { technique: 'bare', program: 'dir/a.asm', weight: 512 },
    { technique: 'bt', program: 'odd,name.img' },
  ]);
});

test('several guests as JSON; one that fails inside Ringside ends alone', async () => {
  const fails: FakeInstruction = {
    text: 'ud2',
    run: (vm) => {
      if (vm.technique === 'bt') throw new Error('defect');
    },
  };
  const { code, stderr } = await cli(['run', 'a.asm,technique=bt', 'b.asm', '--json'], { script: [...nops(3), fails, ...nops(2)] });
  assert.equal(code, 106);
  const { guests } = JSON.parse(stderr);
  assert.deepEqual(
    guests.map((g: { guest: string; stop: { kind: string }; retired: number }) => [g.guest, g.stop.kind, g.retired]),
    [
      ['a.asm', 'failed', 3],
      ['b.asm', 'halted', 6],
    ],
  );
});

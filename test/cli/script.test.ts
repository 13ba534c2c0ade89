import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newBehind } from '../../src/cli/script';
import type { StopReason } from '../../src/vmm/debuggable';
import { cli } from './environment';
import { type FakeInstruction, type FakeVm, nop } from './fakeVm';

const print = (text: string): FakeInstruction => ({ text: 'out dx,al', run: (vm) => vm.serial.fire(new TextEncoder().encode(text)) });
const show = (...lines: string[]): FakeInstruction => ({ text: 'stosw', run: (vm) => void (vm.lines = lines) });
/** HLT with interrupts on: a guest that waits for input. */
const idle: FakeInstruction = { text: 'hlt', run: (): StopReason => ({ kind: 'halted', interruptsEnabled: true }) };
const powerOff = (code: number): FakeInstruction => ({ text: 'out 0xf4,al', run: (): StopReason => ({ kind: 'exited', code }) });
const forever: FakeInstruction = { text: 'jmp $', run: (vm) => void vm.registers.eip-- };

/** Prints what was typed so far. */
const echo: FakeInstruction = { text: 'echo', run: (vm: FakeVm) => vm.serial.fire(new TextEncoder().encode(vm.typed.join('|'))) };

const run = (script: FakeInstruction[], ...options: string[]) => cli(['run', 'a.asm', ...options], { script });

test('waits, types, and lets the guest go on', async () => {
  const { code, stdout } = await run([print('$ '), idle, echo, powerOff(7)], '--expect', '\\$ $', '--type', 'ls\\n');
  assert.deepEqual([code, stdout], [7, '$ keys ls\n']);
});

test('steps are taken in the order of the command line', async () => {
  const script = [print('login: '), idle, print('Password: '), idle, echo, powerOff(0)];
  const { stdout } = await run(script, '--expect', 'login:', '--type-serial', 'root\\n', '--expect', 'Password:', '--type', '\\x41\\t\\\\');
  assert.equal(stdout, 'login: Password: serial root\n|keys A\t\\');
});

test('what is typed before any --expect is typed at power-on', async () => {
  assert.equal((await run([echo, powerOff(0)], '--type', 'a')).stdout, 'keys a');
});

test('a last --expect ends the run with 0', async () => {
  const { code, stderr } = await run([print('all tests passed'), idle, powerOff(3)], '--expect', 'tests? passed');
  assert.equal(code, 0);
  assert.match(stderr, /^everything expected came after 2 instructions/);
});

test('the same output does not match twice', async () => {
  const { code, stderr } = await run([print('$ '), idle, nop, idle], '--expect', '\\$ ', '--type', 'a', '--expect', '\\$ ');
  assert.equal(code, 107);
  assert.match(stderr, /^halted after .*\nexpected, and it did not come: \\\$ \n/);
});

test('the text screen matches as well, blanks at the ends of lines too, and what was seen does not match again', async () => {
  const again = ['--expect', '\\$ ', '--type', 'ls\\n', '--expect', '\\$ '];
  const prompt = show('boot', '$    ');
  assert.equal((await run([prompt, idle, show('boot', '$ ls  ', 'file', '$    '), idle], ...again)).code, 0);
  assert.equal((await run([prompt, idle, show('$ ls  ', 'file', '$    '), idle], ...again)).code, 0);
  assert.equal((await run([prompt, idle, show('boot', '$ ls  ', 'file', '     '), idle], ...again)).code, 107);
});

test('new on a screen is what is behind what was seen, scrolled or not', () => {
  assert.equal(newBehind('', 'abc'), 0);
  assert.equal(newBehind('a\nb', 'a\nbc'), 3);
  assert.equal(newBehind('a\nb', 'bc\nd'), 1);
  assert.equal(newBehind('a\nb', 'x\ny'), 0);
  assert.equal(newBehind('a\n  ', 'x\ny'), 0);
});

test('a guest that ends too early, or never gets there, leaves it unmet', async () => {
  const expect = ['--expect', 'prompt'];
  const early = await run([powerOff(0)], ...expect);
  assert.equal(early.code, 107);
  assert.match(early.stderr, /^powered off with 0 .*\nexpected, and it did not come: prompt\n/);
  assert.equal((await run([forever], ...expect, '-n', '1000')).code, 107);
  const tripleFault = await run([{ text: 'int3', run: () => ({ kind: 'tripleFault', causes: [] }) }], ...expect);
  assert.equal(tripleFault.code, 101);
});

test('time runs out: 107, and what is on the screen', async () => {
  const { code, stderr } = await run([show('stuck here'), forever], '--expect', 'prompt', '--timeout', '0.01');
  assert.equal(code, 107);
  assert.match(stderr, /^timeout after [\d,]+ instructions.*\nexpected, and it did not come: prompt\n(.*\n)*screen:\n {2}\| stuck here\n$/);
});

test('every --expect has the whole time', async () => {
  // Host time advances by 1 ms at every look.
  const slow = new Array<FakeInstruction>(12).fill({ text: 'pause', run: () => ({ kind: 'budget' }) });
  const script = [...slow, print('a'), idle, ...slow, print('b'), idle];
  const { code, stdout } = await run(script, '--expect', 'a', '--expect', 'b', '--timeout', '0.02');
  assert.deepEqual([code, stdout], [0, 'ab']);
  assert.equal((await run(script, '--expect', 'b', '--timeout', '0.02')).code, 107);
});

test('--json tells what did not come', async () => {
  const { stderr } = await run([idle], '--expect', 'x', '--json');
  const { exitCode, unmet } = JSON.parse(stderr);
  assert.deepEqual([exitCode, unmet], [107, 'x']);
});

test('options that cannot be are refused before anything runs', async () => {
  const wrong: [string[], RegExp][] = [
    [['--expect', '('], /--expect \(: expected a regular expression \(Unterminated group\)/],
    [['--type', 'a\\q'], /--type a\\q: expected only the escapes/],
    [['--type', 'a\\'], /--type a\\: expected only the escapes/],
    [['--expect', 'x', '--timeout', '0'], /--timeout 0: expected a number of seconds above 0/],
    [['--expect', 'x', '--timeout', 'soon'], /--timeout soon: expected/],
    [['--timeout', '3'], /--timeout: expected with --expect/],
  ];
  for (const [options, message] of wrong) {
    const { code, stdout, stderr } = await run([print('ran')], ...options);
    assert.deepEqual([code, stdout], [104, '']);
    assert.match(stderr, message);
  }
});

test('of a long output the end is kept for matching', async () => {
  const script = [...Array.from({ length: 5 }, () => print('x'.repeat(1 << 19))), print('done'), idle];
  const { code, stdout } = await run(script, '--expect', 'x{9}', '--expect', 'xdone');
  assert.deepEqual([code, stdout.length], [0, 5 * (1 << 19) + 4]);
});

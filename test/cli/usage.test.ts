import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/cli';
import { cli } from './environment';

/** Mistakes, and what the one line about them says. */
const MISTAKES: [argv: string[], message: RegExp][] = [
  [['fly'], /unknown command 'fly': expected run, compare, asm, disasm, dap/],
  [['run'], /expected GUEST; see ringside run --help/],
  [['compare', 'a', 'b'], /'b' is one argument too many/],
  [['run', 'a', 'b', '--expect', 'x'], /--expect: expected with one guest, and there are 2/],
  [['run', 'a', '--tecnique', 'bt'], /'--tecnique'.*see ringside run --help/],
  [['run', 'a', '--technique', 'xen'], /--technique xen: expected bare, trap, bt/],
  [['run', 'a', '--technique'], /--technique/],
  [['run', 'a', '--max-instructions', 'lots'], /--max-instructions lots: expected a whole number/],
  [['run', 'a', '--max-instructions', '-1'], /--max-instructions -1: expected a whole number/],
  [['run', 'a', '--json=yes'], /--json/],
  [['dap', 'x'], /'x' is one argument too many/],
  [['disasm', 'a.bin', '--bits', '64'], /--bits 64: expected 16 or 32/],
  [['disasm', 'missing.bin'], /missing\.bin: no such file/],
  [['asm', 'a.asm', '-D', '1=2'], /--define 1=2: expected NAME or NAME=VALUE/],
];
for (const [argv, message] of MISTAKES)
  test(`one line for: ringside ${argv.join(' ')}`, async () => {
    const { code, stdout, stderr } = await cli(argv);
    assert.equal(code, 104);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  });

test('without a command the help goes to stderr', async () => {
  const { code, stderr } = await cli([]);
  assert.equal(code, 104);
  assert.match(stderr, /Usage: ringside COMMAND/);
});

test('--version says which release it is', async () => {
  const { code, stdout } = await cli(['--version']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '1.2.3\n' });
});

test('--help lists every command and exit code', async () => {
  const { code, stdout } = await cli(['--help']);
  assert.equal(code, 0);
  for (const { name, summary } of COMMANDS) assert.match(stdout, new RegExp(`${name}.*${summary.slice(0, 10)}`));
  assert.match(stdout, /101 +the guest shut down/);
});

for (const command of COMMANDS)
  test(`ringside ${command.name} --help names every option`, async () => {
    const { code, stdout } = await cli([command.name, '--help']);
    assert.equal(code, 0);
    for (const option of command.options)
      assert.ok(
        stdout.split('\n').some((l) => l.includes(`--${option.name}`) && l.endsWith(option.help)),
        option.name,
      );
  });

test('a defect is not the user’s mistake', async () => {
  const serveDap = async () => {
    throw new TypeError('oops');
  };
  const { code, stderr } = await cli(['dap'], { serveDap });
  assert.equal(code, 106);
  assert.match(stderr, /internal error: TypeError: oops/);
});

/** The built command line as a user runs it: dist/cli.mjs in a process of its own, on the first example. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../..');
const script = path.join(root, 'dist/cli.mjs');
const example = path.join(root, 'examples/trap.asm');
const ringside = (...args) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: root, timeout: 60_000 });

for (const technique of ['bare', 'trap', 'bt'])
  test(`run under ${technique}: the guest's output and nothing else on stdout`, () => {
    const { status, stdout, stderr } = ringside('run', example, '--technique', technique);
    assert.equal(stdout, 'Hello from protected mode.\n');
    assert.match(stderr, /^powered off with 0 after [\d,]+ instructions/);
    assert.equal(status, 0);
  });

test('compare: trap-and-emulate goes wrong at SMSW, binary translation does not', () => {
  const { status, stdout } = ringside('compare', example);
  assert.equal(status, 105);
  assert.match(stdout, /^final state +reference +differs +equal +equal +differs$/m);
  assert.match(stdout, /^trap: first divergence at instruction [\d,]+: \S+ {2}smsw ax$/m);
});

test('asm and run: the binary behaves as its source does', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-cli-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const image = path.join(dir, 'trap.bin');
  assert.equal(ringside('asm', example, '-o', image, '-l', path.join(dir, 'trap.lst')).status, 0);
  assert.match(fs.readFileSync(path.join(dir, 'trap.lst'), 'utf8'), / 00007C00 FA +.*cli/);
  assert.equal(ringside('run', image).stdout, 'Hello from protected mode.\n');
  assert.match(ringside('disasm', image, '--origin', '0x7C00', '--count', '1').stdout, /^00007C00 {2}FA +cli\n$/);
});

test('--version is that of the package', () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  assert.equal(ringside('--version').stdout, `${version}\n`);
});

test('a missing file is one line and code 104', () => {
  const { status, stderr } = ringside('run', 'missing.asm');
  assert.deepEqual([status, stderr], [104, 'missing.asm: no such file\n']);
});

test('Ctrl+C ends a guest that never would, with a report', async (t) => {
  if (process.platform === 'win32') return t.skip('no SIGINT between processes');
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-cli-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const source = path.join(dir, 'loop.asm');
  fs.writeFileSync(source, "org 0x7c00\nmov al,'x'\nout 0xe9,al\njmp $\n");
  const child = spawn(process.execPath, [script, 'run', source]);
  let report = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    report += text;
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 130);
  assert.match(report, /^interrupted after /);
});

test('dap answers initialize and ends with disconnect', async () => {
  const child = spawn(process.execPath, [script, 'dap']);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  for (const [i, command] of ['initialize', 'disconnect'].entries()) {
    const message = JSON.stringify({ seq: i + 1, type: 'request', command, arguments: { adapterID: 'ringside' } });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`);
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.match(output, /"command":"initialize","success":true/);
  assert.match(output, /"command":"disconnect","success":true/);
  assert.equal(code, 0);
});

/** Asks for a name on the screen, reads it with the BIOS, greets on port E9h. */
const GREETER = `
        org 0x7c00
        xor ax, ax
        mov ds, ax
        mov si, question
.ask:   lodsb
        test al, al
        jz .read
        mov ah, 0x0e
        int 0x10
        jmp .ask
.read:  mov ah, 0
        int 0x16
        cmp al, 13
        je .end
        out 0xe9, al
        jmp .read
.end:   mov al, '!'
        out 0xe9, al
        jmp .read
question: db "Your name: ", 0
`;

test('a script waits for the screen, types, and waits for the answer', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-cli-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const source = path.join(dir, 'greeter.asm');
  fs.writeFileSync(source, GREETER);
  const answered = ringside('run', source, '--expect', 'name: ', '--type', 'Ada\\n', '--expect', 'Ada!');
  assert.deepEqual([answered.status, answered.stdout], [0, 'Ada!']);
  assert.match(answered.stderr, /^everything expected came after /);
  const again = ringside('run', source, '--expect', 'name: ', '--type', 'Ada\\n', '--expect', 'Ada!');
  assert.equal(again.stderr.split('modelled')[0], answered.stderr.split('modelled')[0], 'at the same instruction every time');
  const waiting = ringside('run', source, '--expect', 'password', '--timeout', '0.5');
  assert.equal(waiting.status, 107);
  assert.match(waiting.stderr, /^timeout after [\s\S]*expected, and it did not come: password[\s\S]*screen:\n {2}\| Your name:\n$/);
});

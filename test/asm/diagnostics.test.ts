/** Mistakes: where they are shown, that all of them are, and that none of them hangs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembleInstruction } from '../../src/asm/assembleInstruction';
import { type Files, errorsOf, ours } from './nasm';

/** `^` under the offending text of the line before it. */
function expectAt(marked: string, message: RegExp, files: Files = {}): void {
  const lines = marked.split('\n');
  const at = lines.findIndex((line) => /^ *\^+ *$/.test(line));
  const source = lines.filter((_, n) => n !== at).join('\n');
  const [error] = errorsOf(ours(source, files));
  assert.ok(error, `no error in ${source}`);
  assert.match(error.message, message);
  const carets = lines[at];
  assert.deepEqual([error.line, error.column, error.endColumn], [at, carets.indexOf('^') + 1, carets.lastIndexOf('^') + 2], error.message);
}

test('errors point at their token', () => {
  expectAt('  mov ax, foo\n          ^^^', /`foo' not defined/);
  expectAt('nop\n  frob ax\n  ^^^^', /unknown instruction/);
  expectAt('a: frob\n   ^^^^', /unknown instruction/);
  expectAt('mov ax, 12zz\n        ^^^^', /not a number/);
  expectAt('mov [bx], 5\n    ^^^^', /size not specified/);
  expectAt('mov ax, [ax]\n        ^^^^', /invalid 16-bit effective address/);
  expectAt('mov ax, bl\n^^^^^^^^^^', /invalid combination/);
  expectAt('  bogus: bits 17\n              ^^', /segment size/);
  expectAt("  db 'abc\n     ^^^^", /unterminated string/);
  expectAt('a: nop\na: nop\n^', /defined twice/);
  expectAt('jmp short far_away\n          ^^^^^^^^\ntimes 200 nop\nfar_away:'.replace('          ^^^^^^^^', '    ^^^^^^^^^^^^^^'), /out of range/);
  expectAt('  times -1 db 0\n        ^', /negative/);
  expectAt('db 1/0\n    ^', /division by zero/);
  expectAt('%if foo(\n       ^\n%endif', /expected/);
  expectAt('%include "nowhere.inc"\n         ^^^^^^^^^^^^^', /cannot open/);
  expectAt('incbin "nowhere.bin"\n^^^^^^^^^^^^^^^^^^^^', /cannot open/);
  expectAt('extern printf\n       ^^^^^^', /flat binary/);
  expectAt('cpu 8086\nshl ax, 4\n^^^^^^^^^', /8086/);
});

test('an error in a macro is shown at the call', () => {
  expectAt('%macro load 1\n mov ax, %1\n%endmacro\n  load bl\n  ^^^^^^^', /invalid combination/);
});

test('an error in an included file names that file', () => {
  const assembly = ours('%include "part.inc"\nmov ax, missing\n', { 'part.inc': 'nop\nmov ax, ]\n' });
  assert.deepEqual(
    errorsOf(assembly).map(({ path, line }) => [path, line]),
    [
      ['part.inc', 2],
      ['test.asm', 2],
    ],
  );
  assert.deepEqual(assembly.files, ['test.asm', 'part.inc']);
});

test('all errors are reported, in order', () => {
  const source = 'mov ax,\nnop\nfoo bar baz\nmov al, undefined_symbol\n%foo\n%if 1\n';
  assert.deepEqual(
    errorsOf(ours(source)).map(({ line }) => line),
    [1, 3, 4, 5, 6],
  );
});

test('what does not fit is a warning and is cut', () => {
  const assembly = ours('db 256\ndw 65536\nmov al, 300\ndb -128, 255\n');
  assert.deepEqual(
    assembly.diagnostics.map(({ severity, line }) => [severity, line]),
    [
      ['warning', 1],
      ['warning', 2],
      ['warning', 3],
    ],
  );
  assert.deepEqual([...assembly.bytes.subarray(0, 3)], [0, 0, 0]);
});

const ENDLESS: Readonly<Record<string, string>> = {
  'a recursive macro': '%rmacro m 0\n m\n%endmacro\nm\n',
  'a macro that doubles': '%rmacro m 0\n m\n m\n%endmacro\nm\n',
  'a runaway %rep': '%rep 1000000000\nnop\n%endrep\n',
  'nested %rep': '%rep 100000\n%rep 100000\n%assign x 1\n%endrep\n%endrep\n',
  'a file that includes itself': '%include "test.asm"\n',
  'two files that include one another': '%include "other.inc"\n',
  'a huge TIMES': 'times 1000000000000 db 0\n',
  'a huge reservation': 'resb 0x7fffffffffffffff\n',
  'a huge duplicate': 'db 1000000000 dup (0)\n',
  'nested duplicates': 'db 100000 dup (100000 dup (1))\n',
  'a label that never settles': 'a: times (b-a) & 1 ^ 1 nop\nb:\n',
  'macros that grow': `%define a0 1,1\n${Array.from({ length: 40 }, (_, n) => `%define a${n + 1} a${n},a${n}\n`).join('')}db a40\n`,
  'deep parentheses': `db ${'('.repeat(100_000)}1\n`,
  'many signs': `db ${'-'.repeat(100_000)}1\n`,
  'deep single-line macros': `%define f(x) x\ndb ${'f('.repeat(5000)}1${')'.repeat(5000)}\n`,
  'a far section': 'section a start=0x7fffffff\ndb 1\n',
};

for (const [name, source] of Object.entries(ENDLESS)) {
  test(`${name} is an error, and comes to an end`, { timeout: 300_000 }, () => {
    const assembly = ours(source, { 'test.asm': source, 'other.inc': '%include "test.asm"\n' });
    assert.ok(errorsOf(assembly).length > 0);
  });
}

test('names that objects have are ordinary names', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    assert.deepEqual(errorsOf(ours(`${name}: nop\njmp ${name}\n%define ${name}x 1\n`)), []);
    assert.ok(errorsOf(ours(`[${name}]\n`)).length > 0);
    assert.ok(errorsOf(ours(`%${name}\n`)).length > 0);
    assert.ok(errorsOf(ours(`cpu ${name}\n`)).length > 0);
    assert.ok(errorsOf(ours(`${name} ax, bx\n`)).length > 0);
  }
});

test('random text never throws', () => {
  const words = [
    'mov',
    'ax',
    ',',
    '[',
    ']',
    '%define',
    '%macro',
    '%endmacro',
    '%if',
    '%endif',
    '%rep 3',
    '%endrep',
    '%1',
    '%%x',
    '%$y',
    '%{',
    '(',
    ')',
    "'",
    '`\\x',
    '5',
    '$',
    '$$',
    '::',
    'times',
    'db',
    'equ',
    'section',
    'align 3',
    'struc',
    'at',
    '%+',
    '%[',
    '1e5',
    '0x',
    '\n',
    '\\\n',
    ';',
    'dup',
    '?',
    'strict',
    'far',
    'seg',
    'wrt',
  ];
  let seed = 12345;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  for (let n = 0; n < 3000; n++) ours(Array.from({ length: 1 + random(25) }, () => words[random(words.length)]).join(random(3) ? ' ' : ''));
});

test('one instruction', () => {
  assert.deepEqual([...assembleInstruction('jmp 0x7c10', 16, 0x7c00).bytes], [0xe9, 0x0d, 0x00]);
  assert.deepEqual([...assembleInstruction('mov eax, cr0', 32).bytes], [0x0f, 0x20, 0xc0]);
  assert.equal(assembleInstruction('mov eax, al', 32).diagnostics[0].line, 1);
});

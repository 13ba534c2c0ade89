import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSource } from '../../src/asm/checkService';
import { isCheckable } from '../../src/ui/language/checkable';

const bytes = (text: string) => new TextEncoder().encode(text);
const PATH = 'file:///home/src/main.asm';

test('an included file is asked for, then read', () => {
  const request = { id: 7, path: PATH, text: '%include "lib.inc"\nstart: jmp start\n', files: {}, roots: ['file:///home/'] };
  const first = checkSource(request);
  assert.deepEqual(first.missing, ['file:///home/src/lib.inc', 'file:///home/lib.inc']);
  assert.deepEqual(first.problems, []);
  const second = checkSource({ ...request, files: { 'file:///home/src/lib.inc': null, 'file:///home/lib.inc': bytes('nop\nmov ax, nowhere\n') } });
  assert.deepEqual(second.missing, []);
  assert.deepEqual(second.files, [PATH, 'file:///home/lib.inc']);
  assert.deepEqual(
    second.problems.map(({ path, line, column }) => [path, line, column]),
    [['file:///home/lib.inc', 2, 9]],
  );
});

test('addresses and bytes of the lines of the source', () => {
  const { lines, size } = checkSource({ id: 1, path: PATH, text: 'org 0x7c00\nmov ax, 0x1234\ntimes 20 db 1\n', files: {}, roots: [] });
  assert.equal(size, 23);
  assert.deepEqual(lines[0], { line: 2, address: 0x7c00, length: 3, bytes: 'B8 34 12', code: true });
});

test('a file that is nowhere is a problem, not a question without end', () => {
  const { missing, problems } = checkSource({ id: 1, path: 'untitled:Untitled-1', text: '%include "x"\n', files: {}, roots: [] });
  assert.deepEqual(missing, []);
  assert.equal(problems[0].severity, 'error');
});

test('a source for a linker is judged as one', () => {
  const problemsOf = (text: string) => checkSource({ id: 1, path: PATH, text, files: {}, roots: [] }).problems.map(({ line, message }) => `${line}: ${message}`);
  assert.deepEqual(problemsOf('[bits 32]\n[extern main]\nglobal _start:function\nsection .text\n_start: call main\npush dword [count]\njmp $\nsection .bss\ncount: resd 1\n'), []);
  assert.deepEqual(problemsOf('global boot\nsection .multiboot\ndd 0x1badb002\nsection .text\nboot: mov esp, top\nhlt\nsection .bss\nresb 64\ntop:\n'), []);
  assert.deepEqual(problemsOf('extern main\nsection .text\n_start: call mian\n'), ["3: symbol `mian' not defined"]);
  assert.deepEqual(problemsOf('section .text\nret\nglobal lost\n'), ["3: global symbol `lost' is not defined"]);
  assert.deepEqual(problemsOf('org 0x7c00\nglobal start\nstart: jmp start\n'), []);
  assert.deepEqual(problemsOf('org 0x7c00\nextern main\njmp main\n').length > 0, true);
});

test('which documents are programs for us', () => {
  const of = (path: string, text: string, languageId = 'ringside-asm') => isCheckable({ path, text, languageId });
  assert.ok(of('/a.asm', 'nop'));
  assert.ok(!of('/a.inc', 'nop'));
  assert.ok(of('/a.asm', 'extern printf\ncall printf\n'));
  assert.ok(!of('/a.asm', 'global main\nmain: push rbp\nmov rbp, rsp\n'));
  assert.ok(of('/a.asm', 'global main\nmain: ret ; not rax\n'));
  assert.ok(!of('/a.asm', 'bits 64\n'));
  assert.ok(!of('/a.asm', 'nop', 'masm'));
});

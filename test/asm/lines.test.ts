/** Source lines to bytes, for breakpoints; symbols; files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ours } from './nasm';

const source = `bits 16
org 0x7c00
%macro twice 1
  %1
  %1
%endmacro
start:
  mov ax, 5
  twice nop
.loop: jmp .loop
  times 3 nop
text: db 'hi', 0
%rep 2
  inc ax
%endrep
%include "part.inc"
SIZE equ $ - $$
  times 32-($-$$) db 0
section .data
  dw text
bits 32
  cli
`;
const assembly = ours(source, { 'part.inc': '\n cli\n hlt\n' });

test('one entry per line that emits bytes', () => {
  assert.deepEqual(assembly.diagnostics, []);
  assert.deepEqual(
    assembly.lines.map(({ path, line, offset, length, address, code, bits }) => `${path}:${line} ${offset}+${length} ${address.toString(16)} ${code ? 'code' : 'data'} ${bits}`),
    [
      'test.asm:8 0+3 7c00 code 16',
      'test.asm:9 3+2 7c03 code 16',
      'test.asm:10 5+2 7c05 code 16',
      'test.asm:11 7+3 7c07 code 16',
      'test.asm:12 10+3 7c0a data 16',
      'test.asm:14 13+2 7c0d code 16',
      'part.inc:2 15+1 7c0f code 16',
      'part.inc:3 16+1 7c10 code 16',
      'test.asm:18 17+15 7c11 data 16',
      'test.asm:20 32+2 7c20 data 16',
      'test.asm:22 34+1 7c22 code 32',
    ],
  );
});

test('every byte that a line emits belongs to it', () => {
  assert.equal(
    assembly.lines.reduce((sum, { length }) => sum + length, 0),
    assembly.bytes.length,
  );
});

test('symbols have addresses, constants values', () => {
  const symbols = assembly.symbols.map(({ name, value, kind, line, column }) => [name, value, kind, line, column]);
  assert.deepEqual(symbols, [
    ['start', 0x7c00, 'label', 7, 1],
    ['start.loop', 0x7c05, 'label', 10, 1],
    ['text', 0x7c0a, 'label', 12, 1],
    ['SIZE', 17, 'constant', 17, 1],
  ]);
  assert.equal(assembly.origin, 0x7c00);
  assert.equal(assembly.bits, 16);
  assert.deepEqual(assembly.files, ['test.asm', 'part.inc']);
});

test('virtual addresses of a moved section', () => {
  const moved = ours('org 0x7c00\nnop\nsection high vstart=0x10000\nl: jmp l\n');
  assert.deepEqual(
    moved.lines.map(({ offset, address }) => [offset, address]),
    [
      [0, 0x7c00],
      [4, 0x10000],
    ],
  );
});

test('definitions from outside', async () => {
  const { assemble } = await import('../../src/asm/assemble');
  const { bytes } = assemble('%ifdef DEBUG\ndb DEBUG\n%endif\n', { path: 'a.asm', readFile: () => undefined, define: { DEBUG: '3' } });
  assert.deepEqual([...bytes], [3]);
});

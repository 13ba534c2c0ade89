import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldings } from '../../../src/ui/language/folding';
import { outline, type OutlineSymbol } from '../../../src/ui/language/outline';
import { commentOf, parseSource, symbolAt } from '../../../src/ui/language/sourceModel';
import { definitionAt, referencesAt, rename, renamedAt } from '../../../src/ui/language/symbols';

const MAIN = `; A program.
%include "lib.inc"
        bits 16
        org 0x7c00
COUNT   equ 3
%define PORT(n) (0x60 + n)
section .text
; Where it begins.
; In real mode.
start:
        mov cx, COUNT
.loop:
        puts hello      ; a macro of lib.inc
        in al, PORT(4)
        loop .loop
        jmp other.loop
other:
.loop:  hlt
        jmp .loop
hello   db "start: .loop", 0
struc point
.x      resw 1
.y      resw 1
endstruc
        mov ax, [point.x]
        bits 32
        popf
`;

const LIBRARY = `%macro puts 1
%%next:
        mov si, %1
        jmp %%next
%endmacro
%imacro Halt 0
        hlt
%endmacro
`;

const [MAIN_URI, LIBRARY_URI] = ['file:///main.asm', 'file:///lib.inc'];
const main = parseSource(MAIN);
const sources = [
  { uri: MAIN_URI, model: main },
  { uri: LIBRARY_URI, model: parseSource(LIBRARY) },
];

/** Line and column of the `n`-th occurrence of a text. */
function at(source: string, text: string, n = 1): [line: number, column: number] {
  let index = -1;
  for (let i = 0; i < n; i++) index = source.indexOf(text, index + 1);
  const before = source.slice(0, index).split('\n');
  return [before.length - 1, before.at(-1)!.length];
}

test('definitions by their full names', () => {
  assert.deepEqual(
    main.definitions.map((d) => `${d.kind} ${d.name}`),
    [
      'constant COUNT',
      'define PORT',
      'section .text',
      'label start',
      'label start.loop',
      'label other',
      'label other.loop',
      'label hello',
      'structure point',
      'label point.x',
      'label point.y',
    ],
  );
  for (const { start, end, text, line } of main.definitions) assert.equal(main.lines[line].slice(start, end), text);
});

test('references in full, never inside strings and comments', () => {
  assert.deepEqual(
    main.references.map((r) => r.name),
    ['COUNT', 'puts', 'hello', 'PORT', 'start.loop', 'other.loop', 'other', 'other.loop', 'point.x', 'point'],
  );
});

test('instructions with operands and code size', () => {
  const popf = main.instructions.at(-1);
  assert.equal(popf?.mnemonic.text, 'popf');
  assert.equal(popf?.bits, 32);
  assert.equal(main.instructions[0].operands, 'cx, COUNT');
  assert.equal(main.instructions[0].bits, 16);
});

test('definition: of a local label, of one in another label, of a macro in an included file', () => {
  const names = (text: string, n = 1) => definitionAt(sources, MAIN_URI, ...at(MAIN, text, n)).map(({ uri, place }) => `${uri}:${place.line}`);
  assert.deepEqual(names('.loop\n        jmp'), [`${MAIN_URI}:11`]);
  assert.deepEqual(names('.loop\nother'), [`${MAIN_URI}:17`]);
  assert.deepEqual(names('puts'), [`${LIBRARY_URI}:0`]);
});

test('references to a local label leave those of others alone', () => {
  const found = referencesAt(sources, MAIN_URI, ...at(MAIN, '.loop:'), true).map(({ place }) => place.line);
  assert.deepEqual(found, [11, 14]);
  assert.deepEqual(
    referencesAt(sources, LIBRARY_URI, ...at(LIBRARY, '%%next'), true).map(({ place }) => place.line),
    [1, 3],
  );
});

test('renaming: only the last part, wherever the name is used', () => {
  const edits = rename(sources, MAIN_URI, ...at(MAIN, 'other:'), 'second');
  assert.ok(typeof edits !== 'string');
  assert.deepEqual(
    edits.map(({ line, text }) => [line, text]),
    [
      [16, 'second'],
      [15, 'second'],
    ],
  );
  const local = rename(sources, MAIN_URI, ...at(MAIN, '.loop:', 2), 'again');
  assert.ok(typeof local !== 'string');
  for (const { line, start, end } of local) assert.equal(main.lines[line].slice(start, end), 'loop');
  assert.deepEqual(
    local.map(({ line }) => line),
    [17, 15, 18],
  );
  const inMacro = rename(sources, MAIN_URI, ...at(MAIN, 'puts'), 'print');
  assert.ok(typeof inMacro !== 'string');
  assert.deepEqual(
    inMacro.map(({ uri }) => uri),
    [MAIN_URI, LIBRARY_URI],
  );
});

test('renaming is refused for a name that exists, or is none', () => {
  assert.match(String(rename(sources, MAIN_URI, ...at(MAIN, 'other:'), 'start')), /exists already/);
  assert.match(String(rename(sources, MAIN_URI, ...at(MAIN, 'other:'), '1st')), /no name/);
  assert.equal(renamedAt(sources, MAIN_URI, ...at(MAIN, 'mov cx')), undefined);
});

test('what is under the cursor is the narrowest name', () => {
  const [line, column] = at(MAIN, 'other.loop');
  assert.equal(symbolAt(main, line, column + 1)?.name, 'other');
  assert.equal(symbolAt(main, line, column + 7)?.name, 'other.loop');
});

test('the comment above a definition, or behind it', () => {
  assert.equal(commentOf(main, 9), 'Where it begins.\nIn real mode.');
  assert.equal(commentOf(main, 12), 'a macro of lib.inc');
  assert.equal(commentOf(main, 15), '');
});

test('outline: sections hold labels, labels their local ones', () => {
  const names = (symbols: readonly OutlineSymbol[]): unknown[] => symbols.map((s) => (s.children.length > 0 ? [s.name, names(s.children)] : s.name));
  assert.deepEqual(names(outline(main)), ['COUNT', 'PORT', ['.text', [['start', ['.loop']], ['other', ['.loop']], 'hello', ['point', ['.x', '.y']]]]]);
});

test('folding: labels, macros, structures, comments', () => {
  assert.deepEqual(
    foldings(main).map(({ start, end, kind }) => [start, end, kind]),
    [
      [7, 8, 'comment'],
      [9, 15, 'region'],
      [16, 18, 'region'],
      [20, 23, 'region'],
      [19, 26, 'region'],
    ].sort((a, b) => Number(a[0]) - Number(b[0])),
  );
  assert.deepEqual(
    foldings(parseSource('%if 1\n%rep 2\n nop\n%endrep\n%endif\n;#region x\n nop\n;#endregion')).map(({ start, end }) => [start, end]),
    [
      [0, 4],
      [1, 3],
      [5, 7],
    ],
  );
});

test('nonsense is read without complaint', () => {
  for (const text of ['', '%', '%macro', '%endmacro\n%endif', "label: 'open", '[section', '%%x: %%y', '.local:', '\0\u001a', 'struc', '%comment\nnever ends'])
    assert.ok(parseSource(text).lines.length > 0);
});

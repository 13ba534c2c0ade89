import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_BREAKPOINTS, parseEventBreakpoint } from '../../src/debug/eventBreakpoints';
import type { EvaluationContext } from '../../src/debug/expressions';
import { eventChoices } from '../../src/ui/eventBreakpoints';
import { instructionHover } from '../../src/ui/instructionHover';
import { blankText, expressionAt, instructionAt, registersOf, wordsOf } from '../../src/ui/sourceLine';

const textAt = (line: string, marked: string): string | undefined => expressionAt(line, line.indexOf(marked))?.text;

test('comments and strings hold no words', () => {
  const line = `mov al, 'eax ; x' ; ebx`;
  assert.equal(blankText(line).length, line.length);
  assert.deepEqual(
    wordsOf(line).map((w) => w.text),
    ['mov', 'al'],
  );
  assert.deepEqual(
    wordsOf('db `a\\`eax`, ecx').map((w) => w.text),
    ['ecx'],
  );
});

test('under the mouse: a register, a label, a memory operand', () => {
  const line = '    mov dword [ebx+esi*4+table], eax';
  assert.equal(textAt(line, 'eax'), 'eax');
  assert.equal(textAt(line, 'ebx'), 'ebx');
  assert.equal(textAt(line, 'table'), 'table');
  assert.equal(textAt(line, '[ebx'), '[ebx+esi*4+table]');
  assert.equal(textAt(line, '*4'), '[ebx+esi*4+table]');
  assert.equal(textAt(line, 'mov'), undefined);
  assert.equal(textAt(line, 'dword'), undefined);
});

test('numbers, macro parameters and preprocessor words are no symbols', () => {
  assert.deepEqual(
    wordsOf('%macro foo 2').map((w) => w.text),
    ['foo'],
  );
  assert.deepEqual(
    wordsOf('mov ax, 0x7c00').map((w) => w.text),
    ['mov', 'ax'],
  );
  assert.deepEqual(
    wordsOf('mov cx, 0b8h').map((w) => w.text),
    ['mov', 'cx'],
  );
});

test('registers of a line, each once', () => {
  assert.deepEqual(
    registersOf('xor AX, ax ; bx').map((w) => w.text),
    ['AX'],
  );
});

test('hover: the operands decide what MOV is', () => {
  const hover = (line: string) => {
    const found = instructionAt(line, line.indexOf('mov'));
    return instructionHover('mov', found?.operands ?? '') ?? '';
  };
  assert.match(hover('mov cr0, eax'), /\*\*privileged\*\*.*\n[\s\S]*control register/);
  assert.match(hover('mov ax, ds'), /sensitive, not privileged/);
  assert.match(hover('mov ax, [ds:bx]'), /innocuous/);
  assert.match(hover('mov eax, ebx ; cr0'), /innocuous/);
});

test('hover: the technique that runs is marked', () => {
  assert.match(instructionHover('cli', '', 'trap') ?? '', /\*\*Trap-and-emulate \(classic\)\*\* ◂/);
});

test('hover: another name shows whose it is; no word of ours shows nothing', () => {
  assert.match(instructionHover('jz', 'x') ?? '', /another name of JE/);
  assert.equal(instructionHover('constructor', ''), undefined);
});

test('every event breakpoint on offer is one the debugger accepts', () => {
  for (const { name } of eventChoices()) {
    const places = parseEventBreakpoint(name, { vm: { technique: 'bare' } } as EvaluationContext);
    assert.ok(places.stops.length > 0, name);
    assert.ok(name.split(':')[0] in EVENT_BREAKPOINTS, name);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { BreakpointCondition, interpolate, parseHitCondition } from '../../src/debug/breakpointCondition';
import { assign, type EvaluationContext, evaluate, formatValue } from '../../src/debug/expressions';
import { splitAssignment } from '../../src/debug/expressionSyntax';
import { SymbolTable } from '../../src/debug/symbolTable';
import { toyMachine } from '../dap/fakeVm';

function context(): EvaluationContext {
  const { vm, assembly } = toyMachine([
    ['90', 'start'],
    ['90 90', 'start.loop'],
    ['c3', 'routine'],
  ]);
  Object.assign(vm.registers, { eax: 0x12345678, ebx: 0x10, esi: 4, ds: 0x50, ss: 0x60, esp: 0x20, ebp: 0x22, eflags: 0x3047, eip: 0x7c01, cs: 0 });
  vm.memory.set([0x11, 0x22, 0x33, 0x44, 0x55], 0x510);
  vm.memory.set([0xaa, 0xbb], 0x622);
  return { vm, symbols: new SymbolTable(assembly, 0x7c00) };
}

const value = (text: string) => evaluate(text, context()).value;

for (const [text, expected] of [
  ['0x1F', 0x1f],
  ['1Fh', 0x1f],
  ['0h1f', 0x1f],
  ['$1f', 0x1f],
  ['0b1010_1010', 0xaa],
  ['101b', 5],
  ['17q', 15],
  ['0d10', 10],
  ["'AB'", 0x4241],
  ['2 + 3 * 4', 14],
  ['(2 + 3) * 4', 20],
  ['10 - 3 - 2', 5],
  ['1 << 31', 0x80000000],
  ['-1', 0xffffffff],
  ['~0 >> 28', 15],
  ['7 % 4 | 8', 11],
  ['5 & 6 ^ 1', 5],
  ['!0 + !5', 1],
  ['1 < 2 && 3 >= 3', 1],
  ['0 || 2 != 2', 0],
  ['0 && 1/0', 0],
  ['0xffffffff * 2', 0xfffffffe],
  ['eax', 0x12345678],
  ['AX', 0x5678],
  ['ah', 0x56],
  ['al', 0x78],
  ['zf', 1],
  ['CF', 1],
  ['of', 0],
  ['iopl', 3],
  ['ax == 0x5678', 1],
  ['ds', 0x50],
  ['cpl', 0],
  ['$', 0x7c01],
  ['start', 0x7c00],
  ['.loop', 0x7c01],
  ['start.loop + 1', 0x7c02],
  ['[bx]', 0x2211],
  ['byte [bx+si-4]', 0x11],
  ['dword [ebx+esi-3]', 0x55443322],
  ['[ds:bx]', 0x2211],
  ['[0050h:10h]', 0x2211],
  ['ds:bx', 0x510],
  ['byte [bp]', 0xaa],
  ['byte [ss:bp+1]', 0xbb],
  ['word [phys:0x510]', 0x2211],
  ['dword phys:0x510', 0x44332211],
  ['byte eax', 0x78],
  ['byte [bx] == 11h && !(zf == 0)', 1],
] as const)
  test(`${text} is ${expected}`, () => assert.equal(value(text), expected));

for (const [text, message] of [
  ['', /empty/],
  ['1 +', /Expected a register, symbol, number or \[address\] but found the end/],
  ['(1', /Expected \)/],
  ['[1', /Expected \]/],
  ['1 2', /Unexpected 2 at column 3/],
  ['eax § 1', /Unexpected §/],
  ['12z', /12z is not a number/],
  ['1FFFFFFFFh', /not a number of 32 bits/],
  ['nosuch', /not a register, a flag or a symbol/],
  ['1 / 0', /Division by zero/],
  ['[phys:0x7fffffff]', /no memory at physical/],
  ['[0xFFFF:0xFFFFFFF]', /cannot be read/],
] as const)
  test(`"${text}" is refused`, () =>
    assert.throws(
      () => value(text),
      (e) => e instanceof UserError && message.test(e.message),
    ));

test('assigning registers, flags and memory', () => {
  const c = context();
  assign('al', 0xff, c);
  assert.equal(evaluate('eax', c).value, 0x123456ff);
  assign('zf', 0, c);
  assign('iopl', 1, c);
  assert.equal(evaluate('eflags', c).value, 0x1007);
  assign('word [bx]', 0xbeef, c);
  assert.equal(evaluate('dword [bx]', c).value, 0x4433beef);
  assign('al', evaluate('-1', c).value, c);
  assert.throws(() => assign('al', 256, c), /does not fit/);
  assert.throws(() => assign('zf', 2, c), /holds 0 to 1/);
  assert.throws(() => assign('start', 2, c), /cannot be assigned/);
  assert.throws(() => assign('cpl', 3, c), /cannot be written/);
});

test('an assignment is not a comparison', () => {
  assert.deepEqual(splitAssignment('word [bx] = 5'), { place: 'word [bx]', value: ' 5' });
  for (const text of ['eax == 5', 'eax >= 5', 'eax != 5', 'eax <= 5', 'eax']) assert.equal(splitAssignment(text), undefined, text);
});

test('values are printed in their width', () => {
  const c = context();
  assert.equal(formatValue(evaluate('ax', c)), '0x5678 (22136)');
  assert.equal(formatValue(evaluate('zf', c)), '1');
  assert.equal(formatValue(evaluate('5', c)), '0x5');
  assert.equal(formatValue(evaluate('ax', c), true), '0x5678');
});

test('hit counts', () => {
  const hits = (text: string) => [1, 2, 3, 4, 5, 6].filter(parseHitCondition(text));
  assert.deepEqual(hits('5'), [5]);
  assert.deepEqual(hits('== 3'), [3]);
  assert.deepEqual(hits('>4'), [5, 6]);
  assert.deepEqual(hits('%2'), [2, 4, 6]);
  assert.throws(() => parseHitCondition('often'), /not a hit count/);
});

test('log messages interpolate; a condition that fails to evaluate stops and says why', () => {
  const c = context();
  assert.equal(interpolate('\\{ax\\} = {ax}', c), '{ax} = 0x5678 (22136)');
  const verdict = new BreakpointCondition({ condition: 'nosuch == 1' }).reached(c);
  assert.equal(verdict.stop, true);
  assert.match(verdict.log ?? '', /nosuch/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEventBreakpoint } from '../../src/debug/eventBreakpoints';
import { SymbolTable } from '../../src/debug/symbolTable';
import { toyMachine } from '../dap/fakeVm';

const { vm, assembly } = toyMachine([['90'], ['c3', 'routine']]);
const parse = (text: string) => parseEventBreakpoint(text, { vm, symbols: new SymbolTable(assembly, 0x7c00) });

test('every prefix', () => {
  assert.ok(parse('insn:CLI').stops.some((s) => s.kind === 'trap' && s.mnemonic === 'cli'));
  assert.ok(parse('int:0x21').stops.some((s) => s.kind === 'softwareInterrupt' && s.vector === 0x21));
  assert.deepEqual(parse('port: 60h').stops, [{ kind: 'port', port: 0x60 }]);
  assert.ok(parse('exit:cr_access').stops.some((s) => s.kind === 'callout' && s.reason === 'CR_ACCESS'));
  assert.ok(parse('exit:IO_INSTRUCTION').stops.some((s) => s.kind === 'port'));
  assert.deepEqual(parse('event:Silent').stops, [{ kind: 'silent' }]);
  assert.deepEqual(parse('cr:3').stops, [{ kind: 'controlWrite', reason: 'CR3' }]);
  assert.deepEqual(parse('dr:7').stops, [{ kind: 'controlWrite', reason: 'DR7' }]);
  assert.deepEqual(parse('invalidated:7C0Ah').stops, [{ kind: 'blockInvalidated', linear: 0x7c0a }]);
  assert.deepEqual(parse('phys:0x1000'), { stops: [], linear: [0x1000, 0x80001000, 0xc0001000], physical: 0x1000 });
});

test('labels and addresses', () => {
  for (const [text, linear] of [
    ['routine', 0x7c01],
    ['0x7c01', 0x7c01],
    ['7C01h', 0x7c01],
    ['routine + 1', 0x7c02],
    ['07C0h:0001h', 0x7c01],
  ] as const)
    assert.deepEqual(parse(text).linear, [linear], text);
});

test('a mistake is answered with what is accepted', () => {
  assert.throws(() => parse('insn:nop'), /insn:nop: not a sensitive instruction\. Accepted: .*cli.*sgdt/);
  assert.throws(() => parse('int:256'), /expected a number up to 0xFF, such as int:0x21/);
  assert.throws(() => parse('port:x'), /port:0x60/);
  assert.throws(() => parse('exit:NONE'), /Accepted: EXCEPTION_OR_NMI/);
  assert.throws(() => parse('event:loud'), /Accepted: sensitive silent trap/);
  assert.throws(() => parse('cr:1'), /expected cr:0, cr:2, cr:3 or cr:4/);
  assert.throws(() => parse('invalidated:here'), /expected a number .* such as invalidated:0x7C00/);
  assert.throws(() => parse('main'), /main: main is not a register.*insn:cli/);
  assert.throws(() => parse('irq:3'), /insn:cli/);
});

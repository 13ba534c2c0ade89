import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitRow } from '../../src/protocol/requests';
import { breakpointName } from '../../src/webview/exits/breakpointName';
import { exitChain } from '../../src/webview/exits/exitChain';

const event = (changes: object): ExitRow =>
  ({
    sequence: 1,
    kind: 'trap',
    retired: 7,
    cs: 8,
    eip: 0x8000,
    linear: 0x8000,
    codeSize: 16,
    mnemonic: 'cli',
    instruction: 'cli',
    reason: '#GP(0)',
    sentence: 'Cleared the virtual IF.',
    cycles: 2030,
    ...changes,
  }) as ExitRow;

test('the breakpoint of an event', () => {
  const of = (changes: object) => breakpointName(event(changes));
  assert.equal(of({}), 'insn:cli');
  assert.equal(of({ mnemonic: '' }), 'event:trap');
  assert.equal(of({ kind: 'vmExit', reason: 'CR_ACCESS' }), 'exit:CR_ACCESS');
  assert.equal(of({ kind: 'port', port: 0x60 }), 'port:0x60');
  assert.equal(of({ kind: 'guestFault', vector: 14 }), 'int:0xe');
  assert.equal(of({ kind: 'controlWrite', reason: 'CR3' }), 'cr:3');
  assert.equal(of({ kind: 'controlWrite', reason: 'MSR' }), 'event:controlWrite');
  assert.equal(of({ kind: 'shadowFill', mnemonic: 'mov' }), 'event:shadowFill');
});

test('the chain of a VM exit: its qualification, what the VMM did, what changed', () => {
  const exit = event({
    kind: 'vmExit',
    reason: 'CPUID',
    number: 10,
    qualification: 0,
    decoded: [['Leaf', '1']],
    handling: 'Answered from the model.',
    changes: ['EAX 00000001h → 00000F29h'],
  });
  const entry = event({ kind: 'vmEntry', reason: 'VMRESUME', sentence: 'The VMM resumed the guest.', cycles: 10 });
  const [instruction, trap, handler, effect] = exitChain([exit, entry], entry);
  assert.equal(instruction.head, 'cli');
  assert.equal(trap.head, 'VM exits: CPUID');
  assert.deepEqual(trap.lines, ['Exit reason 10, qualification 00000000h', 'Leaf: 1']);
  assert.deepEqual(handler.lines, ['Answered from the model.', 'Cleared the virtual IF.']);
  assert.deepEqual(effect.lines, ['EAX 00000001h → 00000F29h', 'The VMM resumed the guest.']);
  assert.equal(effect.head, '2,040 modelled cycles');
});

test('a silent misbehaviour has no handler, and says what bare metal would have done', () => {
  const chain = exitChain([event({ kind: 'silent', differences: [{ what: 'IF', is: '1', bare: '0' }] })], event({}));
  assert.equal(chain[2].head, 'Nobody: the VMM is not told');
  assert.deepEqual(chain[3].lines, ['IF is 1; on bare metal it would be 0']);
});

test('an event without an instruction', () => {
  const interrupt = event({ kind: 'interrupt', instruction: '', mnemonic: '', reason: 'vector 08h', cycles: 0 });
  const chain = exitChain([interrupt], interrupt);
  assert.equal(chain[0].head, 'none');
  assert.equal(chain[1].head, 'hardware interrupts: vector 08h');
  assert.equal(chain[3].head, 'no modelled cost');
});

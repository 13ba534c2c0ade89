/** The small kernel in examples/kernel, one source for a PC and for a hypervisor: the same output, and what breaks it under trap-and-emulate. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { TECHNIQUES, type TechniqueId } from '../../src/protocol/techniques';
import { hexOf, ours, reference, WITH_NASM } from '../asm/nasm';
import { type Run, play } from '../guest/play';

const FILE = 'examples/kernel/kernel.asm';
const PARTS = ['bare.inc', 'pv.inc', 'hypercalls.inc'];

const START = 'kernel: paging on, two processes\nping: first\nping: again, while pong computes\npong: counted to 30000\n';
const REST = (answer: string) =>
  `ping: once more. What is your name?\n${answer}pong: reads the kernel's memory\nkernel: process 2 is killed: page fault at 00008000\nkernel: both ended, 4 pages came when they were touched\n`;

const run = (technique: TechniqueId, pv: boolean, typed = '', slice?: number, launch: Readonly<Record<string, unknown>> = {}): Run =>
  play(FILE, technique, { launch: { ...launch, ...(pv ? { define: { PV: '1' } } : {}) }, keys: '', typed }, slice === undefined ? {} : { slice });

const outcome = ({ serial, ending }: Run) => ({ serial, ending });

for (const { id } of TECHNIQUES) {
  if (id === 'trap') continue;
  test(`the kernel under ${id}`, () => {
    const pv = id === 'pv';
    const silent = run(id, pv);
    assert.deepEqual(outcome(silent), { serial: START + REST('ping: nobody there\n'), ending: 'exit 0' });
    assert.deepEqual(silent.silent, []);
    assert.deepEqual(outcome(run(id, pv, 'Ada\n')), { serial: START + REST('ping: hello, Ada\n'), ending: 'exit 0' });
  });
}

for (const [name, technique, launch] of [
  ['optimised binary translation', 'bt', { translation: 'optimised' }],
  ['VT-x of the first generation', 'hvm', { nestedPaging: false }],
] as const)
  test(`the kernel under ${name}`, () => {
    const { hash, retired, silent, ...rest } = run(technique, false, 'Ada\n', undefined, launch);
    assert.deepEqual(outcome(rest as Run), { serial: START + REST('ping: hello, Ada\n'), ending: 'exit 0' });
    assert.deepEqual(silent, []);
    const bare = run('bare', false, 'Ada\n');
    assert.deepEqual([hash, retired], [bare.hash, bare.retired]);
  });

test('under trap-and-emulate it sleeps for ever: POPF in the lock of the idle loop', () => {
  const { serial, ending, events, machine } = run('trap', false);
  assert.deepEqual({ serial, ending }, { serial: START, ending: 'halted' });
  const silent = events.filter((event) => event.kind === 'silent');
  assert.deepEqual(
    silent.map(({ mnemonic, differences }) => [mnemonic, differences]),
    [['popfd', [{ what: 'IF', is: '0', bare: '1' }]]],
  );
  const line = machine.assembly?.lines.find(({ address }) => address === silent[0].linear);
  assert.match(fs.readFileSync(FILE, 'utf8').split('\n')[line!.line - 1], /unlock/);
});

test('paravirtualized, only system calls trap', () => {
  const { events, machine } = run('pv', true);
  const trapped = events.filter(({ kind }) => kind === 'trap').map(({ instruction }) => instruction);
  assert.deepEqual([...new Set(trapped)], ['int 0x80']);
  const calls = new Set(events.filter(({ kind }) => kind === 'hypercall').map(({ reason }) => reason));
  for (const name of ['set_gdt', 'set_trap_table', 'set_page_base', 'update_page_tables', 'set_kernel_stack', 'iret', 'halt', 'set_timer', 'shutdown'])
    assert.ok(calls.has(name), name);
  assert.ok(machine.vm.cycles < run('trap', false).machine.vm.cycles * 2);
});

test('paravirtualized, slices change nothing', () => {
  const straight = run('pv', true);
  for (const slice of [97, 1009]) {
    const sliced = run('pv', true, '', slice);
    assert.deepEqual([sliced.retired, sliced.hash], [straight.retired, straight.hash], `slices of ${slice}`);
  }
});

test('without the interface the paravirtualized build says so', () => {
  for (const id of ['bare', 'trap', 'bt'] as const)
    assert.deepEqual(outcome(run(id, true)), { serial: 'This kernel needs a hypervisor; build it without PV for a PC.\n', ending: 'exit 3' });
});

test('both builds are what nasm makes of them', WITH_NASM, () => {
  const source = fs.readFileSync(FILE, 'utf8');
  const files = Object.fromEntries(PARTS.map((name) => [name, fs.readFileSync(`examples/kernel/${name}`, 'utf8')]));
  for (const define of ['', '%define PV 1\n']) {
    const expected = reference(define + source, files);
    assert.ok(expected.bytes, expected.output);
    assert.equal(hexOf(ours(define + source, files).bytes), hexOf(expected.bytes));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ComparedRun, compareTechniques } from '../../src/debug/compare';
import { type FakeInstruction, fakeSubject, LOAD_ADDRESS, nops } from './fakeVm';

let time = 0;
const options = { techniques: ['bare', 'trap', 'bt'], maxInstructions: 1e6, now: () => time++, pause: async () => {} } as const;
const compare = (script: FakeInstruction[], extra = {}): Promise<ComparedRun[]> => compareTechniques(fakeSubject(script), { ...options, ...extra });

/** POPF that sets IF, silently without it under trap-and-emulate. */
const popf: FakeInstruction = {
  text: 'popf',
  run: (vm) => {
    if (vm.technique === 'trap') vm.event('silent', 'POPF left IF as it was.');
    else vm.registers.eflags |= 0x200;
  },
};

test('well-behaved guests end equal, with their events and costs', async () => {
  const cli: FakeInstruction = { text: 'cli', run: (vm) => (vm.technique === 'trap' ? vm.event('trap', 'Emulated.', 2030) : undefined) };
  const runs = await compare([...nops(9), cli]);
  assert.deepEqual(
    runs.map((run) => [run.technique, run.stop.kind, run.retired, run.cycles, run.counts.trap, run.equal]),
    [
      ['bare', 'halted', 10, 10, 0, true],
      ['trap', 'halted', 10, 2040, 1, true],
      ['bt', 'halted', 10, 10, 0, true],
    ],
  );
});

for (const before of [0, 1, 999, 1000, 1001, 2500])
  test(`the first divergence is found after ${before} instructions`, async () => {
    const [, trap, bt] = await compare([...nops(before), popf, ...nops(1500)]);
    assert.equal(bt.equal, true);
    assert.equal(trap.equal, false);
    const { divergence } = trap;
    assert.ok(divergence);
    assert.deepEqual([divergence.kind, divergence.retired, divergence.instruction, divergence.eip], ['registers', before, 'popf', LOAD_ADDRESS + before]);
    assert.deepEqual(divergence.differences, [{ name: 'eflags', reference: 0x202, other: 2 }]);
    assert.equal(divergence.cause?.sentence, 'POPF left IF as it was.');
  });

test('a wrong value that a silent event stored in memory is found at that event', async () => {
  const sidt: FakeInstruction = {
    text: 'sidt [0]',
    run: (vm) => {
      vm.memory[0] = vm.technique === 'trap' ? 9 : 1;
      if (vm.technique === 'trap') vm.event('silent', 'SIDT stored the VMM’s base.');
    },
  };
  const load: FakeInstruction = { text: 'mov al,[0]', run: (vm) => void (vm.registers.eax = vm.memory[0]) };
  const [, trap] = await compare([...nops(20), sidt, ...nops(50), load]);
  assert.deepEqual([trap.divergence?.kind, trap.divergence?.retired, trap.divergence?.instruction], ['memory', 20, 'sidt [0]']);
});

test('a difference in memory that no event announces is bisected', async () => {
  const leak: FakeInstruction = { text: 'mov [5],al', run: (vm) => void (vm.memory[5] = vm.technique === 'bt' ? 1 : 0) };
  const [, trap, bt] = await compare([...nops(1234), leak, ...nops(777)]);
  assert.equal(trap.equal, true);
  assert.deepEqual([bt.divergence?.kind, bt.divergence?.retired, bt.divergence?.instruction, bt.divergence?.cause], ['memory', 1234, 'mov [5],al', undefined]);
});

test('a run that ends earlier than the reference diverges there', async () => {
  const panic: FakeInstruction = { text: 'out 0xf4,al', run: (vm) => (vm.technique === 'trap' ? { kind: 'exited', code: 1 } : undefined) };
  const [, trap] = await compare([...nops(3), panic, ...nops(3)]);
  assert.deepEqual([trap.stop.kind, trap.divergence?.kind, trap.divergence?.retired], ['exited', 'stop', 3]);
});

test('a run stops at the limit', async () => {
  const runs = await compare(nops(5000), { maxInstructions: 4000 });
  assert.deepEqual(
    runs.map((run) => [run.stop.kind, run.retired, run.equal]),
    [
      ['budget', 4000, true],
      ['budget', 4000, true],
      ['budget', 4000, true],
    ],
  );
});

test('serial output is kept for each run, and a difference counts', async () => {
  const print: FakeInstruction = { text: 'out dx,al', run: (vm) => vm.serial.fire(Uint8Array.of(vm.technique === 'bt' ? 66 : 65)) };
  const [bare, trap, bt] = await compare([print, print]);
  assert.deepEqual([...bare.serial], [65, 65]);
  assert.equal(trap.equal, true);
  assert.deepEqual([bt.equal, bt.divergence], [false, undefined]);
});

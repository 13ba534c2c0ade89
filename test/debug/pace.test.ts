/** Pacing decides when the host goes on, never what the guest does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace, type PacedVm, type PaceMode } from '../../src/debug/pace';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';

const MS = 1e6;

const make = (mode: PaceMode) => {
  const vm = { guestTime: 0, timeLimit: Number.POSITIVE_INFINITY, waitsUntil: undefined as number | undefined };
  const host = { now: 1000 };
  const pace = new Pace(mode, vm satisfies PacedVm, () => host.now);
  pace.start();
  return { vm, host, pace };
};

test('at full speed nothing waits', () => {
  const { vm, pace } = make('full');
  vm.guestTime = 5000 * MS;
  vm.waitsUntil = 9000 * MS;
  assert.equal(pace.wait(), 0);
  assert.equal(vm.timeLimit, Number.POSITIVE_INFINITY);
});

test('idle: instructions run ahead, a timer is waited for', () => {
  const { vm, host, pace } = make('idle');
  vm.guestTime = 700 * MS;
  assert.equal(pace.wait(), 0, 'ahead, but busy');
  assert.equal(vm.timeLimit, 700 * MS);
  vm.waitsUntil = 755 * MS;
  assert.equal(pace.wait(), 10, 'the longest sleep');
  host.now += 50;
  assert.equal(pace.wait(), 5);
  host.now += 5;
  assert.equal(pace.wait(), 0);
  assert.equal(vm.timeLimit, 755 * MS);
});

test('a late guest does not get all the time back', () => {
  const { vm, host, pace } = make('idle');
  host.now += 10_000;
  vm.waitsUntil = 80 * MS;
  pace.wait();
  assert.equal(vm.timeLimit, 130 * MS);
});

test('real time: instructions wait too', () => {
  const { vm, host, pace } = make('realTime');
  assert.equal(pace.budget, 800_000, '8 ms of 10 ns each');
  vm.guestTime = 8 * MS;
  assert.equal(pace.wait(), 8);
  host.now += 8;
  assert.equal(pace.wait(), 0);
  pace.stop();
  assert.equal(vm.timeLimit, Number.POSITIVE_INFINITY);
});

const boot = (source: string, launch: object = {}) => {
  const parsed = parseConfiguration({ program: '/boot.asm', technique: 'bare', memory: 2, ...launch });
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  const text = `org 0x7c00\n${source}\ntimes 510-($-$$) db 0\ndw 0xaa55\n`;
  return createMachine(parsed.config, { readFile: () => new TextEncoder().encode(text), readInclude: () => undefined });
};

test('a halted guest waits at its time limit, and ends up where it would have', () => {
  const source = 'sti\nmov cx, 3\nagain: hlt\nloop again\nmov al, 7\nout 0xf4, al\nhlt';
  const free = boot(source);
  assert.deepEqual(free.vm.run(1000, 10_000), { kind: 'exited', code: 7 });
  const { vm } = boot(source);
  vm.timeLimit = 0;
  assert.deepEqual(vm.run(1000, 10_000), { kind: 'budget' });
  assert.ok(vm.waitsUntil! > 0);
  const { retired } = vm;
  assert.deepEqual(vm.run(1000, 10_000), { kind: 'budget' });
  assert.equal(vm.retired, retired, 'nothing happens until then');
  for (let waits = 0; waits < 10_000; waits++) {
    vm.timeLimit = vm.waitsUntil ?? vm.timeLimit;
    const stop = vm.run(1000, 10_000);
    if (stop.kind === 'budget') continue;
    assert.deepEqual(stop, { kind: 'exited', code: 7 });
    break;
  }
  assert.equal(vm.stateHash(), free.vm.stateHash());
});

test('a triple fault resets the machine when it is to', () => {
  const source = 'xor ax, ax\nmov ds, ax\ncmp word [0x500], 0x1234\nje second\nmov word [0x500], 0x1234\nlidt [none]\nint3\nsecond: mov al, 3\nout 0xf4, al\nhlt\nnone: dw 0, 0, 0';
  const stopping = boot(source).vm.run(1000, 10_000);
  assert.equal(stopping.kind, 'tripleFault');
  const { vm } = boot(source, { onTripleFault: 'reset' });
  assert.deepEqual(vm.run(1000, 10_000), { kind: 'exited', code: 3 });
  assert.equal(vm.eventCounts.tripleFault, 1);
  assert.deepEqual(vm.lastShutdown, stopping.kind === 'tripleFault' && stopping.causes);
});

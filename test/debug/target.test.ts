import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callStack } from '../../src/debug/callStack';
import type { Granularity, StepKind } from '../../src/debug/stepping';
import { DebugTarget, type TargetStop } from '../../src/debug/target';
import { type ToyLine, toyMachine } from '../dap/fakeVm';

function load(lines: readonly ToyLine[]) {
  const machine = toyMachine(lines);
  const target = new DebugTarget(machine);
  const stop = () =>
    new Promise<TargetStop>((resolve) => {
      const listening = target.stopped.on((s) => {
        listening.dispose();
        resolve(s);
      });
    });
  const step = (kind: StepKind, granularity: Granularity = 'line') => {
    const stopped = stop();
    target.step(kind, granularity);
    return stopped;
  };
  const line = () => target.sourceMap.at(machine.vm.readRegister('eip')! + machine.vm.readRegister('cs')! * 16)?.line;
  const resume = () => {
    const stopped = stop();
    target.resume();
    return stopped;
  };
  return { machine, vm: machine.vm, target, step, resume, line };
}

test('stepping over recursion stops in the activation it began in', async () => {
  // count: dec-by-loop: push cx / loop deeper / pop cx / ret ; deeper: call count
  const { step, line, vm } = load([['b9 03 00'], ['e8 02 00'], ['eb fe'], ['e2 01', 'count'], ['c3'], ['e8 fa ff'], ['c3']]);
  await step('over');
  await step('in');
  assert.equal(line(), 4);
  await step('in');
  assert.equal(line(), 6);
  await step('over'); // calls count twice more
  assert.equal(line(), 7);
  assert.equal(vm.readRegister('sp'), 0x7bfe);
  await step('out');
  assert.equal(line(), 3);
});

test('step over a loop runs it out; step in follows it', async () => {
  const over = load([['b9 05 00'], ['40'], ['e2 fd'], ['eb fe']]);
  await over.step('over');
  await over.step('over');
  await over.step('over');
  assert.equal(over.line(), 4);
  assert.equal(over.vm.readRegister('ax'), 5);
  const into = load([['b9 05 00'], ['40'], ['e2 fd'], ['eb fe']]);
  for (let i = 0; i < 3; i++) await into.step('in');
  assert.equal(into.line(), 2);
});

test('a line with several instructions is one step; a one-line loop is one step a turn', async () => {
  const { step, line, vm } = load([['40;40;40'], ['eb fe']]);
  await step('in', 'instruction');
  assert.equal(line(), 1);
  await step('in');
  assert.equal(line(), 2);
  const before = vm.retired;
  await step('in');
  assert.equal(vm.retired, before + 1);
});

test('call $+3 is not a call', async () => {
  const { step, line } = load([['e8 00 00'], ['58'], ['eb fe']]);
  await step('over');
  assert.equal(line(), 2);
});

test('stepping into an interrupt without source comes back; with source it goes there', async () => {
  const bios = load([['cd 10'], ['90'], ['eb fe']]);
  bios.vm.memory.set([0x00, 0x05, 0x00, 0x00], 0x40); // vector 10h → 0000:0500
  bios.vm.memory.set([0x40, 0xcf], 0x500);
  await bios.step('in');
  assert.equal(bios.line(), 2);
  assert.equal(bios.vm.readRegister('ax'), 1);
  const instruction = load([['cd 10'], ['90']]);
  instruction.vm.memory.set([0x00, 0x05, 0x00, 0x00], 0x40);
  instruction.vm.memory.set([0x40, 0xcf], 0x500);
  await instruction.step('in', 'instruction');
  assert.equal(instruction.vm.readRegister('eip'), 0x500);
  assert.deepEqual(
    callStack(instruction.vm).map((f) => [f.eip, f.interrupted]),
    [
      [0x500, false],
      [0x7c02, true],
    ],
  );
});

test('a hardware interrupt during a step is served unseen, unless a breakpoint is in its handler', async () => {
  const program: ToyLine[] = [['90'], ['90'], ['eb fe'], ['40', 'handler'], ['cf']];
  const { step, line, vm, target } = load(program);
  vm.memory.set([0x04, 0x7c, 0x00, 0x00], 0x20); // vector 8 → handler
  let due = true;
  vm.before = () => {
    if (!due || vm.retired !== 1) return undefined;
    due = false;
    return 8;
  };
  await step('in');
  await step('in');
  assert.equal(line(), 3);
  assert.equal(vm.readRegister('ax'), 1);

  due = true;
  vm.retired = 0;
  vm.registers.eip = 0x7c00;
  target.breakpoints.setFunction([{ name: 'handler' }]);
  await step('over');
  const stop = await step('over');
  assert.equal(stop.kind, 'breakpoint');
  assert.equal(line(), 4);
});

test('the call stack is told without frame pointers, with them, and past pushed registers', async () => {
  // start: call a; jmp $ / a: push bp; mov bp,sp; push ax; call b; pop ax; pop bp; ret / b: push cx; nop; pop cx; ret
  const { resume, target, vm } = load([
    ['e8 02 00', 'start'],
    ['eb fe'],
    ['55', 'a'],
    ['89 e5'],
    ['50'],
    ['e8 03 00'],
    ['58'],
    ['5d'],
    ['c3'],
    ['51', 'b'],
    ['90', 'b.inner'],
    ['59'],
    ['c3'],
  ]);
  target.breakpoints.setFunction([{ name: 'b.inner' }]);
  await resume();
  const names = callStack(vm).map((f) => target.symbols.describe(f.linear, true));
  assert.deepEqual(names, ['b+1h', 'a+7h', 'start+3h']);
});

test('a breakpoint where the guest stands does not stop it again; a new turn does', async () => {
  const { resume, step, target, vm } = load([['40'], ['eb fd']]);
  target.breakpoints.setInstruction([{ linear: 0x7c00 }]);
  assert.equal((await resume()).kind, 'breakpoint');
  assert.equal(vm.retired, 0);
  assert.equal((await resume()).kind, 'breakpoint');
  assert.equal(vm.retired, 2);
  await step('over');
  assert.equal((await step('over')).kind, 'breakpoint');
  assert.equal(vm.retired, 4);
  assert.equal((await resume()).kind, 'breakpoint');
  assert.equal(vm.retired, 6);
});

test('breakpoints set while running take effect', async () => {
  const { resume, target } = load([['40'], ['eb fd']]);
  const stopped = resume();
  await new Promise((resolve) => setTimeout(resolve, 20));
  target.breakpoints.setInstruction([{ linear: 0x7c01 }]);
  assert.equal((await stopped).kind, 'breakpoint');
});

test('code at 07C0:0000 maps to the same lines', async () => {
  const { step, line, vm } = load([['90'], ['e8 01 00'], ['f4'], ['c3']]);
  Object.assign(vm.registers, { cs: 0x7c0, eip: 0 });
  await step('in');
  assert.equal(line(), 2);
  await step('in');
  assert.equal(line(), 4);
  await step('out');
  assert.equal(line(), 3);
});

test('a defect inside the VM stops this target and is reported', async () => {
  const { resume, vm, target } = load([['90'], ['eb fe']]);
  vm.before = () => {
    throw new Error('boom');
  };
  const stop = await resume();
  assert.equal(stop.kind, 'failed');
  assert.equal(target.ended, true);
});

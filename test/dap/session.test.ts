import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Body, DapClient } from './dapClient';
import { TOY_PATH, type ToyLine, toyMachine } from './fakeVm';

const SOURCE = { path: TOY_PATH };

// mov cx,3; call work; loop; mov al,'A'; out 0E9h,al; cli; jmp $; and a routine of three increments
const PROGRAM: readonly ToyLine[] = [['b9 03 00', 'start'], ['e8 09 00', 'again'], ['e2 fb'], ['b0 41'], ['e6 e9'], ['fa'], ['eb fe', 'spin'], ['40', 'work'], ['40;40'], ['c3']];

const begin = async (attributes = {}, program = PROGRAM) => {
  const machine = toyMachine(program);
  const client = new DapClient(() => machine);
  await client.start(attributes);
  return { client, machine };
};

test('initialize merges the capabilities of all handlers and freezes one superset of filters', async () => {
  const client = new DapClient(() => toyMachine(PROGRAM));
  const body = await client.request('initialize', { adapterID: 'ringside' });
  for (const name of [
    'supportsConfigurationDoneRequest',
    'supportsReadMemoryRequest',
    'supportsDisassembleRequest',
    'supportsSteppingGranularity',
    'supportsLogPoints',
    'supportsExceptionInfoRequest',
  ])
    assert.equal(body[name], true, name);
  assert.deepEqual(
    body.exceptionBreakpointFilters.map((f: { filter: string }) => f.filter),
    ['sensitive', 'trap', 'callout', 'vmExit', 'silent', 'guestFault', 'unhandledFault', 'tripleFault'],
  );
  assert.deepEqual(
    body.exceptionBreakpointFilters.filter((f: { default: boolean }) => f.default).map((f: { filter: string }) => f.filter),
    ['silent', 'unhandledFault', 'tripleFault'],
  );
});

test('stops at entry, steps by line over, into and out of a call', async () => {
  const { client } = await begin();
  assert.equal((await client.event('stopped')).reason, 'entry');
  assert.equal(await client.line(), 1);
  await client.go('next');
  assert.equal(await client.line(), 2);
  await client.go('stepIn');
  assert.equal(await client.line(), 8);
  const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
  assert.deepEqual(
    stackFrames.map((f: { name: string; line: number }) => [f.name, f.line]),
    [
      ['work', 8],
      ['again+3h', 2],
    ],
  );
  await client.go('next');
  assert.equal(await client.line(), 9);
  await client.go('stepIn', { granularity: 'instruction' });
  assert.equal(await client.line(), 9);
  await client.go('stepOut');
  assert.equal(await client.line(), 3);
  await client.go('next');
  assert.equal(await client.line(), 4);
});

test('next goes over a call, and a breakpoint inside it stops', async () => {
  const { client } = await begin();
  await client.event('stopped');
  await client.go('next');
  await client.go('next');
  assert.equal(await client.line(), 3);
  const { breakpoints } = await client.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: 10 }] });
  assert.equal(breakpoints[0].verified, true);
  const stop = await client.go('next');
  assert.equal(stop.reason, 'breakpoint');
  assert.deepEqual(stop.hitBreakpointIds, [breakpoints[0].id]);
  assert.equal(await client.line(), 10);
});

test('conditions, hit counts and log points', async () => {
  const { client, machine } = await begin();
  await client.event('stopped');
  const { breakpoints } = await client.request('setBreakpoints', {
    source: SOURCE,
    breakpoints: [
      { line: 8, condition: 'cx == 2' },
      { line: 10, hitCondition: '3' },
      { line: 3, logMessage: 'cx is {cx}, {nonsense}' },
      { line: 5, condition: 'ax ==' },
    ],
  });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean }) => b.verified),
    [true, true, true, false],
  );
  assert.match(breakpoints[3].message, /column 6/);
  assert.deepEqual((await client.go('continue')).hitBreakpointIds, [breakpoints[0].id]);
  assert.equal(machine.vm.readRegister('cx'), 2);
  assert.deepEqual((await client.go('continue')).hitBreakpointIds, [breakpoints[1].id]);
  assert.equal(machine.vm.readRegister('cx'), 1);
  assert.match(client.output('console'), /cx is 0x0003, \{nonsense is not a register/);
});

test('a breakpoint slides to the next line with code; a foreign file is not verified', async () => {
  const { client } = await begin({}, [['b0 41'], [''], ['40'], ['eb fe']]);
  const { breakpoints } = await client.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: 2 }, { line: 9 }] });
  assert.deepEqual(
    breakpoints.map((b: { line: number; verified: boolean }) => [b.line, b.verified]),
    [
      [3, true],
      [9, false],
    ],
  );
  const other = await client.request('setBreakpoints', { source: { path: '/other.asm' }, breakpoints: [{ line: 1 }] });
  assert.match(other.breakpoints[0].message, /not part of the guest/);
  assert.deepEqual((await client.request('breakpointLocations', { source: SOURCE, line: 1, endLine: 4 })).breakpoints, [{ line: 1 }, { line: 3 }, { line: 4 }]);
});

test('pause answers in a tight loop', async () => {
  const { client } = await begin({ stopOnEntry: false });
  await new Promise((resolve) => setTimeout(resolve, 30));
  const stop = await client.go('pause');
  assert.equal(stop.reason, 'pause');
  assert.equal(await client.line(), 7);
  assert.equal(client.output('stdout'), 'A');
});

test('exception filters: trap, and exceptionInfo in a sentence; not applicable ones say why', async () => {
  const { client } = await begin();
  await client.event('stopped');
  const { breakpoints } = await client.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: 'trap', condition: 'al == 0x41' }, { filterId: 'callout' }] });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean }) => b.verified),
    [true, false],
  );
  assert.match(breakpoints[1].message, /only under Binary translation/);
  const stop = await client.go('continue');
  assert.equal(stop.reason, 'exception');
  assert.equal(stop.description, 'Trap to the VMM: out');
  await client.go('continue');
  assert.equal(await client.line(), 6);
  const info = await client.request('exceptionInfo', { threadId: 1 });
  assert.equal(info.exceptionId, 'Trap to the VMM: cli');
  assert.match(info.description, /the VMM clears the virtual IF/);
});

test('function breakpoints: labels and events', async () => {
  const { client } = await begin();
  await client.event('stopped');
  const { breakpoints } = await client.request('setFunctionBreakpoints', {
    breakpoints: [{ name: 'work', hitCondition: '2' }, { name: 'insn:cli' }, { name: 'insn:nop' }, { name: 'phys:0x7c0a' }],
  });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean }) => b.verified),
    [true, true, false, true],
  );
  assert.match(breakpoints[2].message, /insn:nop: not a sensitive instruction/);
  const stop = await client.go('continue');
  assert.equal(stop.reason, 'function breakpoint');
  assert.equal(await client.line(), 8);
  await client.go('continue');
  assert.equal(await client.line(), 5);
  await client.go('continue');
  assert.equal(await client.line(), 6);
});

test('variables: scopes, expansion, setting; the hardware beside the guest', async () => {
  const { client, machine } = await begin();
  await client.event('stopped');
  const { scopes } = await client.request('scopes', { frameId: 1 });
  assert.deepEqual(
    scopes.map((s: { name: string }) => s.name),
    ['Registers', 'Flags', 'Segments', 'System registers', 'Hardware (what the silicon holds)'],
  );
  const [registers, flags, , , hardware] = scopes.map((s: { variablesReference: number }) => s.variablesReference);
  const rows = (await client.request('variables', { variablesReference: registers })).variables;
  const eax = rows.find((v: { name: string }) => v.name === 'eax');
  const parts = (await client.request('variables', { variablesReference: eax.variablesReference })).variables;
  assert.deepEqual(
    parts.map((v: { name: string }) => v.name),
    ['ax', 'ah', 'al'],
  );
  assert.equal((await client.request('setVariable', { variablesReference: registers, name: 'eax', value: '12h + 1' })).value, '0x00000013');
  assert.equal((await client.request('setVariable', { variablesReference: flags, name: 'ZF', value: '1' })).value, '1');
  assert.equal(machine.vm.readRegister('eflags'), 0x42);
  const silicon = (await client.request('variables', { variablesReference: hardware })).variables;
  assert.equal(
    silicon.find((v: { name: string }) => v.name === 'cpl').value,
    '0x3  (guest believes 0x0: the guest’s kernel runs in ring 3, so that privileged instructions fault to the VMM)',
  );
  assert.match((await client.response('variables', { variablesReference: 999 })).message, /variablesReference 999/);
});

test('evaluate in every context, assign in the console, setExpression', async () => {
  const { client, machine } = await begin();
  await client.event('stopped');
  const value = async (expression: string, context = 'watch') => (await client.request('evaluate', { expression, context, frameId: 1 })).result;
  assert.equal(await value('work'), '0x7C0F (31759)');
  assert.equal(await value('byte [start]'), '0xB9 (185)');
  assert.equal(await value('cx = 2 + 3', 'repl'), '0x0005');
  assert.equal(machine.vm.readRegister('cx'), 5);
  assert.equal(await value('cx == 5'), '1');
  assert.equal(await value('ecx', 'clipboard'), '0x00000005');
  await client.request('setExpression', { expression: 'word [0x500]', value: '0xabcd' });
  assert.equal(await value('[0000h:0500h]'), '0xABCD (43981)');
  const bad = await client.response('evaluate', { expression: 'nosuch', context: 'hover' });
  assert.equal(bad.success, false);
  assert.equal(bad.body.error.showUser, false);
  const { targets } = await client.request('completions', { text: 'mov wo', column: 7 });
  assert.deepEqual(
    targets.map((t: { label: string }) => t.label),
    ['word', 'work'],
  );
});

test('memory is read and written; what cannot be read is counted', async () => {
  const { client } = await begin();
  await client.event('stopped');
  const read = await client.request('readMemory', { memoryReference: '0x7c00', offset: 1, count: 2 });
  assert.deepEqual(read, { address: '0x00007c01', data: Buffer.from([3, 0]).toString('base64') });
  assert.deepEqual(await client.request('writeMemory', { memoryReference: 'phys:0x600', data: Buffer.from('hi').toString('base64') }), { bytesWritten: 2 });
  assert.equal((await client.request('evaluate', { expression: 'word [0x600]' })).result, '0x6968 (26984)');
  assert.deepEqual(await client.request('readMemory', { memoryReference: '0xffffe', count: 6 }), { address: '0x000ffffe', data: 'AAA=', unreadableBytes: 4 });
  assert.match((await client.response('writeMemory', { memoryReference: '0x600', data: '***' })).message, /data must be base64/);
});

test('disassembly never has fewer rows than asked, in ascending order, also before address 0', async () => {
  const { client } = await begin();
  await client.event('stopped');
  const { instructions } = await client.request('disassemble', { memoryReference: '0x7c03', instructionOffset: -1, instructionCount: 4, resolveSymbols: true });
  assert.deepEqual(
    instructions.map((i: { address: string }) => i.address),
    ['0x00007c00', '0x00007c03', '0x00007c06', '0x00007c08'],
  );
  assert.equal(instructions[1].symbol, 'again');
  assert.equal(instructions[1].line, 2);
  const low = (await client.request('disassemble', { memoryReference: '0x0', instructionOffset: -50, instructionCount: 100 })).instructions;
  assert.equal(low.length, 100);
  const addresses = low.map((i: { address: string }) => BigInt(i.address));
  assert.ok(addresses.every((a: bigint, i: number) => i === 0 || a > addresses[i - 1]));
  assert.equal(low[0].presentationHint, 'invalid');
  const top = (await client.request('disassemble', { memoryReference: '0xfffffff0', instructionCount: 40 })).instructions;
  assert.equal(top.length, 40);
});

test('power off ends the session with the guest’s code; a triple fault stops first', async () => {
  const off = await begin({ stopOnEntry: false }, [['b0 07'], ['e6 f4']]);
  assert.deepEqual(await off.client.event('exited'), { exitCode: 7 });
  await off.client.event('terminated');
  assert.match(off.client.output('console'), /Trap-and-emulate \(classic\): 1 instructions/);

  const client = new DapClient(() => toyMachine([['40'], ['0f 0a']]));
  await client.start({ stopOnEntry: false }, () => client.request('setExceptionBreakpoints', { filters: ['tripleFault'] }));
  const stop = await client.event('stopped');
  assert.equal(stop.description, 'Triple fault');
  assert.match(stop.text, /#UD at 7c01h/);
  await client.request('continue', { threadId: 1 });
  await client.event('terminated');
});

test('halted for good stops and says so, or ends with 0', async () => {
  const { client } = await begin({ stopOnEntry: false }, [['fa'], ['f4']]);
  const stop = await client.event('stopped');
  assert.equal(stop.description, 'Halted');
  assert.match(stop.text, /IF=0/);
  const other = await begin({ stopOnEntry: false, onHalt: 'exit' }, [['fa'], ['f4']]);
  assert.deepEqual(await other.client.event('exited'), { exitCode: 0 });
});

test('silent misbehaviour is reported once a site, with its line', async () => {
  const { client } = await begin({ stopOnEntry: false, maxInstructions: 50 }, [['b9 02 00'], ['9d'], ['e2 fd'], ['eb fe']]);
  const stop = await client.event('stopped');
  assert.equal(stop.description, 'Instruction limit');
  const lines = client.messages.filter((m) => (m as Body).event === 'output' && (m as Body).body.category === 'stderr');
  assert.equal(lines.length, 1);
  assert.equal((lines[0] as Body).body.line, 2);
});

test('restart powers on again and keeps breakpoints and their numbers', async () => {
  const client = new DapClient(() => toyMachine(PROGRAM));
  await client.start();
  await client.event('stopped');
  const { breakpoints } = await client.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: 5 }] });
  await client.go('continue');
  await client.request('restart', {});
  assert.equal((await client.event('stopped')).reason, 'entry');
  assert.equal(await client.line(), 1);
  assert.deepEqual((await client.go('continue')).hitBreakpointIds, [breakpoints[0].id]);
});

test('jump to line moves EIP only', async () => {
  const { client, machine } = await begin();
  await client.event('stopped');
  const { targets } = await client.request('gotoTargets', { source: SOURCE, line: 4 });
  const stop = await client.go('goto', { targetId: targets[0].id });
  assert.equal(stop.reason, 'goto');
  assert.equal(await client.line(), 4);
  assert.equal(machine.vm.retired, 0);
});

test('views: blocks with lines, exits with gaps and counts, screen, input', async () => {
  const { client, machine } = await begin({ stopOnEntry: false });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await client.go('pause');
  const blocks = await client.request('ringside/blocks', { start: 1, count: 1 });
  assert.equal(blocks.total, 2);
  assert.deepEqual(
    blocks.blocks.map((b: Body) => [b.id, b.source.line]),
    [[2, 9]],
  );
  const exits = await client.request('ringside/exits', { kinds: ['trap'] });
  assert.deepEqual(
    exits.rows.map((r: Body) => [r.mnemonic, r.source.line]),
    [
      ['out', 5],
      ['cli', 6],
    ],
  );
  assert.equal(exits.counts.trap, 2);
  assert.deepEqual((await client.request('ringside/exits', { since: exits.nextSequence })).rows, []);
  assert.equal((await client.request('ringside/screen', {})).lines[0], 'hello');
  await client.request('ringside/input', { keys: 'dir\n', serial: 'x' });
  assert.deepEqual(machine.typed, ['dir\n', 'x']);
  assert.match((await client.response('ringside/exits', { kinds: ['nonsense'] })).message, /kinds\[0\] must be one of/);
});

test('an instruction breakpoint whose reference names nothing leaves the others alone', async () => {
  const { client } = await begin();
  await client.event('stopped');
  const { breakpoints } = await client.request('setInstructionBreakpoints', {
    breakpoints: [{ instructionReference: 'nowhere' }, { instructionReference: 'spin' }, { instructionReference: '0x7c00', offset: 3 }],
  });
  assert.deepEqual(
    breakpoints.map((b: Body) => b.verified),
    [false, true, true],
  );
  assert.match(breakpoints[0].message, /instructionReference: .*nowhere/);
  const spin = breakpoints[1].instructionReference;
  await client.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: 'nowhere' }, { instructionReference: spin }] });
  assert.equal((await client.go('continue')).reason, 'instruction breakpoint');
});

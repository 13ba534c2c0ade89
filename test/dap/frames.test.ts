import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Body, DapClient } from './dapClient';
import { toyMachine } from './fakeVm';

const client = () => new DapClient(() => toyMachine([['eb fe']]));

test('an unknown request is answered with its name', async () => {
  const answer = await client().response('nonsense', {});
  assert.equal(answer.success, false);
  assert.match(answer.message, /"nonsense"/);
});

test('wrong arguments are answered with the field, and the session goes on', async () => {
  const c = client();
  await c.start();
  await c.event('stopped');
  for (const [command, args, field] of [
    ['readMemory', { memoryReference: 5, count: 1 }, /memoryReference must be a string, not 5/],
    ['readMemory', { memoryReference: '0', count: -1 }, /count must be an integer from 0/],
    ['readMemory', { memoryReference: '0' }, /count must be .* it is missing/],
    ['disassemble', { memoryReference: '0', instructionCount: 1e9 }, /instructionCount/],
    ['setBreakpoints', { source: 'x' }, /source must be an object/],
    ['setBreakpoints', { source: { path: 'x' }, breakpoints: [{ line: 'a' }] }, /breakpoints\[0\]\.line must be an integer/],
    ['setBreakpoints', null, /source\.path must be a string/],
    ['evaluate', [], /arguments must be an object/],
    ['evaluate', { expression: { toString: 1 } }, /expression must be a string/],
    ['next', { granularity: 'furlong' }, /granularity must be one of/],
    ['scopes', { frameId: 1.5 }, /frameId/],
    ['evaluate', { expression: '('.repeat(500) }, /nested too deeply/],
    ['evaluate', { expression: '1+'.repeat(50_000) }, /too long/],
    ['setBreakpoints', { source: { path: 'x' }, breakpoints: [{ line: -5 }] }, /line must be an integer from 0/],
    ['__proto__', {}, /__proto__/],
  ] as const) {
    const answer = await c.response(command, args);
    assert.equal(answer.success, false, command);
    assert.match(answer.message, field);
  }
  assert.equal((await c.request('threads')).threads.length, 1);
});

test('what is no message at all is refused', async () => {
  const c = client();
  for (const frame of [null, 5, 'x', [], {}, { type: 'request' }, { type: 'request', seq: 'x', command: 'threads' }, { type: 'request', seq: 1 }, { seq: 7, type: 'nonsense' }])
    c.raw(frame);
  assert.ok(c.messages.length === 9 && c.messages.every((m) => m.type === 'response' && (m as Body).success === false));
  c.raw({ type: 'response', seq: 1, request_seq: 99, command: 'x', success: true });
  await c.request('initialize', { adapterID: 'x' });
});

test('requests before launch, twice, and while running', async () => {
  const c = client();
  for (const command of ['threads', 'pause', 'continue']) assert.match((await c.response(command)).message, /launch one first/);
  await c.start({ stopOnEntry: false });
  assert.match((await c.response('launch', { program: 'x.asm' })).message, /has a guest already/);
  assert.match((await c.response('stackTrace', { threadId: 1 })).message, /pause it first/);
  assert.equal((await c.response('continue', { threadId: 1 })).success, true);
  await c.go('pause');
  await c.request('disconnect', {});
  await c.event('terminated');
});

test('one sentence per wrong launch attribute', async () => {
  const c = client();
  const answer = await c.response('launch', { technique: 'magic', memory: -1 });
  assert.equal(answer.success, false);
  assert.equal(answer.body.error.showUser, true);
  assert.ok(answer.message.split('\n').length >= 3, answer.message);
  await c.start();
});

test('an assembly error fails the launch, with a link to its place', async () => {
  const machine = toyMachine([['90']]);
  const diagnostics = [{ severity: 'error', message: 'no such instruction: moo', path: '/guest/toy.asm', line: 3, column: 5, endColumn: 8 }] as const;
  const c = new DapClient(() => ({ ...machine, assembly: { ...machine.assembly!, diagnostics } }));
  const answer = await c.response('launch', { program: '/guest/toy.asm' });
  assert.equal(answer.message, '/guest/toy.asm:3:5: error: no such instruction: moo');
  const output = await c.event('output');
  assert.deepEqual([output.line, output.column, output.source.path], [3, 5, '/guest/toy.asm']);
  const thrower = new DapClient(() => {
    throw Object.assign(new Error('assembly failed'), { diagnostics });
  });
  assert.match((await thrower.response('launch', { program: 'x.asm' })).message, /^\/guest\/toy.asm:3:5/);
});

test('lines counted from 0', async () => {
  const c = client();
  await c.request('initialize', { adapterID: 'x', linesStartAt1: false, columnsStartAt1: false });
  await c.request('launch', { program: 'x.asm' });
  const { breakpoints } = await c.request('setBreakpoints', { source: { path: '/guest/toy.asm' }, breakpoints: [{ line: 0 }] });
  assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, 0]);
  await c.request('configurationDone');
  await c.event('stopped');
  assert.equal(await c.line(), 0);
});

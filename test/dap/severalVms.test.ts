/** Several VMs in one session: each is a thread that stops, goes on and ends by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Body, DapClient } from './dapClient';
import { TOY_PATH, type ToyLine, toyMachine } from './fakeVm';

// out 0E9h,al for each letter; then power off, or spin
const prints = (text: string, end: string): ToyLine[] => [...[...text].map((c): ToyLine => [`b0 ${c.charCodeAt(0).toString(16).padStart(2, '0')};e6 e9`]), [end, 'done']];
const PROGRAMS: Readonly<Record<string, ToyLine[]>> = { 'a.asm': prints('hi\n', 'b0 03;e6 f4'), 'b.asm': prints('ho\n', 'eb fe') };

const begin = async (attributes: Body = {}) => {
  const client = new DapClient((config) => toyMachine(PROGRAMS[config.program], config.technique));
  await client.start({
    program: undefined,
    vms: [
      { program: 'a.asm', technique: 'bare' },
      { program: 'b.asm', technique: 'bt', name: 'second' },
    ],
    ...attributes,
  });
  return client;
};
const line = async (client: DapClient, threadId: number) => (await client.request('stackTrace', { threadId })).stackFrames[0].line;

test('a thread each, with its name and technique; both stop on entry', async () => {
  const client = await begin();
  const stops = [await client.event('stopped'), await client.event('stopped')];
  assert.deepEqual(
    stops.map((s) => [s.threadId, s.reason, s.allThreadsStopped]),
    [
      [1, 'entry', false],
      [2, 'entry', false],
    ],
  );
  const { threads } = await client.request('threads');
  assert.deepEqual(threads, [
    { id: 1, name: 'a.asm: Bare metal' },
    { id: 2, name: 'second: Binary translation' },
  ]);
});

test('one steps and goes on while the other stands; requests without a thread are about the one in focus', async () => {
  const client = await begin();
  await client.event('stopped');
  await client.event('stopped');
  await client.request('next', { threadId: 1 });
  assert.equal((await client.event('stopped')).threadId, 1);
  assert.deepEqual([await line(client, 1), await line(client, 2)], [2, 1]);
  const [frame1, frame2] = await Promise.all([1, 2].map(async (threadId) => (await client.request('stackTrace', { threadId })).stackFrames[0].id));
  assert.notEqual(frame1, frame2);
  const al = async (frameId?: number) => (await client.request('evaluate', { expression: 'al', frameId })).result;
  assert.deepEqual([await al(frame1), await al(frame2), await al()], ['0x68 (104)', '0x00', '0x68 (104)']);
  const { scopes } = await client.request('scopes', { frameId: frame2 });
  const row = (await client.request('variables', { variablesReference: scopes[0].variablesReference })).variables.find((v: { name: string }) => v.name === 'eax');
  assert.equal(row.value, '0x00000000');
  assert.equal(await al(), '0x00', 'the frame whose scopes were asked for is in focus');
});

test('one ends: its thread is gone, the other runs on; the first code that is not 0 is the exit code', async () => {
  const client = await begin();
  await client.event('stopped');
  await client.event('stopped');
  const { allThreadsContinued } = await client.request('continue', { threadId: 1 });
  assert.equal(allThreadsContinued, false);
  assert.deepEqual(await client.event('thread'), { reason: 'exited', threadId: 1 });
  assert.equal(client.output('stdout'), '[a.asm] hi\n');
  await client.request('continue', { threadId: 2 });
  await client.request('pause', { threadId: 2 });
  assert.equal((await client.event('stopped')).threadId, 2);
  assert.deepEqual(
    (await client.request('threads')).threads.map((t: { id: number }) => t.id),
    [2],
  );
  await client.request('terminate');
  assert.equal((await client.event('exited')).exitCode, 3);
  await client.event('terminated');
});

test('a breakpoint stops whoever comes by, under one number', async () => {
  const client = await begin({ stopOnEntry: false, noDebug: false });
  const { breakpoints } = await client.request('setBreakpoints', { source: { path: TOY_PATH }, breakpoints: [{ line: 3 }] });
  assert.equal(breakpoints[0].verified, true);
  await client.request('restart');
  const stops = [await client.event('stopped'), await client.event('stopped')];
  assert.deepEqual(stops.map((s) => s.threadId).sort(), [1, 2]);
  for (const stop of stops) assert.deepEqual(stop.hitBreakpointIds, [breakpoints[0].id]);
});

test('continue for all of them, if the client says so', async () => {
  const client = await begin();
  await client.event('stopped');
  await client.event('stopped');
  const { allThreadsContinued } = await client.request('continue', { threadId: 1, singleThread: false });
  assert.equal(allThreadsContinued, true);
  await client.event('thread');
  await client.request('pause', { threadId: 2 });
  assert.equal((await client.event('stopped')).threadId, 2);
});

test('an unknown thread is named', async () => {
  const client = await begin();
  const response = await client.response('stackTrace', { threadId: 9 });
  assert.match(response.message, /threadId 9 is no thread of this session: expected one of 1, 2/);
});

/** What clients are told without asking: what is debugged, what is loaded, that it goes on; and long work that they show and cancel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressReports } from '../../src/dap/progress';
import { readNames } from '../../src/dap/nameReading';
import type { MachineFactory } from '../../src/debug/debugMachine';
import type { DebugTarget } from '../../src/debug/target';
import { createMachine } from '../../src/machine/machine';
import { type Body, DapClient } from './dapClient';

const BOOT = `org 0x7c00
start: nop
spin: jmp spin
`;
const ENDS = `org 0x7c00
%include "end.inc"
`;
const END = 'mov al, 0\nout 0xf4, al\n';

/** A disk whose files may change. */
function disk(files: Record<string, string>) {
  const bytes = (path: string) => new TextEncoder().encode(files[path]);
  const create: MachineFactory = (config, surroundings) =>
    createMachine(config, { readFile: bytes, readInclude: (name) => (name in files ? { path: name, bytes: bytes(name) } : undefined) }, surroundings);
  return { files, create };
}

const told = (client: DapClient, ...events: string[]): Body[] => client.messages.filter((m) => events.includes((m as Body).event)) as Body[];
const modules = (messages: readonly Body[]) => messages.filter(({ event }) => event === 'module').map(({ body: { reason, module } }) => `${reason} ${module.id}`);
const sources = (messages: readonly Body[]) => messages.filter(({ event }) => event === 'loadedSource').map(({ body: { reason, source } }) => `${reason} ${source.path}`);

test('a launch says what is debugged, then what is loaded, which is what the requests answer', async () => {
  const { create } = disk({ 'boot.asm': BOOT });
  const client = new DapClient(create);
  await client.start({ program: 'boot.asm' });
  await client.event('stopped');
  const loaded = await client.request('modules');
  const { sources: known } = await client.request('loadedSources');
  const news = told(client, 'process', 'module', 'loadedSource', 'continued');
  assert.deepEqual(news[0].body, { name: 'boot.asm', isLocalProcess: true, startMethod: 'launch', pointerSize: 32 });
  assert.deepEqual(
    news.flatMap(({ event, body }) => (event === 'module' ? [[body.reason, body.module]] : [])),
    loaded.modules.map((module: Body) => ['new', module]),
  );
  assert.deepEqual(
    news.flatMap(({ event, body }) => (event === 'loadedSource' ? [[body.reason, body.source]] : [])),
    known.map((source: Body) => ['new', source]),
  );
  assert.equal(told(client, 'continued').length, 0, 'a launch implies that it runs');
});

test('after a restart only what differs is told; of a guest that stood, that it goes on', async () => {
  const { files, create } = disk({ 'boot.asm': BOOT, 'more.inc': 'more: nop\n' });
  const client = new DapClient(create);
  await client.start({ program: 'boot.asm', stopOnEntry: false });
  await client.request('pause', { threadId: 1 });
  await client.event('stopped');
  const before = client.messages.length;
  files['boot.asm'] = `${BOOT}%include "more.inc"\n`;
  await client.request('restart');
  assert.deepEqual((await client.event('continued')).threadId, 1);
  await client.request('threads');
  const news = client.messages.slice(before) as Body[];
  assert.deepEqual(modules(news), ['changed 1:program']);
  assert.deepEqual(sources(news), ['new more.inc']);
  assert.equal(news.filter(({ event }) => event === 'process').length, 1);

  const running = client.messages.length;
  files['boot.asm'] = BOOT;
  await client.request('restart');
  await client.request('threads');
  const later = client.messages.slice(running) as Body[];
  assert.deepEqual([modules(later), sources(later)], [['changed 1:program'], ['removed more.inc']]);
  assert.equal(later.filter(({ event }) => event === 'continued').length, 0, 'it ran, and runs');
  await client.request('terminate');
});

test('of several guests one ends: what only it had loaded is gone', async () => {
  const { create } = disk({ 'boot.asm': BOOT, 'ends.asm': ENDS, 'end.inc': END });
  const client = new DapClient(create);
  await client.start({ program: undefined, stopOnEntry: false, vms: [{ program: 'boot.asm' }, { program: 'ends.asm' }] });
  await client.event('thread');
  await client.request('threads');
  const news = told(client, 'module', 'loadedSource');
  assert.deepEqual(modules(news), ['new 1:program', 'new 1:bios', 'new 2:program', 'new 2:bios', 'removed 2:program', 'removed 2:bios']);
  assert.deepEqual(sources(news), ['new boot.asm', 'new ends.asm', 'new end.inc', 'removed ends.asm', 'removed end.inc']);
  assert.equal(told(client, 'process').length, 2);
  await client.request('terminate');
});

for (const by of ['progressId', 'requestId'])
  test(`loading that takes its time is cancelled by ${by}; what comes late is put away, and the next launch goes through`, async () => {
    const { create } = disk({ 'boot.asm': BOOT });
    let arrive = () => {};
    let begun = () => {};
    const loading = new Promise<void>((resolve) => (begun = resolve));
    let away = () => {};
    const put = new Promise<void>((resolve) => (away = resolve));
    let slow = true;
    const client = new DapClient(async (config, surroundings) => {
      if (slow)
        await new Promise<void>((resolve) => {
          arrive = resolve;
          begun();
        });
      const machine = await create(config, surroundings);
      return Object.assign(machine, { dispose: () => away() });
    });
    await client.request('initialize', { adapterID: 'ringside', supportsProgressReporting: true });
    const answer = client.response('launch', { program: 'boot.asm' });
    const started = await client.event('progressStart');
    assert.equal(started.cancellable, true);
    await loading;
    const cancelling = client.request('cancel', { [by]: started[by] });
    const { success, message } = await answer;
    assert.deepEqual([success, message], [false, 'cancelled']);
    await cancelling;
    assert.equal((await client.event('progressEnd')).progressId, started.progressId);
    arrive();
    await put;
    slow = false;
    await client.request('launch', { program: 'boot.asm' });
    assert.notEqual((await client.event('progressStart')).progressId, started.progressId);
  });

/** A symbol file of so many units, and how many have been read. */
function largeFile(units: number) {
  const file = { read: 0 };
  const names = { step: () => file.read++ < units };
  return { file, target: { ended: false, machine: { symbolFiles: [{ name: 'vmlinux', info: { sections: { info: { size: 1 << 30 } }, names, units: { length: units } } }] } } };
}

/** A session that only listens. */
function listener() {
  const events: Body[] = [];
  const output: string[] = [];
  let heard = () => {};
  const session = {
    client: { progress: true },
    send: (event: string, body: Body) => {
      events.push({ event, ...body });
      heard();
    },
    output: (text: string) => {
      output.push(text);
      heard();
    },
  };
  const until = async (found: () => boolean) => {
    while (!found()) await new Promise<void>((resolve) => (heard = resolve));
  };
  const progress = new ProgressReports(session as never);
  return { events, output, until, session: { ...session, progress } as never, progress };
}

test('names of a large symbol file are read behind the user’s back, and say how far they are', async () => {
  const { file, target } = largeFile(3_000_000);
  const { events, session, until } = listener();
  readNames(session, target as unknown as DebugTarget);
  await until(() => events.at(-1)?.event === 'progressEnd');
  assert.equal(file.read, 3_000_001);
  const percentages = events.filter(({ event }) => event === 'progressUpdate').map(({ percentage }) => percentage);
  assert.ok(
    percentages.every((p, i) => p >= 0 && p <= 100 && (i === 0 || p > percentages[i - 1])),
    percentages.join(' '),
  );
  assert.equal(events.at(-1)?.message, undefined);
});

test('reading names is cancelled', async () => {
  const { file, target } = largeFile(Number.POSITIVE_INFINITY);
  const { events, output, session, until, progress } = listener();
  readNames(session, target as unknown as DebugTarget);
  await until(() => file.read > 0);
  progress.cancel({ progressId: events[0].progressId });
  await until(() => output.length > 0);
  assert.match(output[0], /cancelled: the rest is read when one is asked for/);
  assert.deepEqual([events.at(-1)?.event, events.at(-1)?.message], ['progressEnd', 'Cancelled']);
  const { read } = file;
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(file.read, read);
});

/** What a session leaves behind, and who attaches to it: clients on links to workers, which are the real sessions without threads. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Sessions } from '../../src/dap/sessions';
import type { MachineFactory } from '../../src/debug/debugMachine';
import { createMachine } from '../../src/machine/machine';
import { MOST_KEPT, VmWorkers, type WorkerPort } from '../../src/protocol/keptVms';
import { type LinkMessage, WorkerLink } from '../../src/protocol/workerLink';
import type { Body } from './dapClient';

const SOURCE = `org 0x7c00
  mov ax, 0x1234
  mov bx, 0
here: nop
count: inc bx
  mov dx, 0xe9
  mov al, 'x'
  cmp bx, 100
  jne quiet
  out dx, al
quiet: jmp count
`;
const LINES = SOURCE.split('\n');
const lineOf = (text: string) => LINES.findIndex((line) => line.includes(text)) + 1;
const create: MachineFactory = (config, surroundings) => createMachine(config, { readFile: () => new TextEncoder().encode(SOURCE), readInclude: () => undefined }, surroundings);

/** A worker's other side in this thread; messages are copied, and take a turn of the event loop. */
function inlineWorker(): WorkerPort {
  let told: (message: never) => void = () => {};
  let alive = true;
  const copy = (message: unknown) => JSON.parse(JSON.stringify(message));
  const sessions = new Sessions(create, (message) => {
    const sent = copy(message);
    setImmediate(() => alive && told(sent as never));
  });
  return {
    postMessage: (message) => void setImmediate((sent) => alive && sessions.handleMessage(sent), copy(message)),
    onMessage: (listener) => (told = listener),
    onFailure: () => {},
    terminate() {
      alive = false;
      // A thread would end here, whatever it holds.
      for (const [command, args] of [['attach'], ['disconnect', { terminateDebuggee: true }]] as const)
        sessions.handleMessage({ type: 'request', seq: 0, command, arguments: args });
    },
  };
}

class LinkClient {
  readonly messages: Body[] = [];
  readonly link: WorkerLink;
  #seq = 0;
  #seen = 0;
  #wake: () => void = () => {};
  done = false;

  constructor(vms: VmWorkers) {
    const receive = (message: object) => {
      this.messages.push(message);
      this.#wake();
    };
    this.link = new WorkerLink(vms, {
      send: receive,
      failed: (reason) => receive({ type: 'failed', reason }),
      done: () => {
        this.done = true;
        this.link.close();
      },
    });
  }

  async #when(wanted: (message: Body, index: number) => boolean): Promise<Body> {
    for (;;) {
      const found = this.messages.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing came: ${JSON.stringify(this.messages.slice(-3))}`)), 60_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async response(command: string, args?: object): Promise<Body> {
    const seq = ++this.#seq;
    this.link.post({ type: 'request', seq, command, arguments: args } satisfies LinkMessage);
    return this.#when((m) => m.type === 'response' && m.request_seq === seq);
  }

  async request(command: string, args?: object): Promise<Body> {
    const response = await this.response(command, args);
    assert.equal(response.success, true, `${command}: ${response.message}`);
    return response.body;
  }

  async event(name: string): Promise<Body> {
    const message = await this.#when((m, i) => i >= this.#seen && m.event === name);
    this.#seen = this.messages.indexOf(message) + 1;
    return message.body;
  }

  async begin(request: 'launch' | 'attach', args: object, before?: () => Promise<unknown>): Promise<void> {
    await this.request('initialize', { adapterID: 'ringside' });
    await this.request(request, args);
    await this.event('initialized');
    await before?.();
    await this.request('configurationDone');
  }

  breakAt = (...texts: string[]) => this.request('setBreakpoints', { source: { path: '/guest/count.asm' }, breakpoints: texts.map((text) => ({ line: lineOf(text) })) });

  async state(): Promise<Body> {
    const value = async (expression: string) => (await this.request('evaluate', { expression })).result;
    const [{ line }] = (await this.request('stackTrace', { threadId: 1 })).stackFrames;
    const { scopes } = await this.request('scopes', { frameId: 1 });
    const system = scopes.find((s: Body) => s.name === 'System registers');
    const { variables } = await this.request('variables', { variablesReference: system.variablesReference });
    const retired = variables.find((v: Body) => v.name === 'retired').value;
    return { line, ax: await value('ax'), bx: await value('bx'), eflags: await value('eflags'), retired };
  }

  output(): string {
    return this.messages
      .filter((m) => m.event === 'output' && m.body.category === 'stdout')
      .map((m) => m.body.output)
      .join('');
  }
}

const GUEST = { program: '/guest/count.asm', technique: 'trap', memory: 2, pace: 'full' };

/** Ended with the test. */
function workersOf(t: TestContext, keeps = true): VmWorkers {
  const vms = new VmWorkers(inlineWorker, keeps);
  t.after(() => vms.endAll());
  return vms;
}

async function stoppedAtHere(vms: VmWorkers, attributes: object = GUEST): Promise<LinkClient> {
  const client = new LinkClient(vms);
  await client.begin('launch', { stopOnEntry: false, ...attributes }, () => client.breakAt('here:'));
  await client.event('stopped');
  return client;
}

async function attach(vms: VmWorkers, args: object = {}, before?: (client: LinkClient) => Promise<unknown>): Promise<LinkClient> {
  const client = new LinkClient(vms);
  await client.begin('attach', args, () => before?.(client) ?? Promise.resolve());
  return client;
}

test('launch, stop, disconnect and suspend, attach: the same registers and the same count of instructions', async (t) => {
  const vms = workersOf(t);
  const first = await stoppedAtHere(vms);
  await first.request('next', { threadId: 1, granularity: 'instruction' });
  await first.event('stopped');
  const before = await first.state();
  await first.request('disconnect', { terminateDebuggee: false, suspendDebuggee: true });
  assert.equal(first.done, true);
  assert.equal(vms.kept.length, 1);

  const second = await attach(vms, { vm: 'count.asm' }, (client) => client.breakAt('jmp count'));
  const stopped = await second.event('stopped');
  assert.deepEqual([stopped.reason, stopped.threadId], ['pause', 1]);
  assert.deepEqual(await second.state(), before);
  assert.equal(vms.kept.length, 0);
  await second.request('continue', { threadId: 1 });
  assert.equal((await second.event('stopped')).reason, 'breakpoint');
  assert.equal((await second.state()).line, lineOf('jmp count'), 'its own breakpoint');
  await second.request('continue', { threadId: 1 });
  await second.event('stopped');
  assert.equal((await second.state()).bx, '0x0002', 'the first one’s breakpoint is gone');
  await second.request('disconnect', { terminateDebuggee: true });
  assert.equal(vms.kept.length, 0);
});

test('disconnect without suspending: the guest runs on, and what it prints meanwhile comes later', async (t) => {
  const vms = workersOf(t);
  const first = await stoppedAtHere(vms);
  const before = Number((await first.state()).retired);
  await first.request('disconnect', { terminateDebuggee: false });
  await new Promise((resolve) => setTimeout(resolve, 30));
  const second = await attach(vms);
  await second.request('pause', { threadId: 1 });
  assert.equal((await second.event('stopped')).reason, 'pause');
  assert.ok(Number((await second.state()).retired) > before + 600, 'it ran on');
  assert.match(second.output(), /^x+$/);
  // What was attached to is not ended by leaving it.
  await second.request('disconnect');
  assert.equal(vms.kept.length, 1);
  const third = await attach(vms, { vm: 1 });
  await third.request('pause', { threadId: 1 });
  await third.event('stopped');
  await third.request('restart', { arguments: { request: 'attach', vm: 1 } });
  await third.request('pause', { threadId: 1 });
  await third.event('stopped');
  assert.equal((await third.state()).line > lineOf('here:'), true, 'the guest is the one that was launched');
  await third.request('terminate');
  await third.event('terminated');
  await third.request('disconnect');
  assert.equal(vms.kept.length, 0);
});

test('a launched guest ends with its session unless it is asked otherwise; the same where nothing is kept', async (t) => {
  for (const [keeps, args] of [
    [true, undefined],
    [true, { terminateDebuggee: true }],
    [false, { terminateDebuggee: false }],
  ] as const) {
    const vms = workersOf(t, keeps);
    const client = await stoppedAtHere(vms);
    await client.request('disconnect', args);
    assert.equal(vms.kept.length, 0);
    const other = new LinkClient(vms);
    await other.request('initialize', { adapterID: 'ringside' });
    assert.match((await other.response('attach')).message, keeps ? /no VM to attach to/ : /ends with its session/);
  }
});

test('which VM: none, several, one that is taken, one that is not there', async (t) => {
  const vms = workersOf(t);
  const refusal = async (args?: object) => {
    const client = new LinkClient(vms);
    await client.request('initialize', { adapterID: 'ringside' });
    const response = await client.response('attach', args);
    assert.equal(response.success, false);
    await client.request('disconnect');
    return response.message;
  };
  const first = await stoppedAtHere(vms);
  assert.match(await refusal(), /^There is no VM to attach to: .* Other sessions are debugging 1: count.asm \(trap, (running|stopped)\)\.$/);
  const second = await stoppedAtHere(vms, { ...GUEST, technique: 'bare' });
  await first.request('disconnect', { terminateDebuggee: false, suspendDebuggee: true });
  await second.request('disconnect', { terminateDebuggee: false });
  assert.match(await refusal(), /^"vm" has to say which\. There are: 1: count.asm \(trap, stopped\); \d: count.asm \(bare, running\)\.$/);
  assert.match(await refusal({ vm: 'count.asm' }), /2 VMs have the name count.asm; name one by its number/);
  assert.match(await refusal({ vm: 'other.asm' }), /there is no VM other.asm/);
  const third = await attach(vms, { vm: 1 });
  assert.match(await refusal({ vm: '1' }), /another session is debugging VM 1: count.asm/);
  assert.match((await third.response('attach', { vm: 2 })).message, /has a guest already/);
});

test('several VMs of one session stay together; one that ends by itself is gone', async (t) => {
  const vms = workersOf(t);
  const client = new LinkClient(vms);
  const both = [
    { ...GUEST, name: 'a' },
    { ...GUEST, name: 'b', maxInstructions: 50 },
  ];
  await client.begin('launch', { vms: both, technique: 'trap', stopOnEntry: true });
  await client.event('stopped');
  await client.request('disconnect', { terminateDebuggee: false, suspendDebuggee: true });
  const second = await attach(vms, { vm: 'b' });
  assert.deepEqual(
    (await second.request('threads')).threads.map((t: Body) => t.name.split(':')[0]),
    ['a', 'b'],
  );
  await second.request('disconnect', { terminateDebuggee: true });

  const short = new LinkClient(vms);
  await short.begin('launch', { ...GUEST, onHalt: 'exit', stopOnEntry: true, define: {} });
  await short.event('stopped');
  await short.request('setVariable', { variablesReference: (await short.request('scopes', { frameId: 1 })).scopes[0].variablesReference, name: 'eip', value: '0' });
  await short.request('evaluate', { expression: 'byte [0] = 0xf4' });
  await short.request('disconnect', { terminateDebuggee: false });
  for (let i = 0; i < 100 && vms.kept.length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(vms.kept.length, 0, 'HLT, and onHalt is exit');
});

test('a connection that breaks off: a launched guest ends, one that was attached to stays', async (t) => {
  const vms = workersOf(t);
  const first = await stoppedAtHere(vms);
  first.link.close();
  assert.equal(vms.kept.length, 0);
  const second = await stoppedAtHere(vms);
  await second.request('disconnect', { terminateDebuggee: false, suspendDebuggee: true });
  const third = await attach(vms);
  third.link.close();
  for (let i = 0; i < 100 && vms.kept.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(vms.kept.length, 1);
});

test('no more are kept than there may be', async (t) => {
  const vms = workersOf(t);
  const clients = [];
  for (let i = 0; i <= MOST_KEPT.workers; i++) clients.push(await stoppedAtHere(vms));
  for (const client of clients.slice(0, -1)) await client.request('disconnect', { terminateDebuggee: false, suspendDebuggee: true });
  const last = clients.at(-1)!;
  assert.match((await last.response('disconnect', { terminateDebuggee: false })).message, /cannot be kept: at most 8 VMs with 4096 MiB together are\. End one of 1: count.asm/);
  assert.equal((await last.state()).line, lineOf('here:'), 'it is still being debugged');
  await last.request('disconnect', { terminateDebuggee: true });
  assert.equal(vms.kept.length, MOST_KEPT.workers);
});

/** The built debug adapter as other editors use it: a process spoken to on its standard streams, and a server on a port. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { build } from 'esbuild';
import { encodeFrame, FrameDecoder } from '../../src/dap/framing';
import type { Body } from './dapClient';

const KERNEL = path.resolve('test/symbols/fixtures/variables-gcc-4-O0.elf');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-generic-'));
const CLI = path.join(folder, 'cli.mjs');

before(async () => {
  await build({
    entryPoints: { cli: path.resolve('src/commandLine.ts'), worker: path.resolve('src/debugWorker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A client as plain as can be: requests out, messages in, in the order they come. */
class StreamClient {
  readonly process: ChildProcessWithoutNullStreams = spawn(process.execPath, [CLI, 'dap']);
  readonly #received: Body[] = [];
  #waiting: (() => void)[] = [];
  #seq = 0;

  constructor() {
    const decoder = new FrameDecoder();
    this.process.stdout.on('data', (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) if (frame.kind === 'message') this.#received.push(frame.message as Body);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async #next(wanted: (message: Body) => boolean): Promise<Body> {
    for (;;) {
      const at = this.#received.findIndex(wanted);
      if (at >= 0) return this.#received.splice(at, 1)[0];
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async request(command: string, args: object = {}): Promise<Body> {
    const seq = ++this.#seq;
    this.process.stdin.write(encodeFrame({ seq, type: 'request', command, arguments: args }));
    const response = await this.#next((m) => m.type === 'response' && m.request_seq === seq);
    assert.equal(response.success, true, `${command}: ${response.message}`);
    return response.body;
  }

  event = async (name: string): Promise<Body> => (await this.#next((m) => m.type === 'event' && m.event === name)).body;
}

test('standard streams, as nvim-dap, Zed and Helix do it: break in a C function, look around, step, end', { timeout: 60_000 }, async () => {
  const client = new StreamClient();
  const capabilities = await client.request('initialize', { adapterID: 'ringside', clientID: 'neovim', linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path' });
  assert.equal(capabilities.supportsConfigurationDoneRequest, true);
  const launched = client.request('launch', { program: KERNEL, technique: 'bare', stopOnEntry: false });
  await client.event('initialized');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'add' }] });
  await client.request('setExceptionBreakpoints', { filters: [] });
  await client.request('configurationDone');
  await launched;
  const { threadId, reason } = await client.event('stopped');
  assert.equal(reason, 'function breakpoint');
  const { threads } = await client.request('threads');
  assert.equal(threads[0].id, threadId);
  const { stackFrames } = await client.request('stackTrace', { threadId });
  assert.deepEqual(
    stackFrames.slice(0, 2).map((f: Body) => f.name),
    ['add', 'start_c'],
  );
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
  const { variables } = await client.request('variables', { variablesReference: scopes[0].variablesReference });
  assert.deepEqual(
    variables.slice(0, 2).map((v: Body) => `${v.name} = ${v.value}`),
    ['a = 2', 'b = 3'],
  );
  await client.request('next', { threadId });
  await client.event('stopped');
  assert.equal((await client.request('evaluate', { expression: 'sum', frameId: stackFrames[0].id, context: 'hover' })).result, '5');
  const exited = new Promise((resolve) => client.process.on('exit', resolve));
  await client.request('disconnect', { terminateDebuggee: true });
  assert.equal(await exited, 0);
});

test('a port: two sessions of the protocol’s own test client beside one another, and a third takes over what one left behind', { timeout: 60_000 }, async (t) => {
  const server = spawn(process.execPath, [CLI, 'dap', '--port', '0']);
  t.after(() => server.kill());
  const port = await new Promise<number>((resolve) => {
    let said = '';
    server.stderr.on('data', (chunk) => {
      const match = /Listening on 127\.0\.0\.1:(\d+)/.exec((said += chunk));
      if (match) resolve(Number(match[1]));
    });
  });
  await Promise.all(
    ['twice', 'scopes'].map(async (name) => {
      const client = new DebugClient('', '', 'ringside');
      await client.start(port);
      await client.initializeRequest();
      const launched = client.launch({ program: KERNEL, technique: 'bare', stopOnEntry: false } as object);
      await client.waitForEvent('initialized');
      await client.setFunctionBreakpointsRequest({ breakpoints: [{ name }] });
      await client.configurationDoneRequest();
      await launched;
      const stopped = await client.waitForEvent('stopped');
      const { body } = await client.stackTraceRequest({ threadId: stopped.body.threadId });
      assert.equal(body.stackFrames[0].name, name);
      await client.disconnectRequest(name === 'scopes' ? { terminateDebuggee: false, suspendDebuggee: true } : {});
    }),
  );
  const client = new DebugClient('', '', 'ringside');
  await client.start(port);
  assert.equal((await client.initializeRequest()).body?.supportSuspendDebuggee, true);
  await client.attachRequest({ vm: path.basename(KERNEL) } as object);
  const stopped = client.waitForEvent('stopped');
  await client.configurationDoneRequest();
  const { body } = await client.stackTraceRequest({ threadId: (await stopped).body.threadId });
  assert.equal(body.stackFrames[0].name, 'scopes');
  await client.disconnectRequest({ terminateDebuggee: true });
});

test('a port that is taken or is none is refused by number', { timeout: 60_000 }, async () => {
  const run = (port: string) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, [CLI, 'dap', '--port', port]);
      let said = '';
      child.stderr.on('data', (chunk) => (said += chunk));
      child.on('exit', (code) => resolve({ code, said }));
    });
  const refused = await run('70000');
  assert.deepEqual([refused.code, /70000: expected a number from 0 to 65535/.test(refused.said)], [104, true], refused.said);
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { build } from 'esbuild';
import { encodeFrame, FrameDecoder } from '../../src/dap/framing';
import { serve, startWorker } from '../../src/debugAdapter';
import { VmWorkers } from '../../src/protocol/keptVms';
import type { Body } from './dapClient';

test('a session in a worker, over streams: launch, print, power off', { timeout: 60_000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-worker-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const script = path.join(folder, 'worker.mjs');
  await build({ entryPoints: [path.resolve('src/debugWorker.ts')], outfile: script, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const program = path.join(folder, 'hi.asm');
  fs.writeFileSync(program, "org 0x7c00\n%include 'hi.inc'\nout 0xf4, al\n");
  fs.writeFileSync(path.join(folder, 'hi.inc'), "mov al, 'H'\nout 0xe9, al\nmov al, 3\n");

  const input = new PassThrough();
  const output = new PassThrough();
  const decoder = new FrameDecoder();
  const received: Body[] = [];
  let seq = 0;
  const request = (command: string, args: object = {}) => input.write(encodeFrame({ type: 'request', seq: ++seq, command, arguments: args }));
  output.on('data', (chunk) => {
    for (const frame of decoder.push(chunk)) {
      const message = (frame.kind === 'message' ? frame.message : {}) as Body;
      received.push(message);
      if (message.event === 'initialized') request('configurationDone');
      if (message.event === 'terminated') request('disconnect');
      if (message.type === 'response' && !message.success) input.end();
    }
  });
  const done = serve({ input, output }, new VmWorkers(() => startWorker(script)));
  request('initialize', { adapterID: 'ringside' });
  request('launch', { program, kind: 'flat', stopOnEntry: false });
  await done;
  const text = received.filter((m) => m.event === 'output' && m.body.category === 'stdout').map((m) => m.body.output);
  assert.equal(text.join(''), 'H', JSON.stringify(received, undefined, 1));
  assert.deepEqual(received.find((m) => m.event === 'exited')?.body, { exitCode: 3 });
  assert.equal(received[received.length - 1].command, 'disconnect');
});

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { encodeFrame, FrameDecoder } from '../../src/dap/framing';
import { RingsideSession } from '../../src/dap/session';
import { serve } from '../../src/debugAdapter';
import { VmWorkers, isHostNotice } from '../../src/protocol/keptVms';
import type { Body } from './dapClient';
import { toyMachine } from './fakeVm';

const bytes = (text: string) => new TextEncoder().encode(text);

test('frames come whole whatever the chunks', () => {
  const stream = Buffer.concat([encodeFrame({ a: 'é' }), encodeFrame([1]), encodeFrame('x')]);
  for (const size of [1, 3, 7, 1000]) {
    const decoder = new FrameDecoder();
    const messages: unknown[] = [];
    for (let at = 0; at < stream.length; at += size)
      messages.push(...decoder.push(stream.subarray(at, at + size)).map((f) => (f.kind === 'message' ? f.message : undefined) as Body));
    assert.deepEqual(messages, [{ a: 'é' }, [1], 'x']);
  }
});

test('bad content spoils one frame; a bad header ends the stream', () => {
  const decoder = new FrameDecoder();
  const frames = decoder.push(bytes('Content-Length: 3\r\n\r\n{x}content-length: 2\r\nX-Other: 1\r\n\r\n{}Content-Length: 1\r\n\r\n\xff'));
  assert.deepEqual(frames.map((f) => f.kind).slice(0, 2), ['garbled', 'message']);
  for (const header of ['Content-Length: -1', 'Content-Length: 99999999999999', 'Content-Length: 1000000000', 'Content-Length: x', 'Length: 2', '']) {
    const [frame] = new FrameDecoder().push(bytes(`${header}\r\n\r\n{}`));
    assert.equal(frame.kind, 'lost', header);
  }
  assert.equal(new FrameDecoder().push(bytes('x'.repeat(5000)))[0].kind, 'lost');
});

/** A session behind streams, in the place of a worker. */
function connect() {
  const session = new RingsideSession(() => toyMachine([['eb fe']]));
  const worker = new EventEmitter();
  session.onDidSendMessage((m) => worker.emit('message', m));
  const port = {
    postMessage: (m: unknown) => void (isHostNotice(m) || session.handleMessage(m as never)),
    onMessage: (listener: (m: never) => void) => void worker.on('message', (m) => listener(m as never)),
    onFailure: (listener: (reason: string) => void) => void worker.on('error', (error: Error) => listener(error.message)),
    terminate: () => session.shutdown(),
  };
  const input = new PassThrough();
  const output = new PassThrough();
  const decoder = new FrameDecoder();
  const received: Body[] = [];
  output.on('data', (chunk) => received.push(...decoder.push(chunk).map((f) => (f.kind === 'message' ? f.message : undefined) as Body)));
  return { input, received, worker, done: serve({ input, output }, new VmWorkers(() => port, false)) };
}

test('the server answers, survives garbage, and ends with the answer to disconnect', async () => {
  const { input, received, done } = connect();
  input.write('Content-Length: 4\r\n\r\nnull');
  input.write('Content-Length: 4\r\n\r\n{no}');
  for (const [i, command] of ['initialize', 'nonsense', 'disconnect'].entries()) input.write(encodeFrame({ type: 'request', seq: i + 1, command, arguments: {} }));
  await done;
  const answers = received.filter((m) => m.type === 'response');
  // The refusals come as soon as they are seen, the answers in the order of the requests.
  assert.deepEqual(
    answers.filter((m) => m.request_seq > 0).map((m) => [m.command, m.success]),
    [
      ['initialize', true],
      ['nonsense', false],
      ['disconnect', true],
    ],
  );
  assert.equal(answers.filter((m) => m.request_seq === 0 && !m.success).length, 2);
  assert.equal(received[received.length - 1].command, 'disconnect');
});

test('an absurd length, a closed input and a dead worker end it cleanly', async () => {
  const absurd = connect();
  absurd.input.write('Content-Length: 9999999999\r\n\r\n');
  await absurd.done;
  assert.match(absurd.received[0].message, /Content-Length is 9999999999/);
  const closed = connect();
  closed.input.end();
  await closed.done;
  const dead = connect();
  dead.worker.emit('error', new Error('boom'));
  await dead.done;
  assert.equal(dead.received[0].event, 'terminated');
});

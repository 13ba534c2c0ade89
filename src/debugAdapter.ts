/** The debug adapter on standard input and output, or on a port: frames in and out here, the session and its machine in a worker. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { UserError } from './base/userError';
import { encodeFrame, FrameDecoder, refusal } from './dap/framing';

/** The worker, as far as it is needed here. */
export type SessionWorker = Pick<Worker, 'postMessage' | 'on' | 'terminate'>;

interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

const isAnswerTo = (message: unknown, command: string): boolean => {
  const { type, command: answered } = (message ?? {}) as { type?: unknown; command?: unknown };
  return type === 'response' && answered === command;
};

/** Forward until the client disconnects or closes its end, or the worker is gone. */
export function serve({ input, output }: Streams, worker: SessionWorker, complain: (text: string) => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const decoder = new FrameDecoder();
    const end = () => {
      input.removeAllListeners('data');
      input.pause();
      void worker.terminate();
      output.write('', () => resolve());
    };
    const send = (message: unknown) => output.write(encodeFrame(message));

    worker.on('message', (message: unknown) => {
      send(message);
      if (isAnswerTo(message, 'disconnect')) end();
    });
    worker.on('error', (error: Error) => {
      complain(`The debug session failed: ${error.stack ?? error.message}\n`);
      send({ seq: 0, type: 'event', event: 'terminated' });
      end();
    });
    worker.on('exit', end);
    input.on('data', (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) {
        if (frame.kind === 'message') worker.postMessage(frame.message);
        else send(refusal(frame.error));
        if (frame.kind === 'lost') end();
      }
    });
    input.on('end', end);
    input.on('error', end);
    output.on('error', end);
  });
}

const WORKER = './worker.mjs';
const workerScript = (): string => fileURLToPath(new URL(WORKER, import.meta.url));

/** `ringside dap`. The script is the built worker beside this bundle. */
export async function serveStandardStreams(script = workerScript()): Promise<void> {
  // Whatever a library prints must not land among the frames.
  const worker = new Worker(script, { stdout: true });
  worker.stdout.pipe(process.stderr);
  await serve({ input: process.stdin, output: process.stdout }, worker, (text) => process.stderr.write(text));
  process.stdin.destroy();
}

/** `ringside dap --port`: a session for everybody who connects, on this machine only. Rejects with UserError when the port cannot be had. */
export function servePort(port: number, script = workerScript(), say: (text: string) => void = (text) => void process.stderr.write(text)): Promise<void> {
  const server = createServer((socket) => {
    const worker = new Worker(script, { stdout: true });
    worker.stdout.pipe(process.stderr);
    void serve({ input: socket, output: socket }, worker, say).then(() => socket.end());
  });
  return new Promise((resolve, reject) => {
    server.on('close', resolve);
    server.on('error', (error) => reject(new UserError('dap.port', `--port ${port}: ${error.message}`)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      say(`Listening on 127.0.0.1:${typeof address === 'object' && address ? address.port : port}\n`);
    });
  });
}

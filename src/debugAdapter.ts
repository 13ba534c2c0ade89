/** The debug adapter on standard input and output, or on a port: frames in and out here, sessions and their machines in workers. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { UserError } from './base/userError';
import { compiledFolder } from './compiledFolder';
import { encodeFrame, FrameDecoder, refusal } from './dap/framing';
import { VmWorkers, type WorkerPort } from './protocol/keptVms';
import { WorkerLink } from './protocol/workerLink';

interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Forward until the client disconnects or closes its end, or the worker is gone. */
export function serve({ input, output }: Streams, vms: VmWorkers, complain: (text: string) => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const decoder = new FrameDecoder();
    const send = (message: unknown) => output.write(encodeFrame(message));
    const end = () => {
      input.removeAllListeners('data');
      input.pause();
      link.close();
      output.write('', () => resolve());
    };
    const failed = (reason: string) => {
      complain(`The debug session failed: ${reason}\n`);
      send({ seq: 0, type: 'event', event: 'terminated' });
      end();
    };
    const link = new WorkerLink(vms, { send, failed, done: end });

    input.on('data', (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) {
        if (frame.kind === 'message') link.post(frame.message);
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

/** Whatever a library prints must not land among the frames. */
export function startWorker(script = workerScript()): WorkerPort {
  const worker = new Worker(script, { stdout: true, workerData: { storage: compiledFolder(process.platform, process.env) } });
  worker.stdout.pipe(process.stderr);
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', (message) => listener(message as never)),
    onFailure(listener) {
      worker.on('error', (error) => listener(error.stack ?? error.message));
      worker.on('exit', (code) => listener(`its worker ended with code ${code}`));
    },
    terminate() {
      worker.removeAllListeners();
      return worker.terminate();
    },
  };
}

/** `ringside dap`: the process ends with its client, and nothing is left behind. */
export async function serveStandardStreams(start: () => WorkerPort = startWorker): Promise<void> {
  await serve({ input: process.stdin, output: process.stdout }, new VmWorkers(start, false), (text) => process.stderr.write(text));
  process.stdin.destroy();
}

/**
 * `ringside dap --port`: a session for everybody who connects, on this machine only. What a session leaves behind, another
 * may attach to, as long as the process is there. Rejects with UserError when the port cannot be had.
 */
export function servePort(port: number, start: () => WorkerPort = startWorker, say: (text: string) => void = (text) => void process.stderr.write(text)): Promise<void> {
  const vms = new VmWorkers(start);
  const server = createServer((socket) => void serve({ input: socket, output: socket }, vms, say).then(() => socket.end()));
  return new Promise((resolve, reject) => {
    server.on('close', resolve);
    server.on('error', (error) => reject(new UserError('dap.port', `--port ${port}: ${error.message}`)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      say(`Listening on 127.0.0.1:${typeof address === 'object' && address ? address.port : port}\n`);
    });
  });
}

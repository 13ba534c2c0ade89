/** The debug adapter on standard input and output: frames in and out here, the session and its machine in a worker. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
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

/** `ringside dap`. The script is the built worker beside this bundle. */
export async function serveStandardStreams(script = fileURLToPath(new URL('./worker.mjs', import.meta.url))): Promise<void> {
  // Whatever a library prints must not land among the frames.
  const worker = new Worker(script, { stdout: true });
  worker.stdout.pipe(process.stderr);
  await serve({ input: process.stdin, output: process.stdout }, worker, (text) => process.stderr.write(text));
  process.stdin.destroy();
}

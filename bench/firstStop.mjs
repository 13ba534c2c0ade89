#!/usr/bin/env node
// How long a debug session takes from its start to the first `stopped` event, with stopOnEntry. Three ways: a worker in a host that runs
// already, as the extension starts one at F5, for the first time and once V8's compiled code has been kept; and `ringside dap` as a process of its own, as other editors start it. Prints milliseconds,
// of the wall and of the processor. `npm run bench:first-stop -- [ROUNDS] [GUEST]`
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [rounds = '10', program = path.join(root, 'examples/popf.asm')] = process.argv.slice(2);

/** Requests as an editor makes them; `post` sends one, `heard` is told of every message. Resolves at the first stop. */
function session(post, listen) {
  return new Promise((resolve, reject) => {
    let seq = 0;
    const request = (command, args) => post({ seq: ++seq, type: 'request', command, arguments: args });
    listen((message) => {
      if (message.type === 'response' && !message.success) reject(new Error(`${message.command}: ${message.message}`));
      if (message.type === 'response' && message.command === 'initialize') request('launch', { program: path.resolve(program), stopOnEntry: true });
      if (message.event === 'initialized') request('configurationDone', {});
      if (message.event === 'stopped') resolve();
    });
    request('initialize', { adapterID: 'ringside', linesStartAt1: true, columnsStartAt1: true });
  });
}

/** A worker of this process, which is warm. */
async function inWorker(storage) {
  const before = process.cpuUsage();
  const from = performance.now();
  const worker = new Worker(path.join(root, 'dist/worker.mjs'), { stdout: true, workerData: { storage } });
  worker.on('error', (error) => {
    throw error;
  });
  await session(
    (message) => worker.postMessage(message),
    (heard) => worker.on('message', heard),
  );
  const wall = performance.now() - from;
  const { user, system } = process.cpuUsage(before);
  await worker.terminate();
  return { wall, cpu: (user + system) / 1000 };
}

const storage = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-first-stop-'));
process.on('exit', () => fs.rmSync(storage, { recursive: true, force: true }));

/** Once a session has lived long enough for its code to be kept. */
async function keepCode() {
  const worker = new Worker(path.join(root, 'dist/worker.mjs'), { stdout: true, workerData: { storage } });
  await session(
    (message) => worker.postMessage(message),
    (heard) => worker.on('message', heard),
  );
  while (!fs.readdirSync(storage).some((name) => name.endsWith('.compiled'))) await new Promise((resolve) => setTimeout(resolve, 100));
  await worker.terminate();
}

/** Milliseconds of processor time that a process of Linux has had; NaN elsewhere. */
function processorTime(pid) {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

async function inProcess() {
  const from = performance.now();
  const server = spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let buffer = Buffer.alloc(0);
  await session(
    (message) => {
      const body = JSON.stringify(message);
      server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    (heard) =>
      server.stdout.on('data', (data) => {
        buffer = Buffer.concat([buffer, data]);
        for (;;) {
          const end = buffer.indexOf('\r\n\r\n');
          if (end < 0) return;
          const length = Number(/Content-Length: (\d+)/.exec(buffer.toString('latin1', 0, end))[1]);
          if (buffer.length < end + 4 + length) return;
          const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length));
          buffer = buffer.subarray(end + 4 + length);
          heard(message);
        }
      }),
  );
  const wall = performance.now() - from;
  const cpu = processorTime(server.pid);
  server.stdin.end();
  server.kill();
  return { wall, cpu };
}

function row(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0).padStart(5);
  return `${at(0.5)}  (${at(0)} to ${at(1)})`;
}

console.log(`load average ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} CPUs, Node ${process.version}; milliseconds, median (range) of ${rounds}`);
await keepCode();
for (const [name, measure] of [
  ['worker in a warm host', () => inWorker(storage)],
  ['the same, first time', () => inWorker()],
  ['process of its own', inProcess],
]) {
  const all = [];
  await measure(); // files in the page cache
  for (let n = 0; n < Number(rounds); n++) all.push(await measure());
  console.log(`${name.padEnd(24)} wall ${row(all.map(({ wall }) => wall))}   processor ${row(all.map(({ cpu }) => cpu))}`);
}

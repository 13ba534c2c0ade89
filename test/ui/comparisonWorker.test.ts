import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CompareRequest } from '../../src/protocol/comparison';
import { type CompareProgress, compareInWorker } from '../../src/ui/comparisonWorker';
import { NodeWorker } from '../../src/ui/nodeWorkers';

const request: CompareRequest = { attributes: { program: '/a.asm' }, techniques: ['bare', 'trap'] };
const HEAD = "import { once } from 'node:events';\nimport { parentPort } from 'node:worker_threads';\nconst [workerData] = await once(parentPort, 'message');\n";

function worker(t: TestContext, body: string): NodeWorker {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'worker.mjs');
  fs.writeFileSync(file, HEAD + body);
  return new NodeWorker(file);
}

/** A cancellation token, and the button that cancels. */
function cancellable() {
  const listeners = new Set<(event: unknown) => unknown>();
  const onCancellationRequested = (listener: (event: unknown) => unknown) => {
    listeners.add(listener);
    return { dispose: () => void listeners.delete(listener) };
  };
  const cancel = () => {
    for (const listener of listeners) listener(undefined);
  };
  return { token: { isCancellationRequested: false, onCancellationRequested }, cancel, listeners };
}

test('the answer, after progress, to the request that was sent', { timeout: 30_000 }, async (t) => {
  const body =
    "parentPort.postMessage({ kind: 'progress', technique: 'trap', phase: 'run' });\nparentPort.postMessage({ kind: 'refused', message: workerData.attributes.program, problems: [] });\n";
  const steps: CompareProgress[] = [];
  const { token, listeners } = cancellable();
  assert.deepEqual(await compareInWorker(worker(t, body), request, token, (step) => steps.push(step)), { kind: 'refused', message: '/a.asm', problems: [] });
  assert.deepEqual(steps, [{ kind: 'progress', technique: 'trap', phase: 'run' }]);
  assert.equal(listeners.size, 0);
});

test('a worker that never yields is cancelled', { timeout: 30_000 }, async (t) => {
  const { token, cancel } = cancellable();
  const body = "parentPort.postMessage({ kind: 'progress', technique: 'bare', phase: 'run' });\nfor (;;);\n";
  assert.equal(await compareInWorker(worker(t, body), request, token, cancel), undefined);
});

test('a defect is an error, and so is an end without an answer', { timeout: 30_000 }, async (t) => {
  const { token } = cancellable();
  await assert.rejects(
    compareInWorker(worker(t, "throw new Error('broken');\n"), request, token, () => {}),
    /broken/,
  );
  await assert.rejects(
    compareInWorker(worker(t, 'process.exit(3);\n'), request, token, () => {}),
    /code 3/,
  );
});

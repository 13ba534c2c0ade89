/** Has a worker compare techniques. To cancel is to end the worker: a guest that never ends keeps nobody waiting. */
import { Worker } from 'node:worker_threads';
import type * as vscode from 'vscode';
import type { CompareMessage, CompareRequest } from '../protocol/comparison';

export type CompareProgress = Extract<CompareMessage, { kind: 'progress' }>;
export type CompareAnswer = Exclude<CompareMessage, CompareProgress>;

/** Undefined when it was cancelled. Rejects with what stopped the worker otherwise. */
export async function compareInWorker(
  script: string,
  request: CompareRequest,
  token: vscode.CancellationToken,
  progress: (step: CompareProgress) => void,
): Promise<CompareAnswer | undefined> {
  const worker = new Worker(script, { workerData: request });
  let cancellation: vscode.Disposable | undefined;
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: CompareMessage) => (message.kind === 'progress' ? progress(message) : resolve(message)));
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`The comparison ended with code ${code}.`)));
      cancellation = token.onCancellationRequested(() => resolve(undefined));
      if (token.isCancellationRequested) resolve(undefined);
    });
  } finally {
    cancellation?.dispose();
    await worker.terminate();
  }
}

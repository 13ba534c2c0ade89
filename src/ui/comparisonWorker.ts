/** Has a worker compare techniques. To cancel is to end the worker: a guest that never ends keeps nobody waiting. */
import type * as vscode from 'vscode';
import type { CompareMessage, CompareRequest } from '../protocol/comparison';
import type { WorkerHandle } from './workers';

export type CompareProgress = Extract<CompareMessage, { kind: 'progress' }>;
export type CompareAnswer = Exclude<CompareMessage, CompareProgress>;

/** Undefined when it was cancelled. Rejects with what stopped the worker otherwise. */
export async function compareInWorker(
  worker: WorkerHandle,
  request: CompareRequest,
  token: vscode.CancellationToken,
  progress: (step: CompareProgress) => void,
): Promise<CompareAnswer | undefined> {
  let cancellation: vscode.Disposable | undefined;
  try {
    return await new Promise((resolve, reject) => {
      worker.onMessage((message: CompareMessage) => (message.kind === 'progress' ? progress(message) : resolve(message)));
      worker.onFailure((reason) => reject(new Error(reason)));
      cancellation = token.onCancellationRequested(() => resolve(undefined));
      if (token.isCancellationRequested) resolve(undefined);
      else worker.postMessage(request);
    });
  } finally {
    cancellation?.dispose();
    await worker.terminate();
  }
}

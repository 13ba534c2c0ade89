import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StartWorker, WorkerHandle } from './workers';
import { t } from './text';

export class NodeWorker implements WorkerHandle {
  readonly #worker: Worker;

  /** `storage`: a folder for what is worth keeping between starts. */
  constructor(script: string, storage?: string) {
    this.#worker = new Worker(script, { workerData: { storage } });
  }

  postMessage(message: unknown): void {
    this.#worker.postMessage(message);
  }

  onMessage(listener: (message: never) => void): void {
    this.#worker.on('message', (message) => listener(message as never));
  }

  onFailure(listener: (reason: string) => void): void {
    this.#worker.on('error', (error) => listener(error.stack ?? error.message));
    this.#worker.on('exit', (code) => listener(t('The worker ended with code {0}.', code)));
  }

  async terminate(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}

/** In a browser webWorkers.ts stands in for this module. */
export const startWorkers =
  ({ extensionPath, globalStorageUri }: { readonly extensionPath: string; readonly globalStorageUri: { readonly fsPath: string } }): StartWorker =>
  (script) =>
    new NodeWorker(path.join(extensionPath, 'dist', `${script}.mjs`), globalStorageUri.fsPath);

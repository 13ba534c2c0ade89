import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { StartWorker, WorkerHandle } from './workers';

class NodeWorker implements WorkerHandle {
  readonly #worker: Worker;

  constructor(path: string) {
    this.#worker = new Worker(path);
  }

  postMessage(message: unknown): void {
    this.#worker.postMessage(message);
  }

  onMessage(listener: (message: never) => void): void {
    this.#worker.on('message', (message) => listener(message as never));
  }

  onFailure(listener: (reason: string) => void): void {
    this.#worker.on('error', (error) => listener(error.stack ?? error.message));
    this.#worker.on('exit', (code) => listener(`The worker ended with code ${code}.`));
  }

  terminate(): void {
    this.#worker.removeAllListeners();
    void this.#worker.terminate();
  }
}

export const nodeWorkers =
  (extension: vscode.Uri): StartWorker =>
  (script) =>
    new NodeWorker(vscode.Uri.joinPath(extension, 'dist', `${script}.mjs`).fsPath);

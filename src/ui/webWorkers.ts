/** Workers of a browser. Their scripts are read as files of the extension, wherever it comes from, and files are read for them. */
import * as vscode from 'vscode';
import { isFilesRequest, type FilesRequest } from '../protocol/workerFiles';
import type { StartWorker, WorkerHandle } from './workers';
import { t } from './text';

/** A path of a launch configuration is one of the workspace’s file system. */
function uriOf(path: string): vscode.Uri {
  if (/^[a-z][\w+.-]+:/i.test(path)) return vscode.Uri.parse(path);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) return vscode.Uri.file(path);
  return path.startsWith('/') ? folder.with({ path }) : vscode.Uri.joinPath(folder, path);
}

async function readFile(path: string): Promise<Uint8Array | null> {
  try {
    return await vscode.workspace.fs.readFile(uriOf(path));
  } catch {
    return null;
  }
}

class WebWorkerHandle implements WorkerHandle {
  #worker: Worker | undefined;
  #ended = false;
  readonly #waiting: unknown[] = [];
  #received: (message: never) => void = () => {};
  #failed: (reason: string) => void = () => {};

  constructor(script: vscode.Uri) {
    this.#start(script).catch((error) => this.#failed(String(error)));
  }

  async #start(script: vscode.Uri): Promise<void> {
    const url = URL.createObjectURL(new Blob([(await vscode.workspace.fs.readFile(script)) as BlobPart], { type: 'text/javascript' }));
    if (this.#ended) return;
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }) => (isFilesRequest(data) ? void this.#answer(data) : this.#received(data as never));
    this.#worker.onerror = (event) => this.#failed(event.message || t('The worker failed.'));
    for (const message of this.#waiting.splice(0)) this.#worker.postMessage(message);
  }

  async #answer({ type, id, paths }: FilesRequest): Promise<void> {
    const files = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)));
    this.#worker?.postMessage({ type, id, files });
  }

  postMessage(message: unknown): void {
    if (this.#worker) this.#worker.postMessage(message);
    else this.#waiting.push(message);
  }

  onMessage(listener: (message: never) => void): void {
    this.#received = listener;
  }

  onFailure(listener: (reason: string) => void): void {
    this.#failed = listener;
  }

  async terminate(): Promise<void> {
    this.#ended = true;
    this.#worker?.terminate();
  }
}

export const startWorkers =
  ({ extensionUri }: { readonly extensionUri: vscode.Uri }): StartWorker =>
  (script) =>
    new WebWorkerHandle(vscode.Uri.joinPath(extensionUri, 'dist', 'web', `${script}.js`));

/** Workers, as far as the extension needs them: Node's and a browser's look the same to it. */

export type WorkerScript = 'worker' | 'compareWorker' | 'checkWorker';

export interface WorkerHandle {
  postMessage(message: unknown): void;
  onMessage(listener: (message: never) => void): void;
  /** It failed, with a reason to show. */
  onFailure(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

export type StartWorker = (script: WorkerScript) => WorkerHandle;

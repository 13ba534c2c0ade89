/** The other side of a Web Worker: messages that it is there for, and files that the extension reads for it. */
import { type FilesAnswer, isFilesAnswer } from './protocol/workerFiles';
import type { FetchFiles } from './machine/fetchedFiles';

/** A worker's global scope, as far as it is used here. */
interface WorkerScope {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

export class WebPort {
  readonly #scope = globalThis as unknown as WorkerScope;
  readonly #open = new Map<number, (answer: FilesAnswer) => void>();
  #next = 1;

  onMessage(listener: (message: never) => void): void {
    this.#scope.addEventListener('message', ({ data }) => {
      if (!isFilesAnswer(data)) return listener(data as never);
      this.#open.get(data.id)?.(data);
      this.#open.delete(data.id);
    });
  }

  post(message: unknown): void {
    this.#scope.postMessage(message);
  }

  readonly fetchFiles: FetchFiles = async (paths) => {
    const id = this.#next++;
    const answer = new Promise<FilesAnswer>((resolve) => this.#open.set(id, resolve));
    this.post({ type: 'ringside/files', id, paths });
    return (await answer).files;
  };
}

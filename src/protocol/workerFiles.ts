/** How a worker in a browser gets at files: it asks the extension, beside the messages that it is there for. */

export interface FilesRequest {
  readonly type: 'ringside/files';
  readonly id: number;
  /** Paths or URIs. */
  readonly paths: readonly string[];
}

export interface FilesAnswer {
  readonly type: 'ringside/files';
  readonly id: number;
  /** null: there is no such file. */
  readonly files: Readonly<Record<string, Uint8Array | null>>;
}

const isFiles = (message: unknown): boolean => (message as { type?: unknown } | undefined)?.type === 'ringside/files';
export const isFilesRequest = (message: unknown): message is FilesRequest => isFiles(message) && 'paths' in (message as object);
export const isFilesAnswer = (message: unknown): message is FilesAnswer => isFiles(message) && 'files' in (message as object);

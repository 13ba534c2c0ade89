/**
 * Files of a host that can only be asked and answers later, as an editor in a browser: what is missing is fetched, and the
 * work that needed it begins again, until nothing is.
 */
import { includePlaces } from '../base/includeUrl';
import { UserError } from '../base/userError';
import type { FileAccess } from './program';

/** Bytes by path; null: there is no such file. */
export type FetchFiles = (paths: readonly string[]) => Promise<Readonly<Record<string, Uint8Array | null>>>;

/** Includes within includes, each a round. */
const MOST_ROUNDS = 64;

class FetchedFiles implements FileAccess {
  readonly missing = new Set<string>();

  constructor(private readonly known: ReadonlyMap<string, Uint8Array | null>) {}

  readFile(path: string): Uint8Array {
    const bytes = this.#find(path);
    if (!bytes) throw new UserError('file.ENOENT', `${path}: no such file`);
    return bytes;
  }

  readInclude(name: string, from: string): { path: string; bytes: Uint8Array } | undefined {
    for (const path of includePlaces(name, from)) {
      const bytes = this.#find(path);
      if (bytes) return { path, bytes };
    }
    return undefined;
  }

  #find(path: string): Uint8Array | null | undefined {
    const bytes = this.known.get(path);
    if (bytes === undefined) this.missing.add(path);
    return bytes;
  }
}

/** All files that `use` asks for, those that are not there too; what it returns or throws once it has them is `outcome`. */
async function gather<T>(fetch: FetchFiles, use: (files: FileAccess) => T): Promise<{ files: FileAccess; outcome: () => T }> {
  const known = new Map<string, Uint8Array | null>();
  for (let round = 0; ; round++) {
    const files = new FetchedFiles(known);
    const outcome = attempt(() => use(files));
    if (files.missing.size === 0 || round === MOST_ROUNDS) return { files, outcome };
    for (const [path, bytes] of Object.entries(await fetch([...files.missing]))) known.set(path, bytes);
  }
}

function attempt<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** What `use` returns, or throws, once it has every file it asks for. */
export const withFetchedFiles = async <T>(fetch: FetchFiles, use: (files: FileAccess) => T): Promise<T> => (await gather(fetch, use)).outcome();

/** The files alone. */
export const fetchFilesFor = async (fetch: FetchFiles, use: (files: FileAccess) => unknown): Promise<FileAccess> => (await gather(fetch, use)).files;

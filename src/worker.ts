/** The debug worker: its script, from what V8 compiled when it ran before. `workerData.storage` is a folder to keep that in. */
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';
import { runCompiled } from './compiledScript';

const SCRIPT = './debugWorker.cjs';

runCompiled(fileURLToPath(new URL(SCRIPT, import.meta.url)), (workerData as { readonly storage?: string } | null)?.storage);

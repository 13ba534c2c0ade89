/** One comparison of techniques in a Node worker: the request is the worker's data, the answer a message. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveComparison } from './debug/comparisonService';
import { createMachine } from './machine/machine';
import { nodeFiles } from './nodeFiles';

if (!parentPort) throw new Error('This script runs in a worker.');
const port = parentPort;

await serveComparison(workerData, {
  create: (config) => createMachine(config, nodeFiles),
  now: () => performance.now(),
  post: (message) => port.postMessage(message),
});

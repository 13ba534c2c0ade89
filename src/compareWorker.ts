/** One comparison of techniques in a Node worker: the request is the first message, the answer another. */
import { parentPort } from 'node:worker_threads';
import { serveComparison } from './debug/comparisonService';
import { createMachine } from './machine/machine';
import { nodeFiles } from './nodeFiles';

if (!parentPort) throw new Error('This script runs in a worker.');
const port = parentPort;

port.once('message', (request) =>
  serveComparison(request, {
    create: (config) => createMachine(config, nodeFiles),
    now: () => performance.now(),
    post: (message) => port.postMessage(message),
  }),
);

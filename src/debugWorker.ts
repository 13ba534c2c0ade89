/** Debug sessions and their machines in a Node worker: DAP messages in, DAP messages out. */
import './nodeRequire';
import { parentPort } from 'node:worker_threads';
import { Sessions } from './dap/sessions';
import { createMachine } from './machine/machine';
import { nodeFiles } from './nodeFiles';

if (!parentPort) throw new Error('This script runs in a worker.');
const port = parentPort;

const sessions = new Sessions(
  (config, surroundings) => createMachine(config, nodeFiles, surroundings),
  (message) => port.postMessage(message),
);
port.on('message', (message) => sessions.handleMessage(message));

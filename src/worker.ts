/** A debug session and its machine in a Node worker: DAP messages in, DAP messages out. */
import './nodeRequire';
import { parentPort } from 'node:worker_threads';
import { RingsideSession } from './dap/session';
import { createMachine } from './machine/machine';
import { nodeFiles } from './nodeFiles';

if (!parentPort) throw new Error('This script runs in a worker.');
const port = parentPort;

const session = new RingsideSession((config, surroundings) => createMachine(config, nodeFiles, surroundings));
session.onDidSendMessage((message) => port.postMessage(message));
port.on('message', (message) => session.handleMessage(message));

/** Assembles sources while they are edited, in a Node worker: a request is a message, and so is its answer. */
import { parentPort } from 'node:worker_threads';
import { checkSource } from './asm/checkService';

if (!parentPort) throw new Error('This script runs in a worker.');
const port = parentPort;
port.on('message', (request) => port.postMessage(checkSource(request)));

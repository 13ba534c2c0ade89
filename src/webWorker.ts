/** A debug session and its machine in a Web Worker: DAP messages in, DAP messages out. */
import { RingsideSession } from './dap/session';
import { withFetchedFiles } from './machine/fetchedFiles';
import { createMachine } from './machine/machine';
import { WebPort } from './webPort';

const port = new WebPort();
const session = new RingsideSession((config, surroundings) => withFetchedFiles(port.fetchFiles, (files) => createMachine(config, files, surroundings)));
session.onDidSendMessage((message) => port.post(message));
port.onMessage((message) => session.handleMessage(message));

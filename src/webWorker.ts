/** Debug sessions and their machines in a Web Worker: DAP messages in, DAP messages out. */
import { Sessions } from './dap/sessions';
import { withFetchedFiles } from './machine/fetchedFiles';
import { createMachine } from './machine/machine';
import { WebPort } from './webPort';

const port = new WebPort();
const sessions = new Sessions(
  (config, surroundings) => withFetchedFiles(port.fetchFiles, (files) => createMachine(config, files, surroundings)),
  (message) => port.post(message),
);
port.onMessage((message) => sessions.handleMessage(message));

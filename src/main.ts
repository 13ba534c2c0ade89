/** Entry point of the command line: its script, from what V8 compiled when it ran before. */
import { fileURLToPath } from 'node:url';
import { compiledFolder } from './compiledFolder';
import { runCompiled } from './compiledScript';

const SCRIPT = './commandLine.cjs';

runCompiled(fileURLToPath(new URL(SCRIPT, import.meta.url)), compiledFolder(process.platform, process.env));

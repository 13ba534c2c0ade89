/** The command line, run by main.ts: construct, connect, nothing else. */
import path from 'node:path';
import './nodeRequire';
import { assemble } from './asm/assemble';
import { UserError } from './base/userError';
import { runCli } from './cli/cli';
import type { GuestAttributes } from './cli/command';
import { nodeEnvironment } from './cli/nodeEnvironment';
import { servePort, serveStandardStreams } from './debugAdapter';
import type { Subject } from './debug/compare';
import type { Switch } from './devices/virtio/switch';
import { parseConfiguration } from './machine/configuration';
import { createMachine } from './machine/machine';
import { nodeFiles, readFile, writeFile } from './nodeFiles';

function createGuest(attributes: GuestAttributes, network?: Switch): Subject {
  const result = parseConfiguration(attributes);
  if ('problems' in result) throw Object.assign(new UserError('launch.configuration', result.problems.join('\n')), { problems: result.problems });
  return createMachine(result.config, nodeFiles, network ? { network } : {});
}

const environment = nodeEnvironment({
  version: () => JSON.parse(new TextDecoder().decode(readFile(path.join(__dirname, '../package.json')))).version,
  readFile,
  writeFile,
  assemble: (path, define, output) => assemble(new TextDecoder().decode(readFile(path)), { path, define, ...output, readFile: (name, from) => nodeFiles.readInclude(name, from) }),
  createGuest,
  serveDap: (port) => (port === undefined ? serveStandardStreams() : servePort(port)),
});
// Not process.exit: output that is still on its way must arrive.
void runCli(process.argv.slice(2), environment).then((code) => {
  process.exitCode = code;
});

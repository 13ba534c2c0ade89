// Make a fresh clone runnable with nothing but Node and npm: install the locked packages when they are missing or out of step.
// Uses Node's own modules only, since it runs before any package is there.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MINIMUM_NODE = 20;

/**
 * Packages that the lock asks for and the installation lacks or has in another version. Optional ones (native binaries of
 * other platforms) are not asked for. Both arguments are parsed lock files; `installed` is npm's own record, undefined when there is none.
 */
export function missingPackages(lock, installed) {
  const wanted = Object.entries(lock.packages ?? {}).filter(([name, entry]) => name !== '' && !entry.optional && !entry.link);
  return wanted.filter(([name, entry]) => installed?.packages?.[name]?.version !== entry.version).map(([name]) => name);
}

const readJson = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/** The command line that runs npm: the npm that runs us when there is one, else the one on PATH (a .cmd file on Windows needs a shell). */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return { command: process.execPath, args: [script, ...args], shell: false };
  return { command: 'npm', args, shell: process.platform === 'win32' };
}

/**
 * Why nothing may be installed here, if so: through a link npm would empty the folder that others use.
 * `folder` is the node_modules of a checkout.
 */
export function sharedInstallation(folder) {
  const link = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (!link?.isSymbolicLink()) return undefined;
  return `node_modules is a link to ${fs.readlinkSync(folder)} and out of step with package-lock.json: npm ci would empty that folder. Install there, or remove the link.`;
}

/** Install what the lock asks for, if anything is missing. Ends the process with a message when that fails. */
export function bootstrap() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < MINIMUM_NODE) fail(`Ringside needs Node ${MINIMUM_NODE} or newer; this is ${process.version}.`);
  const lock = readJson(path.join(root, 'package-lock.json'));
  if (!lock) fail('package-lock.json is missing or damaged: check out the repository again.');
  const missing = missingPackages(lock, readJson(path.join(root, 'node_modules/.package-lock.json')));
  if (missing.length === 0) return;
  const shared = sharedInstallation(path.join(root, 'node_modules'));
  if (shared) fail(shared);
  console.log(`Installing ${missing.length} packages (npm ci) …`);
  const { command, args, shell } = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  const run = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (run.status !== 0) fail(`npm ci failed${run.error ? `: ${run.error.message}` : ` with code ${run.status}`}. It needs the npm registry; see the lines above.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

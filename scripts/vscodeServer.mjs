/**
 * A real VS Code without a desktop: VS Code's own server, taken from the npm package code-server.
 * `installServer` fetches it once into .cache/vscode-server (from the npm registry only);
 * `startServer` runs it on 127.0.0.1 in a home of its own, and `workbenchUrl` says what the browser must open.
 * RINGSIDE_VSCODE chooses a generation of VS Code, RINGSIDE_VSCODE_SERVER names an installation to use instead.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** By version of VS Code. The older one is the last that runs on Node 20; the newer brings a Node of its own, from npm too. */
const GENERATIONS = {
  '1.100': { codeServer: '4.100.3', native: ['native-watchdog'], folder: '.cache/vscode-server', megabytes: 300 },
  1.139: { codeServer: '4.139.1', native: ['@vscode/spdlog', '@vscode/native-watchdog'], folder: '.cache/vscode-server-1.139', megabytes: 900, node: '24.21.0' },
};

export const GENERATION_NAMES = Object.keys(GENERATIONS);
export const generationName = () => process.env.RINGSIDE_VSCODE ?? '1.100';

function generation() {
  const name = generationName();
  const found = GENERATIONS[name];
  if (!found) throw new Error(`RINGSIDE_VSCODE=${name}: expected ${GENERATION_NAMES.join(' or ')}`);
  return found;
}

const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const runtimeFolder = (folder) => path.join(folder, 'runtime');

/** The Node that runs the server: its own where it has one. */
function nodeOf(folder) {
  const own = path.join(runtimeFolder(folder), 'node_modules', NODE_PACKAGE, 'bin/node');
  return fs.existsSync(own) ? own : process.execPath;
}

const serverFolder = (folder) => path.join(folder, 'node_modules/code-server/lib/vscode');
const serverMain = (folder) => path.join(serverFolder(folder), 'out/server-main.js');
/** Written last: an installation that was interrupted does not count. */
const complete = (folder) => path.join(folder, 'installed');

/** Settings of a workbench that shows nothing but the work: no welcome page, no updates, no telemetry, no network. */
export const QUIET_SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'chat.commandCenter.enabled': false,
  'window.restoreWindows': 'none',
};

function npm(args, cwd, log) {
  const run = spawnSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  log(run.stdout + run.stderr);
  return run.status === 0 ? undefined : `npm ${args.join(' ')} failed:\n${run.stderr}`;
}

/** The folder of an installed server; installs it when there is none. */
export function installServer({ folder, log = () => {}, progress = (line) => console.error(line) } = {}) {
  const given = folder ?? process.env.RINGSIDE_VSCODE_SERVER;
  const { codeServer, native, folder: usual, megabytes, node } = generation();
  const target = path.resolve(given ?? path.join(root, usual));
  if (fs.existsSync(complete(target)) || (given && fs.existsSync(serverMain(target)))) return target;
  progress(`Installing VS Code's server (code-server ${codeServer}, about ${megabytes} MB) into ${target}: this takes a minute or two, once.`);
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(target, 'package.json'), '{ "name": "vscode-server", "private": true, "version": "0.0.0" }\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const inside = serverFolder(target);
  // `npm ci` inside fails: the shrinkwrap that is shipped is out of step with its package.json.
  const failure =
    installNode(target, node, quiet, log) ?? npm(['install', `code-server@${codeServer}`, ...quiet], target, log) ?? npm(['install', '--omit=dev', ...quiet], inside, log);
  if (failure) throw new Error(failure);
  // Compiled, and only a convenience: without them the server logs errors and goes on.
  npm(['rebuild', ...native], inside, log);
  fs.writeFileSync(complete(target), `${codeServer}\n`);
  return target;
}

function installNode(target, version, quiet, log) {
  if (!version) return undefined;
  const folder = runtimeFolder(target);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "runtime", "private": true, "version": "0.0.0" }\n');
  return npm(['install', `${NODE_PACKAGE}@${version}`, ...quiet], folder, log);
}

/** Sockets go to a short path of their own: the system allows about a hundred characters. */
function serverEnvironment(home, runtime, extra) {
  const environment = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local'),
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: runtime,
    EXTENSIONS_GALLERY: '{}',
    ...extra,
  };
  for (const name of Object.keys(environment)) if (name.startsWith('VSCODE_') && !name.startsWith('VSCODE_TEST')) delete environment[name];
  return environment;
}

/** Resolves with the address once the server listens. */
function listening(server, log) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk) => {
      output += chunk;
      log(String(chunk));
      const match = /(?:HTTP server listening on |Web UI available at )http:\/\/[^:\s]+:(\d+)/.exec(output);
      if (match) resolve(`http://127.0.0.1:${match[1]}`);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`VS Code's server ended with code ${code}\n${output}`)));
  });
}

/**
 * Start the server. `home` keeps settings and state between runs; without it they live in a temporary folder that
 * `stop` deletes. Returns { url, pid, home, workbenchUrl, stop }.
 */
export async function startServer({ server = installServer(), home, port = 0, settings = {}, environment = {}, log = () => {} } = {}) {
  const runtime = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
  const temporary = home === undefined;
  const at = temporary ? runtime : path.resolve(home);
  const data = path.join(at, 'data');
  const userSettings = path.join(data, 'User/settings.json');
  fs.mkdirSync(path.dirname(userSettings), { recursive: true });
  fs.mkdirSync(path.join(at, 'extensions'), { recursive: true });
  if (temporary || !fs.existsSync(userSettings)) fs.writeFileSync(userSettings, JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
  const options = ['--server-data-dir', data, '--user-data-dir', data, '--extensions-dir', path.join(at, 'extensions')];
  const network = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'];
  // The smoke-test driver is what makes the workbench honour extensionDevelopmentPath in the URL.
  const quiet = ['--telemetry-level', 'off', '--disable-telemetry', '--disable-workspace-trust', '--enable-smoke-test-driver'];
  const child = spawn(nodeOf(server), [serverMain(server), ...options, ...network, ...quiet], { env: serverEnvironment(at, runtime, environment), detached: true });
  const url = await listening(child, log);
  const stop = () => stopServer(child, runtime);
  return { url, pid: child.pid, home: at, stop, workbenchUrl: (what) => workbenchUrl(url, what) };
}

/** Install a package into the VS Code that `startServer` runs with the same `home`. Returns what the installation printed. */
export function installExtension(vsix, { server = installServer(), home }) {
  const folders = ['--extensions-dir', path.join(home, 'extensions'), '--server-data-dir', path.join(home, 'data'), '--user-data-dir', path.join(home, 'data')];
  const run = spawnSync(nodeOf(server), [serverMain(server), '--install-extension', vsix, '--accept-server-license-terms', ...folders], {
    encoding: 'utf8',
    env: serverEnvironment(home, os.tmpdir(), {}),
  });
  if (run.status !== 0) throw new Error(`${vsix} cannot be installed:\n${run.stdout}${run.stderr}`);
  return run.stdout + run.stderr;
}

/** Address of the workbench with a folder or file open and a development extension (and its tests) loaded. */
export function workbenchUrl(url, { folder, workspace, file, extensions = [], inBrowser = false, tests, at } = {}) {
  const remote = (p) => `vscode-remote://${new URL(url).host}${encodeURI(path.resolve(p))}`;
  const payload = [['skipWelcome', 'true']];
  if (file) payload.push(['openFile', remote(file) + (at ? `:${at}` : '')], ...(at ? [['gotoLineMode', 'true']] : []));
  for (const extension of extensions) payload.push(['extensionDevelopmentPath', remote(extension)]);
  // In the browser's own extension host instead of the server's.
  if (inBrowser) payload.push(['extensionDevelopmentKind', 'web']);
  if (tests) payload.push(['extensionTestsPath', remote(tests)]);
  const query = new URLSearchParams();
  if (workspace) query.set('workspace', path.resolve(workspace));
  else if (folder) query.set('folder', path.resolve(folder));
  else query.set('ew', 'true');
  query.set('payload', JSON.stringify(payload));
  return `${url}/?${query}`;
}

/** End the server and the extension hosts it started: its own process group, by number. */
async function stopServer(child, runtime) {
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // already gone
    }
  };
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    signal('SIGTERM');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
  }
  signal('SIGKILL');
  fs.rmSync(runtime, { recursive: true, force: true, maxRetries: 3 });
}

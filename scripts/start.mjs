#!/usr/bin/env node
// `npm start`: install if needed, build, compare the techniques on the first example, then open the debugger on the examples:
// in desktop VS Code when `code` is on PATH, else in VS Code's own server, for a browser on this machine.
// --terminal stops after the comparison; --browser takes the server even when there is a desktop; --port N is the server's.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, root } from './bootstrap.mjs';
import { onPath } from './onPath.mjs';

const DIVERGED = 105; // the point of the example: one technique gets it wrong
const EXAMPLES = path.join(root, 'examples');
const FIRST = path.join(EXAMPLES, 'trap.asm');

function options() {
  try {
    return parseArgs({ options: { terminal: { type: 'boolean' }, browser: { type: 'boolean' }, port: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`${error.message}\nusage: npm start [-- --terminal | --browser] [--port N]`);
    process.exit(2);
  }
}

async function openInServer(port) {
  const { installServer, startServer } = await import('./vscodeServer.mjs');
  const server = await startServer({ server: installServer(), home: path.join(root, '.cache/vscode-home'), port });
  console.log(
    `\nThe debugger is ready in VS Code in a browser. Open\n\n  ${server.workbenchUrl({ folder: EXAMPLES, file: FIRST, extensions: [root] })}\n\nand press F5. Ctrl+C here ends it.`,
  );
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.stop();
}

const { terminal, browser, port = '0' } = options();
if (!/^\d{1,5}$/.test(port)) {
  console.error(`--port ${port}: expected a number`);
  process.exit(2);
}
bootstrap();
const { buildAll } = await import('./build.mjs');
await buildAll();

const comparison = spawnSync(process.execPath, [path.join(root, 'dist/cli.mjs'), 'compare', path.relative(process.cwd(), FIRST)], { stdio: 'inherit' });
if (comparison.status !== 0 && comparison.status !== DIVERGED) {
  console.error(`The comparison failed with code ${comparison.status ?? comparison.signal}.`);
  process.exit(1);
}
if (terminal) process.exit(0);

if (!browser && onPath(['code'])) {
  console.log('\nOpening VS Code on the examples. Press F5 there.');
  // On Windows `code` is a .cmd file, which needs a shell, and a shell needs the quotes.
  const shell = process.platform === 'win32';
  const quote = (text) => (shell ? `"${text}"` : text);
  const opened = spawnSync('code', [quote(`--extensionDevelopmentPath=${root}`), quote(EXAMPLES), quote(FIRST)], { stdio: 'inherit', shell });
  process.exit(opened.status ?? 1);
}
await openInServer(Number(port));

#!/usr/bin/env node
/**
 * Ringside in a browser. First the bundle alone: a debug session in a Web Worker of a bare page, which has nothing of Node's.
 * Then the whole extension in the browser's extension host of a real VS Code: colours, hovers, problems, a run to a
 * breakpoint, a lab. And every language provider, and attaching, from within that host. Names of these parts select them.
 * Screenshots go to test/e2e/shots.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { format } from 'node:util';
import { startServer } from '../../scripts/vscodeServer.mjs';
import { newPage, startBrowser } from './browser.mjs';
import { browserSuite, bundleForTests, root, workspace } from './bundle.mjs';
import { shots } from './shots.mjs';
import { frameWith, soon, Workbench } from './workbench.mjs';

const source = fs.readFileSync(path.join(workspace, 'trap.asm'), 'utf8').split('\n');
const firstLine = (pattern) => source.findIndex((line) => pattern.test(line)) + 1;
const settings = {
  'window.commandCenter': false,
  'editor.minimap.enabled': false,
  'workbench.editor.enablePreview': false,
  'workbench.reduceMotion': 'on',
  // What is said to be the extension's kind when it is developed does not keep it out of Node's host.
  'remote.extensionKind': { 'ringside.ringside': ['web'] },
};

let passed = 0;
let failed = 0;
async function step(name, action) {
  const started = Date.now();
  await action();
  passed++;
  console.log(`  ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

const TYPES = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.html': 'text/html',
  '.md': 'text/markdown',
  '.css': 'text/css',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** The package's files, and an empty page, for a browser of any origin. */
function servePackage() {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const file = path.join(root, name);
    const headers = { 'Access-Control-Allow-Origin': '*', 'Content-Type': TYPES[path.extname(file)] ?? 'text/plain' };
    if (name === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><title>bare</title>');
    if (!file.startsWith(root) || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404, headers).end();
    response.writeHead(200, headers).end(fs.readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })));
}

/** In the page: a DAP client of a session in a Web Worker, whose files are these. */
async function debugInPage({ files, line }) {
  const worker = new Worker('/dist/web/worker.js');
  const received = [];
  let changed = () => {};
  worker.onerror = (event) => received.push({ type: 'event', event: 'broken', body: event.message }) && changed();
  worker.onmessage = ({ data }) => {
    if (data.type === 'ringside/files') {
      const found = Object.fromEntries(data.paths.map((p) => [p, p in files ? new TextEncoder().encode(files[p]) : null]));
      worker.postMessage({ type: data.type, id: data.id, files: found });
    } else received.push(data);
    changed();
  };
  const until = async (test) => {
    for (;;) {
      const found = received.find(test) ?? received.find((m) => m.event === 'broken');
      if (found) return found;
      await new Promise((resolve) => (changed = resolve));
    }
  };
  let seq = 0;
  const request = async (command, args = {}) => {
    const number = ++seq;
    worker.postMessage({ type: 'request', seq: number, command, arguments: args });
    const answer = await until((m) => m.type === 'response' && m.request_seq === number);
    if (!answer.success) throw new Error(`${command}: ${answer.message ?? answer.body}`);
    return answer.body;
  };
  const program = 'vscode-test://host/guests/main.asm';
  await request('initialize', { adapterID: 'ringside', linesStartAt1: true, columnsStartAt1: true });
  await request('launch', { program, technique: 'trap', stopOnEntry: false });
  await until((m) => m.event === 'initialized');
  const { breakpoints } = await request('setBreakpoints', { source: { path: program }, breakpoints: [{ line }] });
  await request('configurationDone');
  await until((m) => m.event === 'stopped');
  const { stackFrames } = await request('stackTrace', { threadId: 1 });
  const { result } = await request('evaluate', { expression: 'eax', frameId: stackFrames[0].id, context: 'watch' });
  await request('continue', { threadId: 1 });
  const { body } = await until((m) => m.event === 'exited');
  const { counts } = await request('ringside/exits', {});
  const printed = received.filter((m) => m.event === 'output' && m.body.category === 'stdout').map((m) => m.body.output);
  worker.terminate();
  return { verified: breakpoints[0].verified, line: stackFrames[0].line, result, exitCode: body.exitCode, printed: printed.join(''), traps: counts.trap, node: typeof process };
}

const GUEST = `        bits 32
        org 0x8000
%include "lib/say.inc"
        mov eax, 0x1234
        cli
        say 'w'
        say 'b'
        mov al, 7
        out 0xf4, al
`;
const LIBRARY = `%macro say 1
        mov al, %1
        out 0xe9, al
%endmacro
`;

async function bundleAlone(browser, url) {
  const page = await browser.newPage();
  await page.goto(`${url}/`);
  await step('a session in a Web Worker: launch, include, break, evaluate, print, end', async () => {
    const files = { 'vscode-test://host/guests/main.asm': GUEST, 'vscode-test://host/guests/lib/say.inc': LIBRARY };
    const seen = await page.evaluate(debugInPage, { files, line: 5 });
    assert.deepEqual({ ...seen, result: /1234/.test(seen.result) }, { verified: true, line: 5, result: true, exitCode: 7, printed: 'wb', traps: 4, node: 'undefined' });
  });
  await page.close();
}

async function inWorkbench(browser) {
  const server = await startServer({ settings });
  const page = await newPage(browser, { width: 1400, height: 900 });
  const shot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`) });
  try {
    await page.goto(server.workbenchUrl({ folder: workspace, file: path.join(workspace, 'trap.asm'), extensions: [root], inBrowser: true }));
    const workbench = new Workbench(page, 'trap.asm');
    const cli = firstLine(/^\s*cli\b/);
    await step('the browser’s extension host: the file opens, coloured', () => workbench.ready());
    await step('addresses and bytes stand above labels: the assembler runs in a Web Worker', () =>
      workbench.editor.locator('.codelens-decoration', { hasText: '7C00h' }).waitFor(),
    );
    await step('a hover says what each technique does', async () => assert.match(await workbench.hover(cli, 'cli'), /privileged[\s\S]*Trap-and-emulate/));
    await step('F5 runs to a breakpoint: the machine runs in a Web Worker', async () => {
      await workbench.toggleBreakpoint(cli);
      await page.locator('.tab', { hasText: 'trap.asm' }).click();
      await page.keyboard.press('F5');
      await workbench.choose('Trap-and-emulate');
      await workbench.runTo(cli);
    });
    await step('F10 steps, VM Exits shows the trap, and the line counts it', async () => {
      await page.keyboard.press('F10');
      await soon('the next line', async () => (await workbench.stoppedLine()) > cli);
      assert.match(await workbench.rowLike('VM Exits', /^cli\b/), /#GP/);
      await workbench.editor
        .locator('.view-line', { hasText: /1\s*trap/ })
        .first()
        .waitFor();
      await shot('web-1-stopped');
    });
    await page.keyboard.press('Shift+F5');
    await step('a lab opens with its text', async () => {
      await workbench.command('Ringside: Open a Lab');
      await workbench.choose('Trap and emulate');
      await page.locator('.tab', { hasText: '2-trapAndEmulate.asm' }).waitFor();
      await page.locator('.tab', { hasText: 'Preview 2-trapAndEmulate.md' }).waitFor();
      await page.locator('.codelens-decoration', { hasText: 'Start: Trap-and-emulate' }).waitFor();
      const text = await frameWith(page, 'h1[id]');
      await text.getByRole('heading', { name: 'Lab 2: Trap and emulate' }).waitFor();
      await shot('web-2-lab');
    });
  } catch (error) {
    await shot('web-failure').catch(() => {});
    const shown = (selector) => page.locator(selector).allTextContents();
    console.error('active tabs:', await shown('.tab.active').catch(String), 'lenses:', await shown('.codelens-decoration').catch(String));
    throw error;
  } finally {
    await page.close();
    await server.stop();
  }
}

/** The checks of test/suite/everyProvider.ts, by the bundle and in the worker of a browser. */
async function suiteInBrowser(browser) {
  const server = await startServer({ settings: { ...settings, 'debug.saveBeforeStart': 'none' } });
  const page = await newPage(browser, { width: 1400, height: 900 });
  const finished = new Promise((resolve, reject) => {
    page.on('crash', () => reject(new Error('the page crashed')));
    page.exposeFunction('codeAutomationExit', resolve).catch(reject);
  });
  const said = [];
  await page.exposeFunction('codeAutomationLog', (_level, parts) => void said.push(format(...parts)));
  const result = browserSuite.replace(/\.js$/, '.json');
  fs.rmSync(result, { force: true });
  try {
    await page.goto(server.workbenchUrl({ folder: workspace, extensions: [root], inBrowser: true, tests: browserSuite }));
    const code = await finished;
    assert.ok(fs.existsSync(result), `no result, exit code ${code}\n${said.join('\n')}`);
    const report = JSON.parse(fs.readFileSync(result, 'utf8'));
    for (const name of report.passed) await step(`in the browser: ${name}`, () => {});
    assert.deepEqual(report.failed, []);
    assert.ok(report.passed.length > 0);
  } catch (error) {
    await page.screenshot({ path: path.join(shots, 'web-suite-failure.png') });
    throw error;
  } finally {
    await page.close();
    await server.stop();
  }
}

const words = process.argv.slice(2).filter((word) => word !== '--built');
let files;
let browser;
try {
  await bundleForTests();
  files = await servePackage();
  browser = await startBrowser();
  for (const part of [bundleAlone, inWorkbench, suiteInBrowser]) if (words.length === 0 || words.includes(part.name)) await part(browser, files.url);
} catch (error) {
  failed++;
  console.error(error);
} finally {
  await browser?.close();
  files?.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

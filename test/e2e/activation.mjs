#!/usr/bin/env node
/**
 * What activating Ringside takes, as VS Code measures it (Developer: Startup Performance): an assembly file is opened in a new
 * extension host each time. Beside it, in the same host, a trivial extension with the same activation event is measured: what the
 * host itself costs. Arguments: how often, and folders of other checkouts, built, to compare with; rounds are interleaved.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generationName, startServer } from '../../scripts/vscodeServer.mjs';
import { newPage, startBrowser } from './browser.mjs';
import { root, workspace } from './bundle.mjs';
import { soon, Workbench } from './workbench.mjs';

const args = process.argv.slice(2);
const rounds = Number(args.find((a) => /^\d+$/.test(a)) ?? 5);
const folders = [root, ...args.filter((a) => !/^\d+$/.test(a)).map((a) => path.resolve(a))];
/** Tall: an editor has only the lines in its DOM that are visible. */
const viewport = { width: 1600, height: 5000 };

const EXTENSIONS = { ours: 'ringside.ringside', trivial: 'ringside-test.trivial' };

/** Into a new profile: an extension that does next to nothing when an assembly file is opened. */
function installTrivialExtension(home) {
  const [publisher, name] = EXTENSIONS.trivial.split('.');
  const folder = path.join(home, `extensions/${EXTENSIONS.trivial}-0.0.1`);
  fs.mkdirSync(folder, { recursive: true });
  const manifest = { publisher, name, version: '0.0.1', engines: { vscode: '^1.90.0' }, main: './extension.cjs', activationEvents: ['onLanguage:ringside-asm'] };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const code = `const { commands } = require('vscode');
    exports.activate = (context) => { context.subscriptions.push(commands.registerCommand('trivial.nothing', () => {})); };\n`;
  fs.writeFileSync(path.join(folder, 'extension.cjs'), code);
}

/** Of the table of extensions: milliseconds of loading the code, of running `activate`, and until what that promised was there. */
function timesOf(lines, id) {
  const cells = lines
    .find((line) => line.startsWith(`| ${id} `))
    ?.split('|')
    .map((cell) => cell.trim());
  return cells && { load: Number(cells[3]), call: Number(cells[4]), finish: Number(cells[5]) };
}

async function measure(browser, server, extensions) {
  const page = await newPage(browser, viewport);
  try {
    await page.goto(server.workbenchUrl({ folder: workspace, file: path.join(workspace, 'trap.asm'), extensions }));
    const workbench = new Workbench(page, 'trap.asm');
    await workbench.ready();
    await page.locator('.statusbar-item', { hasText: 'Choose Technique' }).waitFor();
    return await soon('the rows of both extensions', async () => {
      await workbench.command('Developer: Startup Performance');
      return soon(
        'the table',
        async () => {
          const lines = (await page.locator('.view-line').allTextContents()).map((line) => line.replaceAll('\u00a0', ' '));
          const found = Object.fromEntries(Object.entries(EXTENSIONS).map(([name, id]) => [name, timesOf(lines, id)]));
          return found.ours && found.trivial && found;
        },
        10_000,
      ).catch(() => undefined);
    });
  } finally {
    await page.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
function report(title, runs) {
  const of = (field) => runs.map((run) => run[field]);
  const sums = runs.map(({ load, call }) => load + call);
  console.log(
    `${title}: load ${of('load')}, activate ${of('call')}; median ${median(sums)} ms (load ${median(of('load'))}, activate ${median(of('call'))}); finished after ${of('finish')}, median ${median(of('finish'))}`,
  );
}

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-activation-'));
installTrivialExtension(home);
const server = await startServer({ home, settings: { 'workbench.reduceMotion': 'on' } });
const browser = await startBrowser();
const seen = new Map(folders.map((folder) => [folder, []]));
try {
  for (let round = 0; round < rounds; round++) for (const folder of folders) seen.get(folder).push(await measure(browser, server, [folder]));
} finally {
  await browser.close();
  await server.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
for (const [folder, runs] of seen) {
  report(
    `${folder}, VS Code ${generationName()}`,
    runs.map(({ ours }) => ours),
  );
  report(
    '  a trivial extension beside it',
    runs.map((run) => run.trivial),
  );
}

#!/usr/bin/env node
/**
 * What activating Ringside takes, as VS Code measures it (Developer: Startup Performance): an assembly file is opened in a new
 * extension host each time. Arguments: how often, and folders of other checkouts, built, to compare with; rounds are interleaved.
 */
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

/** Milliseconds: loading the code, and running `activate`. */
async function measure(browser, server, folder) {
  const page = await newPage(browser, viewport);
  try {
    await page.goto(server.workbenchUrl({ folder: workspace, file: path.join(workspace, 'trap.asm'), extensions: [folder] }));
    const workbench = new Workbench(page, 'trap.asm');
    await workbench.ready();
    await page.locator('.statusbar-item', { hasText: 'Choose Technique' }).waitFor();
    return await soon('the row of Ringside', async () => {
      await workbench.command('Developer: Startup Performance');
      await page.waitForTimeout(1500);
      const lines = await page.locator('.view-line').allTextContents();
      const row = lines.map((l) => l.replaceAll('\u00a0', ' ')).find((l) => /^\| *ringside\.ringside /.test(l));
      const cells = row?.split('|').map((cell) => cell.trim());
      return cells && { load: Number(cells[3]), call: Number(cells[4]), event: cells[6] };
    });
  } finally {
    await page.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const server = await startServer({ settings: { 'workbench.reduceMotion': 'on' } });
const browser = await startBrowser();
const seen = new Map(folders.map((folder) => [folder, []]));
try {
  for (let round = 0; round < rounds; round++) for (const folder of folders) seen.get(folder).push(await measure(browser, server, folder));
} finally {
  await browser.close();
  await server.stop();
}
for (const [folder, runs] of seen) {
  const of = (field) => runs.map((run) => run[field]);
  const sums = runs.map(({ load, call }) => load + call);
  console.log(
    `${folder}, VS Code ${generationName()}: load ${of('load')}, activate ${of('call')}; median ${median(sums)} ms (load ${median(of('load'))}, activate ${median(of('call'))})`,
  );
}

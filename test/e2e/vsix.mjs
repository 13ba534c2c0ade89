#!/usr/bin/env node
/**
 * The package as its user gets it: installed into a clean profile of a real VS Code from ringside-VERSION.vsix (`npm run package`
 * makes it), outside of this repository. It sleeps until an assembly file is there; its first lab opens and runs to each of its
 * stops; what it took to activate is printed.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generationName, installExtension, startServer } from '../../scripts/vscodeServer.mjs';
import { newPage, STARTING, startBrowser } from './browser.mjs';
import { root } from './bundle.mjs';
import { shots } from './shots.mjs';
import { soon, Workbench } from './workbench.mjs';

const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const vsix = path.join(root, `ringside-${version}.vsix`);
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-vsix-'));
const installed = path.join(home, `extensions/ringside.ringside-${version}`);
const folder = path.join(home, 'guest');
const GUEST = '1-sensitive.asm';
const viewport = { width: 1400, height: 900 };

let passed = 0;
let failed = 0;
let server;
let browser;
let page;

async function step(name, action) {
  await action();
  passed++;
  console.log(`  ok ${name}`);
}
const shot = (name) => page.screenshot({ path: path.join(shots, `vsix-${name}.png`) });

/** Lines of `[stop N]` and what stands there, in the order of N. */
function stopsOf(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const found = lines.flatMap((text, n) => {
    const stop = /\[stop (\d+)\]/.exec(text);
    return stop ? [{ number: Number(stop[1]), line: n + 1, text: text.trim() }] : [];
  });
  return found.sort((a, b) => a.number - b.number);
}

/** What `Developer: Show Running Extensions` says of Ringside; undefined when it does not run. */
async function running(workbench) {
  // Tall enough for all rows: what is not to be seen is not in the list.
  await page.setViewportSize({ ...viewport, height: 4000 });
  await workbench.command('Developer: Show Running Extensions');
  const editor = page.locator('.runtime-extensions-editor');
  await editor.locator('.monaco-list-row').first().waitFor();
  const row = editor.locator('.monaco-list-row', { hasText: 'Ringside' });
  const text = (await row.count()) > 0 ? await row.first().textContent() : undefined;
  // VS Code 1.139 shows it above the workbench, and no command is heard before it is gone.
  const above = page.locator('.monaco-modal-editor-block');
  if (await above.isVisible()) await page.keyboard.press('Escape');
  await above.waitFor({ state: 'hidden' });
  await page.setViewportSize(viewport);
  return text;
}

async function main() {
  await step('it installs into a clean profile', () => {
    if (!fs.existsSync(vsix)) throw new Error(`${path.basename(vsix)} is missing: npm run package makes it`);
    assert.match(installExtension(vsix, { home }), /successfully installed/);
    assert.ok(fs.existsSync(path.join(installed, 'dist/worker.mjs')));
  });
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'no assembly here\n');
  server = await startServer({ home });
  browser = await startBrowser();
  page = await newPage(browser, viewport);
  await page.goto(server.workbenchUrl({ folder, file: path.join(folder, 'notes.txt') }));
  await page.locator('.editor-instance .view-line', { hasText: 'no assembly here' }).waitFor({ timeout: STARTING });
  const workbench = new Workbench(page, GUEST);
  await step('nothing of it runs while no assembly file is open', async () => {
    const text = await running(workbench);
    assert.ok(text === undefined || !/Activation: \d+ms/.test(text), text);
  });
  const stops = stopsOf(path.join(installed, 'examples/labs', GUEST));
  await step('the command opens lab one, its text and its stops', async () => {
    await workbench.command('Ringside: Open a Lab');
    await workbench.choose('What is sensitive');
    await workbench.ready();
    await page.locator('.tab', { hasText: 'Preview 1-sensitive.md' }).waitFor();
    await page.locator('.codelens-decoration', { hasText: 'Start: Trap-and-emulate' }).waitFor();
    await workbench.editor.locator('.codicon-debug-breakpoint').first().waitFor();
    await page.locator('.editor-group-container.active .tab.active', { hasText: GUEST }).waitFor(); // F5 is for it
    await shot('1-lab');
  });
  await step(`F5 offers the lab’s technique first and stops at all ${stops.length} stops`, async () => {
    // The keyboard is in the guest: nothing has to be clicked.
    await page.keyboard.press('F5');
    const first = page.locator('.quick-input-list .monaco-list-row').first();
    await first.waitFor();
    assert.match((await first.textContent()) ?? '', /Trap-and-emulate[\s\S]*this lab begins with it/);
    await page.keyboard.press('Enter'); // it is the first: a click could meet the hover of a view below
    for (const [n, { line, text }] of stops.entries()) {
      await soon(`stop ${n + 1}, line ${line}`, async () => (await workbench.stoppedLine()) === line);
      if (n === 0) await shot('2-stop');
      if (n === 2) assert.match(await workbench.rowLike('VM Exits', /^cli\b/), /#GP/);
      const [silent] = /^(sgdt|mov eax, cs|pushf)/.exec(text) ?? [];
      if (silent) {
        // Once more, to say what is about to go wrong.
        await page.keyboard.press('F5');
        await page.locator('.exception-widget', { hasText: `Silent misbehaviour: ${silent.replace(', ', ',')}` }).waitFor();
        assert.equal(await workbench.stoppedLine(), line);
      }
      if (n + 1 < stops.length) await page.keyboard.press('F5');
    }
  });
  await step('VM Exits has counted what went silently wrong', async () => {
    await workbench.rowLike('VM Exits', /^Counts .*silently wrong 3\b/);
    await shot('3-exits');
  });
  await step('it runs to its end', async () => {
    await page.keyboard.press('F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  });
  await step('it has been activated, and says how long that took', async () => {
    const text = await running(workbench);
    const time = /Activation: (\d+)ms/.exec(text ?? '');
    assert.ok(time, text);
    console.log(`activated in ${time[1]} ms, VS Code ${generationName()}; ${path.basename(vsix)}: ${Math.round(fs.statSync(vsix).size / 1024)} kB`);
    await shot('4-running');
  });
}

try {
  await main();
} catch (error) {
  failed++;
  console.error(error);
  await page?.screenshot({ path: path.join(shots, 'vsix-failure.png') }).catch(() => {});
} finally {
  await browser?.close();
  await server?.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

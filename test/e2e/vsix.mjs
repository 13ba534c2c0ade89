#!/usr/bin/env node
/**
 * The package as its user gets it: installed into a real VS Code from ringside-VERSION.vsix (`npm run package` makes it),
 * outside of this repository, it debugs the first example.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installExtension, startServer } from '../../scripts/vscodeServer.mjs';
import { startBrowser } from './browser.mjs';
import { root } from './bundle.mjs';
import { soon, Workbench } from './workbench.mjs';

const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const vsix = path.join(root, `ringside-${version}.vsix`);
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-vsix-'));
const folder = path.join(home, 'guest');
const file = path.join(folder, 'trap.asm');

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

async function main() {
  await step('it installs', () => {
    if (!fs.existsSync(vsix)) throw new Error(`${path.basename(vsix)} is missing: npm run package makes it`);
    assert.match(installExtension(vsix, { home }), /successfully installed/);
    assert.ok(fs.existsSync(path.join(home, `extensions/ringside.ringside-${version}/dist/worker.mjs`)));
  });
  fs.mkdirSync(folder);
  fs.copyFileSync(path.join(home, `extensions/ringside.ringside-${version}/examples/trap.asm`), file);
  const cli =
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => /^\s*cli\b/.test(line)) + 1;
  server = await startServer({ home });
  browser = await startBrowser();
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(30_000);
  await page.goto(server.workbenchUrl({ folder, file }));
  const workbench = new Workbench(page, 'trap.asm');
  await step('its example opens, coloured', () => workbench.ready());
  await step('F5 debugs it under trap-and-emulate', async () => {
    await workbench.toggleBreakpoint(cli);
    await page.locator('.tab', { hasText: 'trap.asm' }).click();
    await page.keyboard.press('F5');
    await workbench.choose('Trap-and-emulate');
    await workbench.runTo(cli);
  });
  await step('F10 steps, and VM Exits shows the trap', async () => {
    await page.keyboard.press('F10');
    await soon('the next line', async () => (await workbench.stoppedLine()) > cli);
    assert.match(await workbench.rowLike('VM Exits', /^cli\b/), /#GP/);
  });
  await page.keyboard.press('Shift+F5');
}

try {
  await main();
} catch (error) {
  failed++;
  console.error(error);
} finally {
  await browser?.close();
  await server?.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

#!/usr/bin/env node
/**
 * Guest Screen and serial terminals in a real VS Code, with two VMs in one session: views show the one that is chosen in the call
 * stack; keys, mouse and what is typed into a terminal reach that one alone; the picture becomes a PNG file.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startServer } from '../../scripts/vscodeServer.mjs';
import { newPage, STARTING, startBrowser } from './browser.mjs';
import { bundleForTests, root } from './bundle.mjs';
import { shots } from './shots.mjs';
import { frameWith, soon, Workbench } from './workbench.mjs';

const settings = {
  'window.commandCenter': false,
  'editor.minimap.enabled': false,
  'workbench.reduceMotion': 'on',
  // As text in the document, not as a picture.
  'terminal.integrated.gpuAcceleration': 'off',
  'files.simpleDialog.enable': true,
  'terminal.integrated.defaultLocation': 'editor',
};

let passed = 0;
let failed = 0;
let server;
let browser;
let page;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-devices-'));
const shot = (name) => page.screenshot({ path: path.join(shots, `devices-${name}.png`) });

async function step(name, action) {
  const started = Date.now();
  await action();
  passed++;
  console.log(`  ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

const screenFrame = () => frameWith(page, '#picture');
const picture = () => page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame').locator('#picture');
async function middle() {
  const { x, y, width, height } = await picture().boundingBox();
  return [Math.round(x + width / 2), Math.round(y + height / 2)];
}
const screenSays = async (text) => (await screenFrame()).locator('#screen', { hasText: text }).waitFor({ state: 'attached' });
const choose = (name) =>
  page
    .locator('.debug-call-stack .monaco-list-row', { hasText: `${name}:` })
    .first()
    .click();
const openTerminal = async (workbench, port, vm) => {
  await workbench.command('Ringside: Open Serial Terminal');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: vm }).first().waitFor();
  await page.locator('.quick-input-widget input[type=text]').fill(vm);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: port }).filter({ hasText: vm }).first().click();
  // It is shown before it is ready, and takes the keyboard when it is, or not at all.
  await page.locator('.tab.active', { hasText: `${port}: ${vm}` }).waitFor();
  await soon('the keyboard in the terminal', async () => {
    await page.locator('.xterm:visible').last().click();
    return page.evaluate(() => document.activeElement?.closest('.xterm')?.checkVisibility());
  });
};
/** Lines of the terminal that is shown. */
const terminalText = () =>
  page
    .locator('.xterm-rows:visible')
    .last()
    .evaluate((rows) => [...rows.children].map((row) => row.textContent.replace(/\u00a0/g, ' ').trimEnd()).join('\n'));
const terminalSays = (pattern) => soon(`${pattern} in the terminal`, async () => pattern.exec(await terminalText().catch(() => '')));
/** `mFF 0A FB` on COM2: buttons and motion so far, y as the screen counts. */
async function mouse() {
  const packets = [...(await terminalText()).matchAll(/^m([0-9A-F]{2}) ([0-9A-F]{2}) ([0-9A-F]{2})$/gm)].map(([, flags, x, y]) => [flags, x, y].map((h) => Number.parseInt(h, 16)));
  const signed = (n, sign) => n - (sign ? 256 : 0);
  return {
    x: packets.reduce((sum, [flags, x]) => sum + signed(x, flags & 0x10), 0),
    y: packets.reduce((sum, [flags, , y]) => sum - signed(y, flags & 0x20), 0),
    buttons: packets.map(([flags]) => flags & 7),
  };
}

/** Typed into the terminal that has the keyboard, and echoed in capitals. */
async function typed(text) {
  await page.keyboard.type(text);
  await soon(`the echo of ${text}`, async () => (await terminalText()).includes(text.toUpperCase()));
}

/** A click on the picture, which brings the keyboard there. */
async function clickPicture() {
  const frame = await screenFrame();
  await picture().click();
  await soon('the keyboard in the picture', () => frame.evaluate(() => document.hasFocus() && document.activeElement?.id === 'picture'));
}

/** The mouse once a click of the right button has come to the guest, and with it all motion before. */
async function clicked() {
  const presses = async () => (await mouse()).buttons.filter((buttons) => buttons === 2).length;
  const before = await presses();
  await page.mouse.down({ button: 'right' });
  await soon('the button', async () => (await presses()) > before);
  await page.mouse.up({ button: 'right' });
  await soon('the button let go', async () => (await mouse()).buttons.at(-1) === 0);
  return mouse();
}

async function main() {
  await bundleForTests();
  fs.cpSync(path.join(import.meta.dirname, 'guests'), folder, { recursive: true });
  server = await startServer({ settings });
  browser = await startBrowser();
  page = await newPage(browser, { width: 1500, height: 950 });
  await page.goto(server.workbenchUrl({ folder, file: path.join(folder, 'echo.asm'), extensions: [root] }));
  const workbench = new Workbench(page, 'echo.asm');
  await workbench.ready();
  await step('the two VMs of launch.json run', async () => {
    await page.keyboard.press('Control+Shift+D');
    // A key before the debugger's part of the workbench is up is lost, and one too many asks whether to start another session.
    await page.locator('.start-debug-action-item', { hasText: 'two' }).locator('.codicon-debug-start').click();
    await page.locator('.debug-call-stack .monaco-list-row', { hasText: 'second:' }).waitFor({ timeout: STARTING });
  });
  await step('Guest Screen shows the one that is chosen in the call stack, and says which', async () => {
    await page.locator('.panel .composite-bar .action-label[aria-label="Guest Screen"]').click();
    await choose('first');
    await screenSays('This is the first VM.');
    await choose('second');
    await screenSays('This is the second VM.');
    await page.locator('.panel', { hasText: 'second: Bare metal' }).first().waitFor();
    await shot('1-second');
  });
  await step('keys go to it', async () => {
    await openTerminal(workbench, 'COM2', 'second');
    await clickPicture();
    await page.keyboard.press('a');
    // The packets of the click may come between.
    await terminalSays(/^k1E\n(m.*\n)*k9E$/m);
  });
  await step('the mouse goes to it, as motion', async () => {
    const [x, y] = await middle();
    await page.mouse.move(x, y);
    const before = await clicked();
    await page.mouse.move(x + 30, y + 12, { steps: 3 });
    const after = await clicked();
    assert.deepEqual([after.x - before.x, after.y - before.y], [30, 12]);
    await shot('2-mouse');
  });
  await step('a double click gives it the mouse and all keys, Escape takes them back', async () => {
    const frame = await screenFrame();
    const grabbed = () => frame.evaluate(() => document.pointerLockElement?.id === 'picture');
    await picture().dblclick();
    await soon('the grab', grabbed);
    await page.keyboard.press('F5');
    // The mouse may have moved as it was grabbed.
    await terminalSays(/^k3F\n(m.*\n)*kBF$/m);
    await page.keyboard.press('Escape');
    await soon('the release', async () => !(await grabbed()));
  });
  await step('what is typed into a terminal reaches its VM alone', async () => {
    await openTerminal(workbench, 'COM1', 'second');
    await typed('ringside');
    await openTerminal(workbench, 'COM1', 'first');
    await typed('other');
    assert.doesNotMatch(await terminalText(), /RINGSIDE/);
    await shot('3-serial');
  });
  await step('Memory shows the one that is chosen', async () => {
    await workbench.command('Ringside: Show Memory');
    const memory = await frameWith(page, 'body[data-page="memory"]');
    await memory.getByLabel('Address').fill('name');
    await memory.getByLabel('Address').press('Enter');
    const says = (text) => soon(text, async () => (await memory.locator('[data-column="text"]').allTextContents()).join('').includes(text));
    await choose('first');
    await says('This is the first VM.');
    await choose('second');
    await says('This is the second VM.');
  });
  await step('a screenshot is a PNG file of what is shown', async () => {
    await workbench.command('Ringside: Save Screenshot');
    const input = page.locator('.quick-input-widget input[type=text]');
    await soon('the name', async () => (await input.inputValue()).endsWith('guest.png'));
    await page.keyboard.press('Enter');
    const file = path.join(folder, 'guest.png');
    await soon('the file', () => fs.existsSync(file) && fs.statSync(file).size > 0);
    const png = fs.readFileSync(file);
    assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [720, 400]);
  });
  await step('one VM ends, the other stays; the session ends, and the terminal says so', async () => {
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await page.locator('.tab', { hasText: 'COM1: first' }).click();
    await terminalSays(/the guest is gone/);
  });
}

try {
  await main();
} catch (error) {
  failed++;
  console.error(error);
  await shot('failure').catch(() => {});
} finally {
  await browser?.close();
  await server?.stop();
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

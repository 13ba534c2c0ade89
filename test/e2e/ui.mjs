#!/usr/bin/env node
/**
 * What a newcomer does, in a real VS Code: open an assembly file, click a breakpoint, press F5, choose a technique,
 * see the machine stop, step, and read what the hypervisor did. Screenshots go to test/e2e/shots.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startServer } from '../../scripts/vscodeServer.mjs';
import { newPage, startBrowser } from './browser.mjs';
import { bundleForTests, root, workspace } from './bundle.mjs';
import { shots } from './shots.mjs';
import { frameWith, soon, Workbench } from './workbench.mjs';

const file = path.join(workspace, 'trap.asm');
const source = fs.readFileSync(file, 'utf8').split('\n');
const firstLine = (pattern) => source.findIndex((line) => pattern.test(line)) + 1;
const cli = firstLine(/^\s*cli\b/);
const smsw = firstLine(/^\s*smsw\b/);
const lab = fs.readFileSync(path.join(root, 'examples/labs/3-silentPopf.asm'), 'utf8').split('\n');
const labStop = lab.findIndex((line) => line.includes('[stop 1]')) + 1;
const settings = { 'window.commandCenter': false, 'editor.minimap.enabled': false, 'workbench.editor.enablePreview': false, 'workbench.reduceMotion': 'on' };

let passed = 0;
let failed = 0;
let server;
let browser;
let page;

async function step(name, action) {
  const started = Date.now();
  await action();
  passed++;
  console.log(`  ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
const openPanel = (name) => page.locator(`.panel .composite-bar .action-label[aria-label="${name}"]`).click();
const viewPage = (name) => frameWith(page, `body[data-page="${name}"]`);
const shot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`) });

/** A preview is loaded anew while its styles arrive: until a click has given it the keyboard. */
const clickHeading = () =>
  soon('the keyboard in the text', async () => {
    const text = await frameWith(page, 'h1[id]');
    const clicked = text.locator('h1').first().click();
    return clicked.then(() => text.evaluate(() => document.hasFocus())).catch(() => false);
  });

async function main() {
  await bundleForTests();
  server = await startServer({ settings });
  browser = await startBrowser();
  page = await newPage(browser, { width: 1400, height: 900 });
  const foreign = [];
  page.on('request', (request) => {
    // A webview's own files have such an address too: its service worker answers, not the network.
    const local = request.url().startsWith(server.url) || /^(data|blob):|^https:\/\/[^/]+\.vscode-resource\.vscode-cdn\.net\//.test(request.url());
    if (!local) foreign.push(request.url());
  });
  await page.goto(server.workbenchUrl({ folder: workspace, file, extensions: [root] }));
  const workbench = new Workbench(page, 'trap.asm');

  await step('the file opens, coloured', () => workbench.ready());
  await step('addresses and bytes stand above labels', () => workbench.editor.locator('.codelens-decoration', { hasText: '7C00h' }).waitFor());
  await step('the status bar offers a technique', () => page.locator('.statusbar-item', { hasText: 'Choose Technique' }).waitFor());
  await shot('1-source');
  await step('a click in the gutter sets a breakpoint on CLI', () => workbench.toggleBreakpoint(cli));
  await step('a hover says what each technique does', async () => {
    assert.match(await workbench.hover(cli, 'cli'), /privileged[\s\S]*Trap-and-emulate[\s\S]*Binary translation/);
    await shot('2-hover');
  });
  await step('F5 asks for the technique', async () => {
    await page.locator('.tab', { hasText: 'trap.asm' }).click();
    await page.keyboard.press('F5');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Trap-and-emulate' }).waitFor();
    await shot('3-technique');
    await workbench.choose('Trap-and-emulate');
  });
  await step('the guest stops on CLI', () => workbench.runTo(cli));
  await step('the status bar names the technique', () => page.locator('.statusbar-item', { hasText: 'Trap-and-emulate (classic)' }).waitFor());
  await step('F10 steps, and VM Exits shows the trap', async () => {
    await page.keyboard.press('F10');
    await soon('the next line', async () => (await workbench.stoppedLine()) > cli);
    assert.match(await workbench.rowLike('VM Exits', /^cli\b/), /#GP/);
  });
  await step('Block Cache shows the block one steps in', () => workbench.rowLike('Block Cache', /^[0-9A-F]{4}:[0-9A-F]{4} .*ends: /));
  await shot('4-stopped');
  await step('the row leads to its source', async () => {
    await workbench.pane('VM Exits').locator('.monaco-list-row', { hasText: /^cli/ }).first().click();
    await soon('the cursor on the line', async () => (await page.locator('.statusbar-item', { hasText: `Ln ${cli},` }).count()) > 0);
  });
  await step('registers are variables', async () => {
    await page.keyboard.press('Control+Shift+D');
    await page.locator('.debug-variables .monaco-list-row').first().waitFor();
    await page.locator('.debug-call-stack .stack-frame').first().waitFor();
  });
  await step('a silent misbehaviour stops the guest, in words', async () => {
    await page.keyboard.press('F5');
    await soon('the silent instruction', async () => (await workbench.stoppedLine()) === smsw);
    await page.locator('.exception-widget', { hasText: /Silent misbehaviour: smsw[\s\S]*on bare metal/ }).waitFor();
    await shot('7-silent');
  });
  await step('an event breakpoint can be added', async () => {
    await workbench.command('Ringside: Add Event Breakpoint');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'insn:cli' }).first().waitFor();
    await shot('5-event-breakpoint');
    await page.keyboard.type('popf');
    await workbench.choose('insn:popf');
    await page.locator('.debug-breakpoints .monaco-list-row', { hasText: 'insn:popf' }).waitFor();
    await shot('6-breakpoints');
  });
  await step('another technique runs the guest again', async () => {
    await page.locator('.statusbar-item', { hasText: 'Trap-and-emulate (classic)' }).click();
    await workbench.choose('Binary translation');
    await workbench.choose('Run Again');
    await page.locator('.statusbar-item', { hasText: 'Binary translation' }).waitFor();
    await workbench.runTo(cli);
  });
  await step('Block Cache shows the blocks it ran, and what ended them', async () => {
    await workbench.toggleBreakpoint(smsw);
    await page.keyboard.press('F5');
    await soon('the second breakpoint', async () => (await workbench.stoppedLine()) === smsw);
    await workbench.rowLike('Block Cache', /^[0-9A-F]{4}:[0-9A-F]{4} .*ends: /);
    await workbench.rowLike('VM Exits', /^Counts .*callouts \d+/);
    await shot('8-blocks');
  });
  await step('a click on a block opens it in a tab, styled and filled', async () => {
    await workbench.pane('Block Cache').locator('.monaco-list-row').first().click();
    const frame = await viewPage('block');
    await frame.locator('[aria-label="Guest code"] .line').first().waitFor();
    // A frame that is not laid out yet has no computed styles.
    await soon('the style sheet', async () => (await frame.locator('header').evaluate((header) => getComputedStyle(header).display)) === 'flex');
    await shot('11-block');
    await frame.getByRole('tab', { name: 'Graph' }).click();
    await frame.locator('.node').first().waitFor();
    await shot('12-graph');
  });
  await step('VM exits as a chart', async () => {
    await workbench.command('Ringside: Show VM Exits as a Chart');
    await (await viewPage('exits')).locator('.bucket').first().waitFor();
    await shot('13-exits');
  });
  await step('the system state; a flag is turned over', async () => {
    await workbench.command('Ringside: Show System State');
    const carry = (await viewPage('system')).locator('[data-key="bit-eflags.CF"]');
    const before = await carry.getAttribute('aria-pressed');
    await carry.click();
    await soon('the flag', async () => (await carry.getAttribute('aria-pressed')) !== before);
    await shot('14-system');
    await carry.click();
    await soon('the flag as it was', async () => (await carry.getAttribute('aria-pressed')) === before);
  });
  await step('memory at an address', async () => {
    await workbench.command('Ringside: Show Memory');
    const frame = await viewPage('memory');
    await frame.getByLabel('Address').fill('phys:0x7c00');
    await frame.getByLabel('Address').press('Enter');
    await frame.locator('[role=rowheader]', { hasText: '00007C00' }).waitFor();
    await shot('15-memory');
  });
  await step('the guest has printed on its screen', async () => {
    await openPanel('Guest Screen');
    const screen = await frameWith(page, '#picture');
    await screen.locator('#screen', { hasText: 'Hello from real mode.' }).waitFor({ state: 'attached' });
    const lit = () =>
      screen.locator('#picture').evaluate((canvas) =>
        canvas
          .getContext('2d')
          .getImageData(0, 0, canvas.width, canvas.height)
          .data.some((value, i) => i % 4 === 0 && value > 100),
      );
    await soon('the picture of it', lit);
    await shot('9-screen');
  });
  await step('a wire of the guest is a terminal', async () => {
    await workbench.command('Ringside: Open Serial Terminal');
    await workbench.choose('COM1');
    await page.locator('.terminal-wrapper.active, .terminal-editor, .terminal .xterm').first().waitFor();
    await shot('10-serial');
  });
  await step('nothing was asked of the network', () => assert.deepEqual(foreign, []));
  await page.keyboard.press('Shift+F5');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  await step('F5 beside a lab’s text is for its guest, and runs it to the first stop', async () => {
    await workbench.pick('Ringside: Open a Lab', 'The silent POPF');
    const guest = new Workbench(page, '3-silentPopf.asm');
    await guest.ready();
    await clickHeading();
    await page.keyboard.press('F5');
    const first = page.locator('.quick-input-list .monaco-list-row').first();
    await first.filter({ hasText: /Trap-and-emulate[\s\S]*this lab begins with it/ }).waitFor();
    await page.keyboard.press('Enter');
    await soon('the first stop', async () => (await guest.stoppedLine()) === labStop);
    await shot('16-lab');
  });
  await page.keyboard.press('Shift+F5');
}

try {
  await main();
} catch (error) {
  failed++;
  console.error(error);
  await page?.screenshot({ path: path.join(shots, 'failure.png') }).catch(() => {});
} finally {
  await browser?.close();
  await server?.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

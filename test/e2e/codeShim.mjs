#!/usr/bin/env node
/**
 * Stands in for VS Code's desktop executable in @vscode/test-electron's `runTests({ vscodeExecutablePath })`:
 * starts the server and headless Chromium, hands the same extension and test paths to the workbench, prints what the
 * extension host prints, and exits with the suite's exit code. RINGSIDE_E2E_DEBUG=1 prints everything.
 */
import fs from 'node:fs';
import path from 'node:path';
import { format, parseArgs } from 'node:util';
import { startServer } from '../../scripts/vscodeServer.mjs';
import { startBrowser } from './browser.mjs';
import { shots } from './shots.mjs';

const debug = Boolean(process.env.RINGSIDE_E2E_DEBUG);
const limit = Number(process.env.RINGSIDE_E2E_TIMEOUT ?? 600_000);
const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { extensionDevelopmentPath: { type: 'string', multiple: true }, extensionTestsPath: { type: 'string' } },
});
const opened = positionals.find((p) => fs.existsSync(p));
const isFolder = opened !== undefined && fs.statSync(opened).isDirectory();

/** The workbench's own log arrives mixed with what the extension host writes. */
const NOISE =
  /^(Resolv(ing|ed) connection token|Creating a socket|Ignoring fetching additional|Updating additional builtin|\[(reconnection-grace-time|Service Worker)|Settings Sync|Started initializing default profile|Completed initializing default profile)/;

let server;
let browser;
let ending = false;
async function end(code) {
  if (ending) return;
  ending = true;
  await browser?.close().catch(() => {});
  await server?.stop();
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(130));

try {
  server = await startServer({ log: (text) => debug && process.stderr.write(text) });
  browser = await startBrowser();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultNavigationTimeout(limit);
  const finished = new Promise((resolve) => page.exposeFunction('codeAutomationExit', (code) => resolve(code)));
  await page.exposeFunction('codeAutomationLog', (level, parts) => {
    const line = format(...parts);
    if (debug || !NOISE.test(line)) (level === 'info' || level === 'log' ? process.stdout : process.stderr).write(`${line}\n`);
  });
  page.on('crash', () => end(1));
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no result after ${limit} ms`)), limit).unref());
  await page.goto(
    server.workbenchUrl({
      folder: isFolder ? opened : undefined,
      file: isFolder ? undefined : opened,
      extensions: values.extensionDevelopmentPath,
      tests: values.extensionTestsPath,
    }),
  );
  try {
    await end(await Promise.race([finished, late]));
  } catch (error) {
    await page.screenshot({ path: path.join(shots, 'in-host-failure.png') });
    throw error;
  }
} catch (error) {
  console.error(error);
  await end(1);
}

/** Headless Chromium for the end-to-end tests. It can reach nothing but 127.0.0.1. */
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function startBrowser() {
  const executablePath = PLACES.find((p) => p && fs.existsSync(p));
  if (!executablePath) throw new Error('No Chromium found. Install it (Debian: apt-get install chromium) or name it in CHROMIUM.');
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, headless: true, args: [...args, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
}

/** Milliseconds until something is taken not to come: long, since the machine may be busy with much else. */
export const PATIENCE = 60_000;
/** Until a workbench has loaded: its server, an extension host and some 30 MB of scripts start. */
export const STARTING = 180_000;

export async function newPage(browser, viewport) {
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(STARTING);
  return page;
}

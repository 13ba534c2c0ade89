#!/usr/bin/env node
// media/icon.svg as media/icon.png (128 × 128, what the extension page shows), drawn by Chromium.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../test/e2e/browser.mjs';

const media = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../media');
const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 128, height: 128 } });
await page.setContent(`<style>body{margin:0}</style>${fs.readFileSync(path.join(media, 'icon.svg'), 'utf8')}`);
await page.screenshot({ path: path.join(media, 'icon.png'), omitBackground: true });
await browser.close();

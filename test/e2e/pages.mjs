#!/usr/bin/env node
/**
 * The pages of the views in Chromium, each with its real HTML, script and content security policy, over a session of the worker that
 * ships: what they show and do, axe-core's rules and a screenshot under each theme. Words choose pages and scenarios, names of themes
 * those; `--built` takes dist/ as it is.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startBrowser } from './browser.mjs';
import { root } from './bundle.mjs';
import { buildAll } from '../../scripts/build.mjs';
import { blockScenarios } from './pages/block.mjs';
import { exitsScenarios } from './pages/exits.mjs';
import { memoryScenarios } from './pages/memory.mjs';
import { HostedPage, servePages } from './pages/pageHost.mjs';
import { DapSession } from './pages/dapSession.mjs';
import { systemScenarios } from './pages/system.mjs';
import { THEMES } from './pages/themes.mjs';

const shots = path.join(import.meta.dirname, 'shots');
fs.mkdirSync(shots, { recursive: true });
const args = process.argv.slice(2);
const chosen = Object.keys(THEMES).filter((theme) => args.includes(theme));
const themes = chosen.length > 0 ? chosen : Object.keys(THEMES);
const words = args.filter((word) => !chosen.includes(word) && word !== '--built');
const scenarios = [...blockScenarios, ...exitsScenarios, ...systemScenarios, ...memoryScenarios].filter(
  ({ name, page }) => words.length === 0 || words.some((w) => `${page} ${name}`.includes(w)),
);

let passed = 0;
let failed = 0;

/** `shown`: what to print beside a failure. */
async function check(name, action, shown = () => '') {
  try {
    await action();
    passed++;
    console.log(`  ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`  FAILED ${name}\n${error.stack ?? error}`);
    console.log(await shown());
  }
}

/** What a scenario gets: the page, its session, and a way to look at it under every theme. */
async function play(scenario, { browser, server }) {
  const session = new DapSession(root);
  console.log(`${scenario.page}: ${scenario.name}`);
  try {
    await session.start({ program: path.join(root, scenario.guest), ...scenario.attributes }, scenario.breakpoints);
    await scenario.prepare?.(session);
    const hosted = await HostedPage.open({ browser, server, name: scenario.page, session, language: scenario.language, silent: scenario.silent, viewport: scenario.viewport });
    const look = async (name, under = themes) => {
      for (const theme of under) {
        await hosted.theme(theme);
        await hosted.page.screenshot({ path: path.join(shots, `page-${name}-${theme}.png`) });
        await check(`${name}, ${theme}: axe finds nothing`, async () => assert.deepEqual(await hosted.violations(), []));
      }
    };
    await hosted.theme('dark');
    const text = async () => `the page shows: ${await hosted.page.locator('#page').textContent()}`.slice(0, 2000);
    await scenario.run({ hosted, page: hosted.page, session, check: (name, action) => check(name, action, text), look });
    if (scenario.language) await check('it says its language', async () => assert.equal(await hosted.page.locator('html').getAttribute('lang'), scenario.language));
    await check('no error of the script or the content security policy', () => assert.deepEqual(hosted.errors, []));
    await hosted.page.close();
  } catch (error) {
    await check('the scenario', () => {
      throw error;
    });
  } finally {
    await session.end();
  }
}

if (!args.includes('--built')) await buildAll();
const server = await servePages(root);
const browser = await startBrowser();
try {
  for (const scenario of scenarios) await play(scenario, { browser, server });
} finally {
  await browser.close();
  await server.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

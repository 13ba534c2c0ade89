#!/usr/bin/env node
// `npm test`: install if needed, build, then types, lint, unit and end-to-end tests. The last line counts what passed and failed.
// Words select steps: `npm test -- types unit`. `--all-generations` runs those in VS Code once in each generation of it.
import path from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';
import { onPath } from './onPath.mjs';
import { runStep } from './steps.mjs';
import { GENERATION_NAMES, generationName } from './vscodeServer.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const bin = (name, file) => path.join(root, 'node_modules', name, file);
const script = (file) => path.join(root, file);

/** In order; a step with `needsBrowser` is skipped, visibly, on a desktop without one, and fails in CI. `inVsCode`: in a VS Code. */
const STEPS = [
  { name: 'build', args: [script('scripts/build.mjs')] },
  { name: 'types', args: [bin('typescript', 'bin/tsc'), '--noEmit', '-p', root] },
  { name: 'lint', args: [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', root] },
  { name: 'layers', args: [script('scripts/lintLayers.mjs')] },
  { name: 'unit', args: [script('scripts/unit.mjs'), '--test-reporter=spec'] },
  { name: 'built', args: ['--test', '--test-reporter=spec', script('test/cli/built.mjs')] },
  { name: 'pages', args: [script('test/e2e/pages.mjs')], needsBrowser: true },
  { name: 'in-host', args: [script('test/e2e/runInHost.mjs')], needsBrowser: true, inVsCode: true },
  { name: 'ui', args: [script('test/e2e/ui.mjs')], needsBrowser: true, inVsCode: true },
  { name: 'devices', args: [script('test/e2e/devices.mjs')], needsBrowser: true, inVsCode: true },
  { name: 'web', args: [script('test/e2e/web.mjs')], needsBrowser: true, inVsCode: true },
];

bootstrap();
const ALL = '--all-generations';
const words = process.argv.slice(2).filter((word) => word !== ALL);
const generations = process.argv.includes(ALL) ? GENERATION_NAMES : [generationName()];
const known = STEPS.map((step) => step.name);
const unknown = words.find((word) => !known.includes(word));
if (unknown !== undefined) {
  console.error(`unknown step '${unknown}': expected ${known.join(', ')}`);
  process.exit(2);
}

const results = [];
const skipped = [];
for (const step of STEPS) {
  if (words.length > 0 && !words.includes(step.name)) continue;
  if (step.needsBrowser && !process.env.CI && !onPath(BROWSERS)) {
    skipped.push(step.name);
    console.log(`\n== ${step.name}: SKIPPED, no Chromium on PATH (apt-get install chromium)`);
    continue;
  }
  for (const name of step.inVsCode ? generations : ['']) {
    const env = name ? { ...process.env, RINGSIDE_VSCODE: name } : process.env;
    results.push(await runStep(name ? `${step.name}, VS Code ${name}` : step.name, process.execPath, step.args, { cwd: root, env }));
  }
}

const sum = (field) => results.reduce((total, result) => total + result[field], 0);
const failures = results.filter((result) => result.failed > 0).map((result) => result.name);
console.log('');
if (skipped.length > 0) console.log(`skipped: ${skipped.join(', ')}`);
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') > 0 || results.length === 0 ? 1 : 0);

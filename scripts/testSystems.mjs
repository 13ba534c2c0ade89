#!/usr/bin/env node
// `npm run test:systems`: boot operating systems that people use, headless. They are fetched into .cache/systems and never
// committed. Words select systems: `npm run test:systems -- pae`. The last line counts what passed and failed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';
import { systems } from '../test/systems/linux.mjs';

const directory = path.join(root, '.cache/systems');
const cli = path.join(root, 'dist/cli.mjs');
const OUTPUT_LINES = 30;

/** Run the command line; what it printed, with its report as JSON. */
function ringside(args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [cli, ...args, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const output = stdout.replaceAll('\r', '');
  const report = stderr.split('\n').findLast((line) => line.startsWith('{'));
  if (report === undefined || status !== 0)
    throw new Error(
      `exit code ${status}; the last lines printed:\n${output.split('\n').slice(-OUTPUT_LINES).join('\n')}\n${report === undefined ? stderr : describe(JSON.parse(report))}`,
    );
  return { output, ...JSON.parse(report) };
}

const describe = ({ stop, retired, milliseconds, unmet, screen = [] }) =>
  `${stop.kind} after ${retired.toLocaleString('en-US')} instructions, ${(milliseconds / 1000).toFixed(1)} s${unmet === undefined ? '' : `; expected ${unmet}`}\n${screen.join('\n').trimEnd()}`;

bootstrap();
fs.mkdirSync(directory, { recursive: true });
const build = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (build.status !== 0) process.exit(1);

const words = process.argv.slice(2);
const names = systems.map((system) => system.name);
const unknown = words.find((word) => !names.some((name) => name.includes(word)));
if (unknown !== undefined) {
  console.error(`unknown system '${unknown}': expected a part of ${names.join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const system of systems) {
  if (words.length > 0 && !words.some((word) => system.name.includes(word))) continue;
  console.log(`== ${system.name}: ${system.title}`);
  try {
    const { retired, milliseconds } = system.run({ directory, ringside });
    passed++;
    console.log(`ok: ${retired.toLocaleString('en-US')} instructions, ${(milliseconds / 1000).toFixed(1)} s, ${(retired / milliseconds / 1000).toFixed(0)} million a second`);
  } catch (error) {
    failed++;
    console.log(`FAILED: ${error.message}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

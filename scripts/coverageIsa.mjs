#!/usr/bin/env node
// Which tests execute which row of the instruction table: `npm run coverage:isa`. Runs the tests that execute guest code, with
// test/coverage/collect.ts injected, and prints a line per row.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const FOLDERS = ['conformance', 'guest', 'machine', 'semantics', 'vmm'];
/** The guests once more, in other ways, and random code: nothing new, and much time. */
const REPEATS = new Set(['guest/observed.test.ts', 'guest/labs.test.ts', 'vmm/isolation.test.ts', 'vmm/randomCode.test.ts', 'vmm/scheduler.test.ts']);
/** Of the guests, their run on bare metal will do. */
const GUESTS = 'guest/guests.test.ts';
const outdir = path.join(root, 'dist/coverage');
const results = path.join(outdir, 'results');
const report = path.join(outdir, 'report.mjs');
fs.rmSync(outdir, { recursive: true, force: true });
fs.mkdirSync(results, { recursive: true });

const tests = FOLDERS.flatMap((folder) =>
  fs
    .readdirSync(path.join(root, 'test', folder), { recursive: true })
    .map((name) => path.join(folder, name))
    .filter((name) => name.endsWith('.test.ts') && !REPEATS.has(name.split(path.sep).join('/'))),
);
const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'warning' };
await build({
  ...options,
  entryPoints: tests.map((name) => path.join(root, 'test', name)),
  outbase: path.join(root, 'test'),
  outdir,
  outExtension: { '.js': '.mjs' },
  inject: [path.join(root, 'test/coverage/collect.ts')],
});
await build({ ...options, entryPoints: [path.join(root, 'test/coverage/report.ts')], outfile: report });

/** The status of the tests of these files, whose report is shown if one fails. */
function run(names, ...flags) {
  const bundles = names.map((name) => path.join(outdir, name.replace(/\.ts$/, '.mjs')));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=dot', ...flags, ...bundles], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ISA_COVERAGE: results },
  });
  if (status !== 0) console.error(`${stdout}\n${stderr}\nA test failed: what follows may lack rows.`);
  return status ?? 1;
}

const isGuests = (name) => name.split(path.sep).join('/') === GUESTS;
const failed = run(tests.filter(isGuests), '--test-name-pattern=under bare') || run(tests.filter((name) => !isGuests(name)));
const printed = spawnSync(process.execPath, [report, results], { stdio: 'inherit' });
process.exit(printed.status || failed);

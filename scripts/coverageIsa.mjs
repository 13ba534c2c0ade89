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
/** The guests of guest/guests.test.ts once more, in other ways: nothing new, and much time. */
const REPEATS = path.join('guest', 'observed.test.ts');
const outdir = path.join(root, 'dist/coverage');
const results = path.join(outdir, 'results');
const report = path.join(outdir, 'report.mjs');
fs.rmSync(outdir, { recursive: true, force: true });
fs.mkdirSync(results, { recursive: true });

const tests = FOLDERS.flatMap((folder) =>
  fs
    .readdirSync(path.join(root, 'test', folder), { recursive: true })
    .map((name) => path.join(folder, name))
    .filter((name) => name.endsWith('.test.ts') && name !== REPEATS),
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

const bundles = tests.map((name) => path.join(outdir, name.replace(/\.ts$/, '.mjs')));
const run = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=dot', ...bundles], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, ISA_COVERAGE: results },
});
if (run.status !== 0) console.error(`${run.stdout}\n${run.stderr}\nA test failed: what follows may lack rows.`);
const printed = spawnSync(process.execPath, [report, results], { stdio: 'inherit' });
process.exit(printed.status || (run.status ?? 1));

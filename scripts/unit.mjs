#!/usr/bin/env node
// Bundle test/**/*.test.ts whose path contains one of the given words (all, without words) and run them with node's test runner.
// Arguments that start with `--` go to the runner.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { interpreterEmitter, readsInterpreter } from './interpreter.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const flags = process.argv.slice(2).filter((arg) => arg.startsWith('--'));
const skip = /(^|\/)(e2e|suite)\//; // these run inside VS Code, or drive it
const files = fs
  .readdirSync(path.join(root, 'test'), { recursive: true })
  .map((f) => f.split(path.sep).join('/'))
  .filter((f) => f.endsWith('.test.ts') && !skip.test(f) && (words.length === 0 || words.some((w) => f.includes(w))));
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}
const outdir = path.join(root, 'dist/test', words.join('-').replace(/[^\w-]/g, '_') || 'all');
fs.rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: files.map((f) => path.join(root, 'test', f)),
  outbase: path.join(root, 'test'),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [readsInterpreter(interpreterEmitter(), path.join(outdir, 'interpreter.wasm'), { moves: false })],
});
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-concurrency=2', ...flags, ...files.map((f) => path.join(outdir, f.replace(/\.ts$/, '.mjs')))], {
  stdio: 'inherit',
  cwd: root,
});
process.exit(run.status ?? 1);

#!/usr/bin/env node
// `npm run package`: build, make ringside-VERSION.vsix, and check that it holds what it must and is small.
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

const MAX_BYTES = 3 * 1024 * 1024;
/** Files without which the extension does not work. */
const REQUIRED = [
  'package.json',
  'dist/extension.cjs',
  'dist/workbench.cjs',
  'dist/worker.mjs',
  'dist/debugWorker.cjs',
  'dist/compareWorker.mjs',
  'dist/checkWorker.mjs',
  'dist/interpreter.wasm',
  'dist/instructions.json',
  'dist/web/extension.js',
  'dist/web/worker.js',
  'package.nls.json',
  'package.nls.es.json',
  'l10n/bundle.l10n.es.json',
  'dist/cli.mjs',
  'dist/commandLine.cjs',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];
/** Nothing from these belongs to a user. */
const UNWANTED = /^(src|test|scripts|bench|node_modules|\.ci|\.cache)\/|\.map$|^dist\/(test|suite)\//;

bootstrap();
const { buildAll } = await import('./build.mjs');
const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
await buildAll();
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const packagePath = path.join(root, `ringside-${version}.vsix`);
const files = (await listFiles({ cwd: root, packageManager: PackageManager.None })).map((file) => file.split(path.sep).join('/'));
await createVSIX({ cwd: root, packagePath, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
const { size } = fs.statSync(packagePath);
const problems = [
  ...REQUIRED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ...files.filter((file) => UNWANTED.test(file)).map((file) => `${file} does not belong there`),
  ...(size > MAX_BYTES ? [`it is larger than ${MAX_BYTES / 1024 / 1024} MB`] : []),
];
console.log(`${path.basename(packagePath)}: ${files.length} files, ${(size / 1024).toFixed(0)} kB`);
for (const problem of problems) console.error(`${path.basename(packagePath)}: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);

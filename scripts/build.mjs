#!/usr/bin/env node
// Bundle every entry point into dist/ with esbuild, after running the generators. `--watch` rebuilds on change.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { root } from './bootstrap.mjs';
import { holdsInterpreter, interpreterEmitter, readsInterpreter } from './interpreter.mjs';
import { holdsInstructions, readsInstructions } from './instructionTable.mjs';
import { NAMED_VSCODE_API } from './vscodeApi.mjs';

const emitter = interpreterEmitter();
const node = { platform: 'node', target: 'node20', plugins: [readsInterpreter(emitter, path.join(root, 'dist/interpreter.wasm'), { moves: true })] };

/** What `import.meta.url` is in a CommonJS script. */
const URL_OF_FILE = "const __url = require('node:url').pathToFileURL(__filename).href;";

/** What compiledScript runs. */
const script = { format: 'cjs', ...node, define: { 'import.meta.url': '__url' }, banner: { js: URL_OF_FILE } };

const inSource = (name) => path.join(root, 'src', `${name}.ts`);

/** In a browser the workers are the browser's. */
const WEB_WORKERS = {
  name: 'web workers',
  setup: ({ onResolve }) => onResolve({ filter: /\/nodeWorkers$/ }, () => ({ path: inSource('ui/webWorkers') })),
};

const web = {
  platform: 'browser',
  target: 'es2022',
  // The interpreter as characters, not as escapes of them.
  charset: 'utf8',
  plugins: [WEB_WORKERS, holdsInterpreter(emitter)],
  alias: {
    ...Object.fromEntries(['events', 'url', 'fs', 'net', 'path'].map((name) => [name, inSource('webShims')])),
    ...Object.fromEntries(['node:path', 'node:os'].map((name) => [name, inSource('webPath')])),
  },
  define: { 'process.env': '{}' },
};

/** One row per bundle: what goes in, what comes out, and where it runs. */
const BUNDLES = [
  { entry: 'src/nodeExtension.ts', out: 'dist/extension.cjs', format: 'cjs', ...node, external: ['./workbench.cjs'] },
  { entry: 'src/extension.ts', out: 'dist/workbench.cjs', format: 'cjs', ...node, plugins: [NAMED_VSCODE_API, readsInstructions('dist/instructions.json')] },
  { entry: 'src/worker.ts', out: 'dist/worker.mjs', format: 'esm', ...node },
  { entry: 'src/debugWorker.ts', out: 'dist/debugWorker.cjs', ...script },
  { entry: 'src/compareWorker.ts', out: 'dist/compareWorker.mjs', format: 'esm', ...node },
  { entry: 'src/checkWorker.ts', out: 'dist/checkWorker.mjs', format: 'esm', ...node },
  ...['block', 'exits', 'system', 'memory'].map((page) => ({
    entry: `src/webview/pages/${page}.ts`,
    out: `dist/webview/${page}.js`,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
  })),
  { entry: 'src/extension.ts', out: 'dist/web/extension.js', format: 'cjs', ...web, plugins: [...web.plugins, NAMED_VSCODE_API, holdsInstructions] },
  { entry: 'src/webWorker.ts', out: 'dist/web/worker.js', format: 'iife', ...web },
  { entry: 'src/webCompareWorker.ts', out: 'dist/web/compareWorker.js', format: 'iife', ...web },
  { entry: 'src/webCheckWorker.ts', out: 'dist/web/checkWorker.js', format: 'iife', ...web },
  { entry: 'src/webview/screen.ts', out: 'dist/webview/screen.js', format: 'iife', platform: 'browser', target: 'es2022' },
  { entry: 'src/commandLine.ts', out: 'dist/commandLine.cjs', ...script },
  { entry: 'src/main.ts', out: 'dist/cli.mjs', format: 'esm', ...node, banner: { js: '#!/usr/bin/env node' } },
];

/** Scripts that derive files from tables of the source; each is run when it exists. */
const GENERATORS = ['scripts/generateGrammar.mjs', 'scripts/generateManifest.mjs', 'scripts/generateHypercalls.mjs'];

const options = ({ entry, out, ...rest }) => ({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: out,
  bundle: true,
  sourcemap: true,
  sourcesContent: false,
  // Names stay, for the sake of stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  ...rest,
});

export async function buildAll({ watch = false } = {}) {
  for (const script of GENERATORS) {
    if (!fs.existsSync(path.join(root, script))) continue;
    const run = spawnSync(process.execPath, [path.join(root, script)], { cwd: root, stdio: 'inherit' });
    if (run.status !== 0) throw new Error(`${script} failed`);
  }
  const contexts = await Promise.all(BUNDLES.map((bundle) => esbuild.context(options(bundle))));
  await Promise.all(contexts.map((context) => context.rebuild()));
  if (watch) await Promise.all(contexts.map((context) => context.watch()));
  else await Promise.all(contexts.map((context) => context.dispose()));
  return BUNDLES.map((bundle) => bundle.out);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const watch = process.argv.includes('--watch');
  try {
    for (const out of await buildAll({ watch })) console.log(`${out}  ${(fs.statSync(path.join(root, out)).size / 1024).toFixed(0)} kB`);
    if (watch) console.log('watching');
  } catch (error) {
    console.error(error instanceof Error && !('errors' in error) ? error.message : 'build failed');
    process.exit(1);
  }
}

/** Bundles what the end-to-end tests load: everything that ships, and the in-host suite. `--built` takes dist/ as it is. */
import path from 'node:path';
import { build } from 'esbuild';
import { buildAll } from '../../scripts/build.mjs';

export const root = path.resolve(import.meta.dirname, '../..');

/** The folder that tests open: it holds trap.asm. */
export const workspace = path.resolve(process.env.RINGSIDE_E2E_WORKSPACE ?? path.join(root, 'examples'));

/** What runs in the browser's extension host. */
export const browserSuite = path.join(root, 'dist/suite/browser.js');

export async function bundleForTests() {
  if (process.argv.includes('--built')) return;
  await buildAll();
  const suite = { absWorkingDir: root, bundle: true, format: 'cjs', sourcemap: true, logLevel: 'warning' };
  await build({ ...suite, entryPoints: ['test/suite/index.ts'], outfile: 'dist/suite/index.cjs', platform: 'node', target: 'node20', external: ['vscode', 'mocha'] });
  await build({ ...suite, entryPoints: ['test/suite/browser.ts'], outfile: browserSuite, platform: 'browser', external: ['vscode'] });
}

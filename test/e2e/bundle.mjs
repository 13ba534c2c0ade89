/** Bundles what the end-to-end tests load: everything that ships, and the in-host suite. `--built` takes dist/ as it is. */
import path from 'node:path';
import { build } from 'esbuild';
import { buildAll } from '../../scripts/build.mjs';

export const root = path.resolve(import.meta.dirname, '../..');

/** The folder that tests open: it holds trap.asm. */
export const workspace = path.resolve(process.env.RINGSIDE_E2E_WORKSPACE ?? path.join(root, 'examples'));

export async function bundleForTests() {
  if (process.argv.includes('--built')) return;
  await buildAll();
  await build({
    absWorkingDir: root,
    entryPoints: ['test/suite/index.ts'],
    outfile: 'dist/suite/index.cjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}

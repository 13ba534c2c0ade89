// Bundle one TypeScript file under test/ and run it with Node; ends this process with its exit code.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './bootstrap.mjs';

export async function runBundled(entry, { flags = [], args = process.argv.slice(2) } = {}) {
  const outfile = path.join(root, 'dist', path.dirname(entry), `${path.basename(path.dirname(entry))}.mjs`);
  await build({
    entryPoints: [path.join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const run = spawnSync(process.execPath, ['--enable-source-maps', ...flags, outfile, ...args], { stdio: 'inherit', cwd: root });
  process.exit(run.status ?? 1);
}

/** Tables of the TypeScript source, brought into a script: bundled and imported, so that there is one list of each thing. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What a piece of TypeScript, read as if it stood in the repository's root, exports. */
export async function importBundled(contents) {
  const bundle = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].contents).toString('base64')}`);
}

const MODULES = ['instructionTable', 'registers', 'conditions', 'aliases', 'sensitivity', 'instructionSpec'];

/** The tables of src/x86. */
export const loadTables = () => importBundled(MODULES.map((name) => `export * from './src/x86/${name}';`).join('\n'));

// The `vscode` module in bundles: asked for once, by the names that the source uses. esbuild's own way copies every property of it, in
// each module that imports it, when the extension is loaded.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './bootstrap.mjs';

/** Sources that may import it (scripts/layers.mjs). */
function sources() {
  const files = fs.readdirSync(path.join(root, 'src/ui'), { recursive: true }).filter((file) => file.endsWith('.ts'));
  return [path.join(root, 'src/extension.ts'), ...files.map((file) => path.join(root, 'src/ui', file))];
}

/** `vscode.Name`, and the names of `const { … } = vscode`. */
const namesIn = (source) => [
  ...[...source.matchAll(/\bvscode\.([A-Za-z]\w*)/g)].map(([, name]) => name),
  ...[...source.matchAll(/\{([^{}]*)\} = vscode;/g)].flatMap(([, list]) => list.match(/[A-Za-z]\w*/g) ?? []),
];

function contents(files) {
  const names = files.flatMap((file) => namesIn(fs.readFileSync(file, 'utf8')));
  return `export const { ${[...new Set(names)].sort().join(', ')} } = require('vscode');`;
}

const NAMESPACE = 'vscode-api';

export const NAMED_VSCODE_API = {
  name: 'vscode by its names',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode$/ }, ({ namespace }) => (namespace === NAMESPACE ? { path: 'vscode', external: true } : { path: 'vscode', namespace: NAMESPACE }));
    onLoad({ filter: /.*/, namespace: NAMESPACE }, () => {
      const watchFiles = sources();
      return { contents: contents(watchFiles), loader: 'js', watchFiles };
    });
  },
};

// What the editor knows of instructions, in bundles: two thirds of the extension, which nobody needs before it is asked of an
// instruction. esbuild plugins that put it in place of src/ui/instructionTable.gen.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './bootstrap.mjs';

const standIn = (contents) => ({
  name: 'instruction table',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]instructionTable\.gen\.ts$/ }, ({ path: file }) => {
      const source = fs.readFileSync(file, 'utf8');
      const json = source.slice(source.indexOf('`') + 1, source.lastIndexOf('`')).replaceAll('\n', '');
      return { contents: contents(json), loader: 'js', watchFiles: [file] };
    }),
});

/** For Node: a file beside the bundle. */
export const readsInstructions = (file) =>
  standIn((json) => {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), json);
    return `import fs from 'node:fs'; import path from 'node:path';
      export const instructionTable = () => fs.readFileSync(path.join(__dirname, ${JSON.stringify(path.basename(file))}), 'utf8');`;
  });

/** For a browser: a string without any escape in it, which is read fastest. */
export const holdsInstructions = standIn((json) => {
  const escaped = json.replaceAll('\\', '\\\\').replaceAll("'", '\\\\u0027');
  return `const TABLE = '${escaped}'; export const instructionTable = () => TABLE;`;
});

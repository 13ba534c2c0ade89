// The interpreter's WebAssembly module, emitted while bundling: esbuild plugins that put it in place of src/engine/interpreter/emitted.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const EMIT = `
  import { FormTable } from './src/engine/forms';
  import { emitInterpreter } from './src/engine/interpreter/module';
  export const bytes = emitInterpreter(new FormTable());`;

/** A function that gives the bytes and the sources they follow from, and emits only when those have changed. */
export function interpreterEmitter() {
  let program = '';
  let bytes;
  return async () => {
    const bundle = await build({
      absWorkingDir: root,
      stdin: { contents: EMIT, resolveDir: root },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      logLevel: 'warning',
    });
    const { text } = bundle.outputFiles[0];
    if (text !== program) bytes = import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`).then((module) => Buffer.from(module.bytes));
    program = text;
    return { bytes: await bytes, sources: Object.keys(bundle.metafile.inputs).filter((input) => input !== '<stdin>') };
  };
}

const standIn = (emit, contents) => ({
  name: 'emitted interpreter',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]interpreter[/\\]emitted\.ts$/ }, async () => {
      const { bytes, sources } = await emit();
      return { contents: contents(bytes), loader: 'js', watchFiles: sources.map((source) => path.join(root, source)) };
    }),
});

/** For Node: writes the bytes into `file`, where bundles read them: beside them (`moves`: wherever that will be), or under its path. */
export const readsInterpreter = (emit, file, { moves }) =>
  standIn(emit, (bytes) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, bytes);
    const place = moves ? `new URL(${JSON.stringify(path.basename(file))}, import.meta.url)` : JSON.stringify(file);
    return `import fs from 'node:fs'; export const emittedInterpreter = () => fs.readFileSync(${place});`;
  });

/** For Web Workers, which have no files: the bytes are the characters of a string, which compresses as well as they do. */
export const holdsInterpreter = (emit) =>
  standIn(
    emit,
    (bytes) => `const characters = ${JSON.stringify(bytes.toString('latin1'))};
      export const emittedInterpreter = () => Uint8Array.from(characters, (character) => character.charCodeAt(0));`,
  );

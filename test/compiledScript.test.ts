/** A script from code that V8 compiled before: taken when it is of that very script, made again when it is not. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { runCompiled } from '../src/compiledScript';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-compiled-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const SCRIPT = path.join(folder, 'script.cjs');
const storage = path.join(folder, 'storage');
const kept = () => (fs.existsSync(storage) ? fs.readdirSync(storage) : []);

/** What the script says when it runs, and whether it was compiled for that. */
async function run(text: string, place: string | null = storage, script = SCRIPT) {
  const said: string[] = [];
  (globalThis as { say?: (word: string) => void }).say = (word) => said.push(word);
  fs.writeFileSync(script, `say(require('node:path').basename(__filename) + ' ${text}');`);
  const taken = runCompiled(script, place ?? undefined, 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { taken, said };
}

test('compiled the first time, taken the second', async () => {
  assert.deepEqual(await run('one'), { taken: false, said: ['script.cjs one'] });
  assert.equal(kept().length, 1);
  assert.deepEqual(await run('one'), { taken: true, said: ['script.cjs one'] });
});

test('another script of the same length is not taken for it, and takes its place', async () => {
  const before = kept();
  assert.deepEqual(await run('two'), { taken: false, said: ['script.cjs two'] });
  assert.equal(kept().length, 1);
  assert.notDeepEqual(kept(), before);
});

test('a script in UTF-8 says what it says', async () => {
  assert.deepEqual(await run('π ≈ 3'), { taken: false, said: ['script.cjs π ≈ 3'] });
  assert.deepEqual(await run('π ≈ 3'), { taken: true, said: ['script.cjs π ≈ 3'] });
  await run('two');
});

test('damaged code is refused, and made again', async () => {
  const [file] = kept();
  fs.writeFileSync(path.join(storage, file), 'not what V8 wrote');
  // A script of another name: V8 remembers in memory what it compiled under this one.
  const elsewhere = path.join(folder, 'elsewhere', 'script.cjs');
  fs.mkdirSync(path.dirname(elsewhere));
  assert.deepEqual(await run('two', storage, elsewhere), { taken: false, said: ['script.cjs two'] });
  assert.deepEqual(await run('two', storage, elsewhere), { taken: true, said: ['script.cjs two'] });
});

test('it runs where nothing can be kept, and where nothing is to be', async () => {
  const file = path.join(folder, 'a file');
  fs.writeFileSync(file, '');
  assert.deepEqual(await run('three', path.join(file, 'below')), { taken: false, said: ['script.cjs three'] });
  const before = kept();
  assert.deepEqual(await run('three', null), { taken: false, said: ['script.cjs three'] });
  assert.deepEqual(kept(), before);
});

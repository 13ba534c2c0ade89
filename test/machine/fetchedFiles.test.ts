import assert from 'node:assert/strict';
import { test } from 'node:test';
import { includePlaces } from '../../src/base/includeUrl';
import { fetchFilesFor, withFetchedFiles } from '../../src/machine/fetchedFiles';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A host with these files, and what it was asked for, round by round. */
function host(files: Readonly<Record<string, string>>) {
  const asked: (readonly string[])[] = [];
  const fetch = async (paths: readonly string[]) => {
    asked.push(paths);
    return Object.fromEntries(paths.map((path) => [path, path in files ? bytes(files[path]) : null]));
  };
  return { asked, fetch };
}

const config = (program: string) => {
  const parsed = parseConfiguration({ program, technique: 'bare', memory: 2 });
  assert.ok('config' in parsed);
  return parsed.config;
};

test('a program and its includes are fetched, a round a level', async () => {
  const { asked, fetch } = host({ 'memfs:/a/main.asm': '%include "lib/x.inc"\nnop\n', 'memfs:/a/lib/x.inc': '%include "y.inc"\n', 'memfs:/a/lib/y.inc': 'hlt\n' });
  const machine = await withFetchedFiles(fetch, (files) => createMachine(config('memfs:/a/main.asm'), files));
  assert.deepEqual([...(machine.assembly?.bytes ?? [])], [0xf4, 0x90]);
  assert.deepEqual(asked, [['memfs:/a/main.asm'], ['memfs:/a/lib/x.inc'], ['memfs:/a/lib/y.inc']]);
});

test('a file that is not there is a mistake of the user’s, told once', async () => {
  const { asked, fetch } = host({});
  await assert.rejects(
    withFetchedFiles(fetch, (files) => createMachine(config('memfs:/none.asm'), files)),
    /memfs:\/none\.asm: no such file/,
  );
  assert.equal(asked.length, 1);
});

test('the files alone, for work that runs again and again', async () => {
  const { asked, fetch } = host({ '/a.bin': 'x' });
  const files = await fetchFilesFor(fetch, (access) => access.readFile('/a.bin'));
  assert.deepEqual(files.readFile('/a.bin'), bytes('x'));
  assert.equal(asked.length, 1);
});

test('where an included file may be', () => {
  assert.deepEqual(includePlaces('x.inc', 'file:///a/b.asm', ['file:///w/']), ['file:///a/x.inc', 'file:///w/x.inc']);
  assert.deepEqual(includePlaces('../x y.inc', '/a/b/c.asm'), ['/a/x y.inc']);
  assert.deepEqual(includePlaces('x', 'untitled:Untitled-1'), []);
});

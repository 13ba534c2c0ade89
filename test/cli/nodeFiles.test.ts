import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { nodeFiles, writeFile } from '../../src/nodeFiles';

function folder(t: { after(f: () => void): void }): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-files-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a file that is not there is named', () => {
  assert.throws(() => nodeFiles.readFile('/no/such.asm'), { name: 'UserError', message: '/no/such.asm: no such file' });
});

test('a folder is no file', (t) => {
  const dir = folder(t);
  assert.throws(() => nodeFiles.readFile(dir), { name: 'UserError', message: `${dir}: is a folder; expected a file` });
  assert.throws(() => writeFile(dir, ''), { name: 'UserError', message: `${dir}: is a folder; expected a file` });
});

test('an include is sought beside the file that includes it', (t) => {
  const dir = folder(t);
  const [main, include] = ['main.asm', 'inc/a.inc'].map((name) => path.join(dir, name));
  fs.mkdirSync(path.dirname(include));
  writeFile(include, 'nop');
  assert.equal(nodeFiles.readInclude('inc/a.inc', main)?.path, include);
  assert.equal(nodeFiles.readInclude('a.inc', include)?.path, include);
  assert.equal(nodeFiles.readInclude('b.inc', include), undefined);
  assert.equal(nodeFiles.readInclude('inc', main), undefined);
});

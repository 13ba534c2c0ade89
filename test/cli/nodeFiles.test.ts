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

test('an image is changed as a whole, unless somebody else changed it meanwhile', (t) => {
  const dir = folder(t);
  const file = path.join(dir, 'disk.img');
  fs.writeFileSync(file, new Uint8Array(2048).fill(1), { mode: 0o640 });
  const storage = nodeFiles.openFile!(file);
  t.after(() => storage.close!());
  assert.equal(storage.size, 2048);
  assert.deepEqual([...storage.read(2046, 2)], [1, 1]);
  storage.update!([{ offset: 512, bytes: new Uint8Array(512).fill(9) }]);
  storage.update!([{ offset: 0, bytes: Uint8Array.of(8) }]);
  const bytes = fs.readFileSync(file);
  assert.deepEqual([bytes.length, bytes[0], bytes[511], bytes[512], bytes[1023], bytes[1024]], [2048, 8, 1, 9, 9, 1]);
  assert.equal(fs.statSync(file).mode & 0o777, 0o640);
  fs.appendFileSync(file, 'x');
  assert.throws(() => storage.update!([{ offset: 0, bytes: Uint8Array.of(7) }]), /disk\.img was changed by another program meanwhile/);
  assert.equal(fs.readFileSync(file)[0], 8);
  assert.deepEqual(fs.readdirSync(dir), ['disk.img'], 'no copy is left behind');
});

test('an image that is a folder, a device or not there is named', (t) => {
  const dir = folder(t);
  assert.throws(() => nodeFiles.openFile!(dir), { name: 'UserError', message: `${dir}: is a folder; expected a file` });
  assert.throws(() => nodeFiles.openFile!('/dev/null'), { name: 'UserError', message: '/dev/null: is a device; expected a file' });
  assert.throws(() => nodeFiles.openFile!('/no/such.img'), { name: 'UserError', message: '/no/such.img: no such file' });
});

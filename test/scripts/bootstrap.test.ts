import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { missingPackages, sharedInstallation } from '../../scripts/bootstrap.mjs';
import { countResults } from '../../scripts/steps.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/esbuild': { version: '1.0.0' },
    'node_modules/@esbuild/other-os': { version: '1.0.0', optional: true },
  },
};

test('without an installation everything that is not optional is missing', () => {
  assert.deepEqual(missingPackages(lock, undefined), ['node_modules/esbuild']);
});

test('an installation in step needs nothing, whatever the file times say', () => {
  assert.deepEqual(missingPackages(lock, { packages: { 'node_modules/esbuild': { version: '1.0.0' } } }), []);
});

test('another version is missing', () => {
  assert.deepEqual(missingPackages(lock, { packages: { 'node_modules/esbuild': { version: '0.9.0' } } }), ['node_modules/esbuild']);
});

test('nothing is installed through a link', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-link-'));
  const [own, link, none] = ['own', 'link', 'none'].map((name) => path.join(folder, name));
  fs.mkdirSync(own);
  fs.symlinkSync(own, link);
  assert.match(sharedInstallation(link) ?? '', /node_modules is a link to .*own.*npm ci would empty/);
  assert.equal(sharedInstallation(own), undefined);
  assert.equal(sharedInstallation(none), undefined);
  fs.rmSync(folder, { recursive: true });
});

const COUNTS: [name: string, output: string, exitCode: number, passed: number, failed: number][] = [
  ['node, spec reporter', 'ℹ tests 5\nℹ pass 4\nℹ fail 1\nℹ cancelled 0\n', 1, 4, 1],
  ['node, tap reporter', '# pass 17\n# fail 0\n# cancelled 0\n', 0, 17, 0],
  ['node, colours and a cancelled test', '\u001b[34mℹ pass 2\u001b[39m\nℹ fail 0\nℹ cancelled 3\n', 1, 2, 3],
  ['mocha', '  3 passing (2s)\n  1 failing\n', 1, 3, 1],
  ['our own last line', 'noise\n8 passed, 0 failed\n', 0, 8, 0],
  ['a suite that names itself', 'in-host: 5 passed, 2 failed\n', 1, 5, 2],
  ['a check without counts', 'all good\n', 0, 1, 0],
  ['a check without counts that fails', 'error TS2304\n', 2, 0, 1],
  ['tests that pass in a runner that crashes', '# pass 17\n# fail 0\n', 139, 17, 1],
];

for (const [name, output, exitCode, passed, failed] of COUNTS) test(`counts: ${name}`, () => assert.deepEqual(countResults(output, exitCode), { passed, failed }));

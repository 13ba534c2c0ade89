/** Where a command keeps what V8 compiled: Node's variables first, then the system's custom. */
import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { compiledFolder } from '../src/compiledFolder';

const home = os.homedir();

for (const [what, platform, variables, expected] of [
  ['by default in the cache folder of a user', 'linux', {}, path.join(home, '.cache/ringside')],
  ['where XDG_CACHE_HOME says', 'linux', { XDG_CACHE_HOME: '/caches' }, '/caches/ringside'],
  ['not in a relative one, which its specification calls invalid', 'linux', { XDG_CACHE_HOME: 'caches' }, path.join(home, '.cache/ringside')],
  ['on macOS', 'darwin', {}, path.join(home, 'Library/Caches/ringside')],
  ['on Windows', 'win32', { LOCALAPPDATA: '/users/ada/local' }, '/users/ada/local/ringside'],
  ["in Node's own folder for that", 'linux', { NODE_COMPILE_CACHE: '/compiled', XDG_CACHE_HOME: '/caches' }, '/compiled/ringside'],
  ['nowhere when Node is told so', 'linux', { NODE_DISABLE_COMPILE_CACHE: '1', NODE_COMPILE_CACHE: '/compiled' }, undefined],
] as const)
  test(`what V8 compiled is kept ${what}`, () => assert.equal(compiledFolder(platform, variables), expected));

test('what V8 compiled is kept nowhere for a user without a home', () => {
  assert.equal(
    compiledFolder('linux', {}, () => undefined),
    undefined,
  );
});

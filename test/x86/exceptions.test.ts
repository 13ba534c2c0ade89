import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXCEPTIONS, MF } from '../../src/x86/exceptions';

test('a mnemonic means one vector: what is asked for by name is found', () => {
  const names = EXCEPTIONS.map(({ mnemonic }) => mnemonic);
  assert.deepEqual(names, [...new Set(names)]);
  assert.equal(EXCEPTIONS.find(({ mnemonic }) => mnemonic === '#MF')?.vector, MF);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptMemory, type Notes } from '../../src/ui/keptMemory';

/** What a workspace remembers over windows. */
function notes(): Notes {
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string, otherwise: T) => (values.get(key) as T | undefined) ?? otherwise,
    update: async (key, value) => void values.set(key, value),
  };
}

test('a window knows what the one before had left behind, and says it once', () => {
  const workspace = notes();
  const first = new KeptMemory(workspace);
  assert.deepEqual(first.lost, []);
  first.note(['boot.asm']);
  first.note(['boot.asm', 'kernel.elf']);
  assert.deepEqual(new KeptMemory(workspace).lost, ['boot.asm', 'kernel.elf']);
  assert.deepEqual(new KeptMemory(workspace).lost, []);
});

test('what was attached to or ended is not lost', () => {
  const workspace = notes();
  const first = new KeptMemory(workspace);
  first.note(['boot.asm']);
  first.note([]);
  assert.deepEqual(new KeptMemory(workspace).lost, []);
});

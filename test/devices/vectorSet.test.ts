/** The highest vector is remembered, and is what a look at all of them would find. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VectorSet } from '../../src/devices/vectorSet';

test('the highest vector, whatever is added, taken away, cleared or restored', () => {
  const set = new VectorSet();
  let there = new Set<number>();
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let saved = { words: set.save(), there: new Set<number>() };
  for (let n = 0; n < 20_000; n++) {
    const vector = random(256);
    const what = random(100);
    if (what < 45) {
      set.add(vector);
      there.add(vector);
    } else if (what < 60) {
      set.delete(vector);
      there.delete(vector);
    } else if (what < 97) {
      const highest = set.highest();
      if (highest >= 0) set.delete(highest);
      there.delete(highest);
    } else if (what === 97) {
      set.clear();
      there.clear();
    } else if (what === 98) saved = { words: set.save(), there: new Set(there) };
    else {
      set.restore(saved.words);
      there = new Set(saved.there);
    }
    assert.equal(set.highest(), Math.max(-1, ...there));
    assert.equal(set.has(vector), there.has(vector));
  }
});

/** A sample of `npm run test:lockstep`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lockstep } from './lockstep';

test('random programs run the same interpreted and translated', () => {
  const lockstep = new Lockstep();
  let regions = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { difference, regions: compiled } = lockstep.run(seed);
    assert.equal(difference, undefined);
    regions += compiled;
  }
  assert.ok(regions > 200, `only ${regions} regions`);
});

for (const [seed, what] of [
  [1007439, 'a register that FRSTOR has tagged as zero'],
  [5007413, 'one that FLDENV has'],
  [50006547, 'a jump to a fetch that will fault, at the end of a slice'],
] as const)
  test(`what differed once: ${what} (seed ${seed})`, () => assert.equal(new Lockstep().run(seed).difference, undefined));

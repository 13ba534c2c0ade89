/** Switches over the EIPs that a computed jump may go to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, perfectHash } from '../../src/engine/region/jumpTable';
import { generator } from '../x86/randomInstructions';

test('a hash tells every EIP of a page from the others', () => {
  const random = generator(5);
  for (let round = 0; round < 300; round++) {
    const eips = [...new Set(Array.from({ length: 4 + random(30) }, () => 0xc0101000 + random(4096)))];
    const hash = perfectHash(eips);
    if (!hash) continue;
    assert.equal(new Set(eips.map((eip) => hashOf(hash, eip))).size, eips.length);
    for (const eip of eips) assert.ok(hashOf(hash, eip) >= 0 && hashOf(hash, eip) < 1 << hash.bits);
  }
});

test('aligned targets need no multiplication', () => {
  const hash = perfectHash([0x1010, 0x1020, 0x1030, 0x1040, 0x1050]);
  assert.deepEqual(hash, { bits: 3, shift: 4 });
});

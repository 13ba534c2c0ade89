/** Every guest program and example again: translated or not, watched or not, in slices or stepped, the state it leaves is one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { play } from './play';
import { guestPrograms, stateOf } from './programs';

for (const { name, file, expectations } of guestPrograms())
  for (const { id } of TECHNIQUES) {
    // Under `pv` a guest that was not written for it is as under `trap`.
    if (id === 'pv' && !expectations.mentions('pv')) continue;
    test(`${name} under ${id}: translated, watched and stepped`, () => {
      const straight = stateOf(play(file, id, expectations, { record: false }));
      const translated = { ...expectations, launch: { ...expectations.launch, translate: 'eager' } };
      assert.deepEqual(stateOf(play(file, id, translated, { record: false })), straight, 'a second run, translated as soon as it has run');
      assert.deepEqual(
        stateOf(play(file, id, expectations, { breakpoints: [0x7a, 0x1234567], slice: 7 })),
        straight,
        'recorded, with breakpoints that are not hit, in slices of 7',
      );
      assert.deepEqual(stateOf(play(file, id, expectations, { record: false, slice: 1 })), straight, 'stepped');
    });
  }

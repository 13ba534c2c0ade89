/**
 * Every guest program here and every example, under every technique: what it prints, how it ends, and that neither the
 * technique nor an attached debugger can be told from the state it leaves behind. The header comment of a guest says what
 * to expect (expectations.ts).
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { once } from '../../src/base/once';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { readExpectations } from './expectations';
import { type Run, play } from './play';

const ROOT = process.cwd();
const FOLDERS = ['test/guest', 'examples'];
const guests = FOLDERS.flatMap((folder) =>
  fs
    .readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.asm'))
    .map((name) => path.join(folder, name)),
);

const state = ({ retired, hash, serial, ending }: Run) => ({ ending, serial, retired, hash });

for (const guest of guests) {
  const file = path.join(ROOT, guest);
  const expectations = readExpectations(fs.readFileSync(file, 'utf8'));
  const bare = once(() => play(file, 'bare', expectations));
  for (const { id } of TECHNIQUES) {
    const expected = expectations.under(id);
    test(`${guest} under ${id}`, () => {
      const run = id === 'bare' ? bare() : play(file, id, expectations);
      assert.equal(run.serial, expected.serial);
      assert.equal(run.ending, expected.ending);
      for (const text of expected.silent)
        assert.ok(
          run.silent.some((e) => e.includes(text)),
          `no silent event names ${text}; there are: ${run.silent.join(' | ')}`,
        );
      if (expected.silent.length === 0 && !expected.differs) assert.deepEqual(run.silent, []);
      if (!expected.differs) assert.deepEqual(state(run), state(bare()));
    });
    if (id === 'bt')
      test(`${guest} under bt, optimised`, () => {
        const launch = { ...expectations.launch, translation: 'optimised' };
        assert.deepEqual(state(play(file, 'bt', { ...expectations, launch })), state(bare()));
      });
    // Under `pv` a guest that was not written for it is as under `trap`.
    if (id === 'pv' && !expectations.mentions('pv')) continue;
    test(`${guest} under ${id}: twice, watched and stepped`, () => {
      const straight = state(play(file, id, expectations, { record: false }));
      const translated = { ...expectations, launch: { ...expectations.launch, translate: 'eager' } };
      assert.deepEqual(state(play(file, id, translated, { record: false })), straight, 'a second run, translated as soon as it has run');
      assert.deepEqual(state(play(file, id, expectations, { breakpoints: [0x7a, 0x1234567] })), straight, 'recorded, with breakpoints that are not hit');
      assert.deepEqual(state(play(file, id, expectations, { slice: 7 })), straight, 'in slices of 7 instructions');
      assert.deepEqual(state(play(file, id, expectations, { slice: 1 })), straight, 'stepped');
    });
  }
}

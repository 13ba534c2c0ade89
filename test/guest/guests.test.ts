/**
 * Every guest program here and every example, under every technique: what it prints, how it ends, and that the technique
 * cannot be told from the state it leaves behind. The header comment of a guest says what to expect (expectations.ts).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from '../../src/base/once';
import { TECHNIQUES, type TechniqueId } from '../../src/protocol/techniques';
import { play } from './play';
import { guestPrograms, stateOf } from './programs';

/** Another way that a technique goes about it, with the same result. */
const VARIANTS: Readonly<Partial<Record<TechniqueId, { readonly name: string; readonly launch: Readonly<Record<string, unknown>> }>>> = {
  bt: { name: 'optimised', launch: { translation: 'optimised' } },
  hvm: { name: 'first generation', launch: { nestedPaging: false } },
};

for (const { name, file, expectations } of guestPrograms()) {
  const bare = once(() => play(file, 'bare', expectations));
  for (const { id } of TECHNIQUES) {
    const expected = expectations.under(id);
    test(`${name} under ${id}`, () => {
      const run = id === 'bare' ? bare() : play(file, id, expectations);
      assert.equal(run.serial, expected.serial);
      assert.equal(run.ending, expected.ending);
      for (const text of expected.silent)
        assert.ok(
          run.silent.some((e) => e.includes(text)),
          `no silent event names ${text}; there are: ${run.silent.join(' | ')}`,
        );
      if (expected.silent.length === 0 && !expected.differs) assert.deepEqual(run.silent, []);
      if (!expected.differs) assert.deepEqual(stateOf(run), stateOf(bare()));
    });
    const variant = VARIANTS[id];
    if (variant)
      test(`${name} under ${id}, ${variant.name}`, () => {
        const launch = { ...expectations.launch, ...variant.launch };
        assert.deepEqual(stateOf(play(file, id, { ...expectations, launch })), stateOf(bare()));
      });
  }
}

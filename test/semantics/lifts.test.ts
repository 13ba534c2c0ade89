import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIFTS } from '../../src/semantics';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';

test('every row of the instruction table has a lift, and every lift a row', () => {
  const named = new Set(INSTRUCTIONS.filter((s) => s.lift !== 'unimplemented').map((s) => s.lift));
  assert.deepEqual(
    [...named].filter((lift) => !LIFTS[lift]),
    [],
  );
  assert.deepEqual(
    Object.keys(LIFTS).filter((lift) => !named.has(lift)),
    [],
  );
});

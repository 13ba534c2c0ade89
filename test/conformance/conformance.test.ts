/** Part of the conformance data, on every test run; `npm run test:conformance` runs all of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runConformance } from './run';

const DATA = 'test/conformance/data';

/** Cases that must pass at least: a sample that runs empty fails. */
const samples = [
  { name: 'real mode, captured on a 286 and a 386', only: ['sst286', 'sst386'], every: 2, atLeast: 38_000 },
  { name: '32-bit integer, string and control instructions', only: ['int', 'str', 'ctl'], every: 1, atLeast: 21_000 },
  { name: 'x87 instructions', only: ['x87'], every: 1, atLeast: 7_908 },
  { name: 'MMX instructions', only: ['mmx'], every: 1, atLeast: 1_776 },
  { name: 'the same in 16-bit code', only: ['int16', 'str16'], every: 1, atLeast: 18_500 },
  { name: 'integer, string and control instructions, translated', only: ['intTranslated', 'strTranslated', 'ctlTranslated'], every: 25, atLeast: 800 },
  { name: 'x87, MMX, SSE and SSE2, translated', only: ['x87Translated', 'mmxTranslated', 'sseTranslated'], every: 8, atLeast: 1_900 },
  { name: 'SSE and SSE2', only: ['sse'], every: 1, atLeast: 5_470 },
] as const;

for (const { name, only, every, atLeast } of samples) {
  test(`processors agree: ${name}`, (t) => {
    const results = runConformance({ data: DATA, only, every });
    const passed = results.total('passed');
    t.diagnostic(`${passed} cases passed`);
    assert.equal(results.total('failed'), 0, results.report());
    assert.ok(passed >= atLeast, `only ${passed} cases passed`);
  });
}

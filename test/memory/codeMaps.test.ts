/** Which bytes of a page are code, bit by bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodeMaps } from '../../src/memory/codeMaps';
import { MAXIMUM_PAGES, PAGE, RAM } from '../../src/memory/layout';

test('exactly the bytes that are said to be code are', () => {
  const maps = new CodeMaps(new WebAssembly.Memory({ initial: RAM / 65536, maximum: MAXIMUM_PAGES }));
  assert.ok(maps.isCode(7, 0), 'without a map, all are');
  assert.ok(maps.give(7));
  const end = 40;
  for (const isCode of [true, false])
    for (const base of [0, PAGE - end])
      for (let from = 0; from < end; from++)
        for (let to = from + 1; to <= end; to++) {
          maps.set(7, 0, PAGE, !isCode);
          maps.set(7, base + from, base + to, isCode);
          for (let at = 0; at < end; at++) assert.equal(maps.isCode(7, base + at), (at >= from && at < to) === isCode, `${at} of ${from} to ${to} at ${base}`);
        }
  maps.set(7, 0, PAGE, false);
  maps.set(7, PAGE - 1, PAGE + 20, true);
  assert.deepEqual([maps.isCode(7, PAGE - 1), maps.isCode(7, PAGE - 2), maps.isCode(7, 0)], [true, false, false]);
});

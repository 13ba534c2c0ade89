/** Rows of the memory view. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesThatFit, viewStart } from '../../src/webview/memory/memoryRows';

test('a row has as many bytes as fit: 16, 8, or 4 in whatever is narrower', () => {
  const widths = [1000, 612, 611, 356, 355, 228, 10];
  assert.deepEqual(
    widths.map((width) => bytesThatFit(width, 100, 32)),
    [16, 16, 8, 8, 4, 4, 4],
  );
});

test('a view begins at whole rows, and does not go beyond the last address', () => {
  assert.deepEqual([viewStart(0x7c05, 384), viewStart(-40, 384), viewStart(0xffff_fff0, 384)], [0x7c00, 0, 0x1_0000_0000 - 384]);
});

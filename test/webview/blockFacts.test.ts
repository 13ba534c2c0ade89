import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockRow } from '../../src/protocol/requests';
import { blockFacts, chooseBlock, filterBlocks, neighbourhood } from '../../src/webview/block/blockFacts';
import { heatOf } from '../../src/webview/block/heat';

const block = (id: number, changes: Partial<BlockRow> = {}): BlockRow => ({
  id,
  cs: 0,
  eip: 0x7c00 + 16 * id,
  linear: 0x7c00 + 16 * id,
  length: 9,
  instructions: 4,
  terminator: 'jz 7C20h',
  endReason: 'branch',
  hits: id,
  state: 'cached',
  codeSize: 16,
  tier: 0,
  links: [],
  ...changes,
});

test('facts name the blocks before and behind', () => {
  const blocks = [block(1, { links: [2] }), block(2, { links: [3] }), block(3)];
  const facts = blockFacts({ block: blocks[1], instructions: [], regions: [] }, blocks);
  const of = (name: string) => facts.find((f) => f.name === name);
  assert.deepEqual(of('Goes straight to')?.blocks, [blocks[2]]);
  assert.deepEqual(of('Reached straight from')?.blocks, [blocks[0]]);
  assert.equal(of('Ends because of')?.value, 'branch (jz 7C20h)');
  assert.equal(of('Thrown away'), undefined);
});

test('facts say what a region is, and why a block is gone', () => {
  const region = { id: 5, root: 9, blocks: [1, 9], instructions: 12, bytes: 345, microseconds: 1234, webAssembly: [], origins: [] };
  const facts = blockFacts({ block: block(1, { tier: 1, state: 'invalidated', invalidatedBy: 'a store' }), instructions: [], regions: [region] }, []);
  assert.equal(facts.find((f) => f.name === 'Compiled')?.value, 'region 5: 2 blocks, 12 instructions; 345 bytes of WebAssembly, compiled in 1.2 ms');
  assert.equal(facts.find((f) => f.name === 'Tier')?.value, '1: WebAssembly, entered at another block');
  assert.equal(facts.find((f) => f.name === 'Thrown away')?.value, 'a store');
});

test('a block that was translated again takes the place of the old one', () => {
  const old = block(1, { state: 'invalidated' });
  const anew = block(8, { linear: old.linear });
  assert.equal(chooseBlock([old, anew], { id: 1, linear: old.linear }), anew);
  assert.equal(chooseBlock([old], { id: 1, linear: old.linear }), old);
});

test('without a wish: the block of the next instruction, else the hottest', () => {
  const blocks = [block(1), block(2)];
  assert.equal(chooseBlock(blocks, { position: blocks[0].linear + 8 }), blocks[0]);
  assert.equal(chooseBlock(blocks, { position: 0 }), blocks[1]);
  assert.equal(chooseBlock([], {}), undefined);
});

test('filters: all words, enough hits', () => {
  const blocks = [block(1), block(2, { endReason: 'sensitive instruction', terminator: 'cli', tier: 1 })];
  assert.deepEqual(filterBlocks(blocks, 'CLI sensitive', 0), [blocks[1]]);
  assert.deepEqual(filterBlocks(blocks, 'tier1', 0), [blocks[1]]);
  assert.deepEqual(filterBlocks(blocks, '7c10', 0), [blocks[0]]);
  assert.deepEqual(filterBlocks(blocks, '', 2), [blocks[1]]);
});

test('the neighbourhood of a block, in both directions', () => {
  const blocks = [block(1, { links: [2] }), block(2, { links: [3] }), block(3, { links: [4] }), block(4)];
  assert.deepEqual(
    neighbourhood(blocks, 2, 1).map(({ id }) => id),
    [1, 2, 3],
  );
});

test('heat goes by the logarithm; what has not run is cold', () => {
  assert.deepEqual(
    [0, 1, 11, 101, 1001, 9999, 10_000].map((hits) => heatOf(hits, 10_000)),
    [0, 1, 2, 3, 4, 4, 4],
  );
  assert.equal(heatOf(1, 1), 4);
});

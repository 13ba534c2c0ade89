/** Which blocks of a page a store meets: those that a look at all of them would find, each once, whatever comes and goes meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from '../../src/engine/block';
import { CodePage, overlaps } from '../../src/engine/codePage';
import { PAGE } from '../../src/memory/layout';

const AT = 5 * PAGE;
const block = (physical: number, length: number, secondPage = -1): Block => ({ physical, code: { length, secondPage } }) as Block;

function met(page: CodePage, address: number, length: number): Block[] {
  const found: Block[] = [];
  page.meet(address, length, (one) => found.push(one));
  return found;
}

const bytes = (address: number, length: number) => Array.from({ length: Math.min(length, PAGE - (address % PAGE)) }, (_, n) => address + n);

const random = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % below;
};

test('a store meets each block that it overlaps, once', () => {
  const next = random(7);
  const page = new CodePage(AT / PAGE);
  const expected = (address: number, length: number) => [...page.blocks].filter((one) => bytes(address, length).some((at) => overlaps(one, at)));
  for (let n = 0; n < 600; n++) {
    const from = next(PAGE);
    if (n % 100 === 99) page.add(block(AT + PAGE - 1, 6, AT + 3 * PAGE));
    else page.add(block(AT + from, next(Math.min(200, PAGE - from) + 1)));
    if (n % 3 === 2) page.delete([...page.blocks][next(page.blocks.size)]);
    const address = AT + next(PAGE);
    const length = [1, 4, 16, PAGE][next(4)];
    const found = met(page, address, length);
    assert.equal(new Set(found).size, found.length);
    assert.deepEqual(new Set(found), new Set(expected(address, length)));
  }
});

test('a block on two pages is met where its bytes are', () => {
  const crossing = block(AT - 2, 6, AT);
  const hits = (page: number) => {
    const found = new CodePage(page);
    found.add(crossing);
    return Array.from({ length: PAGE }, (_, at) => at).filter((at) => met(found, page * PAGE + at, 1).length > 0);
  };
  assert.deepEqual(hits(AT / PAGE), [0, 1, 2, 3]);
  assert.deepEqual(hits(AT / PAGE - 1), [PAGE - 2, PAGE - 1]);
});

test('a block may go as it is met, and none is left out for that', () => {
  const page = new CodePage(AT / PAGE);
  for (let n = 0; n < 40; n++) page.add(block(AT + n, 300));
  let count = 0;
  page.meet(AT + 90, 200, (one) => {
    count++;
    page.delete(one);
  });
  assert.deepEqual([count, page.blocks.size], [40, 0]);
});

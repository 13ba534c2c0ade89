/** Windows of pages that lie in one piece follow the software TLB, page by page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessWindows } from '../../src/memory/accessWindows';
import { GuestMemory } from '../../src/memory/guestMemory';
import { DENY_ALL, DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_WRITE, MAXIMUM_PAGES, PAGE, RAM, TLB } from '../../src/memory/layout';
import { PagingUnit } from '../../src/engine/paging/pagingUnit';

const DELTA = 0x500000;

class Bench {
  readonly memory = new WebAssembly.Memory({ initial: RAM / 65536 + 1, maximum: MAXIMUM_PAGES });
  readonly tlb = new Int32Array(this.memory.buffer, TLB, 1 << 20).fill(DENY_ALL);
  readonly words = new Int32Array(this.memory.buffer);
  readonly windows = new AccessWindows(this.tlb, this.words);
  readonly functions = new PagingUnit(new GuestMemory(this.memory, 65536, { read: () => 0, write: () => {} })).functions;
  /** Pages that have had an entry: to look through all of the TLB each time would take a minute. */
  readonly #touched = new Set<number>();

  fill(pages: readonly number[], deny = 0, delta = DELTA): void {
    for (const page of pages) {
      this.tlb[page] = delta | deny;
      this.#touched.add(page);
      this.functions.changed(page);
      this.windows.checkInvariants();
    }
  }

  choose(): void {
    const filled = Int32Array.from([...this.#touched].filter((page) => (this.tlb[page] & DENY_ALL) !== DENY_ALL)).sort();
    this.windows.choose(filled, filled.length);
    this.windows.checkInvariants();
  }

  /** First page of the window of a kind, and how many pages it has. */
  reach(deny: number): [number, number] | undefined {
    const window = this.windows.find(deny);
    return window && [window.low >>> 12, Math.ceil(this.words[window.cell >> 2] / PAGE)];
  }
}

test('the longest run of pages becomes the window, and grows with it', () => {
  const bench = new Bench();
  bench.fill([5, 9, 10, 11]);
  bench.choose();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [9, 3]);
  assert.equal(bench.windows.find(DENY_SUPERVISOR_READ)?.host, DELTA + 9 * PAGE);
  bench.fill([13, 12]);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [9, 5]);
  bench.fill([14], 0, DELTA + PAGE);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [9, 5], 'a page that lies elsewhere ends it');
});

test('each kind of access has its own', () => {
  const bench = new Bench();
  bench.fill([1, 2, 3, 4, 5, 6]);
  bench.fill([3], DENY_SUPERVISOR_WRITE | DENY_USER_WRITE);
  bench.choose();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [1, 6]);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_WRITE), [4, 3]);
  bench.fill([5], DENY_SUPERVISOR_WRITE);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_WRITE), [4, 1]);
  assert.deepEqual(bench.reach(DENY_USER_WRITE), [4, 3]);
});

test('a flushed window reaches nowhere until its pages come back', () => {
  const bench = new Bench();
  bench.fill([1, 2, 3]);
  bench.choose();
  bench.tlb.fill(DENY_ALL);
  bench.functions.flush();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [1, 0]);
  bench.fill([2, 3, 1]);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [1, 3]);
  bench.tlb[2] = DENY_ALL;
  bench.functions.changed(2);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [1, 1]);
});

test('a longer run takes over; two that take turns are both remembered, and code is not compiled again for ever', () => {
  const bench = new Bench();
  bench.fill([1, 2, 3]);
  bench.choose();
  const { version } = bench.windows;
  bench.fill([20, 21, 22, 23, 24]);
  bench.choose();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [20, 5]);
  assert.ok(bench.windows.version > version);
  const cells = new Set<number | undefined>();
  for (let turn = 0; turn < 200; turn++) {
    bench.tlb.fill(DENY_ALL);
    bench.functions.flush();
    bench.fill(turn % 2 ? [1, 2, 3] : [20, 21, 22]);
    bench.choose();
    assert.equal(bench.reach(DENY_SUPERVISOR_READ)?.[1], 3);
    cells.add(bench.windows.find(DENY_SUPERVISOR_READ)?.cell);
  }
  assert.equal(cells.size, 2);
  const settled = bench.windows.version;
  bench.tlb.fill(DENY_ALL);
  bench.functions.flush();
  bench.fill([50, 51, 52, 53]);
  bench.choose();
  assert.equal(bench.windows.version, settled);
});

test('a run that grows downwards becomes another window each time; that uses up no cells as long as no code asks for it', () => {
  const bench = new Bench();
  const grow = (asked: boolean, from: number): void => {
    for (let turn = 0, pages = 1, low = from; turn < 20; turn++, pages = Math.ceil(pages * 1.6)) {
      bench.fill(Array.from({ length: pages }, (_, n) => low - pages + n));
      low -= pages;
      bench.choose();
      if (asked) bench.windows.ask(DENY_SUPERVISOR_READ);
    }
  };
  grow(false, 100_000);
  const [first, pages] = bench.reach(DENY_SUPERVISOR_READ) ?? [0, 0];
  assert.equal(first + pages, 100_000);
  assert.equal(bench.windows.present.length, 4);
  const cell = bench.windows.ask(DENY_SUPERVISOR_READ)?.cell;
  bench.tlb.fill(DENY_ALL);
  bench.functions.flush();
  grow(false, 200_000);
  assert.notEqual(bench.windows.find(DENY_SUPERVISOR_READ)?.cell, cell, 'code may still read it');
});

test('of pages that all have entries, the longest run is chosen at once', () => {
  const bench = new Bench();
  bench.fill([7, 8]);
  bench.choose();
  bench.fill([0, 1, 2, 3, 4, 5, 6, 9, 10]);
  bench.fill([4], DENY_SUPERVISOR_WRITE);
  bench.windows.chooseAmong(11);
  bench.windows.checkInvariants();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [0, 11]);
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_WRITE), [5, 6]);
});

test('the last pages of the address space', () => {
  const bench = new Bench();
  bench.fill([0xffffd, 0xffffe, 0xfffff]);
  bench.choose();
  assert.deepEqual(bench.reach(DENY_SUPERVISOR_READ), [0xffffd, 3]);
});

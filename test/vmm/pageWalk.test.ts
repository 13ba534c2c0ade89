/** Guest, shadow and nested tables of a page, side by side. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { TechniqueId } from '../../src/protocol/techniques';
import type { PageWalkRow } from '../../src/protocol/pageWalk';
import { boot } from '../guest/play';

/** The paging guest, some way into its tests: identity mapping, directory at 100000h, table at 101000h. */
function paged(technique: TechniqueId) {
  const { vm } = boot(path.join(process.cwd(), 'test/guest/paging.asm'), technique);
  while ((vm.readRegister('cr0') ?? 0) < 0x80000000) vm.run(100, 1000);
  vm.run(20, 1000);
  return vm;
}
const kinds = ({ shadow }: PageWalkRow) => shadow.map(({ view, kind }) => `${view} ${kind}`);

test('guest entries, with no shadow on bare metal', () => {
  const row = paged('bare').pageWalk(0x8123);
  assert.deepEqual(
    row.guest.entries.map(({ level, at }) => [level, at]),
    [
      ['directory', 0x100000],
      ['table', 0x101020],
    ],
  );
  assert.equal(row.guest.entries[1].value & 0xfffff007, 0x8007);
  assert.deepEqual([row.linear, row.guest.physical, row.shadow, row.nested], [0x8000, 0x8000, [], undefined]);
});

test('under trap-and-emulate pages are mapped, or traced where tables are; untouched ones are hidden, nothing at all is absent', () => {
  const vm = paged('trap');
  assert.deepEqual(kinds(vm.pageWalk(0x8000)), ['kernel traced'], 'the GDT is there');
  assert.deepEqual(kinds(vm.pageWalk(0x100000)), ['kernel mapped'], 'read so far');
  assert.deepEqual(kinds(vm.pageWalk(0x50000)), ['kernel hidden']);
  assert.deepEqual(kinds(vm.pageWalk(0x800000)), ['kernel absent']);
  assert.deepEqual(kinds(vm.pageWalk(0xffc00000)), ['kernel vmm']);
  assert.equal(vm.pageWalk(0x800000).guest.errorCode, 0);
  assert.deepEqual(vm.tracedTables, [0x100000, 0x101000]);
  const before = vm.stateHash();
  for (let page = 0; page < 600; page++) vm.pageWalk(page * 4096);
  assert.equal(vm.stateHash(), before, 'looking changes nothing');
});

test('with nested paging the leaf entry of the extended tables', () => {
  const { nested, shadow } = paged('hvm').pageWalk(0x8000);
  assert.equal((nested?.permissions ?? 0) & 5, 5, 'readable and executable');
  assert.deepEqual(shadow, []);
});

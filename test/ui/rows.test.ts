import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockRow, ExitRow } from '../../src/protocol/requests';
import { VMM_EVENT_KINDS } from '../../src/protocol/vmmEvent';
import { blockRows } from '../../src/ui/blockRows';
import { exitRows } from '../../src/ui/exitRows';

const block = (id: number, changes: Partial<BlockRow> = {}): BlockRow => ({
  id,
  cs: 0,
  eip: 0x7c00 + id,
  linear: 0x7c00 + id,
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

const translation = { regions: 0, modules: 0, bytes: 0, compiled: 0, invalidated: 0, evictions: 0, milliseconds: 0 };

const exit = (sequence: number, changes: Partial<ExitRow> = {}): ExitRow =>
  ({
    sequence,
    kind: 'trap',
    retired: sequence,
    cs: 0,
    eip: 0x7c01,
    linear: 0x7c01,
    codeSize: 16,
    mnemonic: 'cli',
    instruction: 'cli',
    reason: '#GP(0)',
    sentence: 'Cleared the virtual IF.',
    cycles: 1200,
    ...changes,
  }) as ExitRow;

const response = (rows: ExitRow[], counts = {}) => ({ technique: 'trap' as const, rows, nextSequence: rows.length, counts, retired: 1234, cycles: 5678901 });

test('blocks: the hottest first, those thrown away last', () => {
  const { rows, remark } = blockRows({
    technique: 'bt',
    position: 0,
    translation,
    total: 3,
    blocks: [block(1, { state: 'invalidated', invalidatedBy: 'the guest wrote to it', hits: 99 }), block(2), block(3)],
  });
  assert.deepEqual(
    rows.map((r) => r.id),
    ['block-3', 'block-2', 'block-1'],
  );
  assert.equal(rows[0].label, '0000:7C03');
  assert.equal(rows[0].description, 'jz 7C20h · ends: branch · 3 hits · 9 bytes, 4 instructions');
  assert.match(rows[2].description ?? '', /thrown away: the guest wrote to it/);
  assert.equal(remark, '3 blocks');
});

test('blocks: says how many there are when not all are shown', () => {
  assert.equal(blockRows({ technique: 'bt', position: 0, translation, total: 1200, blocks: [block(1)] }).remark, '1 of 1,200 blocks');
  assert.equal(blockRows({ technique: 'bt', position: 0, translation, total: 0, blocks: [] }).remark, 'empty');
});

test('blocks: 32-bit code has an eight-digit offset', () => {
  assert.equal(blockRows({ technique: 'bt', position: 0, translation, total: 1, blocks: [block(1, { cs: 8, eip: 0x10, codeSize: 32 })] }).rows[0].label, '0008:00000010');
});

test('exits: counts, then events, newest first', () => {
  const { rows, remark } = exitRows(response([exit(0), exit(1, { kind: 'silent', instruction: 'popf', reason: 'user mode' })], { trap: 1, silent: 1 }));
  assert.deepEqual(
    rows.map((r) => r.id),
    ['counts', 'exit-1', 'exit-0'],
  );
  assert.equal(rows[0].description, 'silently wrong 1 · trapped 1');
  assert.equal(rows[2].description, '0000:7C01 · #GP(0) · Cleared the virtual IF.');
  assert.equal(remark, '1,234 instructions · 5,678,901 cycles');
});

test('exits: an event without an instruction is named by its reason', () => {
  const [, row] = exitRows(response([exit(0, { kind: 'interrupt', instruction: '', mnemonic: '', reason: 'INT 08h' })], { interrupt: 1 })).rows;
  assert.equal(row.label, 'INT 08h');
  assert.equal(row.description, '0000:7C01 · Cleared the virtual IF.');
});

test('exits: hidden kinds are counted, not listed', () => {
  const kinds = VMM_EVENT_KINDS.filter((k) => k !== 'port');
  const { rows } = exitRows(response([exit(0), exit(1, { kind: 'port' })], { trap: 1, port: 1 }), kinds);
  assert.deepEqual(
    rows.map((r) => r.id),
    ['counts', 'exit-0'],
  );
  assert.equal(rows[0].description, 'trapped 1 · port I/O 1');
});

test('exits: events counted but not listed are said', () => {
  assert.equal(exitRows(response([exit(7)], { trap: 8 })).rows.at(-1)?.label, '7 older events not shown');
});

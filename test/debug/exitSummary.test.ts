import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonsOf, timelineOf } from '../../src/debug/exitSummary';
import type { VmmEvent } from '../../src/protocol/vmmEvent';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from '../dap/dapClient';

const event = (retired: number, changes: object = {}): VmmEvent =>
  ({
    kind: 'port',
    retired,
    cs: 0,
    eip: 0,
    linear: 0,
    codeSize: 16,
    mnemonic: 'out',
    instruction: 'out dx,al',
    reason: 'port 20h',
    sentence: '',
    cycles: 10,
    port: 0x20,
    ...changes,
  }) as VmmEvent;

test('reasons: the most frequent first; what differs among them is left out', () => {
  const [ports, traps] = reasonsOf([event(1, { kind: 'trap', reason: 'x', port: undefined }), event(2), event(3, { mnemonic: 'in' })]);
  assert.deepEqual(ports, { kind: 'port', reason: 'port 20h', count: 2, cycles: 20, mnemonic: '', port: 0x20 });
  assert.deepEqual(traps, { kind: 'trap', reason: 'x', count: 1, cycles: 10, mnemonic: 'out' });
});

test('the timeline has equal stretches of at least an instruction', () => {
  const buckets = timelineOf([event(0), event(1), event(9)], 0, 10, 4);
  assert.deepEqual(
    buckets.map(({ from, counts }) => [from, counts.port ?? 0]),
    [
      [0, 2],
      [3, 0],
      [6, 0],
      [9, 1],
    ],
  );
  assert.equal(timelineOf([], 5, 7, 100).length, 2);
  assert.equal(timelineOf([], 5, 5, 100).length, 1);
});

test('a summary of a real guest agrees with its events', async () => {
  const source = 'org 0x7c00\nmov cx, 50\nagain: in al, 0x61\nsti\nloop again\ncli\nhlt\n';
  const client = new DapClient((config) => createMachine(config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined }));
  await client.start({ program: '/guest/p.asm', technique: 'trap' });
  await client.event('stopped');
  await client.go('continue');
  const summary = await client.request('ringside/exitSummary', { buckets: 10 });
  const { rows } = await client.request('ringside/exits', {});
  const sum = (kind: string) => summary.buckets.reduce((n: number, b: { counts: Record<string, number> }) => n + (b.counts[kind] ?? 0), 0);
  assert.equal(sum('trap'), rows.filter((r: VmmEvent) => r.kind === 'trap').length);
  assert.equal(summary.recorded, rows.length);
  const half = Math.floor(summary.retired / 2);
  const part = await client.request('ringside/exitSummary', { from: half, kinds: ['trap'], buckets: 5 });
  assert.ok(part.reasons.every((r: { kind: string }) => r.kind === 'trap'));
  const inHalf = await client.request('ringside/exits', { from: half, kinds: ['trap'] });
  assert.equal(
    part.reasons.reduce((n: number, r: { count: number }) => n + r.count, 0),
    inHalf.rows.length,
  );
  assert.ok(inHalf.rows.every((r: VmmEvent) => r.retired >= half));
});

/** Recording more sensitive instructions than the ring holds: they are counted from there on, until the guest stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmmEvent } from '../../src/protocol/vmmEvent';
import { boot } from '../guest/play';

const COUNT = 80_000;
const ENDLESS = 100_000_000;

const started = (technique: 'bare' | 'hvm') => boot('test/guest/flood.asm', technique, { define: { COUNT: `${COUNT}` } }).vm;
const recorded = (events: readonly VmmEvent[]): number => events.filter(({ kind }) => kind === 'sensitive').length;

for (const technique of ['bare', 'hvm'] as const) {
  test(`${technique}: a flood of sensitive instructions is counted, and the guest is none the wiser`, () => {
    const [watched, alone] = [started(technique), started(technique)];
    watched.recordEvents = true;
    let heard = 0;
    for (const vm of [watched, alone]) {
      let seen = 0;
      let stop = vm.run(1000, 60_000);
      for (; stop.kind === 'budget'; stop = vm.run(50_000, 60_000)) {
        if (vm === watched) heard += recorded(vm.events.read(seen).map(({ entry }) => entry));
        seen = vm.events.nextSequence;
      }
      assert.equal(stop.kind, 'exited');
    }
    assert.equal(watched.stateHash(), alone.stateHash());
    assert.equal(watched.retired, alone.retired);
    assert.deepEqual(watched.eventCounts, alone.eventCounts);
    assert.ok(watched.eventCounts.sensitive >= 2 * COUNT);
    assert.ok(heard >= 65_000 && heard < 70_000, `${heard} recorded`);
  });

  test(`${technique}: in a flood an event breakpoint stops, and from there on events are recorded again`, () => {
    const vm = started(technique);
    vm.recordEvents = true;
    while (!vm.flooded) assert.equal(vm.run(10_000, 60_000).kind, 'budget');
    const before = vm.events.nextSequence;
    assert.equal(vm.run(10_000, 60_000).kind, 'budget');
    assert.equal(recorded(vm.events.read(before).map(({ entry }) => entry)), 0);
    vm.setEventStops([{ kind: 'sensitive', mnemonic: 'cli' }]);
    const stop = vm.run(ENDLESS, 60_000);
    assert.equal(stop.kind === 'event' && stop.event.mnemonic, 'cli');
    assert.equal(vm.flooded, false);
    vm.setEventStops([]);
    const here = vm.events.nextSequence;
    vm.run(8, 60_000);
    assert.ok(recorded(vm.events.read(here).map(({ entry }) => entry)) >= 3);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '../../../src/protocol/techniques';
import { CostLedger } from '../../../src/vmm/cost/ledger';
import { COST_EVENTS, COST_PROFILES, costProfile, figureFor } from '../../../src/vmm/cost/profiles';

const p4 = costProfile('p4-672')!;

test('every profile prices every event under every technique, with a source', () => {
  for (const profile of COST_PROFILES)
    for (const { id } of TECHNIQUES)
      for (const event of COST_EVENTS) {
        const figure = figureFor(profile, id, event);
        assert.ok(figure.cycles > 0 && Number.isInteger(figure.cycles), `${profile.id} ${event}`);
        assert.ok(figure.source.length > 0);
        if (figure.estimate) assert.ok(figure.note, `${profile.id} ${event}: an estimate says how it was reached`);
      }
});

test('no profile has two figures for one event and technique', () => {
  for (const profile of COST_PROFILES) {
    const keys = profile.figures.map((figure) => `${figure.event} ${figure.technique ?? ''}`);
    assert.equal(new Set(keys).size, keys.length, profile.id);
  }
});

test('the published RDTSC triple: trap, callout, in line', () => {
  assert.deepEqual(
    (['trap', 'callout', 'inline'] as const).map((event) => figureFor(p4, 'bt', event)).map(({ cycles, estimate }) => [cycles, estimate]),
    [
      [2030, undefined],
      [1254, undefined],
      [216, undefined],
    ],
  );
});

test('a technique’s own figure wins over the general one', () => {
  assert.equal(figureFor(p4, 'bare', 'pageFault').cycles, 1093);
  assert.equal(figureFor(p4, 'bt', 'pageFault').cycles, 3927);
});

test('later generations change the VM exit round trip; the rest is carried over as estimate', () => {
  const sandyBridge = costProfile('sandybridge')!;
  const { cycles, estimate } = figureFor(sandyBridge, 'bare', 'vmExitRoundTrip');
  assert.deepEqual([cycles, estimate], [784, undefined]);
  assert.equal(figureFor(sandyBridge, 'trap', 'trap').estimate, true);
});

test('an unknown profile is undefined', () => assert.equal(costProfile('z80'), undefined));

test('charging adds up, by event and in total', () => {
  const ledger = new CostLedger('trap');
  assert.equal(ledger.charge('instruction', 100), 100);
  assert.equal(ledger.charge('trap'), 2030);
  assert.equal(ledger.charge('trap'), 2030);
  assert.equal(ledger.total, 4160);
  assert.deepEqual(
    ledger.byEvent.map(({ figure, count, cycles }) => [figure.event, count, cycles]),
    [
      ['instruction', 100, 100],
      ['trap', 2, 4060],
    ],
  );
});

test('asking the price charges nothing', () => {
  const ledger = new CostLedger('bt');
  assert.equal(ledger.price('callout'), 1254);
  assert.equal(ledger.total, 0);
});

test('restoring what was saved gives the same ledger; resetting empties it', () => {
  const ledger = new CostLedger('bt');
  ledger.charge('callout', 3);
  ledger.charge('translateInstruction', 7);
  const copy = new CostLedger('bt');
  copy.charge('trap');
  copy.restore(ledger.save());
  assert.deepEqual([copy.total, copy.byEvent], [ledger.total, ledger.byEvent]);
  copy.reset();
  assert.deepEqual([copy.total, copy.byEvent], [0, []]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scheduler, type Share } from '../../src/vmm/scheduler';

/** Run all of `shares` for `turns` turns of `quantum` instructions; the instructions each one got. */
function simulate(shares: Readonly<Record<string, Share>>, turns: number, quantum = 1000, wants: (who: string, turn: number) => boolean = () => true) {
  const scheduler = new Scheduler<string>();
  const got: Record<string, number> = {};
  const order: string[] = [];
  for (const [who, share] of Object.entries(shares)) {
    scheduler.add(who, share);
    got[who] = 0;
  }
  for (let n = 0; n < turns; n++) {
    const turn = scheduler.next(Object.keys(shares).filter((who) => wants(who, n)));
    if (!turn) continue;
    if (turn.kind === 'idle') scheduler.idle(turn.instructions);
    else {
      got[turn.who] += quantum;
      order.push(turn.who);
      scheduler.charge(turn.who, quantum);
    }
  }
  return { got, order, scheduler };
}

test('equal weights take turns', () => {
  assert.deepEqual(simulate({ a: { weight: 256 }, b: { weight: 256 } }, 6).order, ['a', 'b', 'a', 'b', 'a', 'b']);
});

test('instructions are shared by weight', () => {
  const { got } = simulate({ a: { weight: 512 }, b: { weight: 256 }, c: { weight: 256 } }, 4000);
  assert.equal(got.a, 2_000_000);
  assert.equal(got.b, got.c);
});

test('a cap holds when others want to run, and when nobody does', () => {
  const shared = simulate({ a: { weight: 256, cap: 10 }, b: { weight: 256 } }, 10_000);
  assert.ok(Math.abs(shared.got.a / (shared.got.a + shared.got.b) - 0.1) < 0.01, JSON.stringify(shared.got));
  const { got, scheduler } = simulate({ a: { weight: 256, cap: 25 } }, 1000);
  assert.ok(Math.abs(got.a / scheduler.clock - 0.25) < 0.01);
});

test('one that slept has no claim on what it missed', () => {
  const { order } = simulate({ a: { weight: 256 }, b: { weight: 256 } }, 120, 1000, (who, turn) => who === 'a' || turn >= 100);
  const late = order.slice(100);
  assert.equal(late.filter((who) => who === 'b').length, 10);
});

test('a VM that retires nothing does not starve the others', () => {
  const scheduler = new Scheduler<string>();
  scheduler.add('stuck', { weight: 1_000_000 });
  scheduler.add('b', { weight: 1 });
  let ran = 0;
  for (let n = 0; n < 2_000_010 && ran === 0; n++) {
    const turn = scheduler.next(['stuck', 'b']);
    assert.equal(turn?.kind, 'run');
    if (turn?.kind === 'run') {
      if (turn.who === 'b') ran++;
      scheduler.charge(turn.who, 0);
    }
  }
  assert.equal(ran, 1);
});

test('nobody wants to run', () => {
  assert.equal(new Scheduler<string>().next([]), undefined);
  assert.throws(() => new Scheduler<string>().next(['stranger']), /does not know/);
});

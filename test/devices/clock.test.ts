import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';

test('timers fire by due time, then by creation, at the time they were due', () => {
  const clock = new GuestClock();
  const log: string[] = [];
  const a = clock.createTimer('a', (now) => log.push(`a${now}/${clock.now()}`));
  const b = clock.createTimer('b', (now) => log.push(`b${now}/${clock.now()}`));
  b.arm(10);
  a.arm(10);
  const c = clock.createTimer('c', () => log.push('c'));
  c.arm(5);
  assert.equal(clock.nextDue(), 5);
  clock.advanceTo(4);
  assert.deepEqual(log, []);
  clock.advanceTo(20);
  assert.deepEqual(log, ['c', 'a10/10', 'b10/10']);
  assert.equal(clock.now(), 20);
  assert.equal(clock.nextDue(), undefined);
});

test('a timer may arm itself again and be disarmed by another', () => {
  const clock = new GuestClock();
  let ticks = 0;
  const periodic = clock.createTimer('periodic', (now) => {
    ticks++;
    periodic.arm(now + 10);
  });
  clock.createTimer('stop', () => periodic.disarm()).arm(35);
  periodic.arm(10);
  clock.advanceTo(100);
  assert.equal(ticks, 3);
});

test('time never goes back, and a late appointment fires now', () => {
  const clock = new GuestClock();
  clock.advanceTo(100);
  clock.advanceTo(50);
  assert.equal(clock.now(), 100);
  let fired = -1;
  clock.createTimer('late', (now) => (fired = now)).arm(20);
  clock.advanceTo(100);
  assert.equal(fired, 100);
  assert.throws(() => clock.createTimer('late', () => {}), RangeError);
  assert.throws(() => clock.createTimer('nan', () => {}).arm(Number.NaN), RangeError);
});

test('saving keeps the appointments', () => {
  const make = () => {
    const clock = new GuestClock();
    const log: number[] = [];
    const timer = clock.createTimer('t', (now) => log.push(now));
    return { clock, timer, log };
  };
  const one = make();
  one.timer.arm(30);
  one.clock.advanceTo(7);
  const two = make();
  two.clock.restore(structuredClone(one.clock.save()));
  assert.equal(two.clock.now(), 7);
  two.clock.advanceTo(40);
  assert.deepEqual(two.log, [30]);
});

test('an appointment beyond exact time never comes; one that is no number is a defect', () => {
  const clock = new GuestClock();
  const timer = clock.createTimer('t', () => assert.fail());
  timer.arm(2 ** 53);
  assert.equal(clock.nextDue(), undefined);
  assert.throws(() => timer.arm(Number.NaN), RangeError);
});

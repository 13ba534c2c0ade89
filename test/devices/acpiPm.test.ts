import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcpiPm } from '../../src/devices/acpiPm';
import { GuestClock } from '../../src/devices/clock';
import { RecordingLine, roundTrip } from './support';

const [STATUS, ENABLE, CONTROL, TIMER] = [0, 2, 4, 8];
/** Half a turn of 24 bits at 3.579545 MHz. */
const HALF_TURN_NS = Math.ceil((2 ** 23 * 1e9) / 3_579_545);

const make = () => {
  const clock = new GuestClock();
  const sci = new RecordingLine();
  let off = 0;
  const pm = new AcpiPm(clock, sci, { powerOff: () => off++ });
  pm.reset();
  return {
    clock,
    sci,
    pm,
    off: () => off,
    get: (offset: number, size: 1 | 2 | 4 = 2) => pm.read(0, offset, size),
    set: (offset: number, value: number) => pm.write(0, offset, 2, value),
  };
};

test('the timer counts 3,579,545 a second in 24 bits', () => {
  const { clock, get } = make();
  assert.equal(get(TIMER, 4), 0);
  clock.advanceTo(1_000_000_000);
  assert.equal(get(TIMER, 4), 3_579_545);
  assert.equal(get(TIMER + 1, 1), (3_579_545 >> 8) & 0xff);
  clock.advanceTo(100_000_000_000);
  assert.equal(get(TIMER, 4), 357_954_500 % 2 ** 24);
});

test('every half turn sets the timer status; enabled, it interrupts', () => {
  const { clock, sci, get, set } = make();
  clock.advanceTo(HALF_TURN_NS - 1);
  assert.equal(get(STATUS), 0);
  clock.advanceTo(HALF_TURN_NS);
  assert.equal(get(STATUS), 1);
  assert.ok(!sci.level);
  set(ENABLE, 1);
  assert.ok(sci.level);
  set(STATUS, 1);
  assert.ok(!sci.level);
  assert.equal(get(STATUS), 0);
  clock.advanceTo(2 * HALF_TURN_NS);
  assert.ok(sci.level);
  assert.equal(sci.edges, 2);
});

test('the power button is an event like others', () => {
  const { sci, pm, get, set } = make();
  pm.pressPowerButton();
  assert.equal(get(STATUS), 0x100);
  assert.ok(!sci.level);
  set(ENABLE, 0xffff);
  assert.equal(get(ENABLE), 0x121);
  assert.ok(sci.level);
  set(STATUS, 0x001);
  assert.equal(get(STATUS), 0x100, 'only what is written as one is cleared');
  pm.write(0, STATUS + 1, 1, 0x01);
  assert.equal(get(STATUS), 0);
  assert.ok(!sci.level);
});

test('SLP_EN with the type of soft off powers off, other types do nothing', () => {
  const { get, set, off } = make();
  assert.equal(get(CONTROL), 1, 'SCI_EN');
  set(CONTROL, 0x1402);
  assert.equal(get(CONTROL), 0x1403);
  set(CONTROL, 0x3400);
  assert.equal(off(), 0);
  assert.equal(get(CONTROL), 0x1401, 'SLP_EN is write-only');
  set(CONTROL, 0x0000);
  assert.equal(off(), 0);
  set(CONTROL, 0x2000);
  assert.equal(off(), 1);
});

test('save, restore, reset', () => {
  const { clock, pm, get, set } = make();
  clock.advanceTo(HALF_TURN_NS + 5);
  pm.pressPowerButton();
  set(ENABLE, 0x20);
  set(CONTROL, 0x1402);
  const [after, before] = roundTrip(pm, () => pm.reset());
  assert.deepEqual(after, before);
  assert.equal(get(STATUS), 0x101);
  pm.reset();
  assert.deepEqual([get(STATUS), get(ENABLE), get(CONTROL)], [0, 0, 1]);
});

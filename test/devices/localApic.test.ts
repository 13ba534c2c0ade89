import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestClock } from '../../src/devices/clock';
import { LocalApic } from '../../src/devices/localApic';
import { roundTrip } from './support';

const [ID, VERSION, TPR, PPR, EOI, LDR, DFR, SVR] = [0x20, 0x30, 0x80, 0xa0, 0xb0, 0xd0, 0xe0, 0xf0];
const [ESR, ICR, ICR_HIGH, LVT_TIMER, LINT0, LINT1, LVT_ERROR] = [0x280, 0x300, 0x310, 0x320, 0x350, 0x360, 0x370];
const [INITIAL, CURRENT, DIVIDE] = [0x380, 0x390, 0x3e0];
const MASKED = 0x10000;

const make = () => {
  const clock = new GuestClock();
  const pic = {
    pending: false,
    acknowledge: () => {
      pic.pending = false;
      return 0x08;
    },
  };
  const log: string[] = [];
  const host = { on: true, enabled: () => host.on, pic, endOfInterrupt: (vector: number) => log.push(`eoi ${vector}`), initialize: () => log.push('init') };
  const apic = new LocalApic(clock, host);
  const get = (register: number) => apic.read(0, register, 4);
  const set = (register: number, value: number) => apic.write(0, register, 4, value);
  /** The 8259A's output. */
  const intr = (level: boolean) => {
    pic.pending = level;
    apic.setLint('lint0', level);
  };
  const fixed = (vector: number, levelTriggered = false) => apic.receive({ delivery: 0, vector, levelTriggered, destination: 0, logical: false });
  const inSet = (first: number, vector: number) => (get(first + 16 * (vector >> 5)) >>> (vector & 31)) & 1;
  return { clock, pic, host, apic, get, set, intr, fixed, inSet, log };
};

const enabled = () => {
  const m = make();
  m.set(SVR, 0x1ff);
  return m;
};

test('after reset it is software-disabled, with everything masked', () => {
  const { get, set, fixed, apic, intr } = make();
  assert.equal(get(VERSION), 0x00040014);
  assert.equal(get(SVR), 0xff);
  assert.equal(get(DFR), 0xffffffff);
  for (const register of [LVT_TIMER, 0x340, LINT0, LINT1, LVT_ERROR]) assert.equal(get(register), MASKED);
  set(LINT0, 0x700);
  assert.equal(get(LINT0), 0x10700, 'the mask stays set');
  intr(true);
  assert.equal(fixed(0x40), false, 'it takes no fixed interrupt');
  assert.ok(!apic.pending);
});

test('disabled by APIC_BASE the pins are INTR and NMI, and no register answers', () => {
  const { host, apic, intr, get, set } = make();
  host.on = false;
  assert.equal(get(VERSION), 0xffffffff);
  assert.equal(apic.read(0, VERSION, 1), 0xff);
  set(SVR, 0x1ff);
  intr(true);
  assert.ok(apic.pending);
  assert.equal(apic.acknowledge(), 0x08);
  apic.setLint('lint1', true);
  assert.ok(apic.nmiPending);
  host.on = true;
  assert.equal(get(SVR), 0xff, 'the write went nowhere');
});

test('virtual wire: the 8259A reaches the CPU through LINT0, whatever the priorities', () => {
  const { apic, set, intr } = enabled();
  intr(true);
  assert.ok(!apic.pending, 'LINT0 is masked');
  set(LINT0, 0x700);
  set(TPR, 0xff);
  assert.ok(apic.pending);
  assert.equal(apic.acknowledge(), 0x08);
  assert.ok(!apic.pending);
});

test('priority: the class must be above that of the task and of what is in service', () => {
  const { apic, get, set, fixed, inSet } = enabled();
  fixed(0x31);
  fixed(0x52);
  assert.equal(inSet(0x200, 0x52), 1, 'IRR');
  assert.equal(apic.acknowledge(), 0x52);
  assert.deepEqual([inSet(0x200, 0x52), inSet(0x100, 0x52)], [0, 1], 'IRR, ISR');
  assert.equal(get(PPR), 0x50);
  assert.ok(!apic.pending, '31h waits for the EOI');
  fixed(0x5f);
  assert.ok(!apic.pending, 'the same class waits too');
  fixed(0x60);
  assert.equal(apic.acknowledge(), 0x60);
  set(EOI, 0);
  assert.equal(get(PPR), 0x50);
  set(EOI, 0);
  assert.equal(apic.acknowledge(), 0x5f);
  set(EOI, 0);
  set(TPR, 0x3f);
  assert.equal(get(PPR), 0x3f);
  assert.ok(!apic.pending, 'the task has class 3');
  set(TPR, 0x2f);
  assert.equal(apic.acknowledge(), 0x31);
});

test('an acknowledge with nothing to deliver gives the spurious vector and sets no service bit', () => {
  const { apic, get, set, fixed } = enabled();
  set(SVR, 0x1e0);
  assert.equal(get(SVR), 0x1ef, 'its low four bits are ones');
  fixed(0x40);
  set(TPR, 0x40);
  assert.equal(apic.acknowledge(), 0xef);
  for (let n = 0; n < 8; n++) assert.equal(get(0x100 + 16 * n), 0);
});

test('IPI: to itself by shorthand, by ID and by logical destination', () => {
  const { apic, get, set } = enabled();
  const take = () => {
    const { pending } = apic;
    if (pending) apic.acknowledge();
    set(EOI, 0);
    return pending;
  };
  set(ICR, 0x40041); // self
  assert.ok(take());
  set(ICR, 0x80042); // all including self
  assert.ok(take());
  set(ICR, 0xc0043); // all excluding self: nobody
  assert.ok(!take());
  set(ID, 0x05000000);
  set(ICR_HIGH, 0x05000000);
  set(ICR, 0x44);
  assert.ok(take());
  set(LDR, 0x02000000);
  set(ICR_HIGH, 0x02000000);
  set(ICR, 0x845);
  assert.ok(take(), 'flat model');
  set(DFR, 0x0fffffff);
  set(LDR, 0x12000000);
  assert.equal(get(DFR), 0x0fffffff);
  const logical = (destination: number) => apic.receive({ delivery: 1, vector: 0x46, levelTriggered: false, destination, logical: true });
  assert.deepEqual([logical(0x22), logical(0x11), logical(0x12), logical(0xf2)], [false, false, true, true], 'cluster model');
});

test('IPI: absent processors, INIT, start-up, NMI', () => {
  const { apic, get, set, log } = enabled();
  const errors = () => {
    set(ESR, 0);
    return get(ESR);
  };
  set(ICR_HIGH, 0x03000000);
  set(ICR, 0x4500); // INIT to processor 3
  set(ICR, 0x4608); // start-up
  assert.deepEqual(log, []);
  assert.equal(errors(), 0);
  set(ICR, 0x4041);
  assert.equal(errors(), 0x04, 'nobody accepts a fixed one');
  assert.equal(get(ICR) & 0x1000, 0, 'delivery status is idle');
  set(ICR_HIGH, 0);
  set(ICR, 0x8500); // level de-assert
  assert.deepEqual(log, []);
  set(ICR, 0x4500);
  assert.deepEqual(log, ['init']);
  set(ICR, 0x4400);
  assert.ok(apic.nmiPending);
  apic.acknowledgeNmi();
  assert.ok(!apic.nmiPending);
});

test('errors are shown when ESR is written, and raise the error vector', () => {
  const { apic, get, set, fixed } = enabled();
  set(LVT_ERROR, 0xfe);
  set(ICR, 0x4000f);
  assert.equal(get(ESR), 0, 'not yet shown');
  set(ESR, 0);
  assert.equal(get(ESR), 0x20, 'sent an illegal vector');
  assert.equal(apic.acknowledge(), 0xfe);
  set(EOI, 0);
  fixed(3);
  get(0x2f0);
  set(ESR, 0);
  assert.equal(get(ESR), 0xc0, 'received an illegal vector; illegal register');
  set(ESR, 0);
  assert.equal(get(ESR), 0);
});

test('level-triggered interrupts: TMR, and an EOI message on the bus', () => {
  const { apic, set, fixed, inSet, log } = enabled();
  fixed(0x61, true);
  fixed(0x71);
  assert.deepEqual([inSet(0x180, 0x61), inSet(0x180, 0x71)], [1, 0]);
  apic.acknowledge();
  set(EOI, 0);
  assert.deepEqual(log, []);
  apic.acknowledge();
  set(EOI, 0);
  assert.deepEqual(log, ['eoi 97']);
});

test('LINT0 as a fixed interrupt, by edge and by level; LINT1 as NMI', () => {
  const { apic, get, set, intr } = enabled();
  set(LINT0, 0x33);
  intr(true);
  assert.equal(apic.acknowledge(), 0x33);
  set(EOI, 0);
  assert.ok(!apic.pending, 'one edge, one interrupt');
  set(LINT0, 0x8033);
  assert.equal(apic.acknowledge(), 0x33, 'the level asks');
  assert.equal(get(LINT0), 0xc033, 'remote IRR');
  set(EOI, 0);
  assert.ok(apic.pending, 'it still asks');
  apic.acknowledge();
  intr(false);
  set(EOI, 0);
  assert.ok(!apic.pending);
  set(LINT1, 0x400);
  apic.setLint('lint1', true);
  assert.ok(apic.nmiPending);
});

test('an I/O APIC may ask for the 8259A’s interrupt', () => {
  const { apic, intr } = enabled();
  intr(true);
  apic.receive({ delivery: 7, vector: 0, levelTriggered: false, destination: 0, logical: false });
  assert.equal(apic.acknowledge(), 0x08);
  intr(false);
  intr(true);
  assert.ok(!apic.pending, 'asked for once');
});

test('timer: one shot, at 100 MHz by the divisor', () => {
  const { clock, apic, get, set } = enabled();
  set(LVT_TIMER, 0x40);
  set(DIVIDE, 0x3); // by 16: 160 ns a tick
  set(INITIAL, 100);
  clock.advanceTo(1600);
  assert.equal(get(CURRENT), 90);
  clock.advanceTo(15_999);
  assert.ok(!apic.pending);
  clock.advanceTo(16_000);
  assert.equal(apic.acknowledge(), 0x40);
  assert.equal(get(CURRENT), 0);
  assert.equal(get(INITIAL), 100);
  set(EOI, 0);
  clock.advanceTo(100_000);
  assert.ok(!apic.pending);
  assert.equal(clock.nextDue(), undefined);
});

test('timer: every divisor', () => {
  for (const [configuration, divisor] of [
    [0, 2],
    [1, 4],
    [2, 8],
    [3, 16],
    [8, 32],
    [9, 64],
    [10, 128],
    [11, 1],
  ] as const) {
    const { clock, set } = enabled();
    set(LVT_TIMER, 0x40);
    set(DIVIDE, configuration);
    set(INITIAL, 7);
    assert.equal(clock.nextDue(), 70 * divisor);
  }
}); // prettier-ignore

test('timer: periodic, also while masked; stopped by a count of 0', () => {
  const { clock, apic, get, set } = enabled();
  set(DIVIDE, 0xb);
  set(LVT_TIMER, 0x30040); // periodic, masked
  set(INITIAL, 1000);
  clock.advanceTo(25_000);
  assert.equal(get(CURRENT), 500);
  assert.ok(!apic.pending);
  set(LVT_TIMER, 0x20040);
  assert.equal(clock.nextDue(), 30_000);
  clock.advanceTo(30_000);
  assert.equal(apic.acknowledge(), 0x40);
  set(EOI, 0);
  assert.equal(get(CURRENT), 1000);
  clock.advanceTo(40_000);
  assert.ok(apic.pending);
  assert.equal(clock.nextDue(), 50_000);
  set(INITIAL, 0);
  assert.equal(clock.nextDue(), undefined);
  assert.equal(get(CURRENT), 0);
});

test('timer: a new divisor and a new mode go on from the count', () => {
  const { clock, get, set } = enabled();
  set(DIVIDE, 0xb);
  set(LVT_TIMER, 0x40);
  set(INITIAL, 1000);
  clock.advanceTo(4000);
  set(DIVIDE, 0x0);
  assert.equal(get(CURRENT), 600);
  assert.equal(clock.nextDue(), 4000 + 600 * 20);
  clock.advanceTo(8000);
  set(LVT_TIMER, 0x20040);
  assert.equal(get(CURRENT), 400);
  clock.advanceTo(16_000);
  assert.equal(get(CURRENT), 1000, 'reloaded');
});

test('software disable masks the local vector table and keeps what is in service', () => {
  const { apic, clock, get, set, fixed } = enabled();
  set(LVT_TIMER, 0x20040);
  set(INITIAL, 10);
  fixed(0x50);
  apic.acknowledge();
  set(SVR, 0xff);
  assert.equal(get(LVT_TIMER), 0x30040);
  assert.equal(clock.nextDue(), undefined);
  assert.equal(get(PPR), 0x50);
});

test('registers are doublewords on 16-byte boundaries', () => {
  const { apic, get, set } = enabled();
  apic.write(0, TPR, 1, 0x20);
  apic.write(0, TPR + 4, 4, 0x20);
  assert.equal(get(TPR), 0);
  assert.equal(get(TPR + 4), 0);
  set(TPR, 0x20);
  set(VERSION, 0x12345678);
  assert.equal(apic.read(0, VERSION + 2, 1), 0x04);
  assert.equal(apic.read(0, VERSION, 2), 0x0014);
});

test('save, restore, reset', () => {
  const { apic, clock, set, get, fixed } = enabled();
  set(LVT_TIMER, 0x20040);
  set(INITIAL, 12345);
  set(LDR, 0x01000000);
  fixed(0x60, true);
  fixed(0x70);
  apic.acknowledge();
  clock.advanceTo(5000);
  const time = clock.save();
  const [after, before] = roundTrip(apic, () => {
    apic.reset();
    clock.advanceTo(70_000);
  });
  assert.deepEqual(after, before);
  clock.restore(time);
  assert.equal(get(CURRENT), 12345 - 250);
  apic.reset();
  assert.deepEqual(apic.save(), make().apic.save());
});

const withFlag = () => {
  const m = enabled();
  const flag = { bit: false, there: true };
  m.apic.eoiFlag = {
    set: () => {
      flag.bit = flag.there;
      return flag.there;
    },
    clear: () => {
      flag.bit = false;
    },
    isSet: () => flag.bit,
  };
  return { ...m, flag };
};

test('an EOI flag stands for the end of an edge-triggered interrupt that nothing waits for', () => {
  const { apic, fixed, inSet, flag } = withFlag();
  fixed(0x40);
  assert.ok(apic.pending);
  assert.equal(apic.acknowledge(), 0x40);
  assert.ok(flag.bit);
  assert.equal(inSet(0x100, 0x40), 1);
  flag.bit = false; // the guest
  assert.equal(inSet(0x100, 0x40), 0, 'ended, for whoever looks');
  fixed(0x40);
  assert.equal(apic.acknowledge(), 0x40);
});

test('the EOI flag is withdrawn when a request arrives, and not offered while one waits or for a level', () => {
  const { apic, set, fixed, flag, log } = withFlag();
  fixed(0x60);
  apic.acknowledge();
  assert.ok(flag.bit);
  fixed(0x40);
  assert.ok(!flag.bit, 'the end of 60h has to be seen at once: 40h waits for it');
  assert.ok(!apic.pending);
  set(EOI, 0);
  assert.equal(apic.acknowledge(), 0x40);
  assert.ok(flag.bit, 'now nothing waits');
  set(EOI, 0);
  assert.ok(!flag.bit, 'the guest may still write to EOI');
  fixed(0x50, true);
  apic.acknowledge();
  assert.ok(!flag.bit, 'a level');
  set(EOI, 0);
  assert.deepEqual(log, ['eoi 80']);
});

test('an interrupt over one whose end is flagged: the flag is the upper one’s', () => {
  const { apic, inSet, fixed, flag } = withFlag();
  fixed(0x40);
  apic.acknowledge();
  fixed(0x90);
  assert.ok(!flag.bit);
  assert.equal(apic.acknowledge(), 0x90);
  assert.ok(flag.bit);
  flag.bit = false;
  assert.equal(inSet(0x100, 0x90), 0);
  assert.equal(inSet(0x100, 0x40), 1);
});

test('where the flag cannot be set, EOI is written; saved state is settled', () => {
  const { apic, set, fixed, inSet, flag } = withFlag();
  flag.there = false;
  fixed(0x40);
  apic.acknowledge();
  assert.equal(inSet(0x100, 0x40), 1);
  set(EOI, 0);
  flag.there = true;
  fixed(0x40);
  apic.acknowledge();
  flag.bit = false;
  assert.equal(apic.save().flagged, false);
});

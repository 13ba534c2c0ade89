/** The virtio transport: negotiation, both kinds of registers, rings, interrupts, and what it makes of nonsense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND, COMMAND_BUS_MASTER } from '../../../src/devices/pci/pciFunction';
import { VirtioEntropy } from '../../../src/devices/virtio/entropy';
import { MODERN, WINDOW, WINDOW_DATA } from '../../../src/devices/virtio/pciIdentity';
import { roundTrip } from '../support';
import { ACKNOWLEDGE, DRIVER, DRIVER_OK, EVENT_IDX, FEATURES_OK, INDIRECT, INDIRECT_DESC, makeDriver, NEEDS_RESET } from './driver';

const entropy = () => new VirtioEntropy('entropy', 1);
const room = (address = 0x1000, length = 16) => ({ address, length, write: true });

for (const legacy of [false, true]) {
  const kind = legacy ? 'legacy' : 'modern';
  test(`a request through ${kind} registers interrupts, and reading ISR takes that back`, () => {
    const d = makeDriver(entropy(), { legacy });
    d.start();
    d.add(0, room());
    d.notify(0);
    assert.deepEqual(d.completed(0), [], 'not within the guest’s instruction');
    d.settle();
    assert.deepEqual(d.completed(0), [{ id: 0, length: 16 }]);
    assert.notDeepEqual(d.bytes(0x1000, 16), Array(16).fill(0));
    assert.ok(d.line.level);
    assert.equal(d.isr(), 1);
    assert.ok(!d.line.level);
    assert.equal(d.isr(), 0);
  });

  test(`a ring goes round through ${kind} registers`, () => {
    const d = makeDriver(entropy(), { legacy });
    d.start();
    for (let i = 0; i < 3 * d.queues[0].size; i++) {
      d.add(0, room(0x1000, 3), room(0x2000, 5));
      d.notify(0);
      d.settle();
      assert.deepEqual(d.completed(0), [{ id: (2 * i) % d.queues[0].size, length: 8 }]);
    }
  });

  test(`no interrupt when the driver does not want one (${kind})`, () => {
    const d = makeDriver(entropy(), { legacy });
    d.start();
    d.view.setUint16(d.queues[0].available, 1, true);
    d.add(0, room());
    d.notify(0);
    d.settle();
    assert.equal(d.completed(0).length, 1);
    assert.ok(!d.line.level);
  });
}

test('a status of 0 resets, and what was under way is forgotten', () => {
  const d = makeDriver(entropy());
  d.start();
  d.add(0, room());
  d.notify(0);
  d.status(0);
  d.settle();
  assert.deepEqual(d.completed(0), []);
  d.set(0x16, 2, 0);
  assert.equal(d.get(0x1c, 2), 0);
  assert.equal(d.get(0x20, 4), 0);
});

test('FEATURES_OK needs VERSION_1 and nothing that was not offered', () => {
  const d = makeDriver(entropy());
  const tryFeatures = (low: number, high: number): number => {
    d.status(0);
    d.status(ACKNOWLEDGE | DRIVER);
    d.accept(low, high);
    return d.status(ACKNOWLEDGE | DRIVER | FEATURES_OK) & FEATURES_OK;
  };
  assert.equal(tryFeatures(0, 1), FEATURES_OK);
  assert.equal(tryFeatures(d.features(), 1), FEATURES_OK);
  assert.equal(tryFeatures(0, 0), 0);
  assert.equal(tryFeatures(1, 1), 0);
  assert.equal(tryFeatures(0, 3), 0);
});

test('features cannot be changed behind FEATURES_OK', () => {
  const d = makeDriver(entropy());
  d.start(EVENT_IDX);
  d.accept(0);
  d.set(8, 4, 0);
  assert.equal(d.get(0x0c, 4), EVENT_IDX);
});

test('an indirect table', () => {
  const d = makeDriver(entropy());
  d.start(INDIRECT_DESC);
  d.describe(0x3000, room(0x1000, 4), 1);
  d.describe(0x3010, room(0x2000, 6));
  d.describe(d.queues[0].descriptors, { address: 0x3000, length: 32 }, undefined, INDIRECT);
  d.offer(0, 0);
  d.notify(0);
  d.settle();
  assert.deepEqual(d.completed(0), [{ id: 0, length: 10 }]);
  assert.deepEqual(d.failures, []);
});

test('with EVENT_IDX the driver is interrupted at the entry it names, and names are given to it', () => {
  const d = makeDriver(entropy());
  d.start(EVENT_IDX);
  const { available, used, size } = d.queues[0];
  d.view.setUint16(available + 4 + 2 * size, 2, true); // interrupt behind the third
  for (let i = 0; i < 3; i++) {
    assert.ok(!d.line.level);
    d.add(0, room());
    d.notify(0);
    d.settle();
    assert.equal(d.view.getUint16(used + 4 + 8 * size, true), i + 1, 'notify me about the next one');
  }
  assert.ok(d.line.level);
});

test('the driver may make a queue smaller, and must keep to powers of two', () => {
  const d = makeDriver(entropy());
  d.set(0x16, 2, 0);
  assert.equal(d.get(0x18, 2), 64);
  d.set(0x18, 2, 8);
  assert.equal(d.get(0x18, 2), 8);
  d.set(0x18, 2, 7);
  assert.match(d.failures[0], /queue 0 was given 7 entries/);
});

test('a queue that does not exist has size 0 and cannot be enabled', () => {
  const d = makeDriver(entropy());
  d.set(0x16, 2, 5);
  assert.equal(d.get(0x18, 2), 0);
  d.set(0x1c, 2, 1);
  assert.equal(d.get(0x1c, 2), 0);
});

const nonsense: Record<string, { expect: RegExp; make(d: ReturnType<typeof makeDriver>): void; features?: number }> = {
  'a chain in a circle': {
    expect: /chain at descriptor 0 does not end/,
    make: (d) => {
      d.describe(d.queues[0].descriptors, room(), 1);
      d.describe(d.queues[0].descriptors + 16, room(), 0);
      d.offer(0, 0);
    },
  },
  'a descriptor beyond the table': {
    expect: /descriptor 64 is beyond the 64/,
    make: (d) => {
      d.describe(d.queues[0].descriptors, room(), 64);
      d.offer(0, 0);
    },
  },
  'a head beyond the table': { expect: /descriptor 40000 is beyond/, make: (d) => d.offer(0, 40000) },
  'a buffer beyond RAM': {
    expect: /descriptor 0 names a buffer that is not in RAM/,
    make: (d) => d.add(0, room((1 << 20) - 4, 8)),
  },
  'a buffer above 4 GiB': {
    expect: /descriptor 0 names a buffer that is not in RAM/,
    make: (d) => {
      d.add(0, room());
      d.view.setUint32(d.queues[0].descriptors + 4, 1, true);
    },
  },
  'an available index far ahead': { expect: /available index is 65 ahead/, make: (d) => d.view.setUint16(d.queues[0].available + 2, 65, true) },
  'a buffer to read behind one to write': { expect: /has a buffer to read behind one to write/, make: (d) => d.add(0, room(), { address: 0x2000, length: 4 }) },
  'an indirect table that was not negotiated': {
    expect: /indirect table/,
    make: (d) => {
      d.describe(d.queues[0].descriptors, { address: 0x3000, length: 16 }, undefined, INDIRECT);
      d.offer(0, 0);
    },
  },
  'an indirect table that names itself': {
    expect: /indirect table/,
    features: INDIRECT_DESC,
    make: (d) => {
      d.describe(d.queues[0].descriptors, { address: d.queues[0].descriptors, length: 16 }, undefined, INDIRECT);
      d.offer(0, 0);
    },
  },
  'an indirect table of half a descriptor': {
    expect: /indirect table/,
    features: INDIRECT_DESC,
    make: (d) => {
      d.describe(d.queues[0].descriptors, { address: 0x3000, length: 8 }, undefined, INDIRECT);
      d.offer(0, 0);
    },
  },
};

for (const [what, { make, expect, features }] of Object.entries(nonsense))
  test(`${what} makes the device need a reset`, () => {
    const d = makeDriver(entropy());
    d.start(features ?? 0);
    make(d);
    d.notify(0);
    d.settle();
    assert.match(d.failures.join(), expect);
    assert.equal(d.status() & NEEDS_RESET, NEEDS_RESET);
    assert.equal(d.isr(), 2, 'a configuration interrupt tells the driver');
    assert.equal(d.status(d.status()) & NEEDS_RESET, NEEDS_RESET, 'writing status back does not clear it');
    d.view.setUint16(d.queues[0].used + 2, 0, true);
    d.queues[0].next = 0;
    d.start();
    d.add(0, room());
    d.notify(0);
    d.settle();
    assert.equal(d.completed(0).length, 1, 'a reset heals it');
  });

test('rings outside RAM', () => {
  const d = makeDriver(entropy());
  d.set(0x16, 2, 0);
  d.set(0x24, 4, 1);
  d.set(0x1c, 2, 1);
  assert.match(d.failures.join(), /queue 0: its descriptor table at .* is not in RAM/);
  const legacy = makeDriver(entropy(), { legacy: true });
  legacy.set(8, 4, 0xfffff);
  assert.match(legacy.failures.join(), /not in RAM/);
});

test('its configuration space leads to the registers, and a window goes there without mapping them', () => {
  const d = makeDriver(entropy());
  const { pci } = d.transport;
  assert.equal(pci.read(0, 4), 0x10051af4);
  assert.equal(pci.read(0x2c, 4), 0x00041af4);
  const types: number[] = [];
  for (let at = pci.read(0x34, 1); at; at = pci.read(at + 1, 1)) {
    assert.equal(pci.read(at, 1), 0x09);
    types.push(pci.read(at + 3, 1));
  }
  assert.deepEqual(types.sort(), [1, 2, 3, 4, 5]);
  pci.write(WINDOW + 4, 1, MODERN);
  pci.write(WINDOW + 8, 4, 0x14);
  pci.write(WINDOW + 12, 4, 1);
  pci.write(WINDOW_DATA, 1, ACKNOWLEDGE);
  assert.equal(d.status(), ACKNOWLEDGE);
  assert.equal(pci.read(WINDOW_DATA, 1), ACKNOWLEDGE);
  assert.equal(pci.read(WINDOW_DATA, 4), 0, 'the window has one byte');
});

test('the command register’s bit 10 keeps the pin quiet', () => {
  const d = makeDriver(entropy());
  d.start();
  d.add(0, room());
  d.notify(0);
  d.settle();
  d.transport.pci.write(4, 2, 0x0400);
  assert.ok(!d.line.level);
  d.transport.pci.write(4, 2, 0);
  assert.ok(d.line.level);
});

test('a request waits until the device may be bus master', () => {
  const d = makeDriver(entropy());
  d.start();
  d.transport.pci.write(COMMAND, 2, 0);
  d.add(0, room());
  d.notify(0);
  d.settle();
  assert.deepEqual(d.completed(0), []);
  d.transport.pci.write(COMMAND, 2, COMMAND_BUS_MASTER);
  d.settle();
  assert.deepEqual(d.completed(0), [{ id: 0, length: 16 }]);
});

test('save and restore in the middle of a request', () => {
  const d = makeDriver(entropy());
  d.start(EVENT_IDX);
  d.add(0, room());
  d.add(0, room(0x2000));
  d.notify(0);
  const [after, before] = roundTrip(d.transport, () => {
    d.settle();
    d.transport.reset();
  });
  assert.deepEqual(after, before);
  assert.equal(d.status(), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
});

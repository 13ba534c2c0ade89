import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtioConsole } from '../../../src/devices/virtio/console';
import { roundTrip } from '../support';
import { makeDriver } from './driver';

const [RECEIVE, TRANSMIT] = [0, 1];
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

const makeConsole = () => {
  const device = new VirtioConsole('console');
  const d = makeDriver(device);
  let printed = '';
  device.output.on((bytes) => {
    printed += String.fromCharCode(...bytes);
  });
  return { device, d, printed: () => printed };
};

test('what the guest prints', () => {
  const { d, printed } = makeConsole();
  d.start();
  d.fill(0x1000, ascii('Hello, '));
  d.fill(0x2000, ascii('world\n'));
  d.add(TRANSMIT, { address: 0x1000, length: 7 }, { address: 0x2000, length: 6 });
  d.notify(TRANSMIT);
  d.settle();
  assert.equal(printed(), 'Hello, world\n');
  assert.deepEqual(d.completed(TRANSMIT), [{ id: 0, length: 0 }]);
});

test('a long buffer comes in portions, and can be saved between two', () => {
  const { d, printed } = makeConsole();
  d.start();
  d.fill(
    0x1000,
    Array.from({ length: 10_000 }, (_, i) => 0x30 + (i % 10)),
  );
  d.add(TRANSMIT, { address: 0x1000, length: 10_000 });
  d.notify(TRANSMIT);
  d.clock.advanceTo(d.clock.nextDue()!);
  assert.ok(printed().length > 0 && printed().length < 10_000);
  const time = d.clock.save();
  const [after, before] = roundTrip(d.transport, () => d.transport.reset());
  assert.deepEqual(after, before);
  d.clock.restore(time);
  d.settle();
  assert.ok(printed() === '0123456789'.repeat(1000), `${printed().length} bytes`);
});

test('what the user types waits for buffers of the guest', () => {
  const { device, d } = makeConsole();
  assert.ok(!device.open);
  device.receive(ascii('ls'));
  d.start();
  assert.ok(device.open);
  d.add(RECEIVE, { address: 0x1000, length: 4, write: true });
  d.notify(RECEIVE);
  device.receive(ascii(' -l\n'));
  d.settle();
  assert.deepEqual(d.completed(RECEIVE), [{ id: 0, length: 4 }]);
  d.add(RECEIVE, { address: 0x1004, length: 4, write: true });
  d.notify(RECEIVE);
  d.settle();
  assert.deepEqual(d.completed(RECEIVE), [{ id: 1, length: 2 }]);
  assert.deepEqual(d.bytes(0x1000, 6), ascii('ls -l\n'));
});

test('size of the screen, and a way to print before there are queues', () => {
  const { d, printed } = makeConsole();
  assert.equal(d.config(0, 2), 80);
  assert.equal(d.config(2, 2), 25);
  d.setConfig(8, 4, 0x21);
  assert.equal(printed()[0], '!');
});

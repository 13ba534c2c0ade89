/** Whatever a guest puts into queues and registers, the device neither throws nor goes on for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskImage } from '../../../src/devices/diskImage';
import { VirtioBlock } from '../../../src/devices/virtio/block';
import { VirtioConsole } from '../../../src/devices/virtio/console';
import { VirtioEntropy } from '../../../src/devices/virtio/entropy';
import { VirtioNetwork } from '../../../src/devices/virtio/network';
import { LEGACY_BYTES, MODERN_BYTES } from '../../../src/devices/virtio/pciIdentity';
import { macAddress } from '../../../src/devices/virtio/switch';
import { EVENT_IDX, INDIRECT_DESC, makeDriver } from './driver';

const DEVICES = {
  block: () => new VirtioBlock('block', new DiskImage(new Uint8Array(64 * 512), 'hardDisk')),
  console: () => new VirtioConsole('console'),
  network: () => new VirtioNetwork('network', macAddress(0)),
  entropy: () => new VirtioEntropy('entropy', 1),
};
const SIZES = [1, 2, 4] as const;
const RAM = 1 << 18;

const random = (seed: number) => {
  let state = seed >>> 0;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

for (const [kind, make] of Object.entries(DEVICES)) {
  const feed = (device: ReturnType<typeof make>) => {
    if (device instanceof VirtioConsole) device.receive([1, 2, 3]);
    if (device instanceof VirtioNetwork) device.receive(new Uint8Array(60));
  };

  test(`${kind}: random queue memory`, () => {
    for (let seed = 1; seed <= 300; seed++) {
      const pick = random(seed);
      const device = make();
      const d = makeDriver(device, { ram: RAM, legacy: pick(2) === 1 });
      d.start([0, INDIRECT_DESC, EVENT_IDX, INDIRECT_DESC | EVENT_IDX][pick(4)]);
      for (const { size, descriptors, available } of d.queues) {
        for (let i = 0; i < size; i++) {
          // Mostly sensible fields, so that chains get somewhere.
          d.view.setUint32(descriptors + 16 * i, pick(20) ? pick(RAM) : pick(2 ** 32), true);
          d.view.setUint32(descriptors + 16 * i + 4, pick(200) ? 0 : pick(2 ** 32), true);
          d.view.setUint32(descriptors + 16 * i + 8, pick(20) ? pick(2048) : pick(2 ** 32), true);
          d.view.setUint16(descriptors + 16 * i + 12, pick(50) ? pick(8) : pick(0x10000), true);
          d.view.setUint16(descriptors + 16 * i + 14, pick(100) ? pick(size) : pick(0x10000), true);
        }
        for (let i = 0; i < size; i++) d.view.setUint16(available + 4 + 2 * i, pick(50) ? pick(size) : pick(0x10000), true);
        d.view.setUint16(available + 2, pick(4) ? pick(size + 1) : pick(0x10000), true);
      }
      for (let i = 0; i < 8; i++) {
        feed(device);
        d.notify(pick(d.queues.length + 1));
        // The clock stops for nobody: what a device has to do takes guest time, in bounded steps.
        for (let turn = 0; turn < 200 && d.clock.nextDue() !== undefined; turn++) d.clock.advanceTo(d.clock.nextDue()!);
      }
      const state = structuredClone(d.transport.save());
      d.transport.reset();
      d.transport.restore(structuredClone(state));
      assert.deepEqual(d.transport.save(), state, `seed ${seed}`);
    }
  });

  test(`${kind}: random accesses to registers`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const pick = random(1000 + seed);
      const device = make();
      const d = makeDriver(device, { ram: RAM });
      for (let i = 0; i < 2000; i++) {
        const size = SIZES[pick(3)];
        const region = pick(2);
        const offset = region === 0 ? pick(LEGACY_BYTES) : pick(4) * 0x1000 + pick(0x40);
        assert.ok(offset < MODERN_BYTES);
        if (pick(2)) d.transport.write(region, offset, size, pick(2) ? pick(2 ** (8 * size)) : pick(16));
        else {
          const value = d.transport.read(region, offset, size);
          assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size), `region ${region} offset ${offset}: ${value}`);
        }
        if (pick(10) === 0) d.transport.pci.write(pick(256), size, pick(2 ** (8 * size)));
        if (pick(10) === 0) d.transport.pci.read(pick(256), size);
        if (pick(20) === 0) feed(device);
        d.clock.advanceTo(d.clock.now() + pick(3000));
      }
    }
  });
}

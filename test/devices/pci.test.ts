import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bus } from '../../src/devices/bus';
import type { BusDevice } from '../../src/devices/contract';
import { I440FX, PIIX3_IDE, PIIX3_ISA } from '../../src/devices/pci/identities';
import { InterruptRouter } from '../../src/devices/pci/interruptRouter';
import { ExpansionRom, isRomOf } from '../../src/devices/pci/expansionRom';
import { ROM_BAR, PciFunction, type PciIdentity } from '../../src/devices/pci/pciFunction';
import { PciHost } from '../../src/devices/pci/pciHost';
import { RecordingLine, roundTrip } from './support';

const CARD: PciIdentity = {
  name: 'card',
  vendor: 0x1af4,
  device: 0x1000,
  revision: 1,
  classCode: 0x020000,
  interruptPin: 1,
  subsystem: { vendor: 0x1af4, device: 1 },
  command: { value: 0, writable: 0x0007 },
  status: { value: 0x0010 },
};

/** Answers with its region and offset. */
const echo: BusDevice = {
  name: 'echo',
  read: (region, offset) => region * 16 + offset,
  write: () => {},
  reset: () => {},
  save: () => ({}),
  restore: () => {},
};

const makeBus = () => {
  const bus = new Bus();
  const lines = Array.from({ length: 16 }, () => new RecordingLine());
  const bridge = new PciFunction(PIIX3_ISA);
  let resets = 0;
  const pci = new PciHost({ bus, router: new InterruptRouter(bridge, (irq) => lines[irq]), ram: 16 << 20, reset: () => resets++ });
  pci.add(0, 0, new PciFunction(I440FX));
  pci.add(1, 0, bridge);
  pci.add(1, 1, new PciFunction(PIIX3_IDE));
  const pin = pci.add(
    3,
    0,
    new PciFunction(CARD, [
      { index: 0, space: 'port', size: 32, device: echo },
      { index: 1, space: 'memory', size: 4096, device: echo, region: 1 },
    ]),
  ); // prettier-ignore
  const other = pci.add(4, 0, new PciFunction({ ...CARD, name: 'card2' }));
  const config = (device: number, fn: number, offset: number) => pci.write(0, 0, 4, 0x80000000 + device * 0x800 + fn * 0x100 + (offset & 0xfc));
  const read = (device: number, fn: number, offset: number, size: 1 | 2 | 4 = 4) => {
    config(device, fn, offset);
    return pci.read(1, offset & 3, size);
  };
  const write = (device: number, fn: number, offset: number, size: 1 | 2 | 4, value: number) => {
    config(device, fn, offset);
    pci.write(1, offset & 3, size, value);
  };
  return { bus, pci, lines, pin, other, read, write, resets: () => resets };
};

test('configuration mechanism 1 finds the chip set and nothing else', () => {
  const { pci, read } = makeBus();
  assert.equal(read(0, 0, 0), 0x12378086);
  assert.equal(read(1, 0, 0), 0x70008086);
  assert.equal(read(1, 0, 0x0e, 1), 0x80, 'multifunction');
  assert.equal(read(1, 1, 0), 0x70108086);
  assert.equal(read(1, 1, 8), 0x01018000);
  assert.equal(read(2, 0, 0), 0xffffffff);
  assert.equal(read(3, 0, 0x2c), 0x00011af4);
  pci.write(0, 0, 4, 0x80010000);
  assert.equal(pci.read(1, 0, 4), 0xffffffff, 'there is no bus 1');
  pci.write(0, 0, 4, 0x00000000);
  assert.equal(pci.read(1, 0, 4), 0xffffffff, 'not enabled');
  pci.write(0, 0, 4, 0xffffffff);
  assert.equal(pci.read(0, 0, 4), 0x80fffffc, 'reserved bits');
});

test('registers keep their writable bits only; status bits clear by writing one', () => {
  const { read, write } = makeBus();
  write(0, 0, 0, 4, 0);
  assert.equal(read(0, 0, 0), 0x12378086);
  write(0, 0, 0x59, 1, 0xff);
  assert.equal(read(0, 0, 0x59, 1), 0x33);
  write(3, 0, 0x04, 2, 0xffff);
  assert.equal(read(3, 0, 0x04, 2), 0x0007);
  assert.equal(read(3, 0, 0x06, 2), 0x0010);
});

test('a base address tells its size and decodes where it is put', () => {
  const { bus, read, write } = makeBus();
  write(3, 0, 0x10, 4, 0xffffffff);
  write(3, 0, 0x14, 4, 0xffffffff);
  assert.equal(read(3, 0, 0x10), 0xffffffe1, '32 ports');
  assert.equal(read(3, 0, 0x14), 0xfffff000, '4 KiB');
  write(3, 0, 0x18, 4, 0xffffffff);
  assert.equal(read(3, 0, 0x18), 0, 'no such base address');
  write(3, 0, 0x10, 4, 0xc100);
  write(3, 0, 0x14, 4, 0xe0001000);
  assert.equal(bus.read('port', 0xc105, 1), 0xff, 'space disabled');
  write(3, 0, 0x04, 2, 0x0003);
  assert.equal(bus.read('port', 0xc105, 1), 5);
  assert.equal(bus.read('memory', 0xe0001004, 4), 0x14);
  write(3, 0, 0x10, 4, 0xc200);
  assert.equal(bus.read('port', 0xc105, 1), 0xff);
  assert.equal(bus.read('port', 0xc205, 1), 5);
  write(3, 0, 0x04, 2, 0x0000);
  assert.equal(bus.read('port', 0xc205, 1), 0xff);
});

test('a base address over RAM or another device is refused with a sentence and can be moved away', () => {
  const { bus, pci, read, write } = makeBus();
  const said: string[] = [];
  pci.conflicts.on((sentence) => said.push(sentence));
  bus.attach('port', 0x300, 16, { ...echo, name: 'old' });
  write(3, 0, 0x04, 2, 0x0003);
  write(3, 0, 0x14, 4, 0x00100000);
  write(3, 0, 0x10, 4, 0x0300);
  assert.match(said[0], /^BAR 1 of card at memory 100000h does not decode: RAM is there\.$/);
  assert.match(said[1], /^BAR 0 of card at port 300h does not decode: .*overlaps old/);
  write(3, 0, 0x10, 4, 0x0320);
  assert.equal(bus.read('port', 0x321, 1), 1);
  assert.equal(read(3, 0, 0x10), 0x0321);
});

test('a base address that was refused decodes as soon as there is room', () => {
  const bus = new Bus();
  const bridge = new PciFunction(PIIX3_ISA);
  const pci = new PciHost({ bus, router: new InterruptRouter(bridge, () => new RecordingLine()), ram: 1 << 20, reset: () => {} });
  const refused: string[] = [];
  pci.conflicts.on((sentence) => refused.push(sentence));
  for (const slot of [3, 4]) pci.add(slot, 0, new PciFunction({ ...CARD, name: `card${slot}` }, [{ index: 0, space: 'memory', size: 4096, device: echo, region: slot }]));
  const write = (slot: number, offset: number, value: number) => {
    pci.write(0, 0, 4, 0x80000000 + slot * 0x800 + offset);
    pci.write(1, 0, 4, value);
  };
  for (const slot of [3, 4]) {
    write(slot, 0x10, 0xe0000000);
    write(slot, 0x04, 2);
  }
  assert.match(refused.join(), /BAR 0 of card4/);
  assert.equal(bus.read('memory', 0xe0000000, 1), 3 * 16);
  write(3, 0x10, 0xe0001000);
  assert.equal(bus.read('memory', 0xe0000000, 1), 4 * 16);
});

test('an expansion ROM decodes with its own enable bit, and tells whose it is', () => {
  const rom = new Uint8Array(3000).fill(0xcc);
  rom.set([0x55, 0xaa, 6]);
  rom.set([0x40, 0x00], 0x18);
  rom.set([0x50, 0x43, 0x49, 0x52, 0x34, 0x12, 0x11, 0x11], 0x40);
  assert.ok(isRomOf(rom, { vendor: 0x1234, device: 0x1111 }));
  assert.ok(!isRomOf(rom, { vendor: 0x1234, device: 0x1112 }));
  assert.ok(!isRomOf(new Uint8Array(16), { vendor: 0, device: 0 }));
  const device = new ExpansionRom('rom', rom);
  const card = new PciFunction(CARD, [{ index: ROM_BAR, space: 'memory', size: device.size, device }]);
  card.write(0x30, 4, 0xffffffff);
  assert.equal(card.read(0x30, 4), 0xfffff001, '4 KiB');
  card.write(4, 2, 2);
  card.write(0x30, 4, 0xe0000000);
  assert.equal(card.address(card.bars[0]), undefined);
  card.write(0x30, 4, 0xe0000001);
  assert.equal(card.address(card.bars[0]), 0xe0000000);
  assert.deepEqual([device.read(0, 0, 4), device.read(0, 2999, 2)], [0xcc06aa55, 0xffcc]);
});

test('INTx goes through the route control registers, shared and level-triggered', () => {
  const { lines, pin, other, write } = makeBus();
  pin.raise();
  assert.ok(
    lines.every((l) => !l.level),
    'routes are disabled at power-on',
  );
  write(1, 0, 0x60, 4, 0x0b0b0a0a);
  assert.ok(lines[11].level, 'INTA# of slot 3 is PIRQC');
  other.raise();
  pin.lower();
  assert.ok(lines[11].level, 'slot 4 (PIRQD) still asks');
  write(1, 0, 0x63, 1, 0x05);
  assert.deepEqual([lines[5].level, lines[11].level], [true, false]);
  write(1, 0, 0x63, 1, 0x02);
  assert.ok(
    lines.every((l) => !l.level),
    'IRQ 2 is reserved',
  );
  other.lower();
});

test('the reset control register pulls the reset line once', () => {
  const { pci, resets } = makeBus();
  pci.write(0, 1, 1, 0x02);
  pci.write(0, 1, 1, 0x06);
  pci.write(0, 1, 1, 0x06);
  assert.equal(resets(), 1);
  assert.equal(pci.read(0, 1, 1), 0x06);
});

test('state survives, mappings and lines included', () => {
  const { bus, pci, pin, lines, write } = makeBus();
  write(1, 0, 0x60, 4, 0x0b0b0a0a);
  write(3, 0, 0x10, 4, 0xc100);
  write(3, 0, 0x04, 2, 0x0001);
  pin.raise();
  const [after, before] = roundTrip(pci, () => pci.reset());
  assert.deepEqual(after, before);
  assert.equal(bus.read('port', 0xc103, 1), 3);
  lines[11].level = true; // as the interrupt controller restores it
  pin.lower();
  assert.equal(lines[11].level, false);
});

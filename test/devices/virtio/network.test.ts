/** Cards and the switch between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtioNetwork } from '../../../src/devices/virtio/network';
import { pcapHeader, pcapRecord } from '../../../src/devices/virtio/pcap';
import { macAddress, Switch, type SwitchedFrame } from '../../../src/devices/virtio/switch';
import { roundTrip } from '../support';
import { makeDriver } from './driver';

const [RECEIVE, TRANSMIT] = [0, 1];
const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);

const frame = (to: Uint8Array, from: Uint8Array, payload = 46): Uint8Array => Uint8Array.from([...to, ...from, 0x88, 0xb5, ...Array(payload).fill(0x5a)]);

const makeCard = (legacy = false) => {
  const device = new VirtioNetwork('network', macAddress(0));
  const d = makeDriver(device, { legacy });
  const sent: Uint8Array[] = [];
  device.sent.on((bytes) => sent.push(bytes));
  d.start(1 << 5);
  return { device, d, sent, header: legacy ? 10 : 12 };
};

for (const legacy of [false, true])
  test(`frames out and in, ${legacy ? 'legacy' : 'modern'} header`, () => {
    const { device, d, sent, header } = makeCard(legacy);
    const out = frame(BROADCAST, macAddress(0));
    d.fill(0x1000, Array(header).fill(0));
    d.fill(0x1000 + header, out);
    d.add(TRANSMIT, { address: 0x1000, length: header + out.length });
    d.notify(TRANSMIT);
    d.settle();
    assert.deepEqual(sent, [out]);
    const back = frame(macAddress(0), macAddress(1));
    d.add(RECEIVE, { address: 0x2000, length: header, write: true }, { address: 0x3000, length: 1514, write: true });
    d.notify(RECEIVE);
    device.receive(back);
    d.settle();
    assert.deepEqual(d.completed(RECEIVE), [{ id: 0, length: header + back.length }]);
    assert.deepEqual(d.bytes(0x3000, back.length), [...back]);
    assert.deepEqual(d.bytes(0x2000, header), legacy ? Array(10).fill(0) : [...Array(10).fill(0), 1, 0]);
    assert.equal(device.lost, 0);
  });

test('frames wait for buffers; too many, or too little room, and they are lost', () => {
  const { device, d } = makeCard();
  const back = frame(macAddress(0), macAddress(1));
  for (let i = 0; i < 300; i++) device.receive(back);
  assert.equal(device.lost, 300 - 256);
  d.add(RECEIVE, { address: 0x2000, length: 20, write: true });
  d.notify(RECEIVE);
  d.settle();
  assert.equal(device.lost, 300, 'none fits into 20 bytes');
  assert.deepEqual(d.completed(RECEIVE), [], 'the buffer is still the device’s');
});

test('without a driver frames are lost; what is no frame is not sent', () => {
  const { device, d, sent } = makeCard();
  for (const length of [12, 25, 12 + 1519]) d.add(TRANSMIT, { address: 0x1000, length });
  d.notify(TRANSMIT);
  d.settle();
  assert.equal(d.completed(TRANSMIT).length, 3);
  assert.deepEqual(sent, []);
  d.status(0);
  device.receive(frame(BROADCAST, macAddress(1)));
  assert.equal(device.lost, 1);
});

test('its address and link are in the configuration space', () => {
  const { d } = makeCard();
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((i) => d.config(i, 1)),
    [...macAddress(0)],
  );
  assert.equal(d.config(6, 2), 1);
});

test('save and restore with frames waiting', () => {
  const { device, d } = makeCard();
  device.receive(frame(BROADCAST, macAddress(1)));
  const [after, before] = roundTrip(d.transport, () => d.transport.reset());
  assert.deepEqual(after, before);
});

const makeSwitch = (ports: number) => {
  const hub = new Switch();
  const log: SwitchedFrame[] = [];
  hub.frames.on((f) => log.push(f));
  const received: number[] = [];
  const plugs = Array.from({ length: ports }, (_, i) => hub.connect(() => void received.push(i)));
  return { hub, log, plugs, received };
};

test('the switch floods what it does not know, and learns', () => {
  const { hub, log, plugs, received } = makeSwitch(3);
  plugs[0].send(frame(macAddress(1), macAddress(0)), 100);
  assert.deepEqual(received.splice(0), [1, 2]);
  assert.equal(hub.portOf('02:00:00:00:00:01'), 0);
  plugs[1].send(frame(macAddress(0), macAddress(1)), 200);
  assert.deepEqual(received.splice(0), [0]);
  plugs[0].send(frame(macAddress(1), macAddress(0)), 300);
  assert.deepEqual(received.splice(0), [1]);
  plugs[2].send(frame(BROADCAST, macAddress(2)), 400);
  assert.deepEqual(received.splice(0), [0, 1]);
  plugs[0].send(frame(macAddress(0), macAddress(0)), 500);
  assert.deepEqual(received.splice(0), [], 'not back to where it came from');
  assert.deepEqual(
    log.map(({ time, from, to }) => ({ time, from, to: [...to] })),
    [
      { time: 100, from: 0, to: [1, 2] },
      { time: 200, from: 1, to: [0] },
      { time: 300, from: 0, to: [1] },
      { time: 400, from: 2, to: [0, 1] },
      { time: 500, from: 0, to: [] },
    ],
  );
});

test('an address that moves is found at its new port; unplugging forgets', () => {
  const { hub, plugs, received } = makeSwitch(3);
  plugs[0].send(frame(BROADCAST, macAddress(7)), 0);
  plugs[1].send(frame(BROADCAST, macAddress(7)), 0);
  received.length = 0;
  plugs[2].send(frame(macAddress(7), macAddress(2)), 0);
  assert.deepEqual(received.splice(0), [1]);
  plugs[1].close();
  assert.equal(hub.portOf('02:00:00:00:00:08'), undefined);
  plugs[2].send(frame(macAddress(7), macAddress(2)), 0);
  assert.deepEqual(received.splice(0), [0]);
  plugs[1].send(frame(BROADCAST, macAddress(1)), 0);
  assert.deepEqual(received, [], 'nothing from a port that is unplugged');
});

test('a flood of addresses does not fill memory, and what was learnt can be saved', () => {
  const { hub, plugs } = makeSwitch(2);
  for (let i = 0; i < 5000; i++) plugs[0].send(frame(BROADCAST, Uint8Array.of(2, 1, 0, 0, i >> 8, i & 0xff)), i);
  const state = structuredClone(hub.save());
  assert.equal((state.addresses as unknown[]).length, 1024);
  const other = new Switch();
  other.restore(state);
  assert.deepEqual(other.save(), state);
  assert.equal(other.portOf('02:01:00:00:13:87'), 0);
});

test('a capture file', () => {
  const header = new DataView(pcapHeader().buffer);
  assert.equal(header.getUint32(0, true), 0xa1b23c4d);
  assert.equal(header.getUint16(4, true), 2);
  assert.equal(header.getUint32(20, true), 1);
  const record = pcapRecord({ time: 3_000_000_007, frame: frame(BROADCAST, macAddress(0)) });
  const view = new DataView(record.buffer);
  assert.deepEqual([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)], [3, 7, 60, 60]);
  assert.equal(record.length, 16 + 60);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { I440FX } from '../../src/devices/pci/identities';
import { PciFunction } from '../../src/devices/pci/pciFunction';
import { ShadowRam } from '../../src/devices/pci/shadowRam';

const make = () => {
  const calls: string[] = [];
  const bridge = new PciFunction(I440FX);
  const shadow = new ShadowRam(bridge, (start, end, { loads, stores }) => calls.push(`${start.toString(16)}-${end.toString(16)} ${loads ? 'R' : '-'}${stores ? 'W' : '-'}`));
  return { bridge, shadow, taken: () => calls.splice(0) };
};

test('at power-on nothing goes to RAM; every segment is said once', () => {
  const { shadow, taken } = make();
  shadow.apply();
  const said = taken();
  assert.equal(said.length, 13);
  assert.deepEqual([said[0], said[1], said[12]], ['f0000-100000 --', 'c0000-c4000 --', 'ec000-f0000 --']);
  shadow.apply();
  assert.deepEqual(taken(), []);
});

test('each nibble governs its segment, loads and stores apart', () => {
  const { bridge, shadow, taken } = make();
  shadow.apply();
  taken();
  bridge.write(0x59, 1, 0xff);
  assert.deepEqual(taken(), ['f0000-100000 RW'], 'the low nibble of PAM0 is reserved');
  bridge.write(0x5a, 1, 0x21);
  assert.deepEqual(taken(), ['c0000-c4000 R-', 'c4000-c8000 -W']);
  bridge.write(0x5c, 4, 0x30_00_00_03);
  assert.deepEqual(taken(), ['d0000-d4000 RW', 'ec000-f0000 RW']);
  bridge.reset();
  shadow.apply();
  assert.deepEqual(taken().sort(), ['c0000-c4000 --', 'c4000-c8000 --', 'd0000-d4000 --', 'ec000-f0000 --', 'f0000-100000 --']);
});

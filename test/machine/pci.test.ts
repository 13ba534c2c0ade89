import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMachine } from './support';

test('the BIOS assigns addresses and routes interrupts', () => {
  const { bus } = makeMachine();
  const read = (address: number) => {
    bus.write('port', 0xcf8, 4, address);
    return bus.read('port', 0xcfc, 4);
  };
  assert.equal(read(0x80000860), 0x0b0b0a0a, 'PIRQ A to D');
  assert.equal(bus.read('port', 0x4d1, 1), 0x0e, 'level-triggered, and the SCI');
});

test('INT 1Ah AH=B1h finds and reads functions', () => {
  const { call, registers } = makeMachine();
  call(0x1a, { eax: 0xb101 });
  assert.equal(registers.read('edx'), 0x20494350);
  const found = call(0x1a, { eax: 0xb102, ecx: 0x7000, edx: 0x8086, esi: 0 });
  assert.equal(found.flags.CF, false);
  assert.equal(registers.read('bx'), 0x0008);
  assert.equal(call(0x1a, { eax: 0xb102, ecx: 0x7000, edx: 0x8086, esi: 1 }).flags.CF, true);
  assert.equal(registers.read('ah'), 0x86);
  call(0x1a, { eax: 0xb103, ecx: 0x010180, esi: 0 });
  assert.equal(registers.read('bx'), 0x0009);
  call(0x1a, { eax: 0xb109, ebx: 0x0009, edi: 2 });
  assert.equal(registers.read('cx'), 0x7010);
  call(0x1a, { eax: 0xb10d, ebx: 0x0009, edi: 0x40, ecx: 0 });
  call(0x1a, { eax: 0xb10a, ebx: 0x0009, edi: 0x40 });
  assert.equal(registers.read('ecx'), 0);
  assert.equal(call(0x1a, { eax: 0xb10a, ebx: 0x0009, edi: 0x41 }).flags.CF, true, 'unaligned');
});

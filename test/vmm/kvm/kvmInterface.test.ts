/** KVM's interface, from the host's side: what test/guest/kvm.asm cannot see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KVM_LEAVES, TSC_MULTIPLIER, TSC_SHIFT } from '../../../src/vmm/kvm/kvmAbi';
import { KvmInterface } from '../../../src/vmm/kvm/kvmInterface';
import { CPU } from '../../../src/x86/cpuState';
import { TestCpu } from '../../harness/testCpu';

const RAM = 2 << 20;
const [WALL, TIME, EOI] = [0x4b564d00, 0x4b564d01, 0x4b564d04];

const makeKvm = () => {
  const { vm, cpu } = new TestCpu({ ram: RAM });
  let now = 0;
  const kvm = new KvmInterface({ context: vm.context, memory: vm.physical, startDate: Date.UTC(2005, 0, 1), now: () => now });
  return { vm, cpu, kvm, at: (time: number) => void (now = time) };
};

test('the multiplier turns ticks into nanoseconds', () => {
  assert.ok(TSC_MULTIPLIER >= 2 ** 31 && TSC_MULTIPLIER < 2 ** 32);
  assert.equal(((1234567n << BigInt(TSC_SHIFT)) * BigInt(TSC_MULTIPLIER)) >> 32n, 12345670n);
  assert.deepEqual([...KVM_LEAVES.keys()], [0x40000000, 0x40000001]);
});

test('the clock’s page has an even version, larger each time', () => {
  const { vm, kvm, at } = makeKvm();
  at(1_000_000);
  assert.equal(kvm.writeMsr(TIME, 0, 0x8001), true);
  assert.equal(vm.physical.read(0x8000, 4), 2);
  assert.equal(vm.physical.read(0x8010, 4), 1_000_000);
  at(2_000_000);
  kvm.timeStampWritten();
  assert.equal(vm.physical.read(0x8000, 4), 4);
  assert.equal(vm.physical.read(0x8010, 4), 2_000_000);
  kvm.writeMsr(TIME, 0, 0x8000);
  at(3_000_000);
  kvm.timeStampWritten();
  assert.equal(vm.physical.read(0x8000, 4), 4, 'switched off');
});

test('addresses outside RAM, above 4 GiB or not aligned', () => {
  const { kvm } = makeKvm();
  for (const msr of [WALL, TIME, EOI]) {
    assert.equal(kvm.writeMsr(msr, 1, 0), false);
    assert.equal(kvm.writeMsr(msr, 0, 0x8002), false);
    assert.equal(kvm.writeMsr(msr, 0, 0xfffffffd), true);
    assert.equal(kvm.writeMsr(msr, 0, RAM - 8 + 1), true);
  }
  assert.equal(kvm.writeMsr(0x4b564d02, 0, 0), undefined);
  kvm.writeMsr(EOI, 0, 0xfffffffd);
  assert.equal(kvm.eoiFlag.set(), false, 'there is nothing to set');
});

test('user code may not call', () => {
  const { cpu, kvm } = makeKvm();
  cpu.setReg(0, 1);
  assert.equal(kvm.hypercall(), 0);
  cpu.set(CPU.CPL, 3);
  assert.equal(kvm.hypercall(), -1);
});

test('the EOI flag keeps the other bits', () => {
  const { vm, kvm } = makeKvm();
  let moved = 0;
  kvm.eoiMoving = () => moved++;
  assert.equal(kvm.eoiFlag.set(), false, 'not agreed on');
  kvm.writeMsr(EOI, 0, 0x9001);
  assert.equal(moved, 1);
  vm.physical.write(0x9000, 4, 0xabcdef00);
  assert.equal(kvm.eoiFlag.set(), true);
  assert.equal(vm.physical.read(0x9000, 4), 0xabcdef01);
  assert.ok(kvm.eoiFlag.isSet());
  kvm.eoiFlag.clear();
  assert.equal(vm.physical.read(0x9000, 4), 0xabcdef00);
});

test('save, restore, reset', () => {
  const { kvm } = makeKvm();
  assert.ok(kvm.untouched);
  kvm.writeMsr(WALL, 0, 0x7000);
  kvm.writeMsr(EOI, 0, 0x9001);
  const state = structuredClone(kvm.save());
  kvm.reset();
  assert.ok(kvm.untouched);
  kvm.restore(state);
  assert.deepEqual(kvm.save(), state);
  assert.deepEqual(kvm.readMsr(EOI), [0, 0x9001]);
});

/** Loads and stores that a device answers: whole, once, at the right time, and the last of their slice when they must be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusDevice } from '../../src/devices/contract';
import { TestCpu } from '../harness/testCpu';

const PAGE = 0xfed00000;
const PORT = 0x5000;

const make = () => {
  const cpu = new TestCpu();
  const seen: string[] = [];
  const clock = cpu.vm.platform.clock;
  const device: BusDevice & { onWrite: () => void } = {
    name: 'probe',
    onWrite: () => {},
    read: (_region, offset, size) => {
      seen.push(`read ${offset} ${size} at ${clock.now()}`);
      return 0x11223344;
    },
    write: (_region, offset, size, value) => {
      seen.push(`write ${offset} ${size} ${value.toString(16)} at ${clock.now()}`);
      device.onWrite();
    },
    reset() {},
    save: () => ({}),
    restore() {},
  };
  cpu.vm.platform.bus.attach('memory', PAGE, 0x1000, device);
  cpu.vm.platform.bus.attach('port', PORT, 4, device);
  const code = (...lines: string[]) => {
    let at = cpu.eip;
    for (const line of lines) at += cpu.load(line, at);
  };
  return { cpu, seen, device, code, clock };
};

for (const paging of [false, true])
  test(`every width arrives whole, ${paging ? 'through page tables' : 'without paging'}`, () => {
    const { cpu, seen, code } = make();
    cpu.flat32();
    if (paging)
      cpu.page(0x10000, [
        { linear: 0x1000, physical: 0x1000 },
        { linear: 0x5000, physical: PAGE },
      ]); // prettier-ignore
    cpu.cpu.setReg(3, paging ? 0x5000 : PAGE);
    code('mov eax,[ebx]', 'mov dword [ebx+4],0x89abcdef', 'mov word [ebx+6],0x1234', 'mov byte [ebx+1],0x56', 'mov edx,[ebx+1]', 'add dword [ebx+8],1');
    cpu.vm.run(6, 1000);
    assert.equal(cpu.cpu.reg(0), 0x11223344);
    assert.deepEqual(
      seen.map((s) => s.replace(/ at .*/, '')),
      ['read 0 4', 'write 4 4 89abcdef', 'write 6 2 1234', 'write 1 1 56', 'read 1 4', 'read 8 4', 'write 8 4 11223345'],
    );
  });

test('a device sees the guest time of the instruction', () => {
  const { cpu, seen, code } = make();
  cpu.flat32();
  cpu.cpu.setReg(3, PAGE);
  code('nop', 'nop', 'mov eax,[ebx]', 'nop', 'mov [ebx],eax', 'nop');
  cpu.vm.run(6, 1000);
  assert.deepEqual(seen, ['read 0 4 at 20', 'write 0 4 11223344 at 40']);
});

test('a store that arms a timer lets it fire on time, in the same run', () => {
  for (const slice of [100, 7, 1]) {
    const { cpu, device, code, clock } = make();
    const fired: number[] = [];
    const timer = clock.createTimer('probe', () => fired.push(cpu.vm.now()));
    device.onWrite = () => timer.arm(clock.now() + 50);
    cpu.flat32();
    cpu.cpu.setReg(3, PAGE);
    cpu.cpu.setReg(1, 30);
    code('nop', 'mov [ebx],eax', 'dec ecx', 'jnz $-1');
    for (let n = 0; n < 60; n += slice) cpu.vm.run(Math.min(slice, 60 - n), 1000);
    assert.deepEqual(fired, [60], `in slices of ${slice}`);
  }
});

test('a block that left early runs whole the next time', () => {
  const { cpu, seen, device, code, clock } = make();
  const timer = clock.createTimer('probe', () => {});
  device.onWrite = () => timer.arm(clock.now() + 1000);
  cpu.flat32();
  cpu.cpu.setReg(3, PAGE);
  cpu.cpu.setReg(1, 50);
  code('mov [ebx],ecx', 'inc edx', 'dec ecx', 'jnz $-4', 'nop');
  cpu.vm.run(4 * 50, 1000);
  assert.equal(seen.length, 50);
  assert.equal(cpu.cpu.reg(2), 50);
  assert.equal(cpu.cpu.reg(1), 0);
  assert.equal(cpu.vm.retired, 200);
  cpu.vm.engine.cache.checkInvariants();
});

test('port accesses in a row: the guest time of each, and a timer armed by one fires on time', () => {
  for (const slice of [100, 7, 1]) {
    const { cpu, seen, device, code, clock } = make();
    const fired: number[] = [];
    const timer = clock.createTimer('probe', () => fired.push(cpu.vm.now()));
    device.onWrite = () => timer.arm(clock.now() + 50);
    cpu.flat32();
    cpu.cpu.setReg(2, PORT);
    cpu.cpu.setReg(1, 30);
    code('in eax,dx', 'cli', 'in al,dx', 'out dx,al', 'dec ecx', 'jnz $-1');
    for (let n = 0; n < 60; n += slice) cpu.vm.run(Math.min(slice, 60 - n), 1000);
    assert.deepEqual(seen, ['read 0 4 at 0', 'read 0 1 at 20', 'write 0 1 44 at 30'], `in slices of ${slice}`);
    assert.deepEqual(fired, [80], `in slices of ${slice}`);
  }
});

test('a port write that asks for a stop is the last instruction', () => {
  const { cpu, device, code } = make();
  device.onWrite = () => cpu.vm.requestStop({ kind: 'exited', code: 3 });
  cpu.flat32();
  cpu.cpu.setReg(2, PORT);
  code('in al,dx', 'out dx,al', 'inc ebx', 'inc ebx');
  // The second time every block is known, and its successor.
  for (const round of [1, 2]) {
    assert.deepEqual(cpu.vm.run(100, 1000), { kind: 'exited', code: 3 });
    assert.equal(cpu.vm.retired, 2 * round);
    assert.equal(cpu.cpu.reg(3), 0);
    cpu.cpu.eip -= 2;
  }
});

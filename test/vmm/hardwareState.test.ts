/** What the silicon is said to hold while the guest stands: what it will hold when the guest runs on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';

const SOURCE = `org 0x7c00
  xor ax, ax
  cli
  stc
spin: jmp spin
`;

function start(launch: object) {
  const parsed = parseConfiguration({ program: 'g.asm', kind: 'bootSector', memory: 2, ...launch });
  assert.ok('config' in parsed, JSON.stringify(parsed));
  const source = `${SOURCE}times 510-($-$$) db 0\ndw 0xaa55\n`;
  return createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined }).vm;
}

const ARITHMETIC = 0x8d5;
const differing = (vm: ReturnType<typeof start>): number => (vm.hardwareRegister('eflags')! ^ vm.readRegister('eflags')!) >>> 0;

for (const launch of [
  { technique: 'trap' },
  { technique: 'trap', ringCompression: true },
  { technique: 'pv' },
  { technique: 'bt' },
  { technique: 'bt', translation: 'optimised' },
  { technique: 'hvm' },
  { technique: 'hvm', nestedPaging: false },
]) {
  test(`${JSON.stringify(launch)}: an edit of EFLAGS reaches the silicon, and a look changes nothing`, () => {
    const [vm, other] = [start(launch), start(launch)];
    for (let i = 0; i < 6; i++) {
      const flags = vm.readRegister('eflags')!;
      for (const bit of [0, 2, 4, 6, 7, 10, 11]) {
        vm.writeRegister('eflags', flags ^ (1 << bit));
        assert.equal(differing(vm) & (ARITHMETIC | 0x400), 0, `step ${i}, bit ${bit}`);
      }
      vm.writeRegister('eflags', flags);
      vm.hardwareRegister('cs');
      assert.equal(vm.stateHash(), other.stateHash(), `step ${i}`);
      assert.deepEqual(vm.run(1, 1000), other.run(1, 1000));
    }
    assert.deepEqual({ ...vm.eventCounts }, { ...other.eventCounts });
    assert.equal(vm.cycles, other.cycles);
  });
}

test('trap: IF and VM are the VMM’s', () => {
  const vm = start({ technique: 'trap' });
  vm.run(3, 1000);
  assert.equal(vm.readRegister('eflags')! & 0x20200, 0, 'the guest: real mode, interrupts off');
  assert.equal(vm.hardwareRegister('eflags')! & 0x20200, 0x20200, 'the silicon: virtual-8086 mode, interrupts on');
});

/** Steady reads and plain writes that generated code does by itself: devices see fewer of them, and nobody can tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusDevice } from '../../src/devices/contract';
import type { Heat, Translation } from '../../src/engine/heat';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { CPU } from '../../src/x86/cpuState';
import { TestCpu } from '../harness/testCpu';

const PORT = 0x300;
/** Registers of the probe: steady; plain; a counter of its reads; one that makes the steady one differ. */
const [STEADY, PLAIN, COUNTER, SETTER] = [0, 1, 2, 3];

const make = (translation: Translation | Heat, watched = false) => {
  const cpu = new TestCpu({ translation });
  const seen: string[] = [];
  const registers = [0x40, 0, 0, 0];
  const device: BusDevice = {
    name: 'probe',
    isSteady: (_region, offset) => offset < COUNTER,
    isPlain: (_region, offset) => offset === PLAIN,
    read: (_region, offset) => {
      seen.push(`read ${offset}`);
      return offset === COUNTER ? registers[COUNTER]++ & 0xff : registers[offset];
    },
    write: (_region, offset, _size, value) => {
      seen.push(`write ${offset} ${value}`);
      registers[offset] = value;
      if (offset === SETTER) registers[STEADY] = value;
    },
    reset() {},
    save: () => ({}),
    restore() {},
  };
  const { bus, clock } = cpu.vm.platform;
  bus.attach('port', PORT, 4, device);
  if (watched) bus.accesses.on(() => {});
  cpu.flat32();
  cpu.cpu.setReg(2, PORT);
  const run = (instructions: number, ...lines: string[]) => {
    let at = cpu.eip;
    for (const line of lines) at += cpu.load(line, at);
    cpu.vm.run(instructions, 10_000);
  };
  return { cpu, seen, registers, clock, run };
};

const TRANSLATIONS = ['off', 'on', 'eager'] as const;

for (const translation of TRANSLATIONS) {
  test(`a register that is polled is read once (translation ${translation})`, () => {
    const { cpu, seen, run } = make(translation);
    cpu.cpu.setReg(1, 5000);
    run(4 * 5000, 'in al,dx', 'add ebx,eax', 'dec ecx', 'jnz $-4');
    assert.deepEqual(seen, ['read 0']);
    assert.equal(cpu.cpu.reg(3), 5000 * 0x40);
    assert.equal(cpu.vm.retired, 20_000);
    assert.equal(cpu.vm.desk.counts.port, 5000);
  });

  test(`what is written and stays is told at last (translation ${translation})`, () => {
    const { cpu, seen, registers, run } = make(translation);
    cpu.cpu.setReg(2, PORT + PLAIN);
    cpu.cpu.setReg(1, 3000);
    run(5 * 3000, 'mov al,cl', 'out dx,al', 'in al,dx', 'dec ecx', 'jnz $-5');
    assert.deepEqual(seen, [`write 1 ${3000 & 0xff}`, 'write 1 1']);
    assert.equal(registers[PLAIN], 1);
    assert.equal(cpu.cpu.reg(0), 1);
  });

  test(`it is told before another access, which is seen (translation ${translation})`, () => {
    const { cpu, seen, run } = make(translation);
    cpu.cpu.setReg(1, 400);
    // Steady, plain, plain again, one that changes the first, and the first again.
    const loop = ['in al,dx', 'inc edx', 'mov al,cl', 'out dx,al', 'xor al,0xff', 'out dx,al', 'inc edx', 'inc edx', 'out dx,al', 'sub edx,3', 'in al,dx', 'add ebx,eax'];
    run((loop.length + 2) * 400, ...loop, 'dec ecx', 'jnz $-18');
    let sum = 0;
    for (let n = 400; n > 0; n--) sum += ~n & 0xff;
    assert.equal(cpu.cpu.reg(1), 0);
    assert.equal(cpu.cpu.reg(3), sum);
    const last = seen.slice(-3);
    assert.deepEqual(last, ['write 1 254', 'write 3 254', 'read 0']);
    assert.equal(seen.filter((s) => s.startsWith('write 3')).length, 400);
  });

  test(`a timer that changes the register is seen in time, and a counter counts (translation ${translation})`, () => {
    const outcomes = [true, false].map((watched) => {
      const { cpu, registers, clock, run } = make(translation, watched);
      const timer = clock.createTimer('probe', (now) => {
        registers[STEADY]++;
        if (registers[STEADY] < 0x60) timer.arm(now + 12_340);
      });
      timer.arm(1_230);
      cpu.cpu.setReg(1, 20_000);
      // The sum of what is read tells when it changed; every 256th time something else is accessed.
      run(200_000, 'in al,dx', 'add ebx,eax', 'test cl,cl', 'jnz $+9', 'add edx,2', 'in al,dx', 'sub edx,2', 'dec ecx', 'jnz $-15');
      return { retired: cpu.vm.retired, sum: cpu.cpu.reg(3), left: cpu.cpu.reg(1), count: registers[COUNTER], now: registers[STEADY], hash: cpu.vm.desk.counts.port };
    });
    assert.deepEqual(outcomes[1], outcomes[0]);
    assert.equal(outcomes[0].now, 0x60);
    assert.ok(outcomes[0].count > 10);
  });
}

test('latches end when somebody wants to look around', () => {
  const { cpu, seen, run } = make('on');
  run(2, 'in al,dx', 'in al,dx');
  assert.deepEqual(seen, ['read 0']);
  cpu.vm.engine.attend();
  assert.equal(cpu.cpu.get(CPU.PORT_GENERATION), 0);
  run(1, 'in al,dx');
  assert.equal(seen.length, 2);
});

test('no port beyond the table is latched', () => {
  const { cpu, seen, run } = make('on');
  run(2, 'in al,dx', 'in al,dx');
  cpu.cpu.setReg(2, 0x400 + PORT);
  run(3, 'in al,dx', 'in al,dx', 'out dx,al');
  assert.equal(cpu.cpu.reg(0) & 0xff, 0xff);
  assert.deepEqual(seen, ['read 0']);
});

for (const { id } of TECHNIQUES)
  test(`under ${id} each access is the device's, unless it runs on bare metal`, () => {
    const cpu = new TestCpu({ technique: id });
    let reads = 0;
    const device: BusDevice = { name: 'probe', isSteady: () => true, read: () => 0x40 + reads++, write() {}, reset() {}, save: () => ({}), restore() {} };
    cpu.vm.platform.bus.attach('port', PORT, 4, device);
    cpu.flat32();
    cpu.cpu.setReg(2, PORT);
    let at = cpu.eip;
    for (let n = 0; n < 5; n++) at += cpu.load('in al,dx', at);
    cpu.vm.run(5, 1000);
    assert.equal(cpu.vm.retired, 5);
    assert.equal(reads, id === 'bare' ? 1 : 5);
    assert.equal(cpu.cpu.reg(0) & 0xff, id === 'bare' ? 0x40 : 0x44);
  });

/** The display's frame buffer as the guest places it: over RAM it does not decode, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';

const boot = () => {
  const parsed = parseConfiguration({ program: '/boot.asm', technique: 'bare', memory: 64 });
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  const source = 'org 0x7c00\nhlt\ntimes 510-($-$$) db 0\ndw 0xaa55\n';
  const machine = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  const { bus } = machine.board;
  const place = (base: number) => {
    bus.write('port', 0xcf8, 4, 0x80001010);
    bus.write('port', 0xcfc, 4, base);
  };
  const events: string[] = [];
  machine.board.pci.conflicts.on((sentence) => events.push(sentence));
  return { ...machine, place, events };
};

const bytes = (...values: number[]) => Uint8Array.from(values);

test('the frame buffer is memory where its base address says, and nowhere else', () => {
  const { vm, board, place, events } = boot();
  vm.writePhysical(0xe0000000, bytes(1, 2, 3, 4));
  assert.deepEqual([...board.vga.memory.slice(0, 4)], [1, 2, 3, 4]);
  place(0xf0000000);
  assert.deepEqual([...vm.readPhysical(0xe0000000, 2)], [0xff, 0xff], 'nothing is there any more');
  assert.deepEqual([...vm.readPhysical(0xf0000000, 4)], [1, 2, 3, 4]);
  assert.deepEqual(events, []);
});

test('a base address over RAM, the ROM or another device does not decode, and is told', () => {
  const { vm, board, place, events } = boot();
  place(0x1000000);
  assert.deepEqual(events, ['BAR 0 of display at memory 1000000h does not decode: RAM is there.']);
  vm.writePhysical(0x1000000, bytes(0x66));
  assert.deepEqual([vm.readPhysical(0x1000000, 1)[0], board.vga.memory[0]], [0x66, 0x20], 'RAM stays RAM, video memory the blank text screen');
  place(0);
  assert.equal(events.length, 1, 'base address 0 is none');
  place(0xfe800000);
  assert.match(events.at(-1) ?? '', /at memory 0FE800000h does not decode: .*overlaps ioApic/);
  const rom = vm.readPhysical(0xffff0, 16);
  place(0xff800000);
  assert.deepEqual(vm.readPhysical(0xfffffff0, 16), rom, 'the ROM stays at the top');
});

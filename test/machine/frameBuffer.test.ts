/** The display's frame buffer as the guest places it: over RAM it does not decode, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { EBX, ESI, EDI } from '../../src/x86/registers';

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

/** The VGA as in mode 13h; `isMemory`: the window's first byte is memory's, not a device's, which a debugger does not read. */
const mode13h = () => {
  const machine = boot();
  const { bus } = machine.board;
  const set = (port: number, index: number, value: number) => bus.write('port', port, 2, index | (value << 8));
  const chain = (on: boolean) => set(0x3c4, 4, on ? 0x0e : 0x06);
  const dispi = (index: number, value: number) => {
    bus.write('port', 0x1ce, 2, index);
    bus.write('port', 0x1cf, 2, value);
  };
  set(0x3ce, 6, 5); // A0000h..AFFFFh, graphics
  set(0x3ce, 5, 0x40);
  set(0x3ce, 8, 0xff);
  set(0x3c4, 2, 15);
  chain(true);
  const isMemory = () => machine.vm.readPhysical(0xa0000, 1)[0] === machine.board.vga.memory[0];
  return { ...machine, chain, dispi, isMemory };
};

test('the window at A0000h is memory while bytes go through unchanged, and a device otherwise', () => {
  const { vm, board, chain, isMemory } = mode13h();
  vm.writePhysical(0xafffe, bytes(0x5a, 0x5b, 0x5c));
  assert.deepEqual([...board.vga.memory.slice(0xfffe, 0x10001)], [0x5a, 0x5b, 0], 'it ends at AFFFFh');
  // biome-ignore format: a table
  const changes: [what: string, port: number, index: number, before: number, after: number][] = [
    ['write mode 1',        0x3ce, 5, 0x40, 0x41],
    ['read mode 1',         0x3ce, 5, 0x40, 0x48],
    ['set/reset',           0x3ce, 1, 0x00, 0x01],
    ['AND with latches',    0x3ce, 3, 0x00, 0x08],
    ['bit mask',            0x3ce, 8, 0xff, 0x7f],
    ['window at B8000h',    0x3ce, 6, 0x05, 0x0c],
    ['a plane masked',      0x3c4, 2, 0x0f, 0x07],
  ];
  for (const [what, port, index, before, after] of changes) {
    board.bus.write('port', port, 2, index | (after << 8));
    assert.ok(!isMemory(), what);
    board.bus.write('port', port, 2, index | (before << 8));
    assert.ok(isMemory(), what);
  }
  chain(false);
  assert.ok(!isMemory());
  vm.writePhysical(0xa0000, bytes(0x11));
  assert.equal(board.vga.memory[0], 0x20, 'a debugger does not write to devices');
});

test('banks of a packed mode move in the window; a reset takes it away', () => {
  const { vm, board, dispi, isMemory } = mode13h();
  for (const [index, value] of [
    [1, 640],
    [2, 480],
    [3, 8],
    [4, 1],
  ])
    dispi(index, value);
  dispi(5, 3);
  vm.writePhysical(0xa0010, bytes(0x77));
  assert.equal(board.vga.memory[0x30010], 0x77);
  const saved = board.save();
  dispi(4, 0);
  assert.equal(board.vga.memory[0x10], vm.readPhysical(0xa0010, 1)[0], 'mode 13h is behind it again');
  board.restore(saved);
  assert.deepEqual([...vm.readPhysical(0xa0010, 1)], [0x77], 'bank 3 is back');
  board.vga.reset();
  assert.ok(!isMemory());
});

test('code in video memory is seen to change through its other address', () => {
  const { vm } = mode13h();
  const exitWith = (code: number) => bytes(0xb0, code, 0xe6, 0xf4, 0xeb, 0xfa); // mov al, code; out 0f4h, al; jmp
  const run = () => {
    vm.writeRegister('cs', 0xa000);
    vm.writeRegister('eip', 0xf000);
    return vm.run(1000, 1000);
  };
  vm.writePhysical(0xaf000, exitWith(5));
  assert.deepEqual(run(), { kind: 'exited', code: 5 });
  vm.writePhysical(0xe000f000, exitWith(6));
  assert.deepEqual(run(), { kind: 'exited', code: 6 });
});

test('code in the frame buffer is forgotten as that moves; other code stays translated', () => {
  const source = `bits 32
  org 0x100000
  jmp start
  place: ; base address in ECX
    mov dx, 0xcf8
    mov eax, 0x80001010
    out dx, eax
    mov dx, 0xcfc
    mov eax, ecx
    out dx, eax
    ret
  start:
    mov esp, 0x90000
    mov edi, 0xe0000000
    mov dword [edi], 0x000001b8 ; mov eax, 1
    mov word [edi + 4], 0xc300  ; ret
    call edi
    mov ebx, eax
    mov ecx, 0xf0000000
    call place
    mov edi, 0xf0000000
    mov byte [edi + 1], 2
    call edi
    mov esi, eax
    mov ecx, 0xe0000000
    call place
    mov edi, 0xe0000000
    call edi
    mov edi, eax
    hlt`;
  const parsed = parseConfiguration({ program: '/code.asm', technique: 'bare', memory: 64, kind: 'flat', bits: 32 });
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  const { vm } = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  const { engine, cpu } = vm.machine;
  const translated: number[] = [];
  engine.translated.on(({ linear }) => translated.push(linear));
  vm.machine.run(1000, 1000);
  assert.deepEqual(
    [EBX, ESI, EDI].map((n) => cpu.reg(n)),
    [1, 2, 2],
  );
  assert.equal(translated.filter((linear) => linear >= 0xe0000000).length, 3);
  assert.equal(translated.filter((linear) => linear === 0x100002 || linear === 0x100005).length, 1);
  engine.cache.checkInvariants();
});

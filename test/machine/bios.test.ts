/** Machines that a BIOS image starts: the reset vector, what the image is told, and images that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../src/asm/assemble';
import { UserError } from '../../src/base/userError';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { bootable } from './support';

const KIB = 1024;

/** A BIOS of `size` KiB: `code` at F000:E000, to which the reset vector jumps. */
const biosImage = (size: number, code: string): Uint8Array => {
  const { bytes, diagnostics } = assemble(`org 0xe000\n${code}\ntimes 0xfff0-($-$$)-0xe000 db 0\njmp 0xf000:0xe000\ntimes 0x10000-($-$$)-0xe000 db 0\n`, {
    path: 'bios.asm',
    readFile: () => undefined,
  });
  assert.deepEqual(diagnostics, []);
  const image = new Uint8Array(size * KIB);
  image.set(bytes, image.length - bytes.length);
  return image;
};

const optionRom = (change: (rom: Uint8Array) => void = () => {}): Uint8Array => {
  const rom = new Uint8Array(1024);
  rom.set([0x55, 0xaa, 2, 0xcb]);
  rom[1023] = -rom.reduce((sum, byte) => sum + byte, 0);
  change(rom);
  return rom;
};

const start = (attributes: object, contents: Record<string, Uint8Array>) => {
  const parsed = parseConfiguration({ program: 'disk.img', technique: 'bare', memory: 2, ...attributes });
  assert.ok('config' in parsed);
  const files: Record<string, Uint8Array> = { 'disk.img': bootable(4 << 20), ...contents };
  return createMachine(parsed.config, { readFile: (path) => files[path], readInclude: () => undefined });
};

const POWER_OFF = 'out 0xf4, al\nhlt';

for (const technique of ['bare', 'trap', 'bt'])
  for (const size of [64, 128, 256])
    test(`a ROM of ${size} KiB starts at FFFFFFF0h (${technique})`, () => {
      const { vm } = start({ bios: 'b.bin', technique }, { 'b.bin': biosImage(size, `mov al, 7\n${POWER_OFF}`) });
      assert.deepEqual([vm.readRegister('cs'), vm.readRegister('eip')], [0xf000, 0xfff0]);
      assert.deepEqual([...vm.readLinear(0xfffffff0, 5)], [0xea, 0x00, 0xe0, 0x00, 0xf0]);
      assert.deepEqual(vm.run(100, 1000), { kind: 'exited', code: 7 });
    });

/** Write PAM0: 10h loads from RAM, 20h stores to RAM. */
const pam0 = (value: number) => `mov eax, 0x80000058\nmov dx, 0xcf8\nout dx, eax\nmov dx, 0xcfd\nmov al, ${value}\nout dx, al`;

/** The BIOS into the RAM behind it. */
const COPY = `
  ${pam0(0x20)}
  mov ax, 0xf000
  mov ds, ax
  mov es, ax
  xor si, si
  xor di, di
  mov cx, 0x8000
  cld
  rep movsw`;

test('the BIOS copies itself into shadow RAM and runs on there', () => {
  const code = `${COPY}
  mov byte [patched + 1], 9
  ${pam0(0x10)}
patched:
  mov al, 1
  mov byte [patched + 1], 2
  ${POWER_OFF}`;
  const { vm } = start({ bios: 'b.bin' }, { 'b.bin': biosImage(128, code) });
  assert.deepEqual(vm.run(100_000, 10_000), { kind: 'exited', code: 9 });
});

test('a reset brings the ROM back', () => {
  const code = `
  inc byte [0x600]
  cmp byte [0x600], 2
  je again
  ${COPY}
  mov byte [0xe000], 0xf4
  ${pam0(0x30)}
  mov al, 0xfe
  out 0x64, al
  jmp $
again:
  mov al, 5
  ${POWER_OFF}`;
  const { vm } = start({ bios: 'b.bin' }, { 'b.bin': biosImage(64, code) });
  assert.deepEqual(vm.run(100_000, 10_000), { kind: 'exited', code: 5 });
});

test('descriptors and far pointers in the ROM: what the CPU reads itself, again and again', () => {
  const code = `
  mov ax, 0xf000
  mov ds, ax
  mov cx, 3
again:
  lgdt [gdtr]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov ax, 8
  mov es, ax
  mov eax, cr0
  and al, 0xfe
  mov cr0, eax
  mov edi, 0xffff0001 + table
  mov edx, [es:edi]
  cmp edx, 0x66554433
  jne wrong
  les bx, [table]
  cmp bx, 0x3322
  jne wrong
  loop again
  mov al, 3
  out 0xf4, al
wrong:
  mov al, 4
  ${POWER_OFF}
gdtr: dw 15
  dd 0xf0000 + gdt
gdt: dq 0, 0x00cf92000000ffff
table: db 0x22, 0x33, 0x44, 0x55, 0x66`;
  const { vm } = start({ bios: 'b.bin' }, { 'b.bin': biosImage(64, code) });
  assert.deepEqual(vm.run(1000, 1000), { kind: 'exited', code: 3 });
});

test('port 402h is the BIOS’s log: an event a line', () => {
  const code = `mov si, text
next: mov al, [cs:si]
  inc si
  mov dx, 0x402
  out dx, al
  test al, al
  jnz next
  ${POWER_OFF}
text: db 'one', 10, 'two', 10, 0`;
  const { vm, serial } = start({ bios: 'b.bin' }, { 'b.bin': biosImage(64, code) });
  const printed: number[] = [];
  serial.on((bytes) => void printed.push(...bytes));
  vm.run(1000, 1000);
  assert.equal(vm.eventCounts.firmware, 2);
  assert.deepEqual(printed, []);
});

test('the instruction that calls the built-in BIOS does not exist for an image', () => {
  const { vm } = start({ bios: 'b.bin' }, { 'b.bin': biosImage(64, 'db 0x0f, 0x3f, 0x19') });
  const before = vm.eventCounts.guestFault;
  vm.run(2, 1000);
  assert.equal(vm.eventCounts.guestFault, before + 1);
});

test('the image finds boot order, option ROMs and its console', () => {
  const contents = { 'b.bin': biosImage(64, 'hlt'), 'cd.iso': new Uint8Array(64 * 2048), 'vga.rom': optionRom(), 'roms/net card.rom': optionRom() };
  const cmos = (board: ReturnType<typeof start>['board'], index: number) => {
    board.bus.write('port', 0x70, 1, index);
    return board.bus.read('port', 0x71, 1);
  };
  const names = (board: ReturnType<typeof start>['board']) => {
    board.bus.write('port', 0x510, 2, 0x19);
    return String.fromCharCode(...Array.from({ length: 4 + 64 * 8 }, () => board.bus.read('port', 0x511, 1)));
  };
  const plain = start({ bios: 'b.bin', cdrom: 'cd.iso' }, contents).board;
  assert.deepEqual([cmos(plain, 0x3d), cmos(plain, 0x38) & 0xf0], [0x32, 0x00], 'the program’s disk, then the CD');
  assert.match(names(plain), /etc\/sercon-port/);
  const full = start({ bios: 'b.bin', cdrom: 'cd.iso', boot: 'cdrom,disk', vgaBios: 'vga.rom', optionRoms: ['roms/net card.rom'] }, contents).board;
  assert.equal(cmos(full, 0x3d), 0x23);
  assert.match(names(full), /vgaroms\/0-vga\.rom\0.*genroms\/0-net_card\.rom\0/s);
  assert.doesNotMatch(names(full), /sercon/);
});

test('a VGA BIOS that names the display as its card is found there', () => {
  const rom = optionRom((bytes) => {
    bytes.set([0x40, 0x00], 0x18);
    bytes.set([0x50, 0x43, 0x49, 0x52, 0x34, 0x12, 0x11, 0x11], 0x40);
    bytes[1023] = -bytes.subarray(0, 1023).reduce((sum, byte) => sum + byte, 0);
  });
  const { board } = start({ bios: 'b.bin', vgaBios: 'vga.rom' }, { 'b.bin': biosImage(64, 'hlt'), 'vga.rom': rom });
  const write = (register: number, value: number) => {
    board.bus.write('port', 0xcf8, 4, 0x80001000 + register);
    board.bus.write('port', 0xcfc, 4, value);
  };
  write(0x30, 0xe2000001);
  write(0x04, 2);
  assert.equal(board.bus.read('memory', 0xe2000000, 2), 0xaa55);
  board.bus.write('port', 0x510, 2, 0x19);
  const names = String.fromCharCode(...Array.from({ length: 4 + 64 * 8 }, () => board.bus.read('port', 0x511, 1)));
  assert.doesNotMatch(names, /vgaroms|sercon/);
});

test('a medium that the built-in BIOS would not boot is the image’s business', () => {
  const contents = { 'b.bin': biosImage(64, POWER_OFF), 'disk.img': new Uint8Array(1000) };
  assert.equal(start({ bios: 'b.bin', kind: 'disk' }, contents).vm.run(100, 1000).kind, 'exited');
  assert.throws(() => start({ kind: 'disk' }, contents), /UserError/);
});

const refused: readonly (readonly [what: string, attributes: object, contents: Record<string, Uint8Array>, message: RegExp])[] = [
  ['an odd size', { bios: 'b.bin' }, { 'b.bin': new Uint8Array(65537) }, /bios: b\.bin has 65537 bytes: expected an image of 64, 128, 256 KiB/],
  ['an empty file', { bios: 'b.bin' }, { 'b.bin': new Uint8Array(0) }, /b\.bin has 0 bytes/],
  ['too much', { bios: 'b.bin' }, { 'b.bin': new Uint8Array(512 * KIB) }, /b\.bin has 524288 bytes/],
  ['no reset vector', { bios: 'b.bin' }, { 'b.bin': new Uint8Array(64 * KIB) }, /b\.bin has no code in its last 16 bytes/],
  [
    'an option ROM without a signature',
    { bios: 'b.bin', vgaBios: 'v' },
    { v: optionRom((rom) => rom.fill(0, 0, 2)) },
    /vgaBios: v is no option ROM: it begins with 00 00, expected 55 AA/,
  ],
  ['an empty option ROM', { bios: 'b.bin', optionRoms: 'o' }, { o: new Uint8Array(0) }, /optionRoms: o is no option ROM: it begins with -- --/],
  ['a truncated option ROM', { bios: 'b.bin', optionRoms: 'o' }, { o: optionRom().subarray(0, 700) }, /its header says 1024 bytes, the file has 700/],
  ['a wrong sum', { bios: 'b.bin', optionRoms: 'o' }, { o: optionRom((rom) => rom.fill(1, 9, 10)) }, /the sum of its bytes is not 0/],
  ['an option ROM for the built-in BIOS', { vgaBios: 'v' }, { v: optionRom() }, /vgaBios needs "bios"/],
  ['a flat binary', { bios: 'b.bin' }, { 'disk.img': Uint8Array.of(0xf4) }, /disk\.img is no medium: a BIOS image boots from a boot sector, a floppy, disk or CD image/],
];

for (const [what, attributes, contents, message] of refused)
  test(`refused: ${what}`, () => {
    const refusal = (error: unknown) => error instanceof UserError && message.test(error.message);
    assert.throws(() => start(attributes, { 'b.bin': biosImage(64, 'hlt'), ...contents }), refusal);
  });

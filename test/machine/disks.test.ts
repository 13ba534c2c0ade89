/** INT 13h on CDs and several disks, INT 19h's order, and a machine that keeps what its guest wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import type { Change } from '../../src/devices/diskImage';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { bootable, cd, floppy, hardDisk, makeIso, makeMachine } from './support';

const CODE = Uint8Array.of(0xfa, 0xf4);
const PACKET = 0x600;

test('INT 19h boots the first medium that can: a CD without a boot record is passed over', () => {
  const { call, memory, registers } = makeMachine([cd(), hardDisk(new Uint8Array(1 << 20)), { ...cd(makeIso(CODE, { segment: 0x2000 })), number: 0xe1 }]);
  const { jump } = call(0x19);
  assert.equal(jump, '2000:0');
  assert.deepEqual([memory.read8(0x20001), registers.read('dl')], [0xf4, 0xe1]);
});

test('INT 13h on a CD: LBA in sectors of 2048 bytes, no C/H/S, no writes', () => {
  const iso = makeIso(CODE);
  iso.fill(0x77, 30 * 2048, 31 * 2048);
  const { call, memory, registers } = makeMachine([cd(iso)]);
  assert.equal(call(0x13, { eax: 0x4100, ebx: 0x55aa, edx: 0xe0 }).flags.CF, false);
  const packet = (lba: number) => memory.writeBytes(PACKET, Uint8Array.of(16, 0, 1, 0, 0, 0, 0, 0x30, lba, 0, 0, 0, 0, 0, 0, 0));
  packet(30);
  const read = call(0x13, { eax: 0x4200, edx: 0xe0, ds: 0, esi: PACKET });
  assert.equal(read.flags.CF, false);
  assert.deepEqual([memory.read8(0x30000), memory.read8(0x307ff), memory.read8(0x30800)], [0x77, 0x77, 0]);
  assert.equal(call(0x13, { eax: 0x4300, edx: 0xe0 }).flags.CF, true);
  assert.equal(registers.read('ah'), 0x03);
  packet(64);
  assert.equal(call(0x13, { eax: 0x4200, edx: 0xe0 }).flags.CF, true);
  assert.equal(call(0x13, { eax: 0x0201, ecx: 1, edx: 0xe0 }).flags.CF, true);
  memory.writeBytes(PACKET, Uint8Array.of(26, 0));
  assert.equal(call(0x13, { eax: 0x4800, edx: 0xe0 }).flags.CF, false);
  assert.deepEqual([memory.read8(PACKET + 16), memory.read8(PACKET + 24), memory.read8(PACKET + 25)], [64, 0, 8]);
  assert.equal(call(0x13, { eax: 0x4b01, edx: 0xe0 }).flags.CF, false);
  assert.deepEqual([memory.read8(PACKET), memory.read8(PACKET + 1), memory.read8(PACKET + 2), memory.read8(PACKET + 4)], [0x13, 0, 0xe0, 20]);
  assert.equal(call(0x13, { eax: 0x4b01, edx: 0x00 }).flags.CF, true);
});

test('drives are counted by kind; INT 41h points to the first hard disk', () => {
  const { memory, call, registers, bus } = makeMachine([floppy(), hardDisk(), { ...hardDisk(), number: 0x81 }, cd()]);
  assert.equal(memory.read8(0x475), 2);
  call(0x13, { eax: 0x0800, edx: 0x80 });
  assert.equal(registers.read('dl'), 2);
  const word = (at: number) => memory.read8(at) | (memory.read8(at + 1) << 8);
  const table = word(0x41 * 4) + word(0x41 * 4 + 2) * 16;
  assert.deepEqual([word(table), memory.read8(table + 2), memory.read8(table + 14)], [2, 16, 63]);
  bus.write('port', 0x70, 1, 0x12);
  assert.equal(bus.read('port', 0x71, 1), 0xff);
});

/** Reads the first sector of the hard disk, inverts its first byte, writes it back, and powers off. */
const WRITER = `org 0x7c00
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov ax, 0x0201
  mov bx, 0x8000
  mov cx, 1
  mov dx, 0x80
  int 0x13
  not byte [0x8000]
  mov ax, 0x0301
  int 0x13
  mov al, 0
  out 0xf4, al
  hlt
times 510-($-$$) db 0
dw 0xaa55
`;

const machineWith = (attributes: object, update?: (changes: readonly Change[]) => void) => {
  const parsed = parseConfiguration({ program: 'w.asm', technique: 'bare', memory: 2, ...attributes });
  assert.ok('config' in parsed);
  const log: string[] = [];
  const image = bootable(4 << 20);
  const openFile = (path: string) => ({
    size: image.length,
    read: (at: number, n: number) => image.slice(at, at + n),
    close: () => log.push(`close ${path}`),
    ...(update ? { update } : {}),
  });
  const machine = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(WRITER), readInclude: () => undefined, openFile });
  return { machine, log };
};

test('what the guest wrote reaches the file when the session ends, if persist is set', () => {
  for (const persist of [false, true]) {
    const updates: Change[] = [];
    const { machine, log } = machineWith({ disk: 'd.img', persist }, (changes) => void updates.push(...changes));
    assert.equal(machine.vm.run(1000, 1000).kind, 'exited');
    assert.equal(updates.length, 0);
    machine.dispose();
    machine.dispose();
    assert.deepEqual(
      updates.map(({ offset, bytes }) => [offset, bytes.length, bytes[0]]),
      persist ? [[0, 512, 0xff]] : [],
    );
    assert.deepEqual(log, ['close d.img']);
  }
});

test('a disk that cannot be written says so when the session ends, and is closed', () => {
  const { machine, log } = machineWith({ disk: 'd.img', persist: true }, () => {
    throw new UserError('file.EACCES', 'd.img: permission denied');
  });
  machine.vm.run(1000, 1000);
  assert.throws(() => machine.dispose(), /^UserError: d\.img: permission denied/);
  assert.deepEqual(log, ['close d.img']);
});

test('with a boot order the CPU starts in the BIOS', () => {
  const { machine } = machineWith({ disk: 'd.img', boot: 'floppy,disk' });
  assert.equal(machine.vm.readRegister('eip'), 0xfff0);
  assert.equal(machine.vm.run(1000, 1000).kind, 'exited', 'and it boots the floppy');
});

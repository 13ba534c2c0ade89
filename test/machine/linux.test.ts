import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../src/asm/assemble';
import { UserError } from '../../src/base/userError';
import type { LoadedGuest, LoadOptions } from '../../src/machine/loader/guest';
import { detectKind, loadGuest } from '../../src/machine/loader/loadGuest';
import { createMachine } from '../../src/machine/machine';
import { parseConfiguration } from '../../src/machine/configuration';
import { TECHNIQUES } from '../../src/protocol/techniques';

const MIB = 1 << 20;

/** A bzImage as small as they come: setup code that goes to protected mode, a kernel that says on port E9h what it was given. */
const KERNEL = `
        org 0
        times 0x1f1 - ($ - $$) db 0
        db SETUP_SECTORS
        dw 0
        dd (kernel_end - kernel) / 16
        dw 0, 0xffff, 0
        dw 0xaa55
start:  jmp short setup
        db "HdrS"
        dw VERSION
        dd 0
        dw 0, 0
        db 0                    ; 210h: type_of_loader
        db LOADFLAGS
        dw 0
start32: dd 0
ramdisk: dd 0, 0
        dd 0
heap:   dw 0, 0
cmd:    dd 0
        dd RAMDISK_MAX
        dd 0x1000               ; alignment
        db 1, 12
        dw 0
        dd CMDLINE_SIZE
        times 0x258 - ($ - $$) db 0
        dd PREFERRED, 0
        dd INIT_SIZE
setup:
        xor eax, eax
        mov ax, ds              ; the segment of the real-mode part
        shl eax, 4
        mov esi, eax            ; boot_params of this tiny kernel: the header
        mov ebx, [cmd]
        mov edx, [ramdisk]
        mov ecx, [ramdisk + 4]
        lea edi, [eax + gdt]
        mov [gdtr + 2], edi
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x10:0x100000
gdtr:   dw 0x1f, 0, 0
        align 8, db 0
gdt:    dd 0, 0, 0, 0
        dd 0x0000ffff, 0x00cf9b00
        dd 0x0000ffff, 0x00cf9300
        times (SETUP_SECTORS + 1) * 512 - ($ - $$) db 0
        bits 32
kernel:
        mov ax, 0x18
        mov ds, ax
.line:  mov al, [ebx]
        test al, al
        jz .disk
        out 0xe9, al
        inc ebx
        jmp .line
.disk:  mov al, [edx]
        out 0xe9, al
        inc edx
        loop .disk
        mov al, [esi + 0x210]   ; who loaded it
        out 0xf4, al
        hlt
        align 16, db 0
kernel_end:
`;

const DEFAULTS = { VERSION: '0x20f', SETUP_SECTORS: '2', LOADFLAGS: '1', RAMDISK_MAX: '0x7fffffff', CMDLINE_SIZE: '0x7ff', PREFERRED: '0x100000', INIT_SIZE: '0x1000' };

const bzImage = (fields: Partial<Record<keyof typeof DEFAULTS, string>> = {}): Uint8Array => {
  const assembly = assemble(KERNEL, { path: 'kernel.asm', define: { ...DEFAULTS, ...fields }, readFile: () => undefined });
  assert.deepEqual(assembly.diagnostics, []);
  return assembly.bytes;
};

const options: LoadOptions = { memory: 16 * MIB, name: 'bzImage' };
const initrd = { name: 'initrd.cpio', bytes: new TextEncoder().encode('RAM disk') };

const u32 = ({ writes }: LoadedGuest, offset: number): number => new DataView(writes[0].bytes.buffer).getUint32(offset, true);

const fails = (pattern: RegExp, run: () => unknown) =>
  assert.throws(run, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  });

test('a bzImage is known by HdrS, though it begins as a boot sector', () => {
  assert.equal(detectKind(bzImage()), 'linux');
  const renamed = bzImage();
  renamed[0x202] = 0;
  assert.equal(detectKind(renamed), 'disk');
  fails(/bzImage is no Linux kernel: expected 55 AA at offset 1FEh and HdrS at offset 202h/, () => loadGuest('linux', renamed, options));
});

test('setup code in real mode, kernel at 1 MiB, RAM disk at the top, command line where the header says', () => {
  const image = bzImage();
  const guest = loadGuest('auto', image, { ...options, append: 'console=ttyS0', initrd });
  const { cs, ds, ss, esp, eip, eflags } = guest.initial.registers;
  assert.deepEqual([guest.initial.mode, cs, ds, ss, esp, eip, eflags], ['real', 0x1020, 0x1000, 0x1000, 0xe000, 0, 2]);
  const [, commandLine, system, ramdisk] = guest.writes;
  assert.deepEqual([u32(guest, 0x228), new TextDecoder().decode(commandLine.bytes)], [commandLine.address, 'console=ttyS0\0']);
  assert.deepEqual([system.address, [...system.bytes]], [MIB, [...image.subarray(3 * 512)]]);
  assert.deepEqual([u32(guest, 0x218), u32(guest, 0x21c)], [ramdisk.address, 8]);
  assert.equal(ramdisk.address, 16 * MIB - 4096);
  assert.equal(guest.writes[0].bytes[0x211], 0x81); // loaded high, the heap may be used
  assert.equal(image[0x211], 1, 'the file itself is not changed');
});

test('protocol 2.00 has its command line at 90000h, with a magic number', () => {
  const guest = loadGuest('auto', bzImage({ VERSION: '0x200' }), { ...options, append: 'quiet' });
  assert.deepEqual([guest.writes[0].address, guest.initial.registers.cs], [0x90000, 0x9020]);
  assert.equal(u32(guest, 0x20), 0xe000a33f);
  assert.equal(guest.writes[1].address, 0x9e000);
});

test('vga= of the command line is for the boot loader', () => {
  const mode = (append: string) => u32(loadGuest('auto', bzImage(), { ...options, append }), 0x1fa) & 0xffff;
  assert.deepEqual([mode(''), mode('vga=ask'), mode('quiet vga=0x317'), mode('vga=791')], [0xffff, 0xfffd, 0x317, 791]);
  fails(/append has vga=wide: expected normal, ext, ask or a number/, () => mode('vga=wide'));
});

test('headers that cannot be are told what was expected', () => {
  const load =
    (fields: Parameters<typeof bzImage>[0], more: Partial<LoadOptions> = {}) =>
    () =>
      loadGuest('auto', bzImage(fields), { ...options, ...more });
  fails(/boot protocol 0?105h: expected 2\.00/, load({ VERSION: '0x105' }));
  fails(/is a zImage, to be loaded low/, load({ LOADFLAGS: '0' }));
  fails(/131072 bytes of setup code \(setup_sects 255\)/, load({ SETUP_SECTORS: '255' }));
  fails(/needs memory up to 0?FFFFFFFFh to start, and there are 16 MiB of RAM: set "memory" to 4096/, load({ PREFERRED: '0xfffff000', INIT_SIZE: '0xfff' }));
  fails(/needs memory up to 2000000h .* set "memory" to 32/, load({ PREFERRED: '0x1000000', INIT_SIZE: '0x1000000' }));
  fails(/append has 11 bytes: bzImage takes a command line of at most 10/, load({ CMDLINE_SIZE: '10' }, { append: 'a'.repeat(11) }));
  fails(/at most 255/, load({ VERSION: '0x205' }, { append: 'a'.repeat(256) }));
  const whole = bzImage();
  fails(/cut off: it has 1024 bytes, its setup code alone 1536/, () => loadGuest('auto', whole.slice(0, 1024), options));
  fails(/cut off: its protected-mode part has 16 bytes, syssize promises/, () => loadGuest('auto', whole.slice(0, 1552), options));
});

test('a RAM disk that does not fit, or that nobody takes', () => {
  const big = { name: 'big.cpio', bytes: new Uint8Array(15 * MIB) };
  fails(/initrd big\.cpio has 15728640 bytes: no room .* set "memory" to 17 or more/, () => loadGuest('auto', bzImage(), { ...options, initrd: big }));
  fails(/the kernel takes it only below 0?200000h/, () => loadGuest('auto', bzImage({ RAMDISK_MAX: '0x1fffff' }), { ...options, initrd: big }));
  fails(/initrd big\.cpio .* only below 0?1h/, () => loadGuest('auto', bzImage({ RAMDISK_MAX: '0' }), { ...options, initrd: big }));
  fails(/initrd no\.cpio is empty/, () => loadGuest('auto', bzImage(), { ...options, initrd: { name: 'no.cpio', bytes: new Uint8Array(0) } }));
  fails(/initrd is for Linux kernels, and test is none \(kind: flat\)/, () => loadGuest('auto', Uint8Array.of(0xf4), { ...options, name: 'test', initrd }));
  fails(/modules are for Multiboot kernels/, () => loadGuest('auto', bzImage(), { ...options, modules: [{ bytes: initrd.bytes, commandLine: '' }] }));
});

test('whatever a damaged header says, it is an error or a guest', () => {
  const good = bzImage();
  for (let length = 0; length < good.length; length += 7) tryLoad(good.slice(0, length));
  for (let offset = 0x1f1; offset < 0x264; offset++)
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const bytes = good.slice();
      bytes[offset] = value;
      tryLoad(bytes);
    }
  function tryLoad(bytes: Uint8Array): void {
    try {
      const { writes } = loadGuest('linux', bytes, { ...options, initrd, append: 'a' });
      for (const { address, bytes } of writes) assert.ok(address >= 0 && address + bytes.length <= options.memory);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
    }
  }
});

for (const { id } of TECHNIQUES)
  test(`${id}: the kernel starts with its command line and its RAM disk`, () => {
    const result = parseConfiguration({ program: 'bzImage', technique: id, memory: 16, append: 'root=/dev/ram ', initrd: 'initrd.cpio' });
    assert.ok('config' in result);
    const files: Record<string, Uint8Array> = { bzImage: bzImage(), 'initrd.cpio': initrd.bytes };
    const machine = createMachine(result.config, { readFile: (path) => files[path], readInclude: () => undefined });
    let output = '';
    machine.serial.on((bytes) => {
      output += new TextDecoder().decode(bytes);
    });
    const stop = machine.vm.run(10_000, 1000);
    assert.deepEqual([stop, output], [{ kind: 'exited', code: 0xff }, 'root=/dev/ram RAM disk']);
  });

test('modules of a Multiboot kernel: a path, and arguments after " -- "', () => {
  const result = parseConfiguration({ program: 'kernel.asm', memory: 16, modules: ['a dir/one.bin', 'two.bin -- x=1 -- y'] });
  assert.ok('config' in result);
  // Prints, for every module, its command line and its first byte.
  const source = `
        org 0x100000
        bits 32
header: dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), header, 0x100000, 0, 0, start
start:  mov ebp, [ebx + 20]
        mov esi, [ebx + 24]
.next:  mov edi, [esi + 8]
.text:  mov al, [edi]
        inc edi
        test al, al
        jz .byte
        out 0xe9, al
        jmp .text
.byte:  mov edi, [esi]
        mov al, [edi]
        out 0xe9, al
        add esi, 16
        dec ebp
        jnz .next
        mov al, 0
        out 0xf4, al
`;
  const files: Record<string, Uint8Array> = { 'kernel.asm': new TextEncoder().encode(source), 'a dir/one.bin': Uint8Array.of(0x31), 'two.bin': Uint8Array.of(0x32) };
  const machine = createMachine(result.config, { readFile: (path) => files[path], readInclude: () => undefined });
  let output = '';
  machine.serial.on((bytes) => {
    output += new TextDecoder().decode(bytes);
  });
  assert.equal(machine.vm.run(100_000, 1000).kind, 'exited');
  assert.equal(output, 'one.bin1two.bin x=1 -- y2');
});

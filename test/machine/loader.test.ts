import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { parseElf32 } from '../../src/symbols/elf32';
import type { LoadedGuest } from '../../src/machine/loader/guest';
import { detectKind, loadGuest } from '../../src/machine/loader/loadGuest';
import { bootable } from './support';

const MIB = 1 << 20;
const options = { memory: 16 * MIB, name: 'test.img' };

const words = (...values: number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, v] of values.entries()) view.setUint32(4 * i, v >>> 0, true);
  return bytes;
};

const multibootHeader = (flags: number, ...fields: number[]) => words(0x1badb002, flags, -(0x1badb002 + flags), ...fields);

interface Segment {
  readonly virtual: number;
  readonly physical: number;
  readonly bytes: Uint8Array;
  readonly memory?: number;
}

const elf = (entry: number, ...segments: Segment[]): Uint8Array => {
  const start = 52 + 32 * segments.length;
  const total = segments.reduce((sum, s) => sum + s.bytes.length, start);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, segments.length, true);
  let offset = start;
  segments.forEach((s, i) => {
    bytes.set(words(1, offset, s.virtual, s.physical, s.bytes.length, s.memory ?? s.bytes.length, 7, 4), 52 + 32 * i);
    bytes.set(s.bytes, offset);
    offset += s.bytes.length;
  });
  return bytes;
};

/** Memory after the writes. */
const image = (guest: LoadedGuest) => {
  const memory = new Uint8Array(options.memory);
  for (const { address, bytes } of guest.writes) memory.set(bytes, address);
  const view = new DataView(memory.buffer);
  const text = (address: number) => new TextDecoder().decode(memory.subarray(address, memory.indexOf(0, address)));
  return { memory, u32: (a: number) => view.getUint32(a, true), text };
};

const fails = (pattern: RegExp, run: () => unknown) =>
  assert.throws(run, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  });

test('a boot sector starts at 0000:7C00 with its drive in DL', () => {
  const guest = loadGuest('auto', bootable(), options);
  assert.equal(guest.kind, 'bootSector');
  assert.deepEqual([guest.initial.mode, guest.initial.registers.cs, guest.initial.registers.eip, guest.initial.registers.edx], ['real', 0, 0x7c00, 0]);
  assert.equal(guest.medium?.kind, 'floppy');
});

test('what is almost a boot sector is told so', () => {
  const short = new Uint8Array(511);
  short.set([0x55, 0xaa], 509);
  fails(/test\.img has 511 bytes: a boot sector has exactly 512 bytes and ends in 55 AA/, () => loadGuest('auto', short, options));
  fails(/00 00 at offset 510/, () => loadGuest('auto', new Uint8Array(512), options));
  fails(/513 bytes/, () => loadGuest('bootSector', new Uint8Array(513), options));
});

test('disk images: floppy or hard disk by size, signature, whole sectors', () => {
  assert.equal(loadGuest('auto', bootable(1440 * 1024), options).medium?.kind, 'floppy');
  const disk = loadGuest('auto', bootable(4 * MIB), options);
  assert.deepEqual([disk.kind, disk.medium?.kind, disk.initial.registers.edx], ['disk', 'hardDisk', 0x80]);
  const odd = loadGuest('auto', bootable(1300), options);
  assert.equal(odd.medium?.storage.size, 1536);
  assert.equal(odd.notes.length, 1);
  fails(/1300 bytes: a disk image is a multiple of 512/, () => loadGuest('disk', bootable(1300), options));
  fails(/cannot boot/, () => loadGuest('auto', new Uint8Array(1440 * 1024), options));
});

test('what is no image is not taken for a flat binary because it is nothing else', () => {
  const truncated = new Uint8Array(1440 * 1024 - 1);
  fails(/test\.img has 1474559 bytes, and 00 00 at offset 510: no boot signature .* too large for a flat binary at 7C00h/, () => loadGuest('auto', truncated, options));
  fails(/cd\.iso has 40000 bytes and no ISO 9660 volume descriptor in sector 16/, () => loadGuest('auto', new Uint8Array(40000), { ...options, name: 'cd.iso' }));
  assert.equal(loadGuest('flat', Uint8Array.of(0xf4), { ...options, name: 'cd.iso' }).kind, 'flat');
  assert.equal(loadGuest('auto', truncated, { ...options, memory: 16 * MIB, loadAddress: 0x200000 }).loadAddress, 0x200000);
});

test('flat binaries: real mode, or 32-bit protected mode', () => {
  const flat = loadGuest('auto', Uint8Array.of(0xf4), { ...options, loadAddress: 0x12340 });
  assert.deepEqual([flat.initial.mode, flat.initial.registers.cs, flat.initial.registers.eip], ['real', 0x1234, 0]);
  const high = loadGuest('flat', Uint8Array.of(0xf4), { ...options, loadAddress: 0x200000 });
  assert.deepEqual([high.initial.mode, high.initial.registers.eip, high.initial.registers.cs], ['flat32', 0x200000, 8]);
  assert.equal(loadGuest('flat', Uint8Array.of(0xf4), { ...options, bits: 32 }).initial.mode, 'flat32');
  fails(/loadAddress of test\.img is 0?FFFFFFFFh with 1 bytes: beyond the 16 MiB/, () => loadGuest('flat', Uint8Array.of(0xf4), { ...options, loadAddress: 0xffffffff }));
  fails(/overlaps the reserved memory/, () => loadGuest('flat', new Uint8Array(0x1000), { ...options, loadAddress: 0x9f000 }));
  fails(/empty/, () => loadGuest('flat', new Uint8Array(0), options));
});

test('a Multiboot ELF kernel gets its segments, its information and its registers', () => {
  const code = new Uint8Array(64);
  code.set(multibootHeader(3));
  const kernel = elf(0xc0100010, { virtual: 0xc0100000, physical: 0x100000, bytes: code, memory: 128 });
  assert.equal(detectKind(kernel), 'multiboot');
  const guest = loadGuest('auto', kernel, { ...options, append: 'a=1', modules: [{ bytes: Uint8Array.of(1, 2, 3), commandLine: 'initrd' }] });
  const { eax, ebx, eip, cs } = guest.initial.registers;
  assert.deepEqual([eax, eip, cs, guest.initial.mode], [0x2badb002, 0x100010, 8, 'flat32']);
  const { memory, u32, text } = image(guest);
  assert.equal(u32(0x100000), 0x1badb002);
  assert.deepEqual([u32(ebx + 4), u32(ebx + 8)], [639, 15 * 1024]);
  assert.equal(text(u32(ebx + 16)), 'test.img a=1');
  const [start, end, name] = [0, 4, 8].map((n) => u32(u32(ebx + 24) + n));
  assert.deepEqual([u32(ebx + 20), start % 4096, end - start, text(name), memory[start + 2]], [1, 0, 3, 'initrd', 3]);
  assert.ok(start >= 0x100080);
  const [length, map] = [u32(ebx + 44), u32(ebx + 48)];
  assert.equal(length % 24, 0);
  assert.deepEqual([u32(map), u32(map + 4), u32(map + 12), u32(map + 20)], [20, 0, 0x9fc00, 1]);
});

test('a Multiboot file with address fields needs no ELF', () => {
  const file = new Uint8Array(0x100);
  file.set(multibootHeader(0x10003, 0x100020, 0x100000, 0x100080, 0x100200, 0x100040), 0x20);
  const guest = loadGuest('auto', file, options);
  assert.deepEqual([guest.kind, guest.initial.registers.eip], ['multiboot', 0x100040]);
  assert.equal(guest.writes.find((w) => w.address === 0x100000)?.bytes.length, 0x200);
});

test('absurd addresses name the field, the value and the RAM', () => {
  const addressed = (...fields: number[]) => {
    const file = new Uint8Array(0x100);
    file.set(multibootHeader(0x10000, ...fields), 0x20);
    return () => loadGuest('multiboot', file, options);
  };
  fails(/field load_addr is 0?F0000000h: beyond the end of RAM \(RAM: 16 MiB\)/, addressed(0xf0000020, 0xf0000000, 0, 0, 0xf0000040));
  fails(/field bss_end_addr is 0?FFFFFFFFh: beyond the end of RAM/, addressed(0x100020, 0x100000, 0, 0xffffffff, 0x100040));
  fails(/field load_end_addr is 200000h: asks for/, addressed(0x100020, 0x100000, 0x200000, 0, 0x100040));
  fails(/field entry_addr is 1h/, addressed(0x100020, 0x100000, 0, 0, 1));
  fails(/field load_addr is 100000h: lies 4096 bytes before/, addressed(0x101000, 0x100000, 0, 0, 0x100040));
  fails(/header_addr is 100000h: below/, addressed(0x100000, 0x200000, 0, 0, 0x200040));
  fails(/requirement bits 8h/, () => loadGuest('multiboot', multibootHeader(8), options));
  fails(/has to be ELF/, () => loadGuest('multiboot', multibootHeader(0), options));
  fails(/physical address of ELF segment 0 is 40000000h with 4 bytes: beyond the 16 MiB/, () =>
    loadGuest('flat', elf(0x40000000, { virtual: 0x40000000, physical: 0x40000000, bytes: words(0) }), options),
  );
});

test('damaged ELF files are refused, never read beyond their end', () => {
  const good = elf(0x1000, { virtual: 0x1000, physical: 0x1000, bytes: words(1, 2, 3) });
  assert.equal(parseElf32(good).segments[0].bytes.length, 12);
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => loadGuest('flat', good.slice(0, length), options).kind.length > 99 || parseElf32(good.slice(0, length)), UserError, `cut at ${length}`);
  }
  for (let offset = 0; offset < good.length; offset++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const bytes = good.slice();
      bytes[offset] = value;
      try {
        loadGuest('auto', bytes, options);
      } catch (error) {
        assert.ok(error instanceof UserError, `byte ${offset} = ${value}: ${error}`);
      }
    }
  }
  const wide = good.slice();
  wide[4] = 2;
  fails(/64-bit; expected a 32-bit Intel 386/, () => parseElf32(wide));
});

test('symbols of a file that gcc built', (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-elf-'));
  try {
    const [source, program] = ['kernel.c', 'kernel.elf'].map((f) => path.join(directory, f));
    fs.writeFileSync(source, 'int counter = 5; void _start(void) { for (;;) counter++; }');
    try {
      execFileSync('gcc', ['-m32', '-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie', '-Wl,-Ttext=0x100000', '-Wl,--build-id=none', '-o', program, source], {
        stdio: 'pipe',
      });
    } catch {
      return t.skip('gcc -m32 cannot build here');
    }
    const file = parseElf32(fs.readFileSync(program));
    const symbol = (name: string) => file.symbols.find((s) => s.name === name);
    assert.equal(symbol('_start')?.kind, 'function');
    assert.equal(symbol('_start')?.value, file.entry);
    assert.equal(symbol('counter')?.kind, 'object');
    assert.equal(loadGuest('auto', fs.readFileSync(program), options).initial.registers.eip, file.entry);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

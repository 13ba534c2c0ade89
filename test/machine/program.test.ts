import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assemble, Assembly } from '../../src/asm/assembly';
import { UserError } from '../../src/base/userError';
import { parseConfiguration, type Configuration } from '../../src/machine/configuration';
import { AssemblyError, prepareProgram } from '../../src/machine/program';
import { bootable, makeIso } from './support';

const configure = (raw: Record<string, unknown>): Configuration => {
  const result = parseConfiguration(raw);
  assert.ok('config' in result);
  return result.config;
};

const files = (contents: Record<string, Uint8Array>) => ({
  readFile: (path: string) => {
    if (!(path in contents)) throw new UserError('file.missing', `${path}: no such file`);
    return contents[path];
  },
  readInclude: () => undefined,
});

/** An assembler that gives what it is told. */
const assembler =
  (result: Partial<Assembly>): Assemble =>
  (_source, { path }) => ({ bytes: Uint8Array.of(0xf4), origin: 0, bits: 16, lines: [], symbols: [], diagnostics: [], files: [path], ...result });

const source = files({ 'a.asm': new Uint8Array(0) });

test('a source is assembled and starts where its labels are right', () => {
  const start = (result: Partial<Assembly>, raw = {}) => {
    const { guest } = prepareProgram(configure({ program: 'a.asm', ...raw }), source, assembler(result));
    const { cs, ds, eip } = guest.initial.registers;
    return [guest.initial.mode, cs, ds, eip, guest.loadAddress];
  };
  assert.deepEqual(start({ origin: 0x7c00 }), ['real', 0, 0, 0x7c00, 0x7c00]);
  assert.deepEqual(start({ origin: 0x100 }), ['real', 0x1000, 0x1000, 0x100, 0x10100], 'as a .COM program');
  assert.deepEqual(start({ origin: 0 }), ['real', 0x1000, 0x1000, 0, 0x10000]);
  assert.deepEqual(start({ origin: 0 }, { loadAddress: '0x8000' }), ['real', 0, 0, 0x8000, 0x8000]);
  const line = { offset: 0, length: 1, address: 0, path: 'a.asm', line: 1, bits: 32, code: true } as const;
  assert.deepEqual(start({ origin: 0x100000, lines: [line] }), ['flat32', 8, 16, 0x100000, 0x100000]);
  assert.deepEqual(start({ bytes: bootable(), origin: 0 }), ['real', 0, 0, 0x7c00, 0x7c00]);
});

test('errors of the source are carried along', () => {
  const diagnostics = [{ severity: 'error', message: 'x', path: 'a.asm', line: 1, column: 1, endColumn: 2 }] as const;
  assert.throws(
    () => prepareProgram(configure({ program: 'a.asm' }), source, assembler({ diagnostics })),
    (error) => {
      assert.ok(error instanceof AssemblyError);
      assert.equal(error.message, 'a.asm has an error');
      assert.equal(error.diagnostics.length, 1);
      return true;
    },
  );
});

test('what is wrong with a file names it, in a program and in a symbol file', () => {
  const elf = (bits: number) => {
    const bytes = new Uint8Array(64);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1]);
    return bytes;
  };
  const contents = files({ 'a.img': bootable(), 'out/kernel.elf': elf(64), 'short.elf': elf(32) });
  const read = (raw: Record<string, unknown>) => prepareProgram(configure(raw), contents, assembler({})).symbols.read(() => true);
  assert.throws(() => read({ program: 'a.img', symbols: ['out/kernel.elf'] }), /^UserError: out\/kernel\.elf: the ELF file is 64-bit;/);
  assert.throws(() => read({ program: 'out/kernel.elf' }), /^UserError: kernel\.elf: the ELF file is 64-bit;/);
  assert.throws(() => read({ program: 'short.elf' }), /^UserError: short\.elf: the ELF file /);
  assert.throws(() => read({ program: 'a.img', kind: 'multiboot' }), /^UserError: a\.img: no Multiboot header/);
});

test('disks: the one that boots first, named ones in the drives that are left', () => {
  const contents = files({ 'b.img': bootable(), 'c.img': bootable(4 << 20), 'f.img': bootable(1440 * 1024), 'd.iso': makeIso(Uint8Array.of(0xf4)) });
  const numbers = (raw: Record<string, unknown>) => prepareProgram(configure(raw), contents, assembler({})).drives.map((d) => d.number);
  assert.deepEqual(numbers({ program: 'b.img' }), [0]);
  assert.deepEqual(numbers({ program: 'b.img', disk: 'c.img' }), [0, 0x80]);
  assert.deepEqual(numbers({ program: 'b.img', floppy: 'f.img' }), [0]);
  assert.deepEqual(numbers({ program: 'c.img', disk: 'c.img', floppy: 'f.img' }), [0x80, 0, 0x81]);
  assert.throws(() => numbers({ program: 'b.img', disk: 'none.img' }), /none\.img: no such file/);
  assert.deepEqual(numbers({ program: 'b.img', disk: ['c.img', 'c.img'], cdrom: 'd.iso' }), [0, 0x80, 0x81, 0xe0]);
  assert.deepEqual(numbers({ program: 'b.img', disk: 'c.img', cdrom: 'd.iso', boot: 'cdrom,disk' }), [0xe0, 0x80, 0]);
  assert.throws(() => numbers({ program: 'b.img', disk: new Array(4).fill('c.img'), cdrom: 'd.iso' }), /d\.iso is one too many: hard disks and CDs together have room for 4/);
  assert.throws(() => numbers({ program: 'b.img', disk: new Array(5).fill('c.img') }), /c\.img is one too many, there is room for 4 hard disks/);
});

test('a large image is read where it is needed', () => {
  let read = 0;
  const size = 8 * 2 ** 30;
  const storage = {
    size,
    read: (offset: number, length: number) => {
      read += length;
      const bytes = new Uint8Array(length);
      bytes.set(
        bootable()
          .subarray(0, length)
          .subarray(offset === 0 ? 0 : 512),
      );
      return bytes;
    },
  };
  const { guest, drives } = prepareProgram(configure({ program: 'big.img' }), { ...files({}), openFile: () => storage }, assembler({}));
  assert.equal(guest.kind, 'disk');
  assert.equal(drives[0].image.sectors, size / 512);
  assert.deepEqual(drives[0].image.geometry, { cylinders: 1024, heads: 255, sectors: 63 });
  assert.ok(read < 100_000, `${read} bytes read`);
});

test('a CD boots what its catalog names, or says why not', () => {
  const load = (iso: Uint8Array) => prepareProgram(configure({ program: 'd.iso' }), files({ 'd.iso': iso }), assembler({})).guest;
  const code = Uint8Array.of(0xfa, 0xf4);
  const guest = load(makeIso(code));
  assert.deepEqual([guest.kind, guest.medium?.drive, guest.initial.registers.eip, guest.initial.registers.edx], ['cdrom', 0xe0, 0x7c00, 0xe0]);
  assert.deepEqual([guest.writes[0].address, guest.writes[0].bytes.length, guest.writes[0].bytes[1]], [0x7c00, 2048, 0xf4]);
  assert.deepEqual(load(makeIso(code, { segment: 0x1000 })).initial.registers.cs, 0x1000);
  const without = makeIso(code);
  without.fill(0, 17 * 2048, 18 * 2048);
  assert.throws(() => load(without), /d\.iso cannot boot: sector 17 is no El Torito boot record/);
  assert.throws(() => load(makeIso(code, { media: 9 })), /it emulates medium 9 to boot/);
  const floppy = load(makeIso(code, { media: 2, count: 1 }));
  assert.deepEqual([floppy.initial.registers.edx, floppy.writes[0].bytes.length, floppy.medium?.drive], [0, 512, 0xe0]);
  assert.throws(() => load(makeIso(code, { media: 4, count: 1 })), /the hard disk that it emulates has no partition/);
  assert.throws(() => load(makeIso(code, { count: 400 })), /lies beyond the end of the CD \(64 sectors\)/);
  const damaged = makeIso(code);
  damaged[19 * 2048 + 4] = 1;
  assert.throws(() => load(damaged), /no valid validation entry/);
  assert.throws(() => load(makeIso(code).subarray(0, 17 * 2048)), /it has 17 sectors/);
});

test('an image that is cut off is told, and runs', () => {
  const load = (program: string, contents: Record<string, Uint8Array>, more: object = {}) => prepareProgram(configure({ program, ...more }), files(contents), assembler({})).notes;
  const iso = makeIso(Uint8Array.of(0xfa, 0xf4));
  const descriptor = (sectors: number) => {
    iso[16 * 2048] = 1;
    new DataView(iso.buffer).setUint32(16 * 2048 + 80, sectors, true);
    return iso;
  };
  assert.deepEqual(load('d.iso', { 'd.iso': descriptor(64) }), []);
  assert.deepEqual(load('d.iso', { 'd.iso': descriptor(65) }), ['d.iso is cut off: it has 64 sectors of 2048 bytes, and its volume descriptor counts 65']);
  const partitioned = (sectors: number, end: number, status = 0x80) => {
    const disk = bootable(sectors * 512);
    disk.set([status, 0, 0, 0, 0x83], 446);
    new DataView(disk.buffer).setUint32(446 + 8, 1, true);
    new DataView(disk.buffer).setUint32(446 + 12, end - 1, true);
    return disk;
  };
  const boot = bootable();
  assert.deepEqual(load('b.img', { 'b.img': boot, 'd.img': partitioned(8000, 8000) }, { disk: ['d.img'] }), []);
  assert.deepEqual(load('b.img', { 'b.img': boot, 'd.img': partitioned(8000, 8001) }, { disk: ['d.img'] }), [
    'd.img is cut off: it has 8000 sectors, and its partition 1 ends at sector 8001',
  ]);
  assert.deepEqual(load('b.img', { 'b.img': boot, 'd.img': partitioned(8000, 8001, 0x33) }, { disk: ['d.img'] }), [], 'code where a table would be');
});

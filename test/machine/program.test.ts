import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assemble, Assembly } from '../../src/asm/assembly';
import { UserError } from '../../src/base/userError';
import { parseConfiguration, type Configuration } from '../../src/machine/configuration';
import { AssemblyError, prepareProgram } from '../../src/machine/program';
import { bootable } from './support';

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

test('disks: the one that boots first, named ones in the drives that are left', () => {
  const contents = files({ 'b.img': bootable(), 'c.img': bootable(4 << 20), 'f.img': bootable(1440 * 1024) });
  const numbers = (raw: Record<string, unknown>) => prepareProgram(configure(raw), contents, assembler({})).drives.map((d) => d.number);
  assert.deepEqual(numbers({ program: 'b.img' }), [0]);
  assert.deepEqual(numbers({ program: 'b.img', disk: 'c.img' }), [0, 0x80]);
  assert.deepEqual(numbers({ program: 'b.img', floppy: 'f.img' }), [0]);
  assert.deepEqual(numbers({ program: 'c.img', disk: 'c.img', floppy: 'f.img' }), [0x80, 0, 0x81]);
  assert.throws(() => numbers({ program: 'b.img', disk: 'none.img' }), /none\.img: no such file/);
});

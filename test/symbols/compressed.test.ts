/** Sections that the linker compressed (-gz=zlib), and ways of compression that are not known. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { dwarfSections } from '../../src/symbols/dwarf/sections';
import { parseElf32 } from '../../src/symbols/elf32';
import { SymbolFile } from '../../src/symbols/symbolFile';

const original = new Uint8Array(fs.readFileSync('test/symbols/fixtures/variables-gcc-5-O2.elf'));
const SHF_ALLOC = 2;
const SHF_COMPRESSED = 0x800;
const SHT_PROGBITS = 1;

/** The file with its unallocated sections packed and put behind it, as `kind` of compression. */
function packed(bytes: Uint8Array, kind: number, claim = (size: number) => size): Uint8Array {
  const copy = Buffer.from(bytes);
  const [table, entrySize, count] = [copy.readUInt32LE(32), copy.readUInt16LE(46), copy.readUInt16LE(48)];
  const parts: Buffer[] = [copy];
  let end = copy.length;
  for (let at = table; at < table + count * entrySize; at += entrySize) {
    const [flags, offset, size] = [copy.readUInt32LE(at + 8), copy.readUInt32LE(at + 16), copy.readUInt32LE(at + 20)];
    if (copy.readUInt32LE(at + 4) !== SHT_PROGBITS || flags & SHF_ALLOC || size === 0) continue;
    const header = Buffer.alloc(12);
    header.writeUInt32LE(kind, 0);
    header.writeUInt32LE(claim(size), 4);
    const section = Buffer.concat([header, zlib.deflateSync(bytes.subarray(offset, offset + size))]);
    copy.writeUInt32LE(flags | SHF_COMPRESSED, at + 8);
    copy.writeUInt32LE(end, at + 16);
    copy.writeUInt32LE(section.length, at + 20);
    parts.push(section);
    end += section.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

const open = (bytes: Uint8Array) => new SymbolFile(bytes, { path: 'x.elf' });

test('compressed sections say what the others say', () => {
  const [plain, compressed] = [open(original), open(packed(original, 1))];
  assert.ok(plain.lines.length > 20);
  assert.deepEqual(compressed.lines, plain.lines);
  assert.deepEqual(compressed.functionEntries('count'), plain.functionEntries('count'));
  assert.deepEqual(compressed.problems, plain.problems);
});

test('another compression, and a size that cannot be', () => {
  assert.match(open(packed(original, 2)).problems[0], /^\.debug_\w+ of x\.elf is compressed in a way that cannot be read: link with -gz=zlib or -gz=none$/);
  assert.match(open(packed(original, 1, () => 0xffffffff)).problems[0], /cannot be read/);
  assert.match(open(packed(original, 1, (size) => size + 1)).problems[0], /is compressed and damaged: \d+ bytes instead of \d+/);
});

test('sections that would be too large together are left packed, and it is said what to do', () => {
  const elf = parseElf32(packed(original, 1));
  const all = dwarfSections(elf, 'x.elf');
  const { problems, info, line } = dwarfSections(elf, 'x.elf', all.info.size + 10);
  assert.deepEqual([info.size, line.bytes.length], [all.info.size, 0]);
  assert.ok(all.line.bytes.length > 10);
  assert.match(problems[0], /^\.debug_\w+ of x\.elf is 1 MiB when it is unpacked, and there is room for 0: objcopy --decompress-debug-sections makes/);
});

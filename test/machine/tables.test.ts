/** The tables as a guest finds them: search, follow, check sums; and the DSDT through Intel's disassembler where there is one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FACS, memoryMap } from '../../src/machine/memoryMap';
import * as aml from '../../src/machine/tables/aml';
import { sum } from '../../src/machine/tables/table';
import { romTables } from '../../src/machine/tables/tables';
import { makeMachine } from './support';

const ascii = (bytes: Uint8Array) => String.fromCharCode(...bytes);

const board = () => {
  const { memory } = makeMachine();
  const bytes = (at: number, length: number) => memory.readBytes(at, length);
  const byte = (at: number) => memory.read8(at);
  const word = (at: number) => byte(at) | (byte(at + 1) << 8);
  const dword = (at: number) => (word(at) | (word(at + 2) << 16)) >>> 0;
  const search = (signature: string) => {
    for (let at = 0xf0000; at < 0x100000; at += 16) if (ascii(bytes(at, signature.length)) === signature) return at;
    throw new Error(`${signature} is nowhere`);
  };
  const table = (at: number) => ({ at, signature: ascii(bytes(at, 4)), bytes: bytes(at, dword(at + 4)) });
  const acpi = () => {
    const rsdp = search('RSD PTR ');
    const rsdt = table(dword(rsdp + 16));
    const tables = Array.from({ length: (rsdt.bytes.length - 36) / 4 }, (_, i) => table(dword(rsdt.at + 36 + 4 * i)));
    return { rsdp, rsdt, xsdt: table(dword(rsdp + 24)), tables, find: (signature: string) => tables.find((t) => t.signature === signature)! };
  };
  return { bytes, byte, word, dword, search, table, acpi };
};

test('RSDP leads to RSDT and XSDT, which list the same tables, all of them with good sums', () => {
  const { bytes, byte, dword, acpi, table } = board();
  const { rsdp, rsdt, xsdt, tables, find } = acpi();
  assert.equal(sum(bytes(rsdp, 20)), 0);
  assert.equal(sum(bytes(rsdp, 36)), 0);
  assert.equal(byte(rsdp + 15), 2);
  assert.deepEqual([rsdt.signature, xsdt.signature], ['RSDT', 'XSDT']);
  assert.deepEqual(
    tables.map((t) => t.signature),
    ['FACP', 'APIC'],
  ); // prettier-ignore
  for (const [i, t] of tables.entries()) assert.deepEqual([dword(xsdt.at + 36 + 8 * i), dword(xsdt.at + 40 + 8 * i)], [t.at, 0]);
  const dsdt = table(dword(find('FACP').at + 40));
  assert.equal(dsdt.signature, 'DSDT');
  for (const t of [rsdt, xsdt, ...tables, dsdt]) assert.equal(sum(t.bytes), 0, t.signature);
});

test('the FADT names the registers where the board has them', () => {
  const { dword, word, byte, acpi } = board();
  const fadt = acpi().find('FACP');
  assert.equal(fadt.bytes.length, 244);
  const at = (offset: number) => fadt.at + offset;
  assert.equal(dword(at(36)), FACS);
  assert.equal(word(at(46)), 9, 'SCI');
  assert.equal(dword(at(48)), 0, 'no SMI command port');
  assert.deepEqual(
    [56, 64, 76].map((o) => dword(at(o))),
    [0x600, 0x604, 0x608],
  ); // prettier-ignore
  assert.deepEqual(
    [88, 89, 91].map((o) => byte(at(o))),
    [4, 2, 4],
  ); // prettier-ignore
  assert.equal(byte(at(108)), 0x32, 'century');
  assert.deepEqual([byte(at(116)), byte(at(117)), dword(at(120)), byte(at(128))], [1, 8, 0x64, 0xfe], 'reset register');
  assert.deepEqual([dword(at(132)), dword(at(140))], [FACS, dword(at(40))]);
  assert.deepEqual(
    [148, 172, 208].map((o) => dword(at(o + 4))),
    [0x600, 0x604, 0x608],
  ); // prettier-ignore
});

test('the FACS is writable, aligned, and outside what the memory map calls usable', () => {
  const { bytes, dword } = board();
  assert.equal(ascii(bytes(FACS, 4)), 'FACS');
  assert.equal(dword(FACS + 4), 64);
  assert.equal(FACS % 64, 0);
  const used = [
    [FACS, 64] as const,
    ...romTables({ signature: 0, features: 0xffffffff }).map((t) => [t.address, t.bytes.length] as const),
    [0xfec00000, 0x1000] as const,
    [0xfee00000, 0x1000] as const,
  ];
  const map = memoryMap(16 << 20);
  for (const [base, length] of used)
    assert.ok(
      map.some((r) => r.type === 'reserved' && r.base <= base && base + length <= r.base + r.length),
      base.toString(16),
    );
});

test('the MADT: one processor, one I/O APIC, the timer on pin 2, levels where they are', () => {
  const { bytes, acpi } = board();
  const madt = acpi().find('APIC');
  const entries: number[][] = [];
  for (let at = 44; at < madt.bytes.length; at += madt.bytes[at + 1]) entries.push([...madt.bytes.slice(at, at + madt.bytes[at + 1])]);
  assert.deepEqual([...bytes(madt.at + 36, 8)], [0, 0, 0xe0, 0xfe, 1, 0, 0, 0]);
  assert.deepEqual(entries, [
    [0, 8, 0, 0, 1, 0, 0, 0],
    [1, 12, 1, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0],
    [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
    [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
    [2, 10, 0, 10, 10, 0, 0, 0, 0x0d, 0],
    [2, 10, 0, 11, 11, 0, 0, 0, 0x0d, 0],
    [4, 6, 255, 0, 0, 1],
  ]);
});

test('the MP table: every entry has its length, and every ISA interrupt its pin', () => {
  const { bytes, byte, word, dword, search } = board();
  const pointer = search('_MP_');
  assert.equal(sum(bytes(pointer, 16)), 0);
  assert.deepEqual(
    [...bytes(pointer + 8, 8)].filter((_, i) => i !== 2),
    [1, 4, 0, 0, 0, 0, 0],
  ); // prettier-ignore
  const table = dword(pointer + 4);
  assert.equal(ascii(bytes(table, 4)), 'PCMP');
  assert.equal(sum(bytes(table, word(table + 4))), 0);
  assert.equal(dword(table + 36), 0xfee00000);
  const entries: number[][] = [];
  for (let at = table + 44, n = 0; n < word(table + 34); n++) {
    const length = byte(at) === 0 ? 20 : 8;
    entries.push([...bytes(at, length)]);
    at += length;
    if (n === word(table + 34) - 1) assert.equal(at, table + word(table + 4), 'the entries end with the table');
  }
  assert.deepEqual(entries[0].slice(0, 12), [0, 0, 0x14, 3, 0x19, 0x06, 0, 0, 0, 2, 0, 0]);
  assert.deepEqual(
    entries.filter((e) => e[0] === 1).map((e) => [e[1], ascii(Uint8Array.from(e.slice(2)))]),
    [
      [0, 'PCI   '],
      [1, 'ISA   '],
    ],
  ); // prettier-ignore
  assert.deepEqual(
    entries.filter((e) => e[0] === 2),
    [[2, 1, 0x11, 1, 0, 0, 0xc0, 0xfe]],
  ); // prettier-ignore
  const isa = entries.filter((e) => e[0] === 3 && e[1] === 0 && e[4] === 1);
  assert.deepEqual(
    isa.map((e) => [e[5], e[7]]),
    [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((irq) => [irq, irq || 2]),
  ); // prettier-ignore
  const pci = (slot: number, pin: number) => entries.find((e) => e[0] === 3 && e[4] === 0 && e[5] === slot * 4 + pin)!;
  assert.deepEqual(
    [pci(1, 0), pci(1, 3), pci(3, 0)].map((e) => [e[2], e[7]]),
    [
      [0x0d, 10],
      [0x0d, 11],
      [0x0d, 11],
    ],
  ); // prettier-ignore
  assert.deepEqual(
    entries.filter((e) => e[0] === 4),
    [
      [4, 3, 0, 0, 1, 0, 255, 0],
      [4, 1, 0, 0, 1, 0, 255, 1],
    ],
  ); // prettier-ignore
});

test('a processor without an APIC has neither MADT nor MP table', () => {
  const text = romTables({ signature: 0x480, features: 0 }).map((t) => ascii(t.bytes.subarray(0, 4)));
  assert.deepEqual(text, ['DSDT', 'FACP', 'RSDT', 'XSDT', 'RSD ']);
});

test('AML: names, integers, lengths, EISA identifiers', () => {
  assert.deepEqual(aml.nameString('\\_SB.PCI0'), [0x5c, 0x2e, 0x5f, 0x53, 0x42, 0x5f, 0x50, 0x43, 0x49, 0x30]);
  assert.deepEqual(aml.nameString('\\'), [0x5c, 0]);
  assert.deepEqual(aml.nameString('A.B.C').slice(0, 2), [0x2f, 3]);
  assert.throws(() => aml.nameString('lower'));
  assert.throws(() => aml.nameString('TOOLONG'));
  assert.deepEqual([0, 1, 2, 0x1234, 0x12345678].map(aml.integer), [[0], [1], [0x0a, 2], [0x0b, 0x34, 0x12], [0x0c, 0x78, 0x56, 0x34, 0x12]]);
  assert.deepEqual(aml.eisaId('PNP0A03'), [0x0c, 0x41, 0xd0, 0x0a, 0x03]);
  const scopeOf = (bytes: number) => aml.scope('X', new Array<number>(bytes - 4).fill(0)).slice(1, 5);
  assert.deepEqual(scopeOf(62)[0], 63);
  assert.deepEqual(scopeOf(63).slice(0, 2), [0x41, 0x04], '65 = 1 + 4 × 16, two bytes');
  assert.deepEqual(scopeOf(4093).slice(0, 2), [0x4f, 0xff], '4095');
  assert.deepEqual(scopeOf(4094).slice(0, 3), [0x81, 0x00, 0x01], '4097, three bytes');
});

test('iasl disassembles the tables without a complaint', (context) => {
  if (spawnSync('iasl', ['-v']).status !== 0) return context.skip('iasl is not installed (Debian: acpica-tools)');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-acpi-'));
  try {
    const { acpi, table, dword } = board();
    const { tables, find } = acpi();
    const iasl = (...args: string[]) => {
      const run = spawnSync('iasl', args, { cwd: folder, encoding: 'utf8' });
      const said = run.stdout + run.stderr;
      assert.equal(run.status, 0, said);
      return said;
    };
    for (const t of [...tables, table(dword(find('FACP').at + 40))]) {
      fs.writeFileSync(path.join(folder, `${t.signature}.dat`), t.bytes);
      const said = iasl('-d', `${t.signature}.dat`);
      const text = fs.readFileSync(path.join(folder, `${t.signature}.dsl`), 'utf8');
      assert.doesNotMatch(said + text, /error|invalid|unknown|warning|could not/i, t.signature);
    }
    const source = fs.readFileSync(path.join(folder, 'DSDT.dsl'), 'utf8');
    for (const expected of ['EisaId ("PNP0A03")', 'Name (_PRT, Package (0x80)', 'Name (\\_S5, Package (0x04)', 'Processor (CPU0, 0x00', 'Method (\\_PIC, 1'])
      assert.ok(source.includes(expected), expected);
    // What it disassembled compiles again without an error.
    assert.match(iasl('-p', 'again', 'DSDT.dsl'), / 0 Errors/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

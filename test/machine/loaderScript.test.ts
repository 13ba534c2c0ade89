/** The ACPI tables of a BIOS image: carry the script out as the BIOS does, then follow the pointers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acpiFiles } from '../../src/machine/tables/loaderScript';
import { sum } from '../../src/machine/tables/table';

const [ENTRY, NAME] = [128, 56];

/** Where files are put: HIGH near the top of memory, FSEG in the ROM. */
function load(features: number) {
  const files = new Map(acpiFiles({ signature: 0x619, features }).map(({ name, bytes }) => [name, Buffer.from(bytes)]));
  const script = files.get('etc/table-loader')!;
  const bases = new Map<string, number>();
  let next = 0x3ff0000;
  for (let at = 0; at < script.length; at += ENTRY) {
    const name = (n: number) => script.toString('latin1', at + n, at + n + NAME).replace(/\0+$/, '');
    const dword = (n: number) => script.readUInt32LE(at + n);
    const bytes = files.get(name(4))!;
    const command = dword(0);
    if (command === 1) {
      const [alignment, zone] = [dword(4 + NAME), script[at + 8 + NAME]];
      const base = zone === 2 ? 0xf5a40 : (next = Math.ceil(next / alignment) * alignment);
      assert.equal(base % alignment, 0);
      bases.set(name(4), base);
    } else if (command === 2) {
      const offset = dword(4 + 2 * NAME);
      const size = script[at + 8 + 2 * NAME];
      assert.ok(size === 4 || bytes.readUInt32LE(offset + 4) === 0);
      bytes.writeUInt32LE(bytes.readUInt32LE(offset) + bases.get(name(4 + NAME))!, offset);
    } else {
      assert.equal(command, 3);
      const [offset, start, length] = [dword(4 + NAME), dword(8 + NAME), dword(12 + NAME)];
      bytes[offset] -= sum(bytes.subarray(start, start + length));
    }
  }
  const tables = files.get('etc/acpi/tables')!;
  const table = (address: number) => {
    const bytes = tables.subarray(address - bases.get('etc/acpi/tables')!);
    return bytes.subarray(0, bytes.readUInt32LE(4));
  };
  return { rsdp: files.get('etc/acpi/rsdp')!, table };
}

const signature = (bytes: Buffer) => bytes.toString('latin1', 0, 4);

test('a BIOS that follows the script has tables with good pointers and sums', () => {
  const { rsdp, table } = load(1 << 9);
  assert.equal(rsdp.toString('latin1', 0, 8), 'RSD PTR ');
  assert.deepEqual([sum(rsdp.subarray(0, 20)), sum(rsdp)], [0, 0]);
  const roots = [
    { root: table(rsdp.readUInt32LE(16)), size: 4 },
    { root: table(rsdp.readUInt32LE(24)), size: 8 },
  ];
  for (const { root, size } of roots) {
    assert.equal(sum(root), 0);
    const listed = Array.from({ length: (root.length - 36) / size }, (_, i) => table(root.readUInt32LE(36 + i * size)));
    assert.deepEqual(listed.map(signature), ['FACP', 'APIC']);
    for (const each of listed) assert.equal(sum(each), 0, signature(each));
  }
  const fadt = table(roots[0].root.readUInt32LE(36));
  for (const at of [36, 132]) assert.equal(signature(table(fadt.readUInt32LE(at))), 'FACS');
  for (const at of [40, 140]) assert.equal(sum(table(fadt.readUInt32LE(at))), 0);
  assert.equal(signature(table(fadt.readUInt32LE(40))), 'DSDT');
});

test('a processor without a local APIC has no MADT', () => {
  const { rsdp, table } = load(0);
  assert.equal(table(rsdp.readUInt32LE(16)).length, 36 + 4);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { childTime } from '../systems/lib/childTime.mjs';
import { fat16Disk } from '../systems/lib/fat16.mjs';
import { qemuArguments, ringsideArguments, type TestMachine } from '../systems/lib/machine.mjs';

/** A file of the first partition, found as a driver does: partition table, BIOS parameter block, directory, chain of clusters. */
function readFile(disk: Buffer, name: string): Buffer {
  const partition = disk.subarray(disk.readUInt32LE(446 + 8) * 512);
  const [perCluster, reserved, entries, perTable] = [partition[13], partition.readUInt16LE(14), partition.readUInt16LE(17), partition.readUInt16LE(22)];
  const table = partition.subarray(reserved * 512);
  const root = table.subarray(partition[16] * perTable * 512);
  const data = root.subarray(entries * 32);
  const entry = [...Array(entries).keys()].map((i) => root.subarray(i * 32, i * 32 + 32)).find((bytes) => bytes.toString('latin1', 0, 11) === name);
  assert.ok(entry, name);
  const clusters = [];
  for (let cluster = entry.readUInt16LE(26); cluster < 0xfff8; cluster = table.readUInt16LE(cluster * 2))
    clusters.push(data.subarray((cluster - 2) * perCluster * 512, (cluster - 1) * perCluster * 512));
  return Buffer.concat(clusters).subarray(0, entry.readUInt32LE(28));
}

test('the disk of a boot loader is a FAT16 partition with the files', () => {
  const kernel = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i * 7));
  const disk = fat16Disk({ vmlinuz: kernel, 'initrd.img': Buffer.from('root') });
  assert.equal(disk.readUInt16LE(510), 0xaa55);
  assert.deepEqual(readFile(disk, 'VMLINUZ    '), kernel);
  assert.equal(readFile(disk, 'INITRD  IMG').toString(), 'root');
  assert.throws(() => fat16Disk({ 'much-too-long.name': kernel }), /much-too-long/);
});

test('a machine is the same for ringside and for QEMU', () => {
  const machine: TestMachine = { program: 'a.img', kind: 'disk', disk: ['b.img'], memory: 16, boot: 'disk,cdrom' };
  assert.deepEqual(ringsideArguments(machine).join(' '), 'a.img --technique bare --mem 16 --disk b.img --boot disk,cdrom');
  const qemu = qemuArguments(machine).join(' ');
  for (const part of ['-accel tcg -m 16 ', 'file=a.img,format=raw,if=ide,index=0,snapshot=on', 'file=b.img,format=raw,if=ide,index=1,snapshot=on', '-boot order=cd'])
    assert.ok(qemu.includes(part), part);
});

test('the CPU time of a child that has ended is counted', (context) => {
  const before = childTime();
  if (Number.isNaN(before)) return context.skip('there is no /proc');
  spawnSync(process.execPath, ['-e', 'for (let n = 0; n < 1e8; n++);']);
  assert.ok(childTime() > before);
});

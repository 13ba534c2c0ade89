/** A hard disk with one bootable FAT16 partition, for files in its root directory (Microsoft, "FAT: General Overview of On-Disk Format" 1.03). */

const SECTOR = 512;
const FIRST_SECTOR = 63;
const SECTORS_PER_CLUSTER = 16;
const CLUSTER = SECTOR * SECTORS_PER_CLUSTER;
const ROOT_ENTRIES = 512;
const ROOT_SECTORS = (ROOT_ENTRIES * 32) / SECTOR;
const FAT_SECTORS = 64;
const DATA = 1 + FAT_SECTORS + ROOT_SECTORS;
const END_OF_CHAIN = 0xffff;
/** FAT16 has at least 4085 clusters and the table has room for 16384. */
const CLUSTERS = 8192;

/** `initrd.img` as `INITRD  IMG`. */
const shortName = (name) => {
  const [base, extension = ''] = name.toUpperCase().split('.');
  if (base.length > 8 || extension.length > 3) throw new Error(`${name}: expected at most 8 characters, a dot and 3`);
  return base.padEnd(8) + extension.padEnd(3);
};

function bootSector(sectors) {
  const sector = Buffer.alloc(SECTOR);
  sector.write('\xeb\x3c\x90RINGSIDE', 'latin1');
  sector.writeUInt16LE(SECTOR, 11);
  sector[13] = SECTORS_PER_CLUSTER;
  sector.writeUInt16LE(1, 14); // reserved sectors: this one
  sector[16] = 1; // tables
  sector.writeUInt16LE(ROOT_ENTRIES, 17);
  sector[21] = 0xf8; // hard disk
  sector.writeUInt16LE(FAT_SECTORS, 22);
  sector.writeUInt16LE(63, 24);
  sector.writeUInt16LE(16, 26);
  sector.writeUInt32LE(FIRST_SECTOR, 28);
  sector.writeUInt32LE(sectors, 32);
  sector.set([0x80, 0, 0x29], 36);
  sector.write('RINGSIDE   FAT16   ', 43);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

function masterBootRecord(sectors) {
  const sector = Buffer.alloc(SECTOR);
  sector.set([0x80, 1, 1, 0, 0x06, 0xfe, 0xff, 0xff], 446); // active, FAT16
  sector.writeUInt32LE(FIRST_SECTOR, 454);
  sector.writeUInt32LE(sectors, 458);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** Files: { name: bytes }. */
export function fat16Disk(files) {
  const sectors = DATA + CLUSTERS * SECTORS_PER_CLUSTER;
  const partition = Buffer.alloc(sectors * SECTOR);
  bootSector(sectors).copy(partition);
  const fat = partition.subarray(SECTOR, (1 + FAT_SECTORS) * SECTOR);
  const root = partition.subarray((1 + FAT_SECTORS) * SECTOR);
  fat.writeUInt32LE(0xfffffff8, 0);
  let free = 2;
  Object.entries(files).forEach(([name, bytes], i) => {
    const count = Math.ceil(bytes.length / CLUSTER);
    if (free + count > CLUSTERS + 2) throw new Error(`${name}: the disk is full`);
    root.write(`${shortName(name)}\x20`, i * 32, 'latin1');
    root.writeUInt16LE(free, i * 32 + 26);
    root.writeUInt32LE(bytes.length, i * 32 + 28);
    partition.set(bytes, DATA * SECTOR + (free - 2) * CLUSTER);
    for (let n = 1; n <= count; n++, free++) fat.writeUInt16LE(n < count ? free + 1 : END_OF_CHAIN, free * 2);
  });
  return Buffer.concat([masterBootRecord(sectors), Buffer.alloc((FIRST_SECTOR - 1) * SECTOR), partition]);
}

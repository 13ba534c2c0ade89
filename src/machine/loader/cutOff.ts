/** Images whose own tables speak of more than there is: a file that was not copied whole. Sources: ECMA-119 8.4; the partition table of the PC's master boot record. */
import type { DiskImage } from '../../devices/diskImage';

const CD_SECTOR = 2048;
const PRIMARY_VOLUME = 16;
const VOLUME_SPACE = 80;
const PARTITIONS = 446;
const PARTITION_SIZE = 16;
const ACTIVE = 0x80;

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);

/** Sectors of 2048 bytes that the primary volume descriptor counts; 0 without one. */
const volumeSectors = (image: DiskImage): number => {
  if (image.sectors < (PRIMARY_VOLUME + 1) * 4) return 0;
  const descriptor = image.read(PRIMARY_VOLUME * 4, 4);
  return descriptor[0] === 1 && String.fromCharCode(...descriptor.subarray(1, 6)) === 'CD001' ? word(descriptor, VOLUME_SPACE) : 0;
};

/** First sector behind the last partition, and its number from 1; undefined for what is no partition table, or code in its place. */
const lastPartition = (image: DiskImage): { number: number; end: number } | undefined => {
  const sector = image.read(0, 1);
  if (sector[510] !== 0x55 || sector[511] !== 0xaa) return undefined;
  const entries = [0, 1, 2, 3].map((n) => sector.subarray(PARTITIONS + n * PARTITION_SIZE, PARTITIONS + (n + 1) * PARTITION_SIZE));
  if (entries.some(([status]) => status !== 0 && status !== ACTIVE)) return undefined;
  const used = entries.map((entry, i) => ({ number: i + 1, type: entry[4], start: word(entry, 8), end: word(entry, 8) + word(entry, 12) })).filter(({ type }) => type !== 0);
  if (used.some(({ start, end }) => start === 0 || start >= image.sectors || end <= start)) return undefined;
  return used.sort((a, b) => b.end - a.end)[0];
};

/** A sentence for the user; undefined when nothing is missing. The guest's reads behind the end fail, as on a drive. */
export const cutOff = (image: DiskImage): string | undefined => {
  if (image.kind === 'cdrom') {
    const [sectors, expected] = [Math.floor(image.sectors / 4), volumeSectors(image)];
    return expected > sectors ? `${image.what} is cut off: it has ${sectors} sectors of ${CD_SECTOR} bytes, and its volume descriptor counts ${expected}` : undefined;
  }
  if (image.kind === 'floppy') return undefined;
  const last = lastPartition(image);
  return last && last.end > image.sectors ? `${image.what} is cut off: it has ${image.sectors} sectors, and its partition ${last.number} ends at sector ${last.end}` : undefined;
};

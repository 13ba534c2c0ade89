/** Finding what a CD boots. Source: "El Torito" Bootable CD-ROM Format Specification 1.0. */
import { hexh } from '../../base/bits';
import type { BlockDevice } from '../../devices/diskImage';

export const CD_SECTOR = 2048;
const DESCRIPTOR_SECTOR = 16;
const BOOT_RECORD_SECTOR = 17;
const CATALOG_POINTER = 0x47;
const DEFAULT_ENTRY = 32;
const BOOTABLE = 0x88;
const DEFAULT_SEGMENT = 0x7c0;
const MEDIA = ['no emulation', 'a 1.2 MB diskette', 'a 1.44 MB diskette', 'a 2.88 MB diskette', 'a hard disk'];

export interface BootImage {
  /** Real-mode segment it is loaded at and starts in. */
  readonly segment: number;
  /** CD sector where it begins. */
  readonly sector: number;
  /** 512-byte sectors to load. */
  readonly count: number;
  readonly bytes: Uint8Array;
}

export const readCd = (medium: BlockDevice, sector: number, count: number): Uint8Array => medium.read(sector * 4, count * 4);

const asciiAt = (bytes: Uint8Array, offset: number, text: string): boolean => [...text].every((c, i) => bytes[offset + i] === c.charCodeAt(0));

/** ISO 9660: a volume descriptor set begins at sector 16. */
export const isIso = (read: (offset: number, length: number) => Uint8Array, size: number): boolean =>
  size >= (DESCRIPTOR_SECTOR + 1) * CD_SECTOR && asciiAt(read(DESCRIPTOR_SECTOR * CD_SECTOR, 6), 1, 'CD001');

/** The default entry's image, or why the CD does not boot, as the end of a sentence. */
export const findBootImage = (medium: BlockDevice): BootImage | string => {
  const sectors = Math.floor(medium.sectors / 4);
  if (sectors <= BOOT_RECORD_SECTOR) return `it has ${sectors} sectors, and the boot record would be sector ${BOOT_RECORD_SECTOR}`;
  const record = readCd(medium, BOOT_RECORD_SECTOR, 1);
  if (record[0] !== 0 || !asciiAt(record, 1, 'CD001') || !asciiAt(record, 7, 'EL TORITO SPECIFICATION')) return `sector ${BOOT_RECORD_SECTOR} is no El Torito boot record`;
  const catalogSector = new DataView(record.buffer).getUint32(CATALOG_POINTER, true);
  if (catalogSector >= sectors) return `its boot catalog is at sector ${catalogSector} of ${sectors}`;
  const catalog = new DataView(readCd(medium, catalogSector, 1).buffer);
  let sum = 0;
  for (let i = 0; i < DEFAULT_ENTRY; i += 2) sum += catalog.getUint16(i, true);
  if (catalog.getUint8(0) !== 1 || catalog.getUint16(30, true) !== 0xaa55 || sum & 0xffff) return `the boot catalog at sector ${catalogSector} has no valid validation entry`;
  if (catalog.getUint8(DEFAULT_ENTRY) !== BOOTABLE) return 'the default entry of its boot catalog is not bootable';
  const media = catalog.getUint8(DEFAULT_ENTRY + 1) & 15;
  if (media !== 0) return `it emulates ${MEDIA[media] ?? `medium ${media}`} to boot, expected ${MEDIA[0]}`;
  const segment = catalog.getUint16(DEFAULT_ENTRY + 2, true) || DEFAULT_SEGMENT;
  const count = catalog.getUint16(DEFAULT_ENTRY + 6, true) || 4;
  const sector = catalog.getUint32(DEFAULT_ENTRY + 8, true);
  const whole = Math.ceil(count / 4);
  if (sector + whole > sectors) return `its boot image (${count} sectors of 512 bytes at sector ${sector}) lies beyond the end of the CD (${sectors} sectors)`;
  if (segment * 16 + count * 512 > 0x9fc00 || segment * 16 < 0x500) return `its boot image does not fit at segment ${hexh(segment, 4)}`;
  return { segment, sector, count, bytes: readCd(medium, sector, whole).subarray(0, count * 512) };
};

/** Finding what a CD boots. Source: "El Torito" Bootable CD-ROM Format Specification 1.0. */
import { hexh } from '../../base/bits';
import { type BlockDevice, FLOPPY_FORMATS, type Geometry } from '../../devices/diskImage';

export const CD_SECTOR = 2048;
const DESCRIPTOR_SECTOR = 16;
const BOOT_RECORD_SECTOR = 17;
const CATALOG_POINTER = 0x47;
const DEFAULT_ENTRY = 32;
const BOOTABLE = 0x88;
const DEFAULT_SEGMENT = 0x7c0;
/** KiB of the diskettes that media types 1 to 3 emulate; 4 is a hard disk. */
const DISKETTES = [undefined, 1200, 1440, 2880];
const HARD_DISK = 4;
const SECTOR = 512;
/** Of a master boot record: the first partition. */
const PARTITION = 0x1be;

export interface BootImage {
  /** Real-mode segment it is loaded at and starts in. */
  readonly segment: number;
  /** CD sector where it begins. */
  readonly sector: number;
  /** 512-byte sectors to load. */
  readonly count: number;
  readonly bytes: Uint8Array;
  /** What the BIOS is to show the program as its boot drive; nothing when it gets the CD itself. */
  readonly emulation?: Emulation;
}

export interface Emulation {
  /** Media type in the catalog: 1 to 3 diskettes, 4 a hard disk. */
  readonly media: number;
  /** BIOS drive number. */
  readonly drive: 0x00 | 0x80;
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  readonly geometry: Geometry;
  readonly floppyType?: number;
}

export const readCd = (medium: BlockDevice, sector: number, count: number): Uint8Array => medium.read(sector * 4, count * 4);

const asciiAt = (bytes: Uint8Array, offset: number, text: string): boolean => [...text].every((c, i) => bytes[offset + i] === c.charCodeAt(0));

/** ISO 9660: a volume descriptor set begins at sector 16. */
export const isIso = (read: (offset: number, length: number) => Uint8Array, size: number): boolean =>
  size >= (DESCRIPTOR_SECTOR + 1) * CD_SECTOR && asciiAt(read(DESCRIPTOR_SECTOR * CD_SECTOR, 6), 1, 'CD001');

/** `available`: sectors of 512 bytes from the image's first to the CD's end. */
const emulate = (media: number, first: Uint8Array, available: number): Emulation | string => {
  const kib = DISKETTES[media];
  const format = FLOPPY_FORMATS.find((f) => f.kib === kib);
  if (format) {
    // A file system that ends early may be all there is of the diskette.
    return { media, drive: 0x00, sectors: Math.min(format.kib * 2, available), geometry: format, floppyType: format.type };
  }
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const [heads, sectors] = [first[PARTITION + 5] + 1, first[PARTITION + 6] & 0x3f];
  const end = view.getUint32(PARTITION + 8, true) + view.getUint32(PARTITION + 12, true);
  if (sectors === 0 || end === 0) return 'the hard disk that it emulates has no partition';
  if (end > available) return `the hard disk that it emulates has ${end} sectors of ${SECTOR} bytes, and the CD ends after ${available} of them`;
  return { media, drive: 0x80, sectors: end, geometry: { cylinders: Math.min(1024, Math.ceil(end / (heads * sectors))), heads, sectors } };
};

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
  if (media > HARD_DISK) return `it emulates medium ${media} to boot: expected no emulation, a diskette or a hard disk (0 to ${HARD_DISK})`;
  const segment = catalog.getUint16(DEFAULT_ENTRY + 2, true) || DEFAULT_SEGMENT;
  const count = catalog.getUint16(DEFAULT_ENTRY + 6, true) || (media === 0 ? 4 : 1);
  const sector = catalog.getUint32(DEFAULT_ENTRY + 8, true);
  const whole = Math.ceil(count / 4);
  if (sector + whole > sectors) return `its boot image (${count} sectors of 512 bytes at sector ${sector}) lies beyond the end of the CD (${sectors} sectors)`;
  if (segment * 16 + count * 512 > 0x9fc00 || segment * 16 < 0x500) return `its boot image does not fit at segment ${hexh(segment, 4)}`;
  const bytes = readCd(medium, sector, whole).subarray(0, count * 512);
  if (media === 0) return { segment, sector, count, bytes };
  const emulation = emulate(media, bytes, (sectors - sector) * 4);
  return typeof emulation === 'string' ? emulation : { segment, sector, count, bytes, emulation };
};

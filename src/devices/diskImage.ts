/**
 * A disk, floppy or CD image with a copy-on-write overlay: what the guest writes stays in memory unless somebody
 * asks to put it into the file, and a snapshot holds only the sectors that the guest changed.
 */
import { UserError } from '../base/userError';
import type { DeviceState } from './contract';

export const SECTOR_SIZE = 512;

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** What firmware and disk controllers need of a medium. */
export interface BlockDevice {
  /** Sectors on the medium. */
  readonly sectors: number;
  readonly geometry: Geometry;
  /** Throws RangeError beyond the end. */
  read(lba: number, count: number): Uint8Array;
  /** `bytes` is a whole number of sectors. Throws RangeError beyond the end. */
  write(lba: number, bytes: Uint8Array): void;
}

export interface Change {
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Where an image's bytes come from: a file that is read where it is needed, or an array. */
export interface Storage {
  /** Bytes. */
  readonly size: number;
  /** Within the size. */
  read(offset: number, length: number): Uint8Array;
  /** Make the changes permanent, all of them or none. Throws UserError. */
  update?(changes: readonly Change[]): void;
  close?(): void;
}

export const arrayStorage = (bytes: Uint8Array): Storage => ({ size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) });

export type MediumKind = 'floppy' | 'hardDisk' | 'cdrom';

/** Diskette formats by size in KiB: the IBM PC's, with their drive type in CMOS and INT 13h. */
// biome-ignore format: a table
export const FLOPPY_FORMATS = [
  { kib: 160,  cylinders: 40, heads: 1, sectors: 8,  type: 1 },
  { kib: 180,  cylinders: 40, heads: 1, sectors: 9,  type: 1 },
  { kib: 320,  cylinders: 40, heads: 2, sectors: 8,  type: 1 },
  { kib: 360,  cylinders: 40, heads: 2, sectors: 9,  type: 1 },
  { kib: 720,  cylinders: 80, heads: 2, sectors: 9,  type: 3 },
  { kib: 1200, cylinders: 80, heads: 2, sectors: 15, type: 2 },
  { kib: 1440, cylinders: 80, heads: 2, sectors: 18, type: 4 },
  { kib: 2880, cylinders: 80, heads: 2, sectors: 36, type: 6 },
] as const;

/** The smallest standard format that holds `bytes`, for files that end after their last used sector; undefined when none does. */
export const floppyFormat = (bytes: number) =>
  FLOPPY_FORMATS.find((f) => f.kib * 1024 === bytes) ?? (bytes <= 1440 * 1024 ? FLOPPY_FORMATS[6] : bytes <= 2880 * 1024 ? FLOPPY_FORMATS[7] : undefined);

/** LBA-assisted translation: as few heads as reach the end with 1024 cylinders, up to 8.4 GB (Enhanced Disk Drive Specification 1.1). */
const hardDiskGeometry = (sectors: number): Geometry => {
  const heads = [16, 32, 64, 128].find((h) => sectors <= 1024 * h * 63) ?? 255;
  return { cylinders: Math.max(1, Math.min(1024, Math.floor(sectors / (heads * 63)))), heads, sectors: 63 };
};

const CD_SECTOR = 2048;
const RAW_CD_SECTOR = 2352;
/** A sector of a raw image begins with this pattern (ECMA-130 §14). */
const isRaw = (storage: Storage): boolean => storage.read(0, 12).every((byte, i) => byte === (i === 0 || i === 11 ? 0x00 : 0xff));

const checkSize = (storage: Storage, kind: MediumKind, what: string): void => {
  const { size } = storage;
  const refuse = (expected: string): never => {
    throw new UserError('disk.size', `${what} has ${size} bytes: ${expected}`);
  };
  if (size === 0) throw new UserError('disk.empty', `${what} is empty`);
  if (kind === 'floppy' && !floppyFormat(size)) refuse(`a floppy holds at most ${2880 * 1024}`);
  if (kind === 'hardDisk' && size % SECTOR_SIZE) refuse(`not a multiple of ${SECTOR_SIZE}`);
  if (kind !== 'cdrom') return;
  if (size % RAW_CD_SECTOR === 0 && isRaw(storage))
    throw new UserError('disk.rawCd', `${what} has raw sectors of ${RAW_CD_SECTOR} bytes; expected an ISO image with sectors of ${CD_SECTOR}`);
  if (size % CD_SECTOR) refuse(`expected an ISO image, a multiple of ${CD_SECTOR}`);
};

const shapeOf = (size: number, kind: MediumKind): { sectors: number; geometry: Geometry } => {
  const format = kind === 'floppy' ? floppyFormat(size) : undefined;
  if (format) return { sectors: format.kib * 2, geometry: format };
  const sectors = size / SECTOR_SIZE;
  return { sectors, geometry: hardDiskGeometry(sectors) };
};

export class DiskImage implements BlockDevice {
  readonly geometry: Geometry;
  readonly sectors: number;
  readonly #storage: Storage;
  /** Sectors the guest wrote. An array is never changed once it is in here: snapshots share it. */
  readonly #overlay = new Map<number, Uint8Array>();
  #unsaved = false;

  /** `what` names the image in messages. A floppy reads as zeros behind the end of its file. */
  constructor(
    image: Uint8Array | Storage,
    readonly kind: MediumKind,
    readonly what = `the ${kind === 'floppy' ? 'floppy' : kind === 'cdrom' ? 'CD' : 'disk'} image`,
  ) {
    this.#storage = image instanceof Uint8Array ? arrayStorage(image) : image;
    checkSize(this.#storage, kind, what);
    ({ sectors: this.sectors, geometry: this.geometry } = shapeOf(this.#storage.size, kind));
  }

  /** Sectors the guest has changed. */
  get written(): number {
    return this.#overlay.size;
  }

  read(lba: number, count: number): Uint8Array {
    this.#check(lba, count);
    const bytes = new Uint8Array(count * SECTOR_SIZE);
    const start = lba * SECTOR_SIZE;
    const stored = Math.min(bytes.length, this.#storage.size - start);
    if (stored > 0) bytes.set(this.#storage.read(start, stored));
    if (this.#overlay.size === 0) return bytes;
    for (let i = 0; i < count; i++) {
      const sector = this.#overlay.get(lba + i);
      if (sector) bytes.set(sector, i * SECTOR_SIZE);
    }
    return bytes;
  }

  write(lba: number, bytes: Uint8Array): void {
    const count = bytes.length / SECTOR_SIZE;
    this.#check(lba, count);
    for (let i = 0; i < count; i++) this.#overlay.set(lba + i, bytes.slice(i * SECTOR_SIZE, (i + 1) * SECTOR_SIZE));
    this.#unsaved = true;
  }

  #check(lba: number, count: number): void {
    const valid = Number.isSafeInteger(lba) && Number.isInteger(count) && lba >= 0 && count >= 0 && lba + count <= this.sectors;
    if (!valid) throw new RangeError(`sectors ${lba}+${count} are beyond the ${this.sectors} of the disk`);
  }

  /** Put what the guest wrote into the file. Throws UserError; the file is as it was then. */
  persist(): void {
    if (!this.#unsaved) return;
    if (!this.#storage.update) throw new UserError('disk.persist', `${this.what}: the guest's writes cannot be kept, because this file cannot be written here`);
    this.#storage.update([...this.#overlay].map(([lba, bytes]) => ({ offset: lba * SECTOR_SIZE, bytes })));
    this.#unsaved = false;
  }

  close(): void {
    this.#storage.close?.();
  }

  /** Cheap: sectors are shared, not copied. */
  save(): DeviceState {
    return { lbas: [...this.#overlay.keys()], sectors: [...this.#overlay.values()] };
  }

  restore(state: DeviceState): void {
    const sectors = state.sectors as Uint8Array[];
    this.#overlay.clear();
    (state.lbas as number[]).forEach((lba, i) => {
      this.#overlay.set(lba, sectors[i]);
    });
    this.#unsaved = true;
  }
}

/**
 * A disk or floppy image in memory with a copy-on-write overlay: the user's file is never written,
 * and a snapshot holds only the sectors that the guest changed.
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

const hardDiskGeometry = (sectors: number): Geometry => ({ cylinders: Math.max(1, Math.min(1024, Math.floor(sectors / (16 * 63)))), heads: 16, sectors: 63 });

export class DiskImage implements BlockDevice {
  readonly geometry: Geometry;
  readonly sectors: number;
  readonly #overlay = new Map<number, Uint8Array>();

  /** `what` names the image in messages. A floppy reads as zeros behind the end of its file. */
  constructor(
    private readonly image: Uint8Array,
    readonly kind: 'floppy' | 'hardDisk',
    what = `the ${kind === 'floppy' ? 'floppy' : 'disk'} image`,
  ) {
    if (image.length === 0) throw new UserError('disk.empty', `${what} is empty`);
    if (kind === 'floppy') {
      const format = floppyFormat(image.length);
      if (!format) throw new UserError('disk.size', `${what} has ${image.length} bytes: a floppy holds at most ${2880 * 1024}`);
      this.geometry = format;
      this.sectors = format.kib * 2;
      return;
    }
    if (image.length % SECTOR_SIZE) throw new UserError('disk.size', `${what} has ${image.length} bytes: not a multiple of ${SECTOR_SIZE}`);
    this.sectors = image.length / SECTOR_SIZE;
    this.geometry = hardDiskGeometry(this.sectors);
  }

  /** Sectors the guest has changed. */
  get written(): number {
    return this.#overlay.size;
  }

  read(lba: number, count: number): Uint8Array {
    this.#check(lba, count);
    const bytes = new Uint8Array(count * SECTOR_SIZE);
    for (let i = 0; i < count; i++) {
      const start = (lba + i) * SECTOR_SIZE;
      bytes.set(this.#overlay.get(lba + i) ?? this.image.subarray(start, start + SECTOR_SIZE), i * SECTOR_SIZE);
    }
    return bytes;
  }

  write(lba: number, bytes: Uint8Array): void {
    const count = bytes.length / SECTOR_SIZE;
    this.#check(lba, count);
    for (let i = 0; i < count; i++) this.#overlay.set(lba + i, bytes.slice(i * SECTOR_SIZE, (i + 1) * SECTOR_SIZE));
  }

  #check(lba: number, count: number): void {
    const valid = Number.isSafeInteger(lba) && Number.isInteger(count) && lba >= 0 && count >= 0 && lba + count <= this.sectors;
    if (!valid) throw new RangeError(`sectors ${lba}+${count} are beyond the ${this.sectors} of the disk`);
  }

  save(): DeviceState {
    return { lbas: [...this.#overlay.keys()], bytes: concatenate([...this.#overlay.values()]) };
  }

  restore(state: DeviceState): void {
    const bytes = state.bytes as Uint8Array;
    this.#overlay.clear();
    (state.lbas as number[]).forEach((lba, i) => {
      this.#overlay.set(lba, bytes.slice(i * SECTOR_SIZE, (i + 1) * SECTOR_SIZE));
    });
  }
}

const concatenate = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.length * SECTOR_SIZE);
  parts.forEach((part, i) => {
    bytes.set(part, i * SECTOR_SIZE);
  });
  return bytes;
};

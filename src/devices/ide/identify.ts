/** IDENTIFY DEVICE and IDENTIFY PACKET DEVICE data: 256 words, those that are not 0 as rows. Source: ATA/ATAPI-6 (T13/1410D) §8.15, §8.16. */
import type { Geometry } from '../diskImage';

/** Word number, value. */
type Word = readonly [number: number, value: number];

/** ASCII, two characters a word, the first in the high byte, padded with spaces. */
const text = (first: number, words: number, value: string): Word[] => {
  const padded = value.padEnd(words * 2).slice(0, words * 2);
  return Array.from({ length: words }, (_, i): Word => [first + i, (padded.charCodeAt(i * 2) << 8) | padded.charCodeAt(i * 2 + 1)]);
};

/** A number over `words` words, lowest first. */
const number = (first: number, words: number, value: number): Word[] => Array.from({ length: words }, (_, i): Word => [first + i, Math.floor(value / 65536 ** i) & 0xffff]);

export interface TransferModes {
  /** Selected by SET FEATURES: the mode as one bit, or 0. */
  readonly multiwordDma: number;
  readonly ultraDma: number;
}

/** Major version bits: ATA-1 to ATA/ATAPI-6. */
const VERSIONS = 0x007e;
const SIGNATURE = 0xa5;
const FIRMWARE = '1.0';

const common = (name: string, model: string, modes: TransferModes): Word[] => [
  ...text(10, 10, `RS-${name}`),
  ...text(23, 4, FIRMWARE),
  ...text(27, 20, model),
  [53, 0x0007], // words 54 to 58, 64 to 70 and 88 are valid
  [63, 0x0007 | (modes.multiwordDma << 8)],
  [64, 0x0003], // PIO modes 3 and 4
  [65, 120],
  [66, 120],
  [67, 120],
  [68, 120], // cycle times, ns
  [80, VERSIONS],
  [88, 0x003f | (modes.ultraDma << 8)],
];

/** As bytes, with the checksum of word 255 that makes their sum 0. */
const toBytes = (words: readonly Word[]): Uint8Array => {
  const bytes = new Uint8Array(512);
  for (const [index, value] of words) {
    bytes[index * 2] = value;
    bytes[index * 2 + 1] = value >> 8;
  }
  bytes[510] = SIGNATURE;
  bytes[511] = -bytes.subarray(0, 511).reduce((sum, byte) => sum + byte, 0);
  return bytes;
};

export interface DiskFacts {
  readonly name: string;
  readonly sectors: number;
  /** The default translation, and the one INITIALIZE DEVICE PARAMETERS set. */
  readonly geometry: Geometry;
  readonly current: Geometry;
  /** Largest and current block of READ and WRITE MULTIPLE. */
  readonly maxMultiple: number;
  readonly multiple: number;
  /** SET FEATURES 02h and 82h. */
  readonly writeCache: boolean;
  readonly modes: TransferModes;
}

const POWER = 0x0008;
const WRITE_CACHE = 0x0020;
const LBA48_FLUSH = 0x3400;
const VALID = 0x4000;

export const identifyDisk = ({ name, sectors, geometry, current, maxMultiple, multiple, writeCache, modes }: DiskFacts): Uint8Array =>
  toBytes([
    [0, 0x0040], // not removable
    [1, geometry.cylinders],
    [3, geometry.heads],
    [6, geometry.sectors],
    ...common(name, 'RINGSIDE HARD DISK', modes),
    [47, 0x8000 | maxMultiple],
    [48, 0x0001], // doubleword access to the data port
    [49, 0x0f00], // DMA, LBA, IORDY
    [50, VALID],
    [51, 0x0200],
    [52, 0x0200],
    [54, current.cylinders],
    [55, current.heads],
    [56, current.sectors],
    ...number(57, 2, current.cylinders * current.heads * current.sectors),
    [59, multiple ? 0x0100 | multiple : 0],
    ...number(60, 2, Math.min(sectors, 0x0fffffff)),
    [82, POWER | WRITE_CACHE],
    [83, VALID | LBA48_FLUSH],
    [84, VALID],
    [85, POWER | (writeCache ? WRITE_CACHE : 0)],
    [86, LBA48_FLUSH],
    [87, VALID],
    ...number(100, 4, sectors),
  ]);

/** Packet device of type 5 (CD-ROM), removable, DRQ within 50 microseconds, packets of 12 bytes. */
const CD_ROM = 0x85c0;
const PACKET_FEATURES = 0x0218; // DEVICE RESET, PACKET, power management

export const identifyCdrom = (name: string, modes: TransferModes): Uint8Array =>
  toBytes([[0, CD_ROM], ...common(name, 'RINGSIDE CD-ROM', modes), [49, 0x0b00], [50, VALID], [82, PACKET_FEATURES], [83, VALID], [84, VALID], [85, PACKET_FEATURES], [87, VALID]]);

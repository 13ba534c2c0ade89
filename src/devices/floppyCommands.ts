/**
 * The commands of the 82077AA (how the first byte names them, how many bytes they have), the status bits of their results, and
 * the controller's state. Source: Intel 82077AA datasheet (290166), table 5-1 and chapter 6.
 */

// biome-ignore format: a list
export type CommandName =
  | 'read' | 'write' | 'verify' | 'scan' | 'format' | 'readId' | 'recalibrate' | 'seek'
  | 'senseInterrupt' | 'senseDrive' | 'specify' | 'configure' | 'perpendicular' | 'lock' | 'version' | 'dumpRegisters';

/** By the low five bits of the first byte: name and number of bytes. READ DATA's family may have MT, MFM and SK above them, SEEK and LOCK bits of their own. */
// biome-ignore format: a table
export const FLOPPY_COMMANDS: ReadonlyMap<number, readonly [CommandName, number]> = new Map([
  [0x02, ['read', 9]],            // READ TRACK
  [0x03, ['specify', 3]],
  [0x04, ['senseDrive', 2]],
  [0x05, ['write', 9]],
  [0x06, ['read', 9]],
  [0x07, ['recalibrate', 2]],
  [0x08, ['senseInterrupt', 1]],
  [0x09, ['write', 9]],           // WRITE DELETED DATA
  [0x0a, ['readId', 2]],
  [0x0c, ['read', 9]],            // READ DELETED DATA
  [0x0d, ['format', 6]],
  [0x0e, ['dumpRegisters', 1]],
  [0x0f, ['seek', 3]],
  [0x10, ['version', 1]],
  [0x11, ['scan', 9]],            // SCAN EQUAL
  [0x12, ['perpendicular', 2]],
  [0x13, ['configure', 4]],
  [0x14, ['lock', 1]],
  [0x16, ['verify', 9]],
  [0x19, ['scan', 9]],            // SCAN LOW OR EQUAL
  [0x1d, ['scan', 9]],            // SCAN HIGH OR EQUAL
]);

export const ST0_ABNORMAL = 0x40;
export const ST0_INVALID = 0x80;
export const ST0_READY_CHANGED = 0xc0;
export const ST0_SEEK_END = 0x20;
export const ST0_EQUIPMENT_CHECK = 0x10;
export const ST1_END_OF_CYLINDER = 0x80;
export const ST1_OVERRUN = 0x10;
export const ST1_NO_DATA = 0x04;
export const ST1_MISSING_MARK = 0x01;
export const ST2_WRONG_CYLINDER = 0x10;

export const ST2_DELETED = 0x40;
export const ST2_SCAN_EQUAL = 0x08;
export const ST2_SCAN_FAILED = 0x04;

export const READ_TRACK = 0x02;
export const READ_DELETED = 0x0c;
export const MULTI_TRACK = 0x80;
export const SKIP = 0x20;
/** VERIFY counts sectors: second byte of the command. */
export const ENABLE_COUNT = 0x80;
/** SEEK by a number of tracks, and inward. */
export const RELATIVE_SEEK = 0x80;
export const SEEK_INWARD = 0x40;
export const CONFIGURE_IMPLIED_SEEK = 0x40;
export const SECTOR = 512;
export const SECTOR_CODE = 2;
export const LAST_TRACK = 79;
export const VERSION = 0x90;

/** By the low five bits: when the disk's byte and the host's mean that the condition holds. Bytes of FFh match anything. */
const SCANS: ReadonlyMap<number, (disk: number, host: number) => boolean> = new Map<number, (disk: number, host: number) => boolean>([
  [0x11, () => false],
  [0x19, (disk, host) => disk < host],
  [0x1d, (disk, host) => disk > host],
]);

/** ST2 of a sector compared with what the host sends, as table 5-10 has it: the first byte that differs decides. */
export const scan = (command: number, disk: Uint8Array, host: Uint8Array): number => {
  const at = disk.findIndex((byte, i) => byte !== host[i] && byte !== 0xff && host[i] !== 0xff);
  if (at < 0) return ST2_SCAN_EQUAL;
  return SCANS.get(command & 0x1f)?.(disk[at], host[at]) ? 0 : ST2_SCAN_FAILED;
};

/** Values of the data rate bits: 500, 300, 250 kbit/s and 1 Mbit/s. */
const RATE = { KBIT_500: 0, KBIT_300: 1, KBIT_250: 2, MBIT_1: 3 } as const;
/** What a disk of so many sectors a track is written at. */
export const rateOf = (sectorsPerTrack: number): number => (sectorsPerTrack > 18 ? RATE.MBIT_1 : sectorsPerTrack > 9 ? RATE.KBIT_500 : RATE.KBIT_250);

/** A drive that turns faster reads disks of 9 sectors a track at 300 kbit/s. */
export const rateFits = (sectorsPerTrack: number, rate: number): boolean => rateOf(sectorsPerTrack) === (rate === RATE.KBIT_300 ? RATE.KBIT_250 : rate);

export const powerOn = () => ({
  dor: 0x0c,
  tdr: 0,
  rate: 2,
  phase: 'command' as 'reset' | 'command' | 'execution' | 'result' | 'data',
  /** Bytes of the command, of the result, or of data for the host. */
  command: [] as number[],
  result: [] as number[],
  name: '' as CommandName | '',
  data: new Uint8Array(0),
  position: 0,
  /** Data go to the host. */
  toHost: false,
  interrupt: false,
  /** ST0 and present cylinder, a pair each, for SENSE INTERRUPT STATUS. */
  pending: [] as number[],
  tracks: [0, 0, 0, 0],
  /** Drives whose disk may have been changed since the heads last moved, one bit each. */
  changed: 0x0f,
  /** Drives whose heads are moving, one bit each. */
  seeking: 0,
  specify: [0, 0],
  configure: [0, 0x20, 0],
  perpendicular: 0,
  locked: false,
  lastSectors: 0,
  /** Sectors that VERIFY has left, where it counts them. */
  left: 0,
  cylinder: 0,
  head: 0,
  sector: 0,
});

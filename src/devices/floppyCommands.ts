/**
 * The commands of the 82077AA (how the first byte names them, how many bytes they have), the status bits of their results, and
 * the controller's state. Source: Intel 82077AA datasheet (290166), table 5-1 and chapter 6.
 */

// biome-ignore format: a list
export type CommandName =
  | 'read' | 'write' | 'verify' | 'format' | 'readId' | 'recalibrate' | 'seek'
  | 'senseInterrupt' | 'senseDrive' | 'specify' | 'configure' | 'perpendicular' | 'lock' | 'version' | 'dumpRegisters';

/** By the low five bits of the first byte: name and number of bytes. READ DATA's family may have MT, MFM and SK above them. */
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
  [0x12, ['perpendicular', 2]],
  [0x13, ['configure', 4]],
  [0x14, ['lock', 1]],
  [0x16, ['verify', 9]],
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

export const MULTI_TRACK = 0x80;
export const CONFIGURE_IMPLIED_SEEK = 0x40;
export const SECTOR = 512;
export const SECTOR_CODE = 2;
export const LAST_TRACK = 79;
export const VERSION = 0x90;

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
  cylinder: 0,
  head: 0,
  sector: 0,
});

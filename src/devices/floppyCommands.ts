/**
 * The commands of the 82077AA: how the first byte names them, and how many bytes they have. Source: Intel 82077AA datasheet
 * (290166), table 5-1.
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

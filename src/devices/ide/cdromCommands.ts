/**
 * The packet commands of a CD-ROM drive, a row each. Sources: MMC-3 (T10/1363-D) for the commands and mode pages;
 * SPC-2 (T10/1236-D) for INQUIRY, REQUEST SENSE and sense codes.
 */

export const CD_SECTOR = 2048;

/** Sense key, additional sense code and its qualifier. */
export type Sense = { readonly key: number; readonly asc: number; readonly ascq: number };

export const GOOD: Sense = { key: 0, asc: 0, ascq: 0 };
export const POWER_ON: Sense = { key: 6, asc: 0x29, ascq: 0 };
export const MEDIUM_CHANGED: Sense = { key: 6, asc: 0x28, ascq: 0 };
const NO_MEDIUM: Sense = { key: 2, asc: 0x3a, ascq: 0 };
const TRAY_OPEN: Sense = { key: 2, asc: 0x3a, ascq: 0x02 };
const REMOVAL_PREVENTED: Sense = { key: 5, asc: 0x53, ascq: 0x02 };
const INVALID_OPCODE: Sense = { key: 5, asc: 0x20, ascq: 0 };
const OUT_OF_RANGE: Sense = { key: 5, asc: 0x21, ascq: 0 };
const INVALID_FIELD: Sense = { key: 5, asc: 0x24, ascq: 0 };

/** What the commands need of the drive. */
export interface CdromDrive {
  /** 2048-byte sectors on the disc; 0 without one. */
  readonly sectors: number;
  /** Of the last command. */
  readonly sense: Sense;
  locked: boolean;
  trayOpen: boolean;
  /** What happened that the host has not heard of (GOOD: nothing); it has now. */
  takeAttention(): Sense;
  /** Send sectors, behind the command's own answer. */
  transfer(lba: number, count: number): void;
}

/** Bytes for the host, or why not. */
type Answer = Uint8Array | Sense;

interface PacketCommand {
  /** `always`: even while the drive has a unit attention to report; `medium`: a disc has to be in. */
  readonly needs: 'always' | 'drive' | 'medium';
  readonly run: (drive: CdromDrive, packet: DataView) => Answer;
}

const NOTHING = new Uint8Array(0);

/** As much of `bytes` as the host has allocated room for. */
const upTo = (bytes: readonly number[], allocated: number): Uint8Array => Uint8Array.from(bytes).subarray(0, allocated);

const ascii = (text: string, length: number): number[] => Array.from(text.padEnd(length).slice(0, length), (c) => c.charCodeAt(0));
const be16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value & 0xffff)];

/** Minutes, seconds, frames: 75 a second, of which the first two seconds come before sector 0. */
const msf = (lba: number): number[] => [0, Math.floor((lba + 150) / 4500), Math.floor((lba + 150) / 75) % 60, (lba + 150) % 75];

const inquiry: PacketCommand['run'] = (_drive, packet) =>
  upTo([0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0, ...ascii('RINGSIDE', 8), ...ascii('CD-ROM', 16), ...ascii('1.0', 4)], packet.getUint8(4));

const requestSense: PacketCommand['run'] = (drive, packet) => {
  const { key, asc, ascq } = drive.sense.key === GOOD.key ? drive.takeAttention() : drive.sense;
  return upTo([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0], packet.getUint8(4));
};

const startStop: PacketCommand['run'] = (drive, packet) => {
  const [loadEject, start] = [packet.getUint8(4) & 2, packet.getUint8(4) & 1];
  if (loadEject && !start && drive.locked) return REMOVAL_PREVENTED;
  if (loadEject) drive.trayOpen = !start;
  return NOTHING;
};

const preventRemoval: PacketCommand['run'] = (drive, packet) => {
  drive.locked = (packet.getUint8(4) & 1) !== 0;
  return NOTHING;
};

const readCapacity: PacketCommand['run'] = (drive) => Uint8Array.from([...be32(drive.sectors - 1), ...be32(CD_SECTOR)]);

const read = (drive: CdromDrive, lba: number, count: number): Answer => {
  if (lba + count > drive.sectors) return OUT_OF_RANGE;
  drive.transfer(lba, count);
  return NOTHING;
};

/** READ CD: any sector type, user data only. */
const readCd: PacketCommand['run'] = (drive, packet) => {
  const what = packet.getUint8(9);
  const count = packet.getUint32(5) >>> 8;
  if (what === 0) return NOTHING;
  return (what & 0xf8) === 0x10 && packet.getUint8(10) === 0 ? read(drive, packet.getUint32(2), count) : INVALID_FIELD;
};

const seek: PacketCommand['run'] = (drive, packet) => (packet.getUint32(2) < drive.sectors ? NOTHING : OUT_OF_RANGE);

const DATA_TRACK = 0x14;
const LEAD_OUT = 0xaa;

/** One session with one data track. */
const readToc: PacketCommand['run'] = (drive, packet) => {
  const address = packet.getUint8(1) & 2 ? msf : be32;
  const format = packet.getUint8(2) & 15 || packet.getUint8(9) >> 6;
  const first = packet.getUint8(6);
  const allocated = packet.getUint16(7);
  if (format === 1) return upTo([...be16(10), 1, 1, 0, DATA_TRACK, 1, 0, ...address(0)], allocated);
  if (format !== 0 || (first > 1 && first !== LEAD_OUT)) return INVALID_FIELD;
  const track = first <= 1 ? [0, DATA_TRACK, 1, 0, ...address(0)] : [];
  const entries = [...track, 0, DATA_TRACK, LEAD_OUT, 0, ...address(drive.sectors)];
  return upTo([...be16(entries.length + 2), 1, 1, ...entries], allocated);
};

const CD_ROM_PROFILE = 0x0008;
/** Feature code, version and persistence, data. */
const FEATURES: readonly (readonly [code: number, flags: number, data: readonly number[]])[] = [
  [0x0000, 0x03, [...be16(CD_ROM_PROFILE), 1, 0]], // profile list
  [0x0001, 0x03, be32(2)], // core: ATAPI
  [0x0003, 0x03, [0x29, 0, 0, 0]], // removable medium: tray, eject, lock
  [0x0010, 0x00, [...be32(CD_SECTOR), ...be16(1), 0, 0]], // random readable
  [0x001e, 0x00, []], // CD read
];

const getConfiguration: PacketCommand['run'] = (drive, packet) => {
  const [type, start] = [packet.getUint8(1) & 3, packet.getUint16(2)];
  const chosen = FEATURES.filter(([code]) => (type === 2 ? code === start : code >= start));
  const features = chosen.flatMap(([code, flags, data]) => [...be16(code), flags, data.length, ...data]);
  return upTo([...be32(features.length + 4), 0, 0, ...be16(drive.sectors ? CD_ROM_PROFILE : 0), ...features], packet.getUint16(7));
};

const MEDIA_EVENTS = 0x10;

/** Polled only; no event is pending, the media status tells what is there. */
const getEventStatus: PacketCommand['run'] = (drive, packet) => {
  if (!(packet.getUint8(1) & 1)) return INVALID_FIELD;
  if (!(packet.getUint8(4) & MEDIA_EVENTS)) return upTo([0, 2, 0x80, MEDIA_EVENTS], packet.getUint16(7));
  return upTo([0, 6, 4, MEDIA_EVENTS, 0, (drive.sectors ? 2 : 0) | (drive.trayOpen ? 1 : 0), 0, 0], packet.getUint16(7));
};

const readDiscInformation: PacketCommand['run'] = (_drive, packet) =>
  upTo([...be16(32), 0x0e, 1, 1, 1, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, ...be32(0xffffffff), ...be32(0xffffffff), ...new Array<number>(10).fill(0)], packet.getUint16(7));

/** Error recovery; CD capabilities and mechanical status: a tray that locks and ejects. */
const MODE_PAGES: readonly (readonly number[])[] = [
  [0x01, 6, 0, 0, 0, 0, 0, 0],
  [0x2a, 18, 0, 0, 0, 0, 0x29, 0, ...be16(5645), ...be16(0), ...be16(128), ...be16(5645), 0, 0, 0, 0],
];

const modeSense: PacketCommand['run'] = (drive, packet) => {
  const wanted = packet.getUint8(2) & 0x3f;
  const pages = MODE_PAGES.filter(([code]) => wanted === 0x3f || wanted === code).flat();
  if (pages.length === 0) return INVALID_FIELD;
  const mediumType = drive.sectors ? 0x01 : drive.trayOpen ? 0x71 : 0x70;
  return upTo([...be16(pages.length + 6), mediumType, 0, 0, 0, 0, 0, ...pages], packet.getUint16(7));
};

const nothing = (): Answer => NOTHING;

// biome-ignore format: a table
const COMMANDS: ReadonlyMap<number, PacketCommand> = new Map<number, PacketCommand>([
  [0x00, { needs: 'medium', run: nothing }],             // TEST UNIT READY
  [0x03, { needs: 'always', run: requestSense }],
  [0x12, { needs: 'always', run: inquiry }],
  [0x1b, { needs: 'drive',  run: startStop }],
  [0x1e, { needs: 'drive',  run: preventRemoval }],
  [0x25, { needs: 'medium', run: readCapacity }],
  [0x28, { needs: 'medium', run: (drive, p) => read(drive, p.getUint32(2), p.getUint16(7)) }], // READ(10)
  [0x2b, { needs: 'medium', run: seek }],
  [0x43, { needs: 'medium', run: readToc }],
  [0x46, { needs: 'always', run: getConfiguration }],
  [0x4a, { needs: 'always', run: getEventStatus }],
  [0x51, { needs: 'medium', run: readDiscInformation }],
  [0x5a, { needs: 'drive',  run: modeSense }],
  [0xa8, { needs: 'medium', run: (drive, p) => read(drive, p.getUint32(2), p.getUint32(6)) }], // READ(12)
  [0xbb, { needs: 'drive',  run: nothing }],             // SET CD SPEED
  [0xbd, { needs: 'drive',  run: (_drive, p) => upTo([0, 0, 0, 0, 0, 1, 0, 0], p.getUint16(8)) }], // MECHANISM STATUS
  [0xbe, { needs: 'medium', run: readCd }],
]);

/** Run the command in `packet`; sectors that it transfers are noted in the drive. */
export const runPacket = (drive: CdromDrive, packet: Uint8Array): Answer => {
  const command = COMMANDS.get(packet[0]);
  if (!command) return INVALID_OPCODE;
  const attention = command.needs === 'always' ? GOOD : drive.takeAttention();
  if (attention.key !== GOOD.key) return attention;
  if (command.needs === 'medium' && drive.sectors === 0) return drive.trayOpen ? TRAY_OPEN : NO_MEDIUM;
  return command.run(drive, new DataView(packet.buffer, packet.byteOffset, packet.length));
};

/** INT 13h: diskettes and hard disks. Sources: IBM PS/2 and PC BIOS Interface Technical Reference; Enhanced Disk Drive Specification 1.1 for 41h..48h. */
import { hexh } from '../../base/bits';
import { SECTOR_SIZE } from '../../devices/diskImage';
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { findBootImage } from '../loader/elTorito';
import { emulationOf, endEmulation, visibleDrives } from './cdEmulation';
import { BDA, read16, read32, write16, write32 } from './dataArea';
import { DISKETTE_TABLE, ROM_SEGMENT } from './rom';
import { byAh, farPointer, FIRST_CD, FIRST_HARD_DISK, store, type BiosMachine, type Drive, type Service } from './service';

const OK = 0x00;
const BAD_COMMAND = 0x01;
const WRITE_PROTECTED = 0x03;
const SECTOR_NOT_FOUND = 0x04;
const NO_MEDIA = 0x80;

const STATUS_TEXT: Readonly<Record<number, string>> = {
  [OK]: 'done',
  [BAD_COMMAND]: 'invalid command or parameter',
  [WRITE_PROTECTED]: 'write-protected',
  [SECTOR_NOT_FOUND]: 'sector not found',
  [NO_MEDIA]: 'no such drive',
};

/** AH and CF of the answer, and the status byte in the data area. */
const answer = (context: FirmwareContext, status: number): string => {
  context.memory.write8(context.read('dl') < 0x80 ? BDA.floppyStatus : BDA.diskStatus, status);
  context.write('ah', status);
  context.setReturnFlag('CF', status !== OK);
  return STATUS_TEXT[status];
};

const driveOf = (context: FirmwareContext, machine: BiosMachine): Drive | undefined => visibleDrives(machine, context.memory).find((d) => d.number === context.read('dl'));

const withDrive =
  (serve: (drive: Drive, context: FirmwareContext, machine: BiosMachine) => string): Service =>
  (context, machine) => {
    const drive = driveOf(context, machine);
    return drive ? serve(drive, context, machine) : `drive ${hexh(context.read('dl'), 2)}: ${answer(context, NO_MEDIA)}`;
  };

type Direction = 'read' | 'write' | 'verify';

const isCd = (drive: Drive): boolean => drive.number >= FIRST_CD;

/** Sectors of the drive, which on a CD are four of the medium's each. */
const sizeOf = (drive: Drive): { sectorSize: number; factor: number; sectors: number } => {
  const sectorSize = drive.sectorSize ?? SECTOR_SIZE;
  const factor = sectorSize / SECTOR_SIZE;
  return { sectorSize, factor, sectors: Math.floor(drive.medium.sectors / factor) };
};

/** Move `count` sectors between the medium and memory. */
const move = (direction: Direction, drive: Drive, lba: number, count: number, address: number, context: FirmwareContext, machine: BiosMachine): number => {
  const { sectorSize, factor, sectors } = sizeOf(drive);
  if (lba + count > sectors) return SECTOR_NOT_FOUND;
  if (direction === 'write' && (isCd(drive) || drive.readOnly)) return WRITE_PROTECTED;
  if (direction === 'read') store(context, machine, address, drive.medium.read(lba * factor, count * factor));
  else if (direction === 'write') drive.medium.write(lba, context.memory.readBytes(address, count * sectorSize));
  return OK;
};

const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
const PREPOSITION: Record<Direction, string> = { read: 'to', write: 'from', verify: 'at' };

/** CH = cylinder, CL = sector and cylinder bits 9..8, DH = head, AL = count, ES:BX = buffer. */
const transferChs = (direction: Direction) =>
  withDrive((drive, context, machine) => {
    const [al, cl] = [context.read('al'), context.read('cl')];
    const cylinder = context.read('ch') | ((cl & 0xc0) << 2);
    const head = context.read('dh');
    const sector = cl & 0x3f;
    const { heads, sectors, cylinders } = drive.medium.geometry;
    const lba = (cylinder * heads + head) * sectors + sector - 1;
    const what = `${direction} ${plural(al, 'sector')} at C/H/S ${cylinder}/${head}/${sector} ${PREPOSITION[direction]} ${farPointer(context.read('es'), context.read('bx'))}`;
    let status = OK;
    if (al === 0 || sector === 0 || isCd(drive)) status = BAD_COMMAND;
    else if (sector > sectors || head >= heads || cylinder >= cylinders) status = SECTOR_NOT_FOUND;
    else status = move(direction, drive, lba, al, context.physical(context.read('es'), context.read('bx')), context, machine);
    if (status !== OK) context.write('al', 0);
    return `${what}: ${answer(context, status)}`;
  });

/** DS:SI = packet: size, 0, count, buffer offset and segment, 64-bit LBA. */
const transferLba = (direction: Direction) =>
  withDrive((drive, context, machine) => {
    const packet = context.physical(context.read('ds'), context.read('si'));
    const { memory } = context;
    const count = read16(memory, packet + 2);
    const [offset, selector] = [read16(memory, packet + 4), read16(memory, packet + 6)];
    const lba = read32(memory, packet + 8) + read32(memory, packet + 12) * 2 ** 32;
    const valid = drive.number >= 0x80 && memory.read8(packet) >= 16;
    const status = valid ? move(direction, drive, lba, count, context.physical(selector, offset), context, machine) : BAD_COMMAND;
    if (status !== OK) write16(memory, packet + 2, 0);
    return `${direction} ${plural(count, 'sector')} at LBA ${lba} ${PREPOSITION[direction]} ${farPointer(selector, offset)}: ${answer(context, status)}`;
  });

const parameters = withDrive((drive, context, machine) => {
  if (isCd(drive)) return `parameters of a CD: ${answer(context, BAD_COMMAND)}`;
  const { cylinders, heads, sectors } = drive.medium.geometry;
  const lastCylinder = cylinders - 1;
  context.write('cx', ((lastCylinder & 0xff) << 8) | ((lastCylinder >> 2) & 0xc0) | sectors);
  context.write('dh', heads - 1);
  const floppy = drive.number < 0x80;
  const status = answer(context, OK);
  context.write('dl', visibleDrives(machine, context.memory).filter((d) => d.number < FIRST_HARD_DISK === floppy && !isCd(d)).length);
  if (floppy) {
    context.write('bl', drive.floppyType ?? 4);
    context.write('es', ROM_SEGMENT);
    context.write('di', DISKETTE_TABLE);
  }
  context.write('al', 0);
  return `drive ${hexh(drive.number, 2)} has ${cylinders} cylinders, ${heads} heads, ${sectors} sectors: ${status}`;
});

const driveType: Service = (context, machine) => {
  const drive = driveOf(context, machine);
  context.setReturnFlag('CF', false);
  context.write('ah', !drive ? 0 : drive.number < 0x80 ? 1 : 3);
  if (drive && drive.number >= 0x80) {
    const { sectors } = sizeOf(drive);
    context.write('cx', Math.min(sectors, 0xffffffff) >>> 16);
    context.write('dx', sectors & 0xffff);
  }
  return !drive ? 'no such drive' : drive.number < 0x80 ? 'a diskette drive' : `a hard disk of ${drive.medium.sectors} sectors`;
};

const lastStatus: Service = (context) => {
  const status = context.memory.read8(context.read('dl') < 0x80 ? BDA.floppyStatus : BDA.diskStatus);
  context.write('ah', status);
  context.setReturnFlag('CF', status !== OK);
  return `last status: ${STATUS_TEXT[status] ?? hexh(status, 2)}`;
};

const extensions = withDrive((drive, context) => {
  if (drive.number < 0x80 || context.read('bx') !== 0x55aa) return `extensions: ${answer(context, BAD_COMMAND)}`;
  context.write('bx', 0xaa55);
  context.write('cx', 0x0001); // packet access (42h..44h, 47h, 48h)
  answer(context, OK);
  context.write('ah', 0x21); // EDD 1.1
  return 'LBA extensions are there';
});

const NO_GEOMETRY = { cylinders: 0, heads: 0, sectors: 0 };
const INFORMATION_GEOMETRY = 0x0002;
/** Removable, lockable. */
const INFORMATION_REMOVABLE = 0x0014;

/** DS:SI = result buffer of at least 26 bytes. */
const extendedParameters = withDrive((drive, context) => {
  const buffer = context.physical(context.read('ds'), context.read('si'));
  const { memory } = context;
  if (drive.number < 0x80 || read16(memory, buffer) < 26) return `parameters: ${answer(context, BAD_COMMAND)}`;
  const { cylinders, heads, sectors } = isCd(drive) ? NO_GEOMETRY : drive.medium.geometry;
  const size = sizeOf(drive);
  write16(memory, buffer, 26);
  write16(memory, buffer + 2, isCd(drive) ? INFORMATION_REMOVABLE : INFORMATION_GEOMETRY);
  write32(memory, buffer + 4, cylinders);
  write32(memory, buffer + 8, heads);
  write32(memory, buffer + 12, sectors);
  write32(memory, buffer + 16, size.sectors);
  write32(memory, buffer + 20, Math.floor(size.sectors / 2 ** 32));
  write16(memory, buffer + 24, size.sectorSize);
  return `${size.sectors} sectors of ${size.sectorSize} bytes: ${answer(context, OK)}`;
});

const SPECIFICATION_SIZE = 0x13;
const ANY_DRIVE = 0x7f;

/** DS:SI = specification packet, filled with how the CD booted (El Torito §4.2); AL = 0 ends an emulation. DL = 7Fh: whatever is emulated. */
const emulationStatus: Service = (context, machine) => {
  const { memory } = context;
  const [al, dl] = [context.read('al'), context.read('dl')];
  const emulated = emulationOf(machine, memory);
  const drive = emulated && (dl === emulated.image.emulation.drive || dl === ANY_DRIVE) ? emulated.cd : driveOf(context, machine);
  const image = drive && isCd(drive) ? findBootImage(drive.medium) : 'it is no CD';
  if (!drive || typeof image === 'string' || al > 1) return `emulation: ${answer(context, BAD_COMMAND)}`;
  const packet = context.physical(context.read('ds'), context.read('si'));
  memory.writeBytes(packet, new Uint8Array(SPECIFICATION_SIZE));
  memory.write8(packet, SPECIFICATION_SIZE);
  memory.write8(packet + 1, image.emulation?.media ?? 0);
  memory.write8(packet + 2, image.emulation?.drive ?? drive.number);
  write32(memory, packet + 4, image.sector);
  write16(memory, packet + 12, image.segment);
  write16(memory, packet + 14, image.count);
  if (image.emulation) {
    const { cylinders, heads, sectors } = image.emulation.geometry;
    memory.writeBytes(packet + 16, Uint8Array.of((cylinders - 1) & 0xff, sectors | (((cylinders - 1) >> 2) & 0xc0), heads - 1));
  }
  if (al === 0) endEmulation(memory);
  return `${image.emulation ? `emulation of drive ${hexh(image.emulation.drive, 2)}` : 'no emulation'}, boot image at sector ${image.sector}: ${answer(context, OK)}`;
};

const succeed = (what: string) => withDrive((_drive, context) => `${what}: ${answer(context, OK)}`);

export const diskService = byAh(0x13, {
  0: succeed('reset'),
  1: lastStatus,
  2: transferChs('read'),
  3: transferChs('write'),
  4: transferChs('verify'),
  8: parameters,
  9: succeed('initialize'),
  12: succeed('seek'),
  13: succeed('reset'),
  16: succeed('ready'),
  17: succeed('recalibrate'),
  21: driveType,
  65: extensions,
  66: transferLba('read'),
  67: transferLba('write'),
  68: transferLba('verify'),
  71: succeed('seek'),
  72: extendedParameters,
  75: emulationStatus,
});

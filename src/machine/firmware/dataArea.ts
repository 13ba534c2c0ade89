/** The BIOS data area at 400h: the state of the firmware, kept where the guest can see it. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import type { PhysicalMemory } from '../../devices/contract';

/** Physical addresses. */
export const BDA = {
  start: 0x400,
  serialPorts: 0x400,
  ebdaSegment: 0x40e,
  equipment: 0x410,
  memoryKib: 0x413,
  shiftFlags: 0x417,
  keyboardHead: 0x41a,
  keyboardTail: 0x41c,
  keyboardBuffer: 0x41e,
  floppyStatus: 0x441,
  videoMode: 0x449,
  columns: 0x44a,
  pageSize: 0x44c,
  pageOffset: 0x44e,
  cursors: 0x450,
  cursorShape: 0x460,
  activePage: 0x462,
  crtcPort: 0x463,
  /** Far pointer: where to go on after a reset (resume.ts). */
  resume: 0x467,
  ticks: 0x46c,
  midnight: 0x470,
  diskStatus: 0x474,
  diskCount: 0x475,
  keyboardStart: 0x480,
  keyboardEnd: 0x482,
  lastRow: 0x484,
  characterHeight: 0x485,
  egaControl: 0x487,
  egaSwitches: 0x488,
  vgaFlags: 0x489,
  keyboardMode: 0x496,
  /** Microseconds (low 32 bits of guest time) at which INT 15h AH=86h is over, and whether one is under way. */
  waitDeadline: 0x49c,
  waitActive: 0x4a0,
  /** Mode set last by INT 10h AX=4F02h; a reserved word. */
  vbeMode: 0x4b0,
} as const;

export const read16 = (memory: PhysicalMemory, address: number): number => memory.read8(address) | (memory.read8(address + 1) << 8);

export const read32 = (memory: PhysicalMemory, address: number): number => (read16(memory, address) | (read16(memory, address + 2) << 16)) >>> 0;

export const write16 = (memory: PhysicalMemory, address: number, value: number): void => {
  memory.write8(address, value & 0xff);
  memory.write8(address + 1, (value >>> 8) & 0xff);
};

export const write32 = (memory: PhysicalMemory, address: number, value: number): void => {
  write16(memory, address, value & 0xffff);
  write16(memory, address + 2, value >>> 16);
};

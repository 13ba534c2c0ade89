/**
 * The ROM image: 64 KiB that end at the top of the first megabyte. Every interrupt vector has a stub of sixteen bytes
 * whose `firmware nn` instruction (0F 3F nn) calls service nn of the VMM. Entry points that PC programs know by
 * address are where the IBM PC has them. What programs poll (polls.ts) is code here.
 */
import { font14, font16, font8 } from '../../devices/vga/fonts';
import { POLLS } from './polls';
import { VBE_MODES } from './video/vbeModes';

export const ROM_SIZE = 0x10000;
export const ROM_SEGMENT = 0xf000;
/** Fonts by their height. */
export const FONTS = { 16: 0x0000, 14: 0x1000, 8: 0x1e00 } as const;
/** VBE: the numbers of its modes, and its maker's name. */
export const VBE_MODE_LIST = 0x2600;
export const VBE_OEM_NAME = 0x2700;
/** INT 10h AH=1Bh: what the VGA can do. */
export const VIDEO_FUNCTIONALITY = 0x2740;
/** Where programs of the first PCs look for the lower half of the 8 × 8 font. */
const FONT_8_LOWER = 0xfa6e;
const STUBS = 0x8000;
const STUB_SIZE = 16;
/** STI, HLT, JMP: nothing to boot, interrupts still served. */
export const IDLE_LOOP = 0x9000;
/** CLI, HLT, JMP: the end. */
export const DEAD_LOOP = 0x9010;
/** Handlers that do not fit in a stub. */
const HANDLERS = 0x9020;
const POST = 0xe05b;
export const CONFIGURATION_TABLE = 0xe6f5;
export const DISKETTE_TABLE = 0xefc7;
const RESET_VECTOR = 0xfff0;
const DATE = 0xfff5;
const MODEL = 0xfffe;

/** Services that are not a vector's own: the stubs of these two vectors only return. */
export const SERVICE_POWER_ON = 0xf0;
export const SERVICE_TIMER_EOI = 0xf8;

const MODEL_AT = 0xfc;
const FIRMWARE = [0x0f, 0x3f];
const IRET = 0xcf;
const INT = 0xcd;
const JMP = 0xe9;

/** INT 15h AH=C0h: length, model, submodel, revision, features (second PIC, RTC, EBDA). */
const CONFIGURATION = [8, 0, MODEL_AT, 0, 1, 0x64, 0, 0, 0, 0];
/** Modes as bits, lines of text modes as bits, fonts shown at once and in all, abilities (IBM's table for the VGA). */
const FUNCTIONALITY = [0x7f, 0xe0, 0x0f, 0, 0, 0, 0, 0x07, 2, 8, 0xff, 0x0e, 0, 0, 0x3f, 0];
/** The 1.44 MB diskette's parameters, to which vector 1Eh points. */
const DISKETTE = [0xaf, 0x02, 0x25, 0x02, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08];

export const stubOffset = (vector: number): number => STUBS + vector * STUB_SIZE;

const stub = (vector: number): number[] => {
  // The timer's handler lets the program's own hook (INT 1Ch) run before the EOI.
  if (vector === 0x08) return [...FIRMWARE, 0x08, INT, 0x1c, ...FIRMWARE, SERVICE_TIMER_EOI, IRET];
  return [...FIRMWARE, vector, IRET];
};

/** The stubs of vectors that are polled only jump. */
const addPolls = (rom: Uint8Array): void => {
  let at = HANDLERS;
  for (const [vector, handler] of Object.entries(POLLS)) {
    const code = handler(stub(Number(vector)));
    const from = stubOffset(Number(vector));
    const distance = at - (from + 3);
    rom.set([JMP, distance & 0xff, distance >> 8], from);
    rom.set(code, at);
    at += code.length;
  }
};

const addFonts = (rom: Uint8Array): void => {
  const drawn = font16();
  const small = font8(drawn);
  rom.set(drawn, FONTS[16]);
  rom.set(font14(drawn), FONTS[14]);
  rom.set(small, FONTS[8]);
  rom.set(small.subarray(0, 128 * 8), FONT_8_LOWER);
};

const addVbe = (rom: Uint8Array): void => {
  VBE_MODES.forEach(({ number }, i) => {
    rom.set([number & 0xff, number >> 8], VBE_MODE_LIST + 2 * i);
  });
  rom.set([0xff, 0xff], VBE_MODE_LIST + 2 * VBE_MODES.length);
  rom.set(new TextEncoder().encode('Ringside\0'), VBE_OEM_NAME);
};

export const buildRom = (): Uint8Array => {
  const rom = new Uint8Array(ROM_SIZE);
  addFonts(rom);
  addVbe(rom);
  rom.set(FUNCTIONALITY, VIDEO_FUNCTIONALITY);
  for (let vector = 0; vector < 256; vector++) rom.set(stub(vector), stubOffset(vector));
  addPolls(rom);
  for (const vector of [0x1c, SERVICE_POWER_ON, SERVICE_TIMER_EOI]) rom[stubOffset(vector)] = IRET;
  rom.set([0xfb, 0xf4, 0xeb, 0xfd], IDLE_LOOP);
  rom.set([0xfa, 0xf4, 0xeb, 0xfd], DEAD_LOOP);
  rom.set([...FIRMWARE, SERVICE_POWER_ON, INT, 0x19], POST);
  rom.set(CONFIGURATION, CONFIGURATION_TABLE);
  rom.set(DISKETTE, DISKETTE_TABLE);
  rom.set([0xea, POST & 0xff, POST >> 8, ROM_SEGMENT & 0xff, ROM_SEGMENT >> 8], RESET_VECTOR);
  rom.set(new TextEncoder().encode('01/01/00'), DATE);
  rom[MODEL] = MODEL_AT;
  return rom;
};

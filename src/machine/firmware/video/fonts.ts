/** INT 10h AH=11h: fonts of text modes (loaded into plane 2) and of graphics modes (pointed to). Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../../base/bits';
import { BDA, read16, write16 } from '../dataArea';
import { FONTS, ROM_SEGMENT } from '../rom';
import type { Service } from '../service';
import { Screen } from './screen';

const VECTOR_FONT_8_UPPER = 0x1f;
const VECTOR_FONT = 0x43;
const CRTC_MAX_SCAN = 0x09;
const CRTC_OVERFLOW = 0x07;
const CRTC_VERTICAL_END = 0x12;
const SEQUENCER_CHARACTER_MAP = 3;

/** Functions 01h, 02h and 04h load one of these; 10h more adapts the screen's rows to it. */
const HEIGHTS: Readonly<Record<number, 8 | 14 | 16>> = { 1: 14, 2: 8, 4: 16 };
/** Rows by BL of the graphics functions; 0 takes DL. */
const ROWS = [0, 14, 25, 43];

/** As many rows of `height` lines as the mode shows. */
const adaptRows = (screen: Screen, memory: Parameters<Service>[0]['memory'], height: number): void => {
  const overflow = screen.display.readCrtc(CRTC_OVERFLOW);
  const lines = (screen.display.readCrtc(CRTC_VERTICAL_END) | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1;
  screen.display.writeCrtc(CRTC_MAX_SCAN, (screen.display.readCrtc(CRTC_MAX_SCAN) & 0xe0) | (height - 1));
  const rows = Math.floor(lines / height);
  memory.write8(BDA.lastRow, rows - 1);
  write16(memory, BDA.characterHeight, height);
  write16(memory, BDA.pageSize, (rows * screen.columns * 2 + 0xff) & ~0xff);
  screen.setCursorShape(((height - 3) << 8) | (height - 2));
};

const load: Service = (context, machine) => {
  const screen = new Screen(machine, context.memory);
  const al = context.read('al');
  const user = (al & 15) === 0;
  const height = user ? context.read('bh') : HEIGHTS[al & 15];
  const [first, count] = user ? [context.read('dx'), context.read('cx')] : [0, 256];
  const from = user ? context.physical(context.read('es'), context.read('bp')) : ROM_SEGMENT * 16 + FONTS[height as 8 | 14 | 16];
  if (height < 1 || height > 32 || first + count > 256) return `font of ${height} lines, ${count} characters from ${first}: refused`;
  screen.display.loadFont(context.memory.readBytes(from, count * height), height, context.read('bl') & 7, first);
  if (al & 0x10) adaptRows(screen, context.memory, height);
  return `load ${count} characters of ${height} lines into block ${context.read('bl') & 7}${al & 0x10 ? `; the screen has ${screen.rows} rows` : ''}`;
};

/** For graphics modes: AL = 20h the upper half at ES:BP, 21h all of it, 22h to 24h those of the ROM. */
const point: Service = (context, machine) => {
  const screen = new Screen(machine, context.memory);
  const al = context.read('al');
  const [segment, offset] = [context.read('es'), context.read('bp')];
  if (al === 0x20) {
    screen.pointFont(VECTOR_FONT_8_UPPER, offset, segment);
    return 'the upper half of the 8 × 8 font';
  }
  const height = al === 0x21 ? context.read('cx') : ([14, 8, 16] as const)[al - 0x22];
  if (al === 0x21) screen.pointFont(VECTOR_FONT, offset, segment);
  else screen.pointFont(VECTOR_FONT, FONTS[height as 8 | 14 | 16]);
  const rows = ROWS[context.read('bl') & 3] || context.read('dl');
  context.memory.write8(BDA.lastRow, Math.max(1, rows) - 1);
  write16(context.memory, BDA.characterHeight, height);
  return `graphics font of ${height} lines, ${rows} rows`;
};

/** BH: which one; ES:BP, CX = lines of a character, DL = rows - 1. */
const whereIs: Service = (context) => {
  const { memory } = context;
  const atVector = (vector: number): [number, number] => [read16(memory, vector * 4 + 2), read16(memory, vector * 4)];
  const inRom = (offset: number): [number, number] => [ROM_SEGMENT, offset];
  const places = [
    atVector(VECTOR_FONT_8_UPPER),
    atVector(VECTOR_FONT),
    inRom(FONTS[14]),
    inRom(FONTS[8]),
    inRom(FONTS[8] + 128 * 8),
    inRom(FONTS[14]),
    inRom(FONTS[16]),
    inRom(FONTS[16]),
  ];
  const [segment, offset] = places[context.read('bh')] ?? places[1];
  context.write('es', segment);
  context.write('bp', offset);
  context.write('cx', read16(memory, BDA.characterHeight));
  context.write('dl', memory.read8(BDA.lastRow));
  return `font ${context.read('bh')} is at ${hexh(segment, 4)}:${hexh(offset, 4)}`;
};

export const fontService: Service = (context, machine) => {
  const al = context.read('al');
  if ((al & ~0x10) === 0 || HEIGHTS[al & ~0x10]) return load(context, machine);
  if ((al & ~0x10) === 3) {
    new Screen(machine, context.memory).display.writeSequencer(SEQUENCER_CHARACTER_MAP, context.read('bl'));
    return `character map ${hexh(context.read('bl'), 2)}`;
  }
  if (al >= 0x20 && al <= 0x24) return point(context, machine);
  return al === 0x30 ? whereIs(context, machine) : `font function ${hexh(al, 2)} does not exist`;
};

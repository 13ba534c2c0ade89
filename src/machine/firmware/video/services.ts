/** INT 10h: the screen. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../../base/bits';
import { CP437 } from '../../../devices/cp437';
import { videoMode } from '../../../devices/vga/modes';
import type { FirmwareContext } from '../../../vmm/firmwareContext';
import { BDA, read16 } from '../dataArea';
import { ROM_SEGMENT, VIDEO_FUNCTIONALITY } from '../rom';
import { byAh, farPointer, type BiosMachine, type Service } from '../service';
import { fontService } from './fonts';
import { borderService, paletteService } from './palette';
import { Screen, type Position } from './screen';
import { vbeService } from './vbe';

const screenOf = (context: FirmwareContext, machine: BiosMachine): Screen => new Screen(machine, context.memory);

const glyph = (character: number): string => (character < 0x20 ? hexh(character, 2) : `'${CP437[character]}'`);

const clampWindow = (context: FirmwareContext, { rows, columns }: Screen): [Position, Position] => [
  { row: Math.min(context.read('ch'), rows - 1), column: Math.min(context.read('cl'), columns - 1) },
  { row: Math.min(context.read('dh'), rows - 1), column: Math.min(context.read('dl'), columns - 1) },
];

const setMode: Service = (context, machine) => {
  const number = context.read('al') & 0x7f;
  const mode = videoMode(number);
  if (!mode) return `video mode ${hexh(number, 2)} does not exist; the mode stays`;
  screenOf(context, machine).setMode(number, !(context.read('al') & 0x80));
  // What it returns in AL tells how the memory was cleared (as AMI's does).
  context.write('al', number > 7 ? 0x20 : number === 6 ? 0x3f : 0x30);
  return `set mode ${hexh(number, 2)}: ${mode.kind}, ${mode.columns} × ${mode.rows} characters`;
};

const setCursorShape: Service = (context, machine) => {
  screenOf(context, machine).setCursorShape(context.read('cx'));
  return () => `cursor from line ${context.read('ch') & 0x1f} to ${context.read('cl') & 0x1f}${context.read('ch') & 0x20 ? ', hidden' : ''}`;
};

const setCursor: Service = (context, machine) => {
  const at = { row: context.read('dh'), column: context.read('dl') };
  screenOf(context, machine).moveCursor(context.read('bh'), at);
  return () => `cursor to row ${at.row}, column ${at.column}`;
};

const getCursor: Service = (context, machine) => {
  const { row, column } = screenOf(context, machine).cursor(context.read('bh'));
  context.write('dx', (row << 8) | column);
  context.write('cx', read16(context.memory, BDA.cursorShape));
  return () => `cursor is at row ${row}, column ${column}`;
};

const selectPage: Service = (context, machine) => {
  screenOf(context, machine).selectPage(context.read('al'));
  return () => `show page ${context.read('al') & 7}`;
};

const scroll =
  (direction: 1 | -1): Service =>
  (context, machine) => {
    const screen = screenOf(context, machine);
    const [from, to] = clampWindow(context, screen);
    const lines = context.read('al');
    screen.scroll(screen.page, from, to, direction * lines, context.read('bh'));
    return () => `${lines ? `scroll ${direction > 0 ? 'up' : 'down'} ${lines} in` : 'clear'} ${from.row},${from.column}..${to.row},${to.column}`;
  };

const readCharacter: Service = (context, machine) => {
  const screen = screenOf(context, machine);
  const page = context.read('bh');
  context.write('ax', screen.readCell(page, screen.cursor(page)));
  return () => `the cell at the cursor is ${glyph(context.read('al'))}, attribute ${hexh(context.read('ah'), 2)}`;
};

const writeCharacters =
  (withAttribute: boolean): Service =>
  (context, machine) => {
    const screen = screenOf(context, machine);
    const page = context.read('bh');
    const { row, column } = screen.cursor(page);
    const count = Math.min(context.read('cx'), (screen.rows - row) * screen.columns - column);
    for (let i = 0; i < count; i++) {
      const at = column + i;
      const position = { row: row + Math.floor(at / screen.columns), column: at % screen.columns };
      screen.writeCell(page, position, context.read('al'), withAttribute || screen.mode.kind === 'graphics' ? context.read('bl') : undefined);
    }
    return () => `write ${glyph(context.read('al'))} ${count} times at the cursor`;
  };

const teletype: Service = (context, machine) => {
  const screen = screenOf(context, machine);
  screen.teletype(screen.page, context.read('al'), screen.mode.kind === 'graphics' ? context.read('bl') : undefined);
  return () => `teletype ${glyph(context.read('al'))}`;
};

const getMode: Service = (context) => {
  context.write('al', context.memory.read8(BDA.videoMode));
  context.write('ah', read16(context.memory, BDA.columns));
  context.write('bh', context.memory.read8(BDA.activePage));
  return () => `mode ${context.read('al')}, ${context.read('ah')} columns, page ${context.read('bh')}`;
};

/** AL bit 0: the cursor moves along; bit 1: the string holds attributes. */
const writeString: Service = (context, machine) => {
  const screen = screenOf(context, machine);
  const [al, page, length] = [context.read('al'), context.read('bh'), context.read('cx')];
  const before = screen.cursor(page);
  const pairs = (al & 2) !== 0;
  const [selector, offset] = [context.read('es'), context.read('bp')];
  screen.moveCursor(page, { row: context.read('dh'), column: context.read('dl') });
  for (let i = 0; i < length; i++) {
    const at = (n: number) => context.memory.read8(context.physical(selector, (offset + n) & 0xffff));
    if (pairs) screen.teletype(page, at(2 * i), at(2 * i + 1));
    else screen.teletype(page, at(i), context.read('bl'));
  }
  if (!(al & 1)) screen.moveCursor(page, before);
  return `write ${length} characters from ${farPointer(selector, offset)} at row ${context.read('dh')}, column ${context.read('dl')}`;
};

const displayCombination: Service = (context) => {
  if (context.read('al') === 0) context.write('bx', 0x0008); // VGA with a colour display
  context.write('al', 0x1a);
  return 'the display is a colour VGA';
};

/** CX = column, DX = line, AL = colour. */
const writePixel: Service = (context, machine) => {
  const [x, y, color] = [context.read('cx'), context.read('dx'), context.read('al')];
  const { surface, mode, rows } = screenOf(context, machine);
  const inside = surface && x < mode.columns * 8 && y < rows * mode.characterHeight + 8;
  if (inside) surface.writePixel(x, y, color);
  return () => `pixel ${x}, ${y}: ${inside ? `colour ${color}` : 'there is none'}`;
};

const readPixel: Service = (context, machine) => {
  const [x, y] = [context.read('cx'), context.read('dx')];
  const { surface, mode, rows } = screenOf(context, machine);
  const inside = surface && x < mode.columns * 8 && y < rows * mode.characterHeight + 8;
  if (inside) context.write('al', surface.readPixel(x, y));
  return () => `pixel ${x}, ${y}: ${inside ? `colour ${context.read('al')}` : 'there is none'}`;
};

const ENABLED_ANSWER = 0x12;

/** EGA information; the other alternate functions (scan lines, cursor emulation, refresh) change nothing here. */
const alternateSelect: Service = (context) => {
  if (context.read('bl') === 0x10) {
    context.write('bx', 0x0003);
    context.write('cx', 0x0009);
    return 'EGA: 256 KiB, colour';
  }
  const function_ = context.read('bl');
  context.write('al', ENABLED_ANSWER);
  return `alternate function ${hexh(function_, 2)}: nothing to change`;
};

const STATE_SIZE = 64;

/** ES:DI = 64 bytes: what is set now, as in the data area, behind a pointer to what can be set. */
const functionality: Service = (context, machine) => {
  const { memory } = context;
  const screen = screenOf(context, machine);
  const at = context.physical(context.read('es'), context.read('di'));
  const state = new Uint8Array(STATE_SIZE);
  state.set([VIDEO_FUNCTIONALITY & 0xff, VIDEO_FUNCTIONALITY >> 8, ROM_SEGMENT & 0xff, ROM_SEGMENT >> 8]);
  state.set(memory.readBytes(BDA.videoMode, 30), 4);
  state.set([screen.rows, screen.mode.characterHeight, 0, 0x08, 0, 0, 1, screen.mode.pages, 2], 0x22);
  memory.writeBytes(at, state);
  context.write('al', 0x1b);
  return 'functionality and state';
};

export const videoService = byAh(0x10, {
  0: setMode,
  1: setCursorShape,
  2: setCursor,
  3: getCursor,
  5: selectPage,
  6: scroll(1),
  7: scroll(-1),
  8: readCharacter,
  9: writeCharacters(true),
  10: writeCharacters(false),
  11: borderService,
  12: writePixel,
  13: readPixel,
  14: teletype,
  15: getMode,
  16: paletteService,
  17: fontService,
  18: alternateSelect,
  19: writeString,
  26: displayCombination,
  27: functionality,
  0x4f: vbeService,
});

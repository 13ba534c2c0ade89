/** INT 10h: the text screen. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../base/bits';
import { CP437 } from '../../devices/cp437';
import type { FirmwareContext } from '../../vmm/firmwareContext';
import { BDA, read16 } from './dataArea';
import { byAh, farPointer, type BiosMachine, type Service } from './service';
import { COLUMNS, ROWS, TextScreen, type Position } from './textScreen';

const screenOf = (context: FirmwareContext, machine: BiosMachine): TextScreen => new TextScreen(machine, context.memory);

const glyph = (character: number): string => (character < 0x20 ? hexh(character, 2) : `'${CP437[character]}'`);

const clampWindow = (context: FirmwareContext): [Position, Position] => [
  { row: Math.min(context.read('ch'), ROWS - 1), column: Math.min(context.read('cl'), COLUMNS - 1) },
  { row: Math.min(context.read('dh'), ROWS - 1), column: Math.min(context.read('dl'), COLUMNS - 1) },
];

const setMode: Service = (context, machine) => {
  const mode = context.read('al') & 0x7f;
  if (mode !== 2 && mode !== 3) return `video mode ${hexh(mode, 2)} is not supported; the 80 x 25 text mode stays`;
  screenOf(context, machine).setMode(!(context.read('al') & 0x80));
  return 'set 80 x 25 text mode';
};

const setCursorShape: Service = (context, machine) => {
  screenOf(context, machine).setCursorShape(context.read('cx'));
  return `cursor from line ${context.read('ch') & 0x1f} to ${context.read('cl') & 0x1f}${context.read('ch') & 0x20 ? ', hidden' : ''}`;
};

const setCursor: Service = (context, machine) => {
  const at = { row: context.read('dh'), column: context.read('dl') };
  screenOf(context, machine).moveCursor(context.read('bh'), at);
  return `cursor to row ${at.row}, column ${at.column}`;
};

const getCursor: Service = (context, machine) => {
  const { row, column } = screenOf(context, machine).cursor(context.read('bh'));
  context.write('dx', (row << 8) | column);
  context.write('cx', read16(context.memory, BDA.cursorShape));
  return `cursor is at row ${row}, column ${column}`;
};

const selectPage: Service = (context, machine) => {
  screenOf(context, machine).selectPage(context.read('al'));
  return `show page ${context.read('al') & 7}`;
};

const scroll =
  (direction: 1 | -1): Service =>
  (context, machine) => {
    const [from, to] = clampWindow(context);
    const lines = context.read('al');
    const screen = screenOf(context, machine);
    screen.scroll(screen.page, from, to, direction * lines, context.read('bh'));
    return `${lines ? `scroll ${direction > 0 ? 'up' : 'down'} ${lines} in` : 'clear'} ${from.row},${from.column}..${to.row},${to.column}`;
  };

const readCharacter: Service = (context, machine) => {
  const screen = screenOf(context, machine);
  const page = context.read('bh');
  context.write('ax', screen.readCell(page, screen.cursor(page)));
  return `the cell at the cursor is ${glyph(context.read('al'))}, attribute ${hexh(context.read('ah'), 2)}`;
};

const writeCharacters =
  (withAttribute: boolean): Service =>
  (context, machine) => {
    const screen = screenOf(context, machine);
    const page = context.read('bh');
    const { row, column } = screen.cursor(page);
    const count = Math.min(context.read('cx'), (ROWS - row) * COLUMNS - column);
    for (let i = 0; i < count; i++) screen.writeCell(page, { row, column: column + i }, context.read('al'), withAttribute ? context.read('bl') : undefined);
    return `write ${glyph(context.read('al'))} ${count} times at the cursor`;
  };

const teletype: Service = (context, machine) => {
  const screen = screenOf(context, machine);
  screen.teletype(screen.page, context.read('al'));
  return `teletype ${glyph(context.read('al'))}`;
};

const getMode: Service = (context) => {
  context.write('al', context.memory.read8(BDA.videoMode));
  context.write('ah', read16(context.memory, BDA.columns));
  context.write('bh', context.memory.read8(BDA.activePage));
  return `mode ${context.read('al')}, ${context.read('ah')} columns, page ${context.read('bh')}`;
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

/** EGA information and blinking: answered so that programs that ask go on. */
const alternateSelect: Service = (context) => {
  if (context.read('bl') === 0x10) {
    context.write('bx', 0x0003);
    context.write('cx', 0x0009);
  }
  return 'EGA: 256 KiB, colour';
};

const ignored =
  (what: string): Service =>
  () =>
    `${what}: nothing to do`;

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
  11: ignored('border colour'),
  14: teletype,
  15: getMode,
  16: ignored('palette'),
  17: ignored('fonts'),
  18: alternateSelect,
  19: writeString,
  26: displayCombination,
});

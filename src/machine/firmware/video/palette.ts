/** INT 10h AH=0Bh and AH=10h: palette registers and the DAC. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../../base/bits';
import type { FirmwareContext } from '../../../vmm/firmwareContext';
import type { Service } from '../service';
import { Display } from './display';

const MODE = 0x10;
const OVERSCAN = 0x11;
const COLOR_SELECT = 0x14;
const BLINK = 0x08;
const P54_SELECT = 0x80;
const REGISTERS = 16;

type Function = (context: FirmwareContext, display: Display) => string;

const table = (context: FirmwareContext): number => context.physical(context.read('es'), context.read('dx'));

const writeBlock: Function = (context, display) => {
  const [first, count] = [context.read('bx') & 0xff, context.read('cx')];
  display.writeColors(first, context.memory.readBytes(table(context), Math.min(count, 256) * 3));
  return `write ${count} colours from ${first}`;
};

const readBlock: Function = (context, display) => {
  const [first, count] = [context.read('bx') & 0xff, context.read('cx')];
  context.memory.writeBytes(table(context), Uint8Array.from(display.readColors(first, Math.min(count, 256))));
  return `read ${count} colours from ${first}`;
};

/** Sixteen pages of 16 colours, or four of 64. */
const selectPage: Function = (context, display) => {
  const mode = display.readAttribute(MODE);
  const [bl, bh] = [context.read('bl'), context.read('bh')];
  if (bl === 0) display.writeAttribute(MODE, (mode & ~P54_SELECT) | (bh & 1 ? P54_SELECT : 0));
  else display.writeAttribute(COLOR_SELECT, mode & P54_SELECT ? bh & 15 : (bh & 3) << 2);
  return bl === 0 ? `pages of ${bh & 1 ? 16 : 64} colours` : `colour page ${bh}`;
};

const readPage: Function = (context, display) => {
  const paged = display.readAttribute(MODE) & P54_SELECT;
  const select = display.readAttribute(COLOR_SELECT);
  context.write('bl', paged ? 1 : 0);
  context.write('bh', paged ? select & 15 : (select >> 2) & 3);
  return `colour page ${context.read('bh')}`;
};

/** Sums of 30, 59 and 11 hundredths of red, green and blue. */
const toGreys: Function = (context, display) => {
  const first = context.read('bx') & 0xff;
  const colors = display.readColors(first, Math.min(context.read('cx'), 256 - first));
  for (let i = 0; i < colors.length; i += 3) colors.fill(Math.round((colors[i] * 30 + colors[i + 1] * 59 + colors[i + 2] * 11) / 100), i, i + 3);
  display.writeColors(first, colors);
  return `${colors.length / 3} colours to greys`;
};

const FUNCTIONS: Readonly<Record<number, Function>> = {
  0x00: (context, display) => {
    const [register, value] = [context.read('bl'), context.read('bh')];
    if (register <= COLOR_SELECT) display.writeAttribute(register, value);
    return `palette register ${register} is ${hexh(value, 2)}`;
  },
  0x01: (context, display) => {
    display.writeAttribute(OVERSCAN, context.read('bh'));
    return `border colour ${context.read('bh')}`;
  },
  0x02: (context, display) => {
    const values = context.memory.readBytes(table(context), REGISTERS + 1);
    values.forEach((value, i) => {
      display.writeAttribute(i === REGISTERS ? OVERSCAN : i, value);
    });
    return 'all palette registers';
  },
  0x03: (context, display) => {
    const blink = context.read('bl') & 1;
    display.writeAttribute(MODE, (display.readAttribute(MODE) & ~BLINK) | (blink ? BLINK : 0));
    return blink ? 'attribute bit 7 blinks' : 'attribute bit 7 is intensity';
  },
  0x07: (context, display) => {
    context.write('bh', display.readAttribute(context.read('bl') & 0x1f));
    return `palette register ${context.read('bl')} is ${hexh(context.read('bh'), 2)}`;
  },
  0x08: (context, display) => {
    context.write('bh', display.readAttribute(OVERSCAN));
    return `border colour ${context.read('bh')}`;
  },
  0x09: (context, display) => {
    const values = [...Array.from({ length: REGISTERS }, (_, i) => display.readAttribute(i)), display.readAttribute(OVERSCAN)];
    context.memory.writeBytes(table(context), Uint8Array.from(values));
    return 'all palette registers';
  },
  0x10: (context, display) => {
    display.writeColors(context.read('bx') & 0xff, [context.read('dh'), context.read('ch'), context.read('cl')]);
    return `colour ${context.read('bx')} is ${context.read('dh')}, ${context.read('ch')}, ${context.read('cl')}`;
  },
  0x12: writeBlock,
  0x13: selectPage,
  0x15: (context, display) => {
    const [red, green, blue] = display.readColors(context.read('bx') & 0xff, 1);
    context.write('dh', red);
    context.write('cx', (green << 8) | blue);
    return `colour ${context.read('bx')} is ${red}, ${green}, ${blue}`;
  },
  0x17: readBlock,
  0x18: (context, display) => {
    display.writeMask(context.read('bl'));
    return `DAC mask ${hexh(context.read('bl'), 2)}`;
  },
  0x19: (context, display) => {
    context.write('bl', display.readMask());
    return `DAC mask ${hexh(context.read('bl'), 2)}`;
  },
  0x1a: readPage,
  0x1b: toGreys,
};

export const paletteService: Service = (context, machine) => {
  const serve = FUNCTIONS[context.read('al')];
  return serve ? serve(context, new Display(machine)) : `palette function ${hexh(context.read('al'), 2)} does not exist`;
};

/** Cyan, magenta and white, or green, red and brown: palette registers 1 to 3 of the four-colour modes. */
const CGA_PALETTES = [
  [0x02, 0x04, 0x06],
  [0x03, 0x05, 0x07],
];
const CGA_BRIGHT = 0x10;

/** BH = 0: background and border BL; BH = 1: palette BL of the four-colour modes. */
export const borderService: Service = (context, machine) => {
  const display = new Display(machine);
  const bl = context.read('bl');
  if (context.read('bh') === 0) {
    const color = (bl & 7) | (bl & 8 ? CGA_BRIGHT : 0);
    display.writeAttribute(OVERSCAN, color);
    display.writeAttribute(0, color);
    return `background and border colour ${bl & 15}`;
  }
  const bright = display.readAttribute(1) & CGA_BRIGHT;
  CGA_PALETTES[bl & 1].forEach((color, i) => {
    display.writeAttribute(i + 1, color | bright);
  });
  return `palette ${bl & 1}`;
};

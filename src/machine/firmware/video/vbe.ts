/** INT 10h AH=4Fh: VESA BIOS extensions 2.0 over the Bochs display. Source: VESA BIOS EXTENSION (VBE) Core Functions Standard 2.0. */
import { hexh } from '../../../base/bits';
import type { FirmwareContext } from '../../../vmm/firmwareContext';
import { BDA, read16, write16, write32 } from '../dataArea';
import { displayFrameBuffer } from '../pci';
import { ROM_SEGMENT, VBE_MODE_LIST, VBE_OEM_NAME } from '../rom';
import type { BiosMachine, Service } from '../service';
import type { Display } from './display';
import { Screen } from './screen';
import { type VbeMode, VBE_MODES } from './vbeModes';

const SUPPORTED = 0x4f;
const FAILED = 0x01;
const NOT_IN_THIS_MODE = 0x03;
const DISPI = { width: 1, height: 2, depth: 3, enable: 4, bank: 5, virtualWidth: 6, virtualHeight: 7, x: 8, y: 9, memory: 10 } as const;
const ENABLED = 0x01;
const EIGHT_BIT_DAC = 0x20;
const LFB = 0x40;
const NO_CLEAR = 0x80;
const BANK_KIB = 64;
const USE_LFB = 0x4000;
const KEEP_MEMORY = 0x8000;
const INFO_SIZE = 512;
const MODE_INFO_SIZE = 256;
/** Capabilities: the DAC can be switched to 8 bits a component. */
const DAC_SWITCHABLE = 0x01;
const ATTRIBUTES = { supported: 0x01, tty: 0x04, color: 0x08, graphics: 0x10, linear: 0x80, information: 0x02 } as const;
/** Window A can be moved, read and written. */
const WINDOW_ATTRIBUTES = 0x07;
const MODEL = { planar: 3, packed: 4, direct: 6 } as const;
/** VGA registers on which a packed or direct mode stands, and a planar one. */
const BASE_MODE = { packed: 0x13, planar: 0x12 } as const;

interface Vbe {
  readonly context: FirmwareContext;
  readonly machine: BiosMachine;
  readonly display: Display;
}

const answer = (context: FirmwareContext, status: number, sentence: string): string => {
  context.write('ax', (status << 8) | SUPPORTED);
  return status === 0 ? sentence : `${sentence}: refused`;
};

const buffer = (context: FirmwareContext): number => context.physical(context.read('es'), context.read('di'));

const bytesPerLine = ({ width, depth }: VbeMode): number => (depth === 4 ? width / 8 : width * ((depth + 7) >> 3));

/** The mode fits the memory there is. */
const fits = (mode: VbeMode, banks: number): boolean => bytesPerLine(mode) * mode.height * (mode.depth === 4 ? 4 : 1) <= banks * BANK_KIB * 1024;

const information = ({ context, display }: Vbe): string => {
  const at = buffer(context);
  const { memory } = context;
  const second = new TextDecoder('latin1').decode(memory.readBytes(at, 4)) === 'VBE2';
  memory.writeBytes(at, new Uint8Array(second ? INFO_SIZE : INFO_SIZE / 2));
  memory.writeBytes(at, new TextEncoder().encode('VESA'));
  write16(memory, at + 4, 0x0200);
  const pointer = (offset: number, to: number) => write32(memory, at + offset, ((ROM_SEGMENT << 16) | to) >>> 0);
  pointer(6, VBE_OEM_NAME);
  write32(memory, at + 10, DAC_SWITCHABLE);
  pointer(14, VBE_MODE_LIST);
  write16(memory, at + 18, display.readDispi(DISPI.memory));
  if (second) for (const offset of [22, 26, 30]) pointer(offset, VBE_OEM_NAME);
  return answer(context, 0, 'VBE 2.0');
};

/** Size and position of red, green, blue and the rest, by depth. */
const COMPONENTS: Readonly<Record<number, readonly number[]>> = {
  15: [5, 10, 5, 5, 5, 0, 1, 15],
  16: [5, 11, 6, 5, 5, 0, 0, 0],
  24: [8, 16, 8, 8, 8, 0, 0, 0],
  32: [8, 16, 8, 8, 8, 0, 8, 24],
};

const findMode = (number: number, display: Display): VbeMode | undefined => VBE_MODES.find((mode) => mode.number === number && fits(mode, display.readDispi(DISPI.memory)));

const modeInformation = ({ context, machine, display }: Vbe): string => {
  const mode = findMode(context.read('cx') & 0x1ff, display);
  const sentence = `mode ${hexh(context.read('cx'), 4)}`;
  if (!mode) return answer(context, FAILED, sentence);
  const bytes = new Uint8Array(MODE_INFO_SIZE);
  const view = new DataView(bytes.buffer);
  const { width, height, depth } = mode;
  const line = bytesPerLine(mode);
  const linear = depth === 4 ? undefined : displayFrameBuffer(machine);
  const { supported, information: more, tty, color, graphics, linear: hasLinear } = ATTRIBUTES;
  view.setUint16(0, supported | more | (depth === 4 ? tty : 0) | color | graphics | (linear === undefined ? 0 : hasLinear), true);
  bytes[2] = WINDOW_ATTRIBUTES;
  view.setUint16(4, BANK_KIB, true);
  view.setUint16(6, BANK_KIB, true);
  view.setUint16(8, 0xa000, true);
  view.setUint16(16, line, true);
  view.setUint16(18, width, true);
  view.setUint16(20, height, true);
  bytes.set([8, 16, depth === 4 ? 4 : 1, depth, 1, depth === 4 ? MODEL.planar : depth === 8 ? MODEL.packed : MODEL.direct, 0], 22);
  const pages = Math.floor((display.readDispi(DISPI.memory) * BANK_KIB * 1024) / (line * height * (depth === 4 ? 4 : 1)));
  bytes[29] = Math.max(0, Math.min(255, pages - 1));
  bytes[30] = 1;
  bytes.set(COMPONENTS[depth] ?? [], 31);
  if (linear !== undefined) view.setUint32(40, linear, true);
  context.memory.writeBytes(buffer(context), bytes);
  return answer(context, 0, `${sentence} is ${width} × ${height} × ${depth}`);
};

const setMode = ({ context, machine, display }: Vbe): string => {
  const bx = context.read('bx');
  const number = bx & 0x1ff;
  const sentence = `set mode ${hexh(bx, 4)}`;
  if (number < 0x100) {
    new Screen(machine, context.memory).setMode(number & 0x7f, !(bx & KEEP_MEMORY));
    return answer(context, 0, sentence);
  }
  const mode = findMode(number, display);
  if (!mode || (bx & USE_LFB && mode.depth === 4)) return answer(context, FAILED, sentence);
  new Screen(machine, context.memory).setMode(mode.depth === 4 ? BASE_MODE.planar : BASE_MODE.packed, false);
  display.writeDispi(DISPI.width, mode.width);
  display.writeDispi(DISPI.height, mode.height);
  display.writeDispi(DISPI.depth, mode.depth);
  display.writeDispi(DISPI.enable, ENABLED | (bx & USE_LFB ? LFB : 0) | (bx & KEEP_MEMORY ? NO_CLEAR : 0));
  write16(context.memory, BDA.vbeMode, bx & (0x1ff | USE_LFB));
  return answer(context, 0, `${sentence}: ${mode.width} × ${mode.height} × ${mode.depth}`);
};

const currentMode = ({ context, display }: Vbe): string => {
  const extended = (display.readDispi(DISPI.enable) & ENABLED) !== 0;
  context.write('bx', extended ? read16(context.memory, BDA.vbeMode) : context.memory.read8(BDA.videoMode));
  return answer(context, 0, `mode ${hexh(context.read('bx'), 4)} is set`);
};

const enabled = (display: Display): boolean => (display.readDispi(DISPI.enable) & ENABLED) !== 0;

/** BL: 0 is window A. */
const bank = ({ context, display }: Vbe): string => {
  if (!enabled(display)) return answer(context, NOT_IN_THIS_MODE, 'window');
  if (context.read('bl') !== 0) return answer(context, FAILED, 'window B');
  if (context.read('bh') & 1) context.write('dx', display.readDispi(DISPI.bank));
  else display.writeDispi(DISPI.bank, context.read('dx'));
  const now = display.readDispi(DISPI.bank);
  return answer(context, now === context.read('dx') ? 0 : FAILED, `window A shows 64 KiB from bank ${now}`);
};

const lineLength = ({ context, display }: Vbe): string => {
  if (!enabled(display)) return answer(context, NOT_IN_THIS_MODE, 'line length');
  const depth = display.readDispi(DISPI.depth);
  const perPixel = depth === 4 ? 1 / 8 : (depth + 7) >> 3;
  const bl = context.read('bl');
  if (bl === 0) display.writeDispi(DISPI.virtualWidth, context.read('cx'));
  else if (bl === 2) display.writeDispi(DISPI.virtualWidth, Math.ceil(context.read('cx') / perPixel));
  else if (bl > 3) return answer(context, FAILED, `line length function ${bl}`);
  const total = (display.readDispi(DISPI.memory) * BANK_KIB * 1024) / (depth === 4 ? 4 : 1);
  const pixels = bl === 3 ? Math.floor(total / display.readDispi(DISPI.height) / perPixel) & ~7 : display.readDispi(DISPI.virtualWidth);
  context.write('bx', pixels * perPixel);
  context.write('cx', pixels);
  context.write('dx', Math.min(0xffff, Math.floor(total / (pixels * perPixel))));
  return answer(context, 0, `lines of ${pixels} pixels`);
};

const displayStart = ({ context, display }: Vbe): string => {
  if (!enabled(display)) return answer(context, NOT_IN_THIS_MODE, 'display start');
  const bl = context.read('bl') & 0x7f;
  if (bl === 1) {
    context.write('bh', 0);
    context.write('cx', display.readDispi(DISPI.x));
    context.write('dx', display.readDispi(DISPI.y));
    return answer(context, 0, `the display starts at ${context.read('cx')}, ${context.read('dx')}`);
  }
  display.writeDispi(DISPI.x, context.read('cx'));
  display.writeDispi(DISPI.y, context.read('dx'));
  const moved = display.readDispi(DISPI.x) === context.read('cx') && display.readDispi(DISPI.y) === context.read('dx');
  return answer(context, moved ? 0 : FAILED, `start the display at ${context.read('cx')}, ${context.read('dx')}`);
};

const dacWidth = ({ context, display }: Vbe): string => {
  const enable = display.readDispi(DISPI.enable);
  if (context.read('bl') === 0) display.writeDispi(DISPI.enable, (context.read('bh') >= 8 ? enable | EIGHT_BIT_DAC : enable & ~EIGHT_BIT_DAC) | NO_CLEAR);
  context.write('bh', display.readDispi(DISPI.enable) & EIGHT_BIT_DAC ? 8 : 6);
  return answer(context, 0, `${context.read('bh')} bits a component`);
};

/** ES:DI = blue, green, red, 0 for each; CX of them from DX on. */
const colors = ({ context, display }: Vbe): string => {
  const [first, count] = [context.read('dx'), context.read('cx')];
  const write = (context.read('bl') & 0x7f) === 0;
  if (first + count > 256) return answer(context, FAILED, `colours ${first} to ${first + count - 1}`);
  const at = buffer(context);
  for (let i = 0; i < count; i++) {
    if (write) {
      const [blue, green, red] = context.memory.readBytes(at + 4 * i, 3);
      display.writeColors(first + i, [red, green, blue]);
      continue;
    }
    const [red, green, blue] = display.readColors(first + i, 1);
    context.memory.writeBytes(at + 4 * i, Uint8Array.of(blue, green, red, 0));
  }
  return answer(context, 0, `${write ? 'write' : 'read'} ${count} colours from ${first}`);
};

const FUNCTIONS: Readonly<Record<number, (vbe: Vbe) => string>> = {
  0x00: information,
  0x01: modeInformation,
  0x02: setMode,
  0x03: currentMode,
  0x05: bank,
  0x06: lineLength,
  0x07: displayStart,
  0x08: dacWidth,
  0x09: colors,
};

export const vbeService: Service = (context, machine) => {
  const al = context.read('al');
  const serve = FUNCTIONS[al];
  if (serve) return serve({ context, machine, display: new Screen(machine, context.memory).display });
  return `VBE function ${hexh(al, 2)} does not exist`;
};

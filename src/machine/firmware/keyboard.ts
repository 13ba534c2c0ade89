/** IRQ 1 (vector 09h) and INT 16h: scan codes to the buffer in the data area, and from there to the program. Source: IBM PS/2 and PC BIOS Interface Technical Reference. */
import { hexh } from '../../base/bits';
import type { PhysicalMemory } from '../../devices/contract';
import { keyBySet1 } from '../../devices/keyboardLayout';
import { BDA, read16, write16 } from './dataArea';
import { byAh, endOfInterrupt, inb, outb, type Service } from './service';

const RIGHT_SHIFT = 0x01;
const LEFT_SHIFT = 0x02;
const SHIFT = RIGHT_SHIFT | LEFT_SHIFT;
const CTRL = 0x04;
const ALT = 0x08;
const NUM_LOCK = 0x20;
const CAPS_LOCK = 0x40;
/** Flag bits of modifier keys by set 1 code, held down … */
const MODIFIERS: Readonly<Record<number, number>> = { 0x36: RIGHT_SHIFT, 0x2a: LEFT_SHIFT, 0x1d: CTRL, 0x38: ALT };
/** … or toggled. */
const LOCKS: Readonly<Record<number, number>> = { 0x46: 0x10, 0x45: NUM_LOCK, 0x3a: CAPS_LOCK };
const MODE_E0 = 0x02;
const DELETE = 0x53;

/** Function keys: scan code in the buffer alone, with Shift, Ctrl, Alt. */
const functionKey = (code: number, flags: number): number | undefined => {
  const index = flags & ALT ? 3 : flags & CTRL ? 2 : flags & SHIFT ? 1 : 0;
  if (code >= 0x3b && code <= 0x44) return [0x3b, 0x54, 0x5e, 0x68][index] + code - 0x3b;
  if (code === 0x57 || code === 0x58) return [0x85, 0x87, 0x89, 0x8b][index] + code - 0x57;
  return undefined;
};

/** With E0h; without, the keypad's asterisk. */
const PRINT_SCREEN = 0x37;
/** With Ctrl it is Pause. */
const NUM_LOCK_KEY = 0x45;

/** Keypad and cursor block with Ctrl. */
const CTRL_NAVIGATION: Readonly<Record<number, number>> = {
  0x47: 0x77,
  0x48: 0x8d,
  0x49: 0x84,
  0x4b: 0x73,
  0x4d: 0x74,
  0x4f: 0x75,
  0x50: 0x91,
  0x51: 0x76,
  0x52: 0x92,
  0x53: 0x93,
};

/** Scan code (high byte) and character (low byte) as stored in the buffer; undefined for a key that gives none. */
export const keystroke = (code: number, extended: boolean, flags: number): number | undefined => {
  const word = (scan: number, character: number) => (scan << 8) | character;
  const fn = functionKey(code, flags);
  if (fn !== undefined) return word(fn, 0);
  const key = keyBySet1.get(code);
  if (!key || MODIFIERS[code] || LOCKS[code]) return undefined;
  if (extended && code === PRINT_SCREEN) return undefined;
  if (extended && code === 0x1c) return word(0xe0, 0x0d);
  if (extended && code === 0x35) return word(0xe0, 0x2f);
  if (code >= 0x47 && code <= 0x53 && !key.plain) {
    // Cursor block, or keypad; Num Lock and Shift cancel each other.
    const numeric = !extended && ((flags & NUM_LOCK) !== 0) !== ((flags & SHIFT) !== 0);
    if (numeric) return word(code, key.shifted.charCodeAt(0));
    return word(flags & CTRL ? (CTRL_NAVIGATION[code] ?? code) : code, extended ? 0xe0 : 0);
  }
  if (flags & ALT) return word(code >= 0x02 && code <= 0x0d ? code + 0x76 : code, 0);
  const letter = /^[a-z]$/.test(key.plain);
  if (flags & CTRL) {
    if (letter) return word(code, key.plain.charCodeAt(0) & 0x1f);
    const control: Readonly<Record<string, number>> = { '\b': 0x7f, '\r': 0x0a, '[': 0x1b, '\\': 0x1c, ']': 0x1d, '6': 0x1e, '-': 0x1f, ' ': 0x20 };
    return key.plain in control ? word(code, control[key.plain]) : undefined;
  }
  if (key.plain === '\t' && flags & SHIFT) return word(code, 0);
  const shifted = ((flags & SHIFT) !== 0) !== (letter && (flags & CAPS_LOCK) !== 0);
  return word(code, (shifted ? key.shifted : key.plain).charCodeAt(0));
};

const next = (memory: PhysicalMemory, pointer: number): number => (pointer + 2 >= read16(memory, BDA.keyboardEnd) ? read16(memory, BDA.keyboardStart) : pointer + 2);

/** Append to the ring buffer; false when it is full. */
const store = (memory: PhysicalMemory, word: number): boolean => {
  const tail = read16(memory, BDA.keyboardTail);
  const after = next(memory, tail);
  if (after === read16(memory, BDA.keyboardHead)) return false;
  write16(memory, 0x400 + tail, word);
  write16(memory, BDA.keyboardTail, after);
  return true;
};

const peek = (memory: PhysicalMemory): number | undefined => {
  const head = read16(memory, BDA.keyboardHead);
  return head === read16(memory, BDA.keyboardTail) ? undefined : read16(memory, 0x400 + head);
};

const drop = (memory: PhysicalMemory): void => write16(memory, BDA.keyboardHead, next(memory, read16(memory, BDA.keyboardHead)));

/** What one byte from the keyboard means; updates the modifier flags. */
const scanCode = (memory: PhysicalMemory, code: number): { word?: number; sentence: () => string; reboot?: boolean } => {
  const mode = memory.read8(BDA.keyboardMode);
  if (code === 0xe0) {
    memory.write8(BDA.keyboardMode, mode | MODE_E0);
    return { sentence: () => 'prefix E0h' };
  }
  memory.write8(BDA.keyboardMode, mode & ~MODE_E0);
  const extended = (mode & MODE_E0) !== 0;
  const flags = memory.read8(BDA.shiftFlags);
  const [key, released] = [code & 0x7f, (code & 0x80) !== 0];
  const modifier = extended && (key === 0x2a || key === 0x36) ? 0 : (MODIFIERS[key] ?? 0);
  if (modifier) memory.write8(BDA.shiftFlags, released ? flags & ~modifier : flags | modifier);
  else if (LOCKS[key] && !released && !(key === NUM_LOCK_KEY && flags & CTRL)) memory.write8(BDA.shiftFlags, flags ^ LOCKS[key]);
  if (released || modifier || LOCKS[key]) return { sentence: () => `key ${hexh(key, 2)} ${released ? 'released' : 'pressed'}` };
  if (key === DELETE && flags & CTRL && flags & ALT) return { sentence: () => 'Ctrl+Alt+Delete', reboot: true };
  const word = keystroke(key, extended, flags);
  return { word, sentence: () => `key ${hexh(key, 2)} pressed${word === undefined ? '' : `, code ${hexh(word, 4)}`}` };
};

export const keyboardInterrupt: Service = (context, machine) => {
  const { word, sentence, reboot } = scanCode(context.memory, inb(machine, 0x60));
  const full = word !== undefined && !store(context.memory, word);
  endOfInterrupt(machine, 1);
  if (reboot) outb(machine, 0x64, 0xfe);
  return () => `IRQ 1: ${sentence()}${full ? '; the buffer is full, the key is lost' : ''}`;
};

/** AH=00h hides what enhanced keyboards added: the E0h that marks their cursor keys. */
const classic = (word: number): number =>
  (word & 0xff) === 0xe0 && word >> 8 !== 0 ? word & 0xff00 : word >> 8 === 0xe0 ? (word & 0xff) | ((word & 0xff) === 0x0d ? 0x1c00 : 0x3500) : word;

const readKey =
  (enhanced: boolean): Service =>
  (context) => {
    const word = peek(context.memory);
    if (word === undefined) {
      context.retryAfterInterrupt();
      return 'wait for a key';
    }
    drop(context.memory);
    context.write('ax', enhanced ? word : classic(word));
    return () => `key ${hexh(context.read('ax'), 4)}`;
  };

/** The ROM says itself that no key waits, unless somebody calls from elsewhere. */
const checkKey =
  (enhanced: boolean): Service =>
  (context) => {
    const word = peek(context.memory);
    context.setReturnFlag('ZF', word === undefined);
    if (word === undefined) return 'no key waits';
    context.write('ax', enhanced ? word : classic(word));
    return () => `key ${hexh(context.read('ax'), 4)} waits`;
  };

const shiftFlags: Service = (context) => {
  context.write('al', context.memory.read8(BDA.shiftFlags));
  return () => `shift flags are ${hexh(context.read('al'), 2)}`;
};

const storeKey: Service = (context) => {
  const stored = store(context.memory, context.read('cx'));
  context.write('al', stored ? 0 : 1);
  return stored ? `store key ${hexh(context.read('cx'), 4)}` : 'the buffer is full';
};

export const keyboardService = byAh(0x16, {
  0: readKey(false),
  1: checkKey(false),
  2: shiftFlags,
  3: () => 'typematic rate: nothing to do',
  5: storeKey,
  16: readKey(true),
  17: checkKey(true),
  18: shiftFlags,
});

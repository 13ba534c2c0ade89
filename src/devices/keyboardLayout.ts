/**
 * The keys of a US PS/2 keyboard: scan codes of set 1 and set 2 and the characters they type.
 * One table for the keyboard (characters to codes), the controller (set 2 to set 1) and the BIOS (set 1 to characters).
 * Source: IBM PS/2 Technical Reference, "Keyboards (101- and 102-Key)".
 */
export interface Key {
  /** Code in scan code set 1 and set 2, without the E0 prefix. */
  readonly set1: number;
  readonly set2: number;
  /** Preceded by E0. */
  readonly extended: boolean;
  /** Characters without and with Shift; empty for keys that type none. */
  readonly plain: string;
  readonly shifted: string;
  /** Keys that send something of their own: pressed, released. */
  readonly sequences?: { readonly set1: readonly [readonly number[], readonly number[]]; readonly set2: readonly [readonly number[], readonly number[]] };
}

const key = (set1: number, set2: number, plain = '', shifted = plain, extended = false): Key => ({ set1, set2, plain, shifted, extended });
const extended = (set1: number, set2: number): Key => key(set1, set2, '', '', true);

// biome-ignore format: a table
export const KEYS = {
  Escape: key(0x01, 0x76, '\x1b'),
  Digit1: key(0x02, 0x16, '1', '!'), Digit2: key(0x03, 0x1e, '2', '@'), Digit3: key(0x04, 0x26, '3', '#'), Digit4: key(0x05, 0x25, '4', '$'), Digit5: key(0x06, 0x2e, '5', '%'),
  Digit6: key(0x07, 0x36, '6', '^'), Digit7: key(0x08, 0x3d, '7', '&'), Digit8: key(0x09, 0x3e, '8', '*'), Digit9: key(0x0a, 0x46, '9', '('), Digit0: key(0x0b, 0x45, '0', ')'),
  Minus: key(0x0c, 0x4e, '-', '_'), Equal: key(0x0d, 0x55, '=', '+'), Backspace: key(0x0e, 0x66, '\b'), Tab: key(0x0f, 0x0d, '\t'),
  KeyQ: key(0x10, 0x15, 'q', 'Q'), KeyW: key(0x11, 0x1d, 'w', 'W'), KeyE: key(0x12, 0x24, 'e', 'E'), KeyR: key(0x13, 0x2d, 'r', 'R'), KeyT: key(0x14, 0x2c, 't', 'T'),
  KeyY: key(0x15, 0x35, 'y', 'Y'), KeyU: key(0x16, 0x3c, 'u', 'U'), KeyI: key(0x17, 0x43, 'i', 'I'), KeyO: key(0x18, 0x44, 'o', 'O'), KeyP: key(0x19, 0x4d, 'p', 'P'),
  BracketLeft: key(0x1a, 0x54, '[', '{'), BracketRight: key(0x1b, 0x5b, ']', '}'), Enter: key(0x1c, 0x5a, '\r'), ControlLeft: key(0x1d, 0x14),
  KeyA: key(0x1e, 0x1c, 'a', 'A'), KeyS: key(0x1f, 0x1b, 's', 'S'), KeyD: key(0x20, 0x23, 'd', 'D'), KeyF: key(0x21, 0x2b, 'f', 'F'), KeyG: key(0x22, 0x34, 'g', 'G'),
  KeyH: key(0x23, 0x33, 'h', 'H'), KeyJ: key(0x24, 0x3b, 'j', 'J'), KeyK: key(0x25, 0x42, 'k', 'K'), KeyL: key(0x26, 0x4b, 'l', 'L'),
  Semicolon: key(0x27, 0x4c, ';', ':'), Quote: key(0x28, 0x52, "'", '"'), Backquote: key(0x29, 0x0e, '`', '~'), ShiftLeft: key(0x2a, 0x12), Backslash: key(0x2b, 0x5d, '\\', '|'),
  KeyZ: key(0x2c, 0x1a, 'z', 'Z'), KeyX: key(0x2d, 0x22, 'x', 'X'), KeyC: key(0x2e, 0x21, 'c', 'C'), KeyV: key(0x2f, 0x2a, 'v', 'V'), KeyB: key(0x30, 0x32, 'b', 'B'),
  KeyN: key(0x31, 0x31, 'n', 'N'), KeyM: key(0x32, 0x3a, 'm', 'M'), Comma: key(0x33, 0x41, ',', '<'), Period: key(0x34, 0x49, '.', '>'), Slash: key(0x35, 0x4a, '/', '?'),
  ShiftRight: key(0x36, 0x59), NumpadMultiply: key(0x37, 0x7c, '*'), AltLeft: key(0x38, 0x11), Space: key(0x39, 0x29, ' '), CapsLock: key(0x3a, 0x58),
  F1: key(0x3b, 0x05), F2: key(0x3c, 0x06), F3: key(0x3d, 0x04), F4: key(0x3e, 0x0c), F5: key(0x3f, 0x03), F6: key(0x40, 0x0b),
  F7: key(0x41, 0x83), F8: key(0x42, 0x0a), F9: key(0x43, 0x01), F10: key(0x44, 0x09), F11: key(0x57, 0x78), F12: key(0x58, 0x07),
  NumLock: key(0x45, 0x77), ScrollLock: key(0x46, 0x7e),
  Numpad7: key(0x47, 0x6c, '', '7'), Numpad8: key(0x48, 0x75, '', '8'), Numpad9: key(0x49, 0x7d, '', '9'), NumpadSubtract: key(0x4a, 0x7b, '-'),
  Numpad4: key(0x4b, 0x6b, '', '4'), Numpad5: key(0x4c, 0x73, '', '5'), Numpad6: key(0x4d, 0x74, '', '6'), NumpadAdd: key(0x4e, 0x79, '+'),
  Numpad1: key(0x4f, 0x69, '', '1'), Numpad2: key(0x50, 0x72, '', '2'), Numpad3: key(0x51, 0x7a, '', '3'), Numpad0: key(0x52, 0x70, '', '0'), NumpadDecimal: key(0x53, 0x71, '', '.'),
  ControlRight: extended(0x1d, 0x14), AltRight: extended(0x38, 0x11), NumpadEnter: extended(0x1c, 0x5a), NumpadDivide: extended(0x35, 0x4a),
  Home: extended(0x47, 0x6c), ArrowUp: extended(0x48, 0x75), PageUp: extended(0x49, 0x7d), ArrowLeft: extended(0x4b, 0x6b), ArrowRight: extended(0x4d, 0x74),
  End: extended(0x4f, 0x69), ArrowDown: extended(0x50, 0x72), PageDown: extended(0x51, 0x7a), Insert: extended(0x52, 0x70), Delete: extended(0x53, 0x71),
  MetaLeft: extended(0x5b, 0x1f), MetaRight: extended(0x5c, 0x27), ContextMenu: extended(0x5d, 0x2f), IntlBackslash: key(0x56, 0x61, '\\', '|'),
  PrintScreen: { ...extended(0x37, 0x7c), sequences: {
    set1: [[0xe0, 0x2a, 0xe0, 0x37], [0xe0, 0xb7, 0xe0, 0xaa]],
    set2: [[0xe0, 0x12, 0xe0, 0x7c], [0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12]],
  } },
  Pause: { ...extended(0x45, 0x77), sequences: { // nothing when it is released
    set1: [[0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], []],
    set2: [[0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77], []],
  } },
} as const satisfies Record<string, Key>;

export type KeyName = keyof typeof KEYS;

/** Keys to hold, outermost first. */
export type Chord = readonly Key[];

/** What a terminal sends for keys that have no character. */
const ESCAPE_SEQUENCES: readonly [string, KeyName][] = [
  ['\x1b[A', 'ArrowUp'],
  ['\x1b[B', 'ArrowDown'],
  ['\x1b[C', 'ArrowRight'],
  ['\x1b[D', 'ArrowLeft'],
  ['\x1b[H', 'Home'],
  ['\x1b[F', 'End'],
  ['\x1b[2~', 'Insert'],
  ['\x1b[3~', 'Delete'],
  ['\x1b[5~', 'PageUp'],
  ['\x1b[6~', 'PageDown'],
  ['\x1bOP', 'F1'],
  ['\x1bOQ', 'F2'],
  ['\x1bOR', 'F3'],
  ['\x1bOS', 'F4'],
];

const chords = new Map<string, Chord>();
for (const k of Object.values<Key>(KEYS)) {
  if (k.plain && !chords.has(k.plain)) chords.set(k.plain, [k]);
  if (k.shifted && !chords.has(k.shifted) && k.plain) chords.set(k.shifted, [KEYS.ShiftLeft, k]);
}
chords.set('\n', [KEYS.Enter]);
chords.set('\x7f', [KEYS.Backspace]);
for (let letter = 1; letter <= 26; letter++) {
  const control = String.fromCharCode(letter);
  const name = `Key${String.fromCharCode(64 + letter)}` as KeyName;
  if (!chords.has(control)) chords.set(control, [KEYS.ControlLeft, KEYS[name]]);
}

/** The keys that type `text`; what no key types is given to `missing`. */
export const chordsFor = (text: string, missing: (character: string) => void = () => {}): Chord[] => {
  const result: Chord[] = [];
  for (let i = 0; i < text.length; ) {
    const sequence = ESCAPE_SEQUENCES.find(([s]) => text.startsWith(s, i));
    if (sequence) {
      result.push([KEYS[sequence[1]]]);
      i += sequence[0].length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(i)!);
    i += character.length;
    if (character === '\n' && text[i - 2] === '\r') continue; // CR LF is one Enter
    const chord = chords.get(character);
    if (chord) result.push(chord);
    else missing(character);
  }
  return result;
};

/**
 * The controller's translation of scan codes 00h to 7Fh of set 2 to set 1. Of those above, 83h and 84h change too.
 * Source: IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller", scan code translation.
 */
// biome-ignore format: a table
const TRANSLATION = [
  0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
  0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
  0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
  0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
  0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
  0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
  0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
  0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
];
/** F7 and Alt+SysRq. */
const TRANSLATED_ABOVE = new Map([
  [0x83, 0x41],
  [0x84, 0x54],
]);

/** The controller's translation of one byte of the keyboard; answers pass unchanged. */
export const translateToSet1 = (code: number): number => TRANSLATION[code] ?? TRANSLATED_ABOVE.get(code) ?? code;

/** Keys by set 1 code, without E0. */
export const keyBySet1 = new Map<number, Key>(
  Object.values<Key>(KEYS)
    .filter((k) => !k.extended)
    .map((k) => [k.set1, k]),
);

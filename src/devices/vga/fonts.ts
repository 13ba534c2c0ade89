/** The fonts of the built-in BIOS: 8 × 16 as drawn, 8 × 14 and 8 × 8 made from it. 256 glyphs, a byte a line. */
import { ACCENTED, ACCENTS, BOXES, GLYPHS } from './glyphs';

const HEIGHT = 16;
const FIRST_BOX = 0xb3;
/** Columns of a character's strokes, and lines of a box's: single, and the two of a double one. */
const STROKES = { vertical: [0x18, 0x24], horizontal: [[7], [6, 9]] } as const;

const bytesOf = (text: string): number[] => (text.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

const glyphOf = (font: Uint8Array, character: number): Uint8Array => font.subarray(character * HEIGHT, (character + 1) * HEIGHT);

/** Leave out a line of [from, to): the last that repeats a neighbour, else the last blank one, else one in the middle. */
const dropLine = (lines: number[], from: number, to: number): void => {
  const candidates = Array.from({ length: to - from }, (_, i) => from + i);
  const repeating = candidates.filter((i) => lines[i] === lines[i + 1] || lines[i] === lines[i - 1]);
  const blank = candidates.filter((i) => lines[i] === 0);
  lines.splice(repeating.at(-1) ?? blank.at(-1) ?? from + ((to - from) >> 1), 1);
};

const accent = (font: Uint8Array, character: number, letter: string, mark: keyof typeof ACCENTS): void => {
  const glyph = glyphOf(font, character);
  const bits = bytesOf(ACCENTS[mark]);
  const lines = [...glyphOf(font, letter.charCodeAt(0))];
  if (mark !== 'cedilla' && letter !== 'i' && letter <= 'Z') {
    dropLine(lines, 3, 11);
    lines.unshift(0);
  }
  if (letter === 'i') lines.fill(0, 0, 5);
  glyph.set(lines);
  const top = mark === 'cedilla' ? 12 : letter <= 'Z' ? 0 : 2;
  bits.forEach((byte, i) => {
    if (byte) glyph[top + i] |= byte;
  });
};

/** Half lines and columns meet in the middle; where a double one is crossed, its strokes go on to the far one. */
const box = (glyph: Uint8Array, [left, right, up, down]: readonly number[]): void => {
  const across = STROKES.horizontal[Math.max(left, right) - 1] ?? STROKES.horizontal[0];
  const middle = [across[0], across[across.length - 1]];
  const columns = STROKES.vertical[Math.max(up, down) - 1] ?? STROKES.vertical[0];
  const stroke = (weight: number) => STROKES.vertical[weight - 1] ?? 0;
  for (let line = 0; line < HEIGHT; line++) {
    if (up && line <= middle[1]) glyph[line] |= stroke(up);
    if (down && line >= middle[0]) glyph[line] |= stroke(down);
  }
  const inner = Math.max(up, down) === 2 ? { left: 0xfc, right: 0x3f } : { left: columns === 0x18 ? 0xf8 : 0xfc, right: 0x1f };
  for (const [weight, bits] of [
    [left, inner.left],
    [right, inner.right],
  ] as const)
    for (const line of STROKES.horizontal[weight - 1] ?? []) glyph[line] |= bits;
  hollow(glyph, left, right, up, down);
};

/** Between the strokes of two double lines that meet there is nothing. */
const hollow = (glyph: Uint8Array, left: number, right: number, up: number, down: number): void => {
  if (Math.max(left, right) !== 2 || Math.max(up, down) !== 2) return;
  for (let line = 7; line <= 8; line++) glyph[line] = (left ? 0 : 0x20) | (right ? 0 : 0x04);
  if (up) glyph[6] = (left ? 0xe0 : 0x20) | (right ? 0x07 : 0x04);
  if (down) glyph[9] = (left ? 0xe0 : 0x20) | (right ? 0x07 : 0x04);
};

const shade = (glyph: Uint8Array, even: number, odd: number): void => {
  for (let line = 0; line < HEIGHT; line++) glyph[line] = line & 1 ? odd : even;
};

export const font16 = (): Uint8Array => {
  const font = new Uint8Array(256 * HEIGHT);
  for (const [character, top, lines] of GLYPHS) glyphOf(font, character).set(bytesOf(lines), top);
  for (const [character, letter, mark] of ACCENTED) accent(font, character, letter, mark);
  shade(glyphOf(font, 0xb0), 0x22, 0x88);
  shade(glyphOf(font, 0xb1), 0x55, 0xaa);
  shade(glyphOf(font, 0xb2), 0xdd, 0x77);
  BOXES.forEach((sides, i) => {
    box(glyphOf(font, FIRST_BOX + i), [...sides].map(Number));
  });
  glyphOf(font, 0xdb).fill(0xff);
  glyphOf(font, 0xdc).fill(0xff, 8);
  glyphOf(font, 0xdd).fill(0xf0);
  glyphOf(font, 0xde).fill(0x0f);
  glyphOf(font, 0xdf).fill(0xff, 0, 8);
  return font;
};

const mapGlyphs = (font: Uint8Array, height: number, convert: (lines: number[], character: number) => number[]): Uint8Array => {
  const result = new Uint8Array(256 * height);
  for (let character = 0; character < 256; character++) result.set(convert([...glyphOf(font, character)], character), character * height);
  return result;
};

/** Without the outermost lines, which only boxes and blocks use. */
export const font14 = (font = font16()): Uint8Array => mapGlyphs(font, 14, (lines) => lines.slice(1, 15));

/** Ascenders lose a line, the small letters' body two, descenders two, and what is around them all but one. */
const squeeze = (lines: number[]): number[] => {
  const short = lines.slice(1, 15);
  for (const [from, to, count] of [
    [11, 14, 2], // descenders
    [4, 11, 2], // the body of small letters
    [1, 4, 1], // ascenders
    [0, 1, 1],
  ] as const)
    for (let n = 0; n < count; n++) dropLine(short, from, to - n);
  return short;
};

/** Lines of a box that hold its strokes. */
const BOX_LINES = [0, 2, 5, 6, 7, 9, 12, 15];

const halve = (lines: number[], character: number): number[] => {
  if (character >= 0xb0 && character < FIRST_BOX) return lines.slice(0, 8);
  if (character >= FIRST_BOX && character < FIRST_BOX + BOXES.length) return BOX_LINES.map((line) => lines[line]);
  const edges = lines[0] !== 0 || lines[15] !== 0;
  return edges && (character < 0x20 || character >= 0xb0) ? lines.filter((_, line) => line % 2 === 0) : squeeze(lines);
};

export const font8 = (font = font16()): Uint8Array => mapGlyphs(font, 8, halve);

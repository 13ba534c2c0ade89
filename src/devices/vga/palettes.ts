/** What the BIOS loads into the DAC with a mode: 6 bits a component. Source: IBM VGA, default palettes as read back from the DAC. */

/** EGA's 64 colours: bits 5..0 are the low and high thirds r g b R G B. */
const ega = (n: number): number[] => [2, 1, 0].map((bit) => ((n >> bit) & 1) * 42 + ((n >> (bit + 3)) & 1) * 21);

/** The CGA's sixteen: intensity adds a third, and dark yellow is brown. */
const cga = (n: number): number[] => (n === 6 ? [42, 21, 0] : [2, 1, 0].map((bit) => ((n >> bit) & 1) * 42 + (n & 8 ? 21 : 0)));

const GREYS = [0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63];

/** Five levels a wheel of 24 hues is made of: three intensities, each in three saturations. */
const WHEELS = [
  [0, 16, 31, 47, 63],
  [31, 39, 47, 55, 63],
  [45, 49, 54, 58, 63],
  [0, 7, 14, 21, 28],
  [14, 17, 21, 24, 28],
  [20, 22, 24, 26, 28],
  [0, 4, 8, 12, 16],
  [8, 10, 12, 14, 16],
  [11, 12, 13, 15, 16],
];

/** Once around, from blue over red, yellow, green and cyan: one component rises or falls at a time. */
const hue = (levels: readonly number[], n: number): number[] => {
  const step = n % 4;
  const [low, high, up, down] = [levels[0], levels[4], levels[step], levels[4 - step]];
  return [
    [up, low, high],
    [high, low, down],
    [high, up, low],
    [down, high, low],
    [low, high, up],
    [low, down, high],
  ][n >> 2];
};

const vga256 = (): number[][] => [
  ...Array.from({ length: 16 }, (_, n) => cga(n)),
  ...GREYS.map((level) => [level, level, level]),
  ...WHEELS.flatMap((levels) => Array.from({ length: 24 }, (_, n) => hue(levels, n))),
];

const ENTRIES: Readonly<Record<'ega' | 'cga' | 'vga256', () => number[][]>> = {
  ega: () => Array.from({ length: 64 }, (_, n) => ega(n)),
  // The registers 10h..17h select the bright ones.
  cga: () => Array.from({ length: 64 }, (_, n) => cga((n & 7) | (n & 0x10 ? 8 : 0))),
  vga256,
};

/** Red, green, blue from entry 0 on; what is not listed is black. */
export const defaultPalette = (name: 'ega' | 'cga' | 'vga256'): Uint8Array => {
  const bytes = new Uint8Array(768);
  bytes.set(ENTRIES[name]().flat());
  return bytes;
};

/**
 * Register values of the standard modes, as the VGA's BIOS sets them.
 * Source: IBM PS/2 and PC BIOS Interface Technical Reference, INT 10h; IBM VGA mode tables as listed in the Video Subsystem reference.
 */
export interface VideoMode {
  readonly number: number;
  readonly kind: 'text' | 'graphics';
  /** Characters in a row, rows, and lines of one. */
  readonly columns: number;
  readonly rows: number;
  readonly characterHeight: 8 | 14 | 16;
  /** Where the CPU finds it, and bytes of one page of it. */
  readonly segment: 0xa000 | 0xb800;
  readonly pageSize: number;
  readonly pages: number;
  readonly palette: 'ega' | 'cga' | 'vga256';
  readonly miscellaneous: number;
  readonly sequencer: readonly number[];
  readonly crtc: readonly number[];
  readonly graphics: readonly number[];
  readonly attribute: readonly number[];
}

const hex = (text: string): number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16));

const TEXT_ATTRIBUTES = hex('00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f 0c 00 0f 08 00');
const EGA_200_ATTRIBUTES = hex('00 01 02 03 04 05 06 07 10 11 12 13 14 15 16 17 01 00 0f 00 00');
const EGA_350_ATTRIBUTES = hex('00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f 01 00 0f 00 00');
const TEXT_GRAPHICS = hex('00 00 00 00 00 10 0e 00 ff');
const PLANAR_GRAPHICS = hex('00 00 00 00 00 00 05 0f ff');

const text = (number: number, columns: 40 | 80): VideoMode => ({
  number,
  kind: 'text',
  columns,
  rows: 25,
  characterHeight: 16,
  segment: 0xb800,
  pageSize: columns === 40 ? 0x800 : 0x1000,
  pages: 8,
  palette: 'ega',
  miscellaneous: 0x67,
  sequencer: hex(columns === 40 ? '03 08 03 00 02' : '03 00 03 00 02'),
  crtc: hex(
    columns === 40 ? '2d 27 28 90 2b a0 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 14 1f 96 b9 a3 ff' : '5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 1f 96 b9 a3 ff',
  ),
  graphics: TEXT_GRAPHICS,
  attribute: TEXT_ATTRIBUTES,
});

const cga = (number: number, columns: 40 | 80): VideoMode => ({
  number,
  kind: 'graphics',
  columns,
  rows: 25,
  characterHeight: 8,
  segment: 0xb800,
  pageSize: 0x4000,
  pages: 1,
  palette: 'cga',
  miscellaneous: 0x63,
  sequencer: hex(columns === 40 ? '03 09 03 00 02' : '03 01 01 00 06'),
  crtc: hex(
    columns === 40 ? '2d 27 28 90 2b 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 a2 ff' : '5f 4f 50 82 54 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 c2 ff',
  ),
  graphics: hex(columns === 40 ? '00 00 00 00 00 30 0f 0f ff' : '00 00 00 00 00 00 0d 0f ff'),
  attribute: hex(columns === 40 ? '00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17 01 00 03 00 00' : '00 17 17 17 17 17 17 17 17 17 17 17 17 17 17 17 01 00 01 00 00'),
});

const planar = (
  number: number,
  columns: 40 | 80,
  lines: 200 | 350 | 480,
  shape: Partial<VideoMode> & Pick<VideoMode, 'crtc' | 'miscellaneous' | 'pageSize' | 'pages'>,
): VideoMode => {
  const characterHeight = lines === 200 ? 8 : lines === 350 ? 14 : 16;
  return {
    number,
    kind: 'graphics',
    columns,
    rows: Math.floor(lines / characterHeight),
    characterHeight,
    segment: 0xa000,
    palette: lines === 200 ? 'cga' : 'ega',
    sequencer: hex(columns === 40 ? '03 09 0f 00 06' : '03 01 0f 00 06'),
    graphics: PLANAR_GRAPHICS,
    attribute: lines === 200 ? EGA_200_ATTRIBUTES : EGA_350_ATTRIBUTES,
    ...shape,
  };
};

/** Two colours: all planes alike. */
const MODE_11_ATTRIBUTES = hex('00 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 01 00 0f 00 00');

// biome-ignore format: a table
export const VIDEO_MODES: readonly VideoMode[] = [
  text(0x00, 40), text(0x01, 40), text(0x02, 80), text(0x03, 80),
  cga(0x04, 40), cga(0x05, 40), cga(0x06, 80),
  planar(0x0d, 40, 200, { miscellaneous: 0x63, pageSize: 0x2000, pages: 8, crtc: hex('2d 27 28 90 2b 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 e3 ff') }),
  planar(0x0e, 80, 200, { miscellaneous: 0x63, pageSize: 0x4000, pages: 4, crtc: hex('5f 4f 50 82 54 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 e3 ff') }),
  planar(0x10, 80, 350, { miscellaneous: 0xa3, pageSize: 0x8000, pages: 2, crtc: hex('5f 4f 50 82 54 80 bf 1f 00 40 00 00 00 00 00 00 83 85 5d 28 0f 63 ba e3 ff') }),
  planar(0x11, 80, 480, { miscellaneous: 0xe3, pageSize: 0xa000, pages: 1, attribute: MODE_11_ATTRIBUTES, crtc: hex('5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff') }),
  planar(0x12, 80, 480, { miscellaneous: 0xe3, pageSize: 0xa000, pages: 1, crtc: hex('5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff') }),
  {
    number: 0x13, kind: 'graphics', columns: 40, rows: 25, characterHeight: 8, segment: 0xa000, pageSize: 0x10000, pages: 1, palette: 'vga256', miscellaneous: 0x63,
    sequencer: hex('03 01 0f 00 0e'),
    crtc: hex('5f 4f 50 82 54 80 bf 1f 00 41 00 00 00 00 00 00 9c 8e 8f 28 40 96 b9 a3 ff'),
    graphics: hex('00 00 00 00 00 40 05 0f ff'),
    attribute: hex('00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 41 00 0f 00 00'),
  },
];

export const videoMode = (number: number): VideoMode | undefined => VIDEO_MODES.find((mode) => mode.number === number);

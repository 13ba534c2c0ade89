/** Modes of the VESA BIOS extensions; the numbers below 120h are VESA's (VBE 2.0, "VBE Mode Numbers"), those of 32 bits Bochs's. */
export interface VbeMode {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Bits a pixel: 4 is planar. */
  readonly depth: 4 | 8 | 15 | 16 | 24 | 32;
}

const row = (number: number, width: number, height: number, depth: VbeMode['depth']): VbeMode => ({ number, width, height, depth });

// biome-ignore format: a table
export const VBE_MODES: readonly VbeMode[] = [
  row(0x100, 640, 400, 8), row(0x101, 640, 480, 8), row(0x102, 800, 600, 4), row(0x103, 800, 600, 8), row(0x104, 1024, 768, 4), row(0x105, 1024, 768, 8), row(0x107, 1280, 1024, 8),
  row(0x10d, 320, 200, 15), row(0x10e, 320, 200, 16), row(0x10f, 320, 200, 24), row(0x140, 320, 200, 32), row(0x146, 320, 200, 8),
  row(0x110, 640, 480, 15), row(0x111, 640, 480, 16), row(0x112, 640, 480, 24), row(0x141, 640, 400, 32), row(0x142, 640, 480, 32),
  row(0x113, 800, 600, 15), row(0x114, 800, 600, 16), row(0x115, 800, 600, 24), row(0x143, 800, 600, 32),
  row(0x116, 1024, 768, 15), row(0x117, 1024, 768, 16), row(0x118, 1024, 768, 24), row(0x144, 1024, 768, 32),
  row(0x119, 1280, 1024, 15), row(0x11a, 1280, 1024, 16), row(0x11b, 1280, 1024, 24), row(0x145, 1280, 1024, 32),
];

/**
 * Shadow RAM: for each segment between 768 KiB and 1 MiB the host bridge sends loads and stores to RAM, or to the PCI bus
 * with the ROM behind it. Source: Intel 82441FX (PMC) datasheet 290549, §3.2.16, PAM[6:0].
 */
import type { PciFunction } from './pciFunction';

const PAM = 0x59;
const READ_ENABLE = 1;
const WRITE_ENABLE = 2;

/** Register and bit of each segment's attributes: PAM0's high nibble is the system BIOS, the others' nibbles are 16 KiB each. */
// biome-ignore format: a table
const SEGMENTS: readonly { readonly register: number; readonly shift: 0 | 4; readonly start: number; readonly end: number }[] = [
  { register: PAM, shift: 4, start: 0xf0000, end: 0x100000 },
  ...Array.from({ length: 12 }, (_, n) => ({ register: PAM + 1 + (n >> 1), shift: (n & 1 ? 4 : 0) as 0 | 4, start: 0xc0000 + n * 0x4000, end: 0xc4000 + n * 0x4000 })),
];

/** Where accesses go: to RAM, or past it. */
export interface ShadowAttributes {
  readonly loads: boolean;
  readonly stores: boolean;
}

export type SetShadow = (start: number, end: number, attributes: ShadowAttributes) => void;

export class ShadowRam {
  /** By segment: the bits in force. */
  readonly #applied = new Int8Array(SEGMENTS.length).fill(-1);

  constructor(
    private readonly bridge: PciFunction,
    private readonly set: SetShadow,
  ) {
    bridge.written = () => this.apply();
  }

  /** Let the registers' contents take effect; after a reset or restore of the bridge too. */
  apply(): void {
    SEGMENTS.forEach(({ register, shift, start, end }, i) => {
      const bits = (this.bridge.read(register, 1) >> shift) & (READ_ENABLE | WRITE_ENABLE);
      if (bits === this.#applied[i]) return;
      this.#applied[i] = bits;
      this.set(start, end, { loads: (bits & READ_ENABLE) !== 0, stores: (bits & WRITE_ENABLE) !== 0 });
    });
  }
}

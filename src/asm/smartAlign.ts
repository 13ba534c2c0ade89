/** Padding of code for %use smartalign (NASM manual, 6.2): instructions without effect, as nasm 2.16.01 chooses them. */

export const ALIGN_MODES = ['nop', 'generic', 'k7', 'k8', 'p6'] as const;
export type AlignMode = (typeof ALIGN_MODES)[number];

export interface SmartAlign {
  readonly mode: AlignMode;
  /** From one byte more on, a jump goes over the padding; -1: never. */
  readonly threshold: number;
}

/** Bytes of padding that are run through unless the source says otherwise. */
export const THRESHOLDS: Readonly<Record<AlignMode, number>> = { nop: 16, generic: 8, k7: 16, k8: 16, p6: 16 };

const words = (text: string): string[] => text.split(' ');

const K8 = words('90 6690 666690 66666690');

/** The padding of 1, 2, 3... bytes; longer padding begins with the longest. */
const SEQUENCES: Readonly<Record<16 | 32, Readonly<Record<AlignMode, readonly string[]>>>> = {
  16: {
    nop: ['90'],
    generic: words('90 89f6 8d7400 8db40000 8db4000090 8db4000089ff 8db400008d7d00 8db400008dbd0000'),
    k7: words('90 6690 666690 66666690 8db4000090 8db4000089ff 8db400008d7d00 8db400008dbd0000'),
    k8: K8,
    p6: words('90 6690 0f1f00 0f1f4000'),
  },
  32: {
    nop: ['90'],
    generic: words('90 89f6 8d7600 8d742600 908d742600 8db600000000 8db42600000000'),
    k7: words('90 8bc0 8d0420 8d442000 8d44200090 8d8000000000 8d040500000000'),
    k8: K8,
    p6: words('90 6690 0f1f00 0f1f4000 0f1f440000 660f1f440000 0f1f8000000000 0f1f840000000000'),
  },
};

const NOP = 0x90;
const SHORT_REACH = 127;

export function padding(count: number, bits: 16 | 32, { mode, threshold }: SmartAlign): Uint8Array {
  const bytes = new Uint8Array(count).fill(NOP);
  if (threshold >= 0 && count > threshold) {
    bytes.set(jumpOver(count, bits));
    return bytes;
  }
  const sequences = SEQUENCES[bits][mode];
  for (let at = 0; at < count; ) {
    const length = Math.min(count - at, sequences.length);
    const text = sequences[length - 1];
    for (let n = 0; n < length; n++) bytes[at + n] = Number.parseInt(text.slice(2 * n, 2 * n + 2), 16);
    at += length;
  }
  return bytes;
}

/** JMP to the end of `count` bytes that it begins. */
function jumpOver(count: number, bits: 16 | 32): number[] {
  if (count - 2 <= SHORT_REACH) return [0xeb, count - 2];
  const width = bits / 8;
  const distance = count - 1 - width;
  return [0xe9, ...Array.from({ length: width }, (_, n) => (distance >>> (8 * n)) & 0xff)];
}

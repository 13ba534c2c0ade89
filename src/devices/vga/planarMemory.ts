/**
 * Video memory as the CPU sees it at A0000h: four planes behind the graphics controller, with latches, write modes 0 to 3,
 * odd/even and chained addressing. Byte `4 × offset + plane` of the memory is offset `offset` of a plane; offsets count as
 * the CRTC counts, in its byte, word and doubleword modes alike. Source: IBM PS/2 Hardware Interface Technical Reference,
 * "Video Subsystem", graphics controller and sequencer.
 */
import { GC, GC_ODD_EVEN, GC_READ_COMPARE, PLANES, SEQ, SEQ_CHAIN_4, SEQ_SEQUENTIAL } from './registers';

/** A bit a plane to a byte a plane. */
const PLANE_BYTES = Int32Array.from({ length: 16 }, (_, planes) => [0, 1, 2, 3].reduce((word, p) => word | (planes & (1 << p) ? 0xff << (8 * p) : 0), 0));

/** The same byte in each plane. */
const everyPlane = (byte: number): number => Math.imul(byte, 0x01010101);

export class PlanarMemory {
  /** A word an offset: plane 0 in the low byte. */
  readonly #words: Int32Array;
  readonly #mask: number;
  #latches = 0;

  constructor(
    private readonly memory: Uint8Array,
    private readonly sequencer: Uint8Array,
    private readonly graphics: Uint8Array,
  ) {
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / PLANES);
    this.#mask = this.#words.length - 1;
  }

  get latches(): number {
    return this.#latches;
  }

  set latches(word: number) {
    this.#latches = word;
  }

  get #chained(): boolean {
    return (this.sequencer[SEQ.memoryMode] & SEQ_CHAIN_4) !== 0;
  }

  /** `base`: offset of the bank in force. */
  read(address: number, base: number): number {
    const { graphics } = this;
    if (this.#chained) {
      this.#latches = this.#words[(base + (address >> 2)) & this.#mask];
      return this.memory[(base * PLANES + address) & (this.memory.length - 1)];
    }
    const oddEven = (graphics[GC.mode] & GC_ODD_EVEN) !== 0;
    const latches = this.#words[(base + (oddEven ? address >> 1 : address)) & this.#mask];
    this.#latches = latches;
    if (graphics[GC.mode] & GC_READ_COMPARE) return this.#compare(latches);
    const plane = oddEven ? (graphics[GC.readMap] & 2) | (address & 1) : graphics[GC.readMap] & 3;
    return (latches >>> (8 * plane)) & 0xff;
  }

  /** A bit for each pixel whose colour matches in the planes that matter. */
  #compare(latches: number): number {
    const differing = (latches ^ PLANE_BYTES[this.graphics[GC.compare] & 15]) & PLANE_BYTES[this.graphics[GC.dontCare] & 15];
    return ~(differing | (differing >>> 8) | (differing >>> 16) | (differing >>> 24)) & 0xff;
  }

  write(address: number, base: number, value: number): void {
    let planes = this.sequencer[SEQ.mapMask] & 15;
    let offset = address;
    if (this.#chained) {
      planes &= 1 << (address & 3);
      offset = address >> 2;
    } else if (!(this.sequencer[SEQ.memoryMode] & SEQ_SEQUENTIAL)) {
      planes &= address & 1 ? 0xa : 0x5;
      offset = address >> 1;
    }
    const at = (base + offset) & this.#mask;
    const mask = PLANE_BYTES[planes];
    this.#words[at] = (this.#words[at] & ~mask) | (this.#compose(value) & mask);
  }

  #compose(value: number): number {
    const { graphics } = this;
    const bitMask = everyPlane(graphics[GC.bitMask]);
    switch (graphics[GC.mode] & 3) {
      case 0:
        return this.#merge(this.#setReset(everyPlane(this.#rotate(value))), bitMask);
      case 1:
        return this.#latches;
      case 2:
        return this.#merge(PLANE_BYTES[value & 15], bitMask);
      default:
        return this.#merge(PLANE_BYTES[graphics[GC.setReset] & 15], bitMask & everyPlane(this.#rotate(value)));
    }
  }

  #rotate(value: number): number {
    const count = this.graphics[GC.rotate] & 7;
    return ((value >> count) | (value << (8 - count))) & 0xff;
  }

  #setReset(word: number): number {
    const enabled = PLANE_BYTES[this.graphics[GC.enableSetReset] & 15];
    return (word & ~enabled) | (PLANE_BYTES[this.graphics[GC.setReset] & 15] & enabled);
  }

  /** The logical unit, then latches where the bit mask is 0. */
  #merge(word: number, bitMask: number): number {
    const latches = this.#latches;
    let result = word;
    switch ((this.graphics[GC.rotate] >> 3) & 3) {
      case 1:
        result &= latches;
        break;
      case 2:
        result |= latches;
        break;
      case 3:
        result ^= latches;
    }
    return (result & bitMask) | (latches & ~bitMask);
  }
}

/** A chain of descriptors as the device sees it: what it may read, then what it may write, whatever the pieces (VIRTIO 1.2, §2.7.4). */
import type { PhysicalMemory } from '../contract';

/** A run of guest-physical RAM. */
export interface Piece {
  readonly address: number;
  readonly length: number;
}

const total = (pieces: readonly Piece[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

export class DescriptorChain {
  /** Bytes the device may read; write. */
  readonly readable: number;
  readonly writable: number;

  /** `head`: index of its first descriptor, by which the driver knows it. */
  constructor(
    private readonly memory: PhysicalMemory,
    readonly head: number,
    private readonly readPieces: readonly Piece[],
    private readonly writePieces: readonly Piece[],
  ) {
    this.readable = total(readPieces);
    this.writable = total(writePieces);
  }

  /** Up to `length` bytes from `offset` of the readable part; fewer at its end. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.readable - offset)));
    this.#walk(this.readPieces, offset, out.length, (address, at, n) => out.set(this.memory.readBytes(address, n), at));
    return out;
  }

  /** Store `bytes` from `offset` of the writable part; what is beyond its end is lost. Returns how many found room. */
  write(offset: number, bytes: Uint8Array): number {
    const length = Math.max(0, Math.min(bytes.length, this.writable - offset));
    this.#walk(this.writePieces, offset, length, (address, at, n) => this.memory.writeBytes(address, bytes.subarray(at, at + n)));
    return length;
  }

  #walk(pieces: readonly Piece[], offset: number, length: number, visit: (address: number, at: number, length: number) => void): void {
    let at = 0;
    let skip = offset;
    for (const piece of pieces) {
      if (at >= length) return;
      const n = Math.min(piece.length - skip, length - at);
      if (n > 0) {
        visit(piece.address + skip, at, n);
        at += n;
      }
      skip = Math.max(0, skip - piece.length);
    }
  }
}

/** A piece of guest-linear memory that a hypercall names: checked as a whole, then copied page by page. */
import { PAGE } from '../../memory/layout';
import type { LinearMemory } from '../../memory/linearMemory';

export class GuestBuffer {
  readonly #pieces: { readonly physical: number; readonly length: number }[] = [];

  private constructor(
    readonly memory: LinearMemory,
    readonly length: number,
  ) {}

  /** Undefined when a byte of it is not mapped for the guest's kernel, or not RAM, or not writable though it must be. */
  static open(memory: LinearMemory, linear: number, length: number, write: boolean): GuestBuffer | undefined {
    const buffer = new GuestBuffer(memory, length);
    if (linear + length > 0x1_0000_0000) return undefined;
    for (let at = 0; at < length; ) {
      const n = Math.min(length - at, PAGE - ((linear + at) & (PAGE - 1)));
      const found = memory.translate((linear + at) >>> 0, { write, user: false }, false);
      if (found.kind === 'fault' || !(write ? memory.physical.isRam(found.physical) : memory.physical.isBacked(found.physical))) return undefined;
      buffer.#pieces.push({ physical: found.physical, length: n });
      at += n;
    }
    return buffer;
  }

  read(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const { physical, length } of this.#pieces) {
      bytes.set(this.memory.physical.readBytes(physical, length), at);
      at += length;
    }
    return bytes;
  }

  /** `bytes` may be shorter than the buffer. */
  write(bytes: Uint8Array): void {
    let at = 0;
    for (const { physical, length } of this.#pieces) {
      this.memory.physical.writeBytes(physical, bytes.subarray(at, at + length));
      at += length;
    }
  }
}

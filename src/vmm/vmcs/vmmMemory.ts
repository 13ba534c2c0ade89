/**
 * Host-physical memory that is the VMM's alone: bitmaps, the MSR-load area, EPT paging structures. It is no part of the VM's
 * WebAssembly memory, and no guest-physical address leads to it: what a guest does cannot reach it.
 */

/** Host-physical address of its first byte: 4 GiB, above all that a guest has. */
export const VMM_MEMORY = 0x1_0000_0000;
const PAGE = 4096;

export class VmmMemory {
  #view: DataView = new DataView(new ArrayBuffer(16 * PAGE));
  #used = 0;

  /** A zeroed page: its host-physical address. */
  allocatePage(): number {
    const at = this.#used;
    this.#used += PAGE;
    if (this.#used > this.#view.byteLength) {
      const grown = new Uint8Array(2 * this.#view.byteLength);
      grown.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(grown.buffer);
    }
    return VMM_MEMORY + at;
  }

  get end(): number {
    return VMM_MEMORY + this.#used;
  }

  /** Is [address, address + length) there? */
  holds(address: number, length: number): boolean {
    return address >= VMM_MEMORY && address + length <= this.end;
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, address - VMM_MEMORY, length);
  }

  /** Doublewords of an eight-byte entry. */
  readEntry(address: number): readonly [low: number, high: number] {
    return [this.#view.getUint32(address - VMM_MEMORY, true), this.#view.getUint32(address - VMM_MEMORY + 4, true)];
  }

  writeEntry(address: number, low: number, high: number): void {
    this.#view.setUint32(address - VMM_MEMORY, low, true);
    this.#view.setUint32(address - VMM_MEMORY + 4, high, true);
  }
}

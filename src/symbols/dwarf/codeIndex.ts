/** Who has the code at an address, of those who each have some ranges of it. */
import type { AddressRange } from './ranges';

interface OwnedRange<Owner> extends AddressRange {
  readonly owner: Owner;
}

export class CodeIndex<Owner> {
  /** By lowest address. */
  readonly #ranges: readonly OwnedRange<Owner>[];
  /** The highest end of all ranges up to this one. */
  readonly #reach: readonly number[];

  constructor(owners: readonly Owner[], rangesOf: (owner: Owner) => readonly AddressRange[]) {
    this.#ranges = owners.flatMap((owner) => rangesOf(owner).map(({ low, high }) => ({ low, high, owner }))).sort((a, b) => a.low - b.low);
    let reach = 0;
    this.#reach = this.#ranges.map(({ high }) => (reach = Math.max(reach, high)));
  }

  /** Whose range begins last of those that hold `address`. */
  at(address: number): Owner | undefined {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle].low <= address) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && this.#reach[i] > address; i--) if (this.#ranges[i].high > address) return this.#ranges[i].owner;
    return undefined;
  }
}

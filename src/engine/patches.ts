/**
 * Immediates in code that are stored to as they stand, one each: the only block with these bytes reads it from its record, and so does all
 * translated code. Generated code stores such a one to both places, and nothing else is to be done (paging/storePlace).
 */
import { PATCH, PATCHES, PATCH_ENTRIES, PATCH_STRIDE } from '../memory/layout';
import { patchAt } from './paging/storePlace';

export interface Patch {
  /** Physical address and bytes of the immediate. */
  readonly physical: number;
  readonly size: 1 | 2 | 4;
  /** Where the record has it, zero-extended, and the record. */
  readonly field: number;
  readonly record: number;
}

export class Patches {
  readonly #words: Int32Array;
  #any = false;
  /** Addresses of immediates that were stored to, by their places in the table: one that comes back before others have it is worth a patch. */
  readonly #latest = new Float64Array(PATCH_ENTRIES).fill(-1);

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
  }

  /** An immediate has been stored to; not for the first time lately? */
  isRepeated(physical: number): boolean {
    const at = (patchAt(physical) - PATCHES) / PATCH_STRIDE;
    const repeated = this.#latest[at] === physical;
    this.#latest[at] = physical;
    return repeated;
  }

  add({ physical, size, field, record }: Patch): void {
    const at = patchAt(physical);
    this.#words[(at + PATCH.PHYSICAL) >> 2] = physical;
    this.#words[(at + PATCH.SIZE) >> 2] = size;
    this.#words[(at + PATCH.FIELD) >> 2] = field;
    this.#words[(at + PATCH.RECORD) >> 2] = record;
    this.#any = true;
  }

  /** Blocks have come or gone. */
  clear(): void {
    if (this.#any) this.#words.fill(0, PATCHES >> 2, (PATCHES + PATCH_ENTRIES * PATCH_STRIDE) >> 2);
    this.#any = false;
  }

  /** For tests. */
  list(): Patch[] {
    return Array.from({ length: PATCH_ENTRIES }, (_, n) => {
      const [physical, size, field, record] = this.#words.subarray((PATCHES + n * PATCH_STRIDE) >> 2);
      return { physical, size: size as Patch['size'], field, record };
    }).filter(({ size }) => size > 0);
  }
}

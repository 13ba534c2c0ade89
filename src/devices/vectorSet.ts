/** A set of interrupt vectors in eight 32-bit registers, as a local APIC keeps IRR, ISR and TMR. */
export class VectorSet {
  readonly #words = new Uint32Array(8);
  /** What `highest` says: it is asked at every port access. */
  #highest = -1;

  has(vector: number): boolean {
    return (this.#words[vector >>> 5] & (1 << (vector & 31))) !== 0;
  }

  add(vector: number): void {
    this.#words[vector >>> 5] |= 1 << (vector & 31);
    if (vector > this.#highest) this.#highest = vector;
  }

  delete(vector: number): void {
    this.#words[vector >>> 5] &= ~(1 << (vector & 31));
    if (vector === this.#highest) this.#highest = this.#search();
  }

  clear(): void {
    this.#words.fill(0);
    this.#highest = -1;
  }

  /** The vector with the highest priority, or -1. */
  highest(): number {
    return this.#highest;
  }

  #search(): number {
    for (let n = 7; n >= 0; n--) if (this.#words[n]) return 32 * n + 31 - Math.clz32(this.#words[n]);
    return -1;
  }

  word(n: number): number {
    return this.#words[n];
  }

  save(): number[] {
    return [...this.#words];
  }

  restore(words: readonly number[]): void {
    this.#words.set(words);
    this.#highest = this.#search();
  }
}

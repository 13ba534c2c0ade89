/** A hash of guest-visible state, for comparing runs: 64 bits, not cryptographic. */

/** Two 32-bit lanes of multiply-and-rotate over 32-bit words; zero words still count by position. */
export class StateHash {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  words(words: Int32Array): this {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < words.length; i++) {
      const w = words[i];
      a = Math.imul((a ^ w) | 0, 0x01000193);
      b = Math.imul(((b << 5) | (b >>> 27)) ^ w, 0x5bd1e995);
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  text(text: string): this {
    return this.words(Int32Array.from(text, (c) => c.charCodeAt(0)));
  }

  hex(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

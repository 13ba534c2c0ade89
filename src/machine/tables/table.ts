/** Bytes of a firmware table: fields one behind the other, little-endian, and checksums. */

export class Table {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  byte(...values: readonly number[]): this {
    this.#bytes.push(...values.map((value) => value & 0xff));
    return this;
  }

  word(...values: readonly number[]): this {
    for (const value of values) this.byte(value, value >>> 8);
    return this;
  }

  dword(...values: readonly number[]): this {
    for (const value of values) this.word(value & 0xffff, value >>> 16);
    return this;
  }

  /** 64 bits, the upper half zero: nothing here is above 4 GiB. */
  address64(value: number): this {
    return this.dword(value, 0);
  }

  /** ASCII, cut or filled with spaces to `length`. */
  text(text: string, length: number): this {
    return this.byte(...[...text.padEnd(length).slice(0, length)].map((character) => character.charCodeAt(0)));
  }

  bytes(values: Iterable<number>): this {
    for (const value of values) this.#bytes.push(value & 0xff);
    return this;
  }

  zeros(count: number): this {
    return this.byte(...new Array<number>(count).fill(0));
  }

  /** Set the byte at `at` so that the first `length` bytes add up to 0 modulo 256. */
  checksum(at: number, length = this.length): this {
    this.#bytes[at] = 0;
    this.#bytes[at] = -sum(this.#bytes.slice(0, length)) & 0xff;
    return this;
  }

  /** Store a doubleword over what was written at `at`. */
  patch32(at: number, value: number): this {
    for (let i = 0; i < 4; i++) this.#bytes[at + i] = (value >>> (8 * i)) & 0xff;
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export const sum = (bytes: Iterable<number>): number => {
  let total = 0;
  for (const byte of bytes) total = (total + byte) & 0xff;
  return total;
};

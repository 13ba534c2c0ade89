/** Little-endian bytes that grow. */
export class ByteWriter {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }

  u8(value: number): this {
    this.bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  /** LEB128 of an unsigned number below 2^31 (DWARF 3, 7.6). */
  uleb(value: number): this {
    for (let rest = value; ; ) {
      const low = rest & 0x7f;
      rest >>>= 7;
      this.u8(rest ? low | 0x80 : low);
      if (!rest) return this;
    }
  }

  sleb(value: number): this {
    for (let rest = value; ; ) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40) !== 0);
      this.u8(done ? low : low | 0x80);
      if (done) return this;
    }
  }

  /** UTF-8, ended by a zero. */
  text(value: string): this {
    return this.raw(new TextEncoder().encode(value)).u8(0);
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  align(boundary: number): this {
    while (this.bytes.length % boundary) this.u8(0);
    return this;
  }

  patch32(at: number, value: number): void {
    for (let n = 0; n < 4; n++) this.bytes[at + n] = (value >>> (8 * n)) & 0xff;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
